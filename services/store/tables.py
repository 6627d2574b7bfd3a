"""Tables from declarations: the DDL of a generation's schema, and the SQL that recounts a tally.

Called when a generation is created and by the auditor; everything else writes and reads what is made here.
Names come from declarations in this code base, never from input.
"""

from functools import lru_cache

from projections.ledger import Ledger
from projections.tally import Tally
from services.store.columns import Column, RowShape, shape_of

SYSTEM_COLUMNS = ("partition", "position")
"""Columns of every ledger table that say where a row was posted from; no digest holds them."""

ENTRY_COLUMNS = (
    "partition",
    "position",
    "entry_id",
    "content",
    "source",
    "id",
    "subject",
    "type",
    "version",
    "occurred_at",
    "occurred_on",
    "admitted_at",
    "recorded_at",
    "sequence",
    "correlation",
    "causation",
    "line",
)
ENTRY_TYPES = (
    "smallint",
    "bigint",
    "bytea",
    "bytea",
    "text",
    "text",
    "text",
    "text",
    "smallint",
    "timestamptz",
    "date",
    "timestamptz",
    "timestamptz",
    "text",
    "text",
    "text",
    "text",
)
"""SQL types of ENTRY_COLUMNS, one each."""

SYSTEM_TYPES = ("smallint", "bigint")
"""SQL types of SYSTEM_COLUMNS."""

_ENTRIES = """
CREATE TABLE {schema}.entries (
    partition smallint NOT NULL, position bigint NOT NULL,
    entry_id bytea NOT NULL, content bytea NOT NULL,
    source text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, subject text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL, version smallint NOT NULL,
    occurred_at timestamptz, occurred_on date, admitted_at timestamptz NOT NULL, recorded_at timestamptz,
    sequence text COLLATE "C", correlation text COLLATE "C", causation text COLLATE "C",
    line text COLLATE "C" NOT NULL
)"""

_ENTRIES_INDEXES = (
    "ALTER TABLE {schema}.entries ADD CONSTRAINT entries_pkey PRIMARY KEY (partition, position)",
    "CREATE UNIQUE INDEX entries_entry_id ON {schema}.entries (entry_id)",
    "CREATE INDEX entries_subject ON {schema}.entries (substring(entry_id FROM 11 FOR 6))",
    "CREATE INDEX entries_admitted ON {schema}.entries USING brin (partition, admitted_at)",
)

_BOOKKEEPING = (
    """CREATE TABLE {schema}._watermark (
        partition smallint PRIMARY KEY, next_offset bigint NOT NULL, last_digest bytea,
        entries bigint NOT NULL DEFAULT 0, copies bigint NOT NULL DEFAULT 0,
        unreadable bigint NOT NULL DEFAULT 0, admitted_until timestamptz,
        epoch bigint NOT NULL DEFAULT 0)""",
    """CREATE TABLE {schema}._ledger_count (
        partition smallint, ledger text, folded bigint NOT NULL, not_subscribed bigint NOT NULL,
        parked bigint NOT NULL, PRIMARY KEY (partition, ledger))""",
    """CREATE TABLE {schema}._parked (
        ledger text, key jsonb, partition smallint NOT NULL, position bigint NOT NULL, error text NOT NULL,
        entries bigint NOT NULL DEFAULT 0, PRIMARY KEY (ledger, key))""",
    """CREATE TABLE {schema}._unreadable (
        partition smallint, position bigint, reason text NOT NULL, PRIMARY KEY (partition, position))""",
)


@lru_cache(maxsize=256)
def shape(ledger: Ledger) -> RowShape:
    """The columns of a ledger, worked out once."""
    return shape_of(ledger)


@lru_cache(maxsize=256)
def group_columns(tally: Tally) -> tuple[Column, ...]:
    """The columns of a tally's groups; an `each` column holds one element of its ledger's tuple."""
    by_name = {column.name: column for column in shape(tally.ledger).columns}
    columns = [by_name[name] for name in tally.by]
    if tally.each is not None:
        columns.append(Column(tally.each, 'text COLLATE "C"', nullable=False))
    return tuple(columns)


def bookkeeping_ddl(schema: str) -> list[str]:
    """Watermarks, counts, parked keys and unreadable records of a generation."""
    return [statement.format(schema=schema) for statement in _BOOKKEEPING]


def entries_ddl(schema: str) -> str:
    """The built-in written-once ledger: duplicate memory, timeline and evidence index at once."""
    return _ENTRIES.format(schema=schema)


def entries_indexes_ddl(schema: str) -> list[str]:
    return [statement.format(schema=schema) for statement in _ENTRIES_INDEXES]


def ledger_ddl(schema: str, ledger: Ledger) -> str:
    """CREATE TABLE of a ledger, without its key (a rebuild adds that after its COPY)."""
    columns = [
        f'"{column.name}" {column.sql_type}{"" if column.nullable else " NOT NULL"}'
        for column in shape(ledger).columns
    ]
    columns += ["partition smallint NOT NULL", "position bigint NOT NULL"]
    return f'CREATE TABLE {schema}."{ledger.name}" ({", ".join(columns)})'


def ledger_indexes_ddl(schema: str, ledger: Ledger) -> list[str]:
    """Primary key and declared indexes of a ledger."""
    key = ", ".join(f'"{name}"' for name in ledger.key)
    statements = [f'ALTER TABLE {schema}."{ledger.name}" ADD PRIMARY KEY ({key})']
    for index in ledger.indexes:
        columns = ", ".join(f'"{name}"' for name in index)
        statements.append(f'CREATE INDEX ON {schema}."{ledger.name}" ({columns})')
    return statements


def tally_ddl(schema: str, tally: Tally) -> str:
    """CREATE TABLE of a tally; the partition is part of its key, readers sum."""
    columns = ["partition smallint NOT NULL"]
    columns += [f'"{column.name}" {column.sql_type}' for column in group_columns(tally)]
    columns += ["rows bigint NOT NULL"]
    columns += [f'"{measure_column(name)}" bigint NOT NULL' for name in tally.measures]
    return f'CREATE TABLE {schema}."{tally.name}" ({", ".join(columns)})'


def tally_indexes_ddl(schema: str, tally: Tally) -> list[str]:
    """The unique group (absent values are equal) and the index by which emptied groups are found."""
    group = ", ".join(["partition", *(f'"{column.name}"' for column in group_columns(tally))])
    table = f'{schema}."{tally.name}"'
    return [
        f"CREATE UNIQUE INDEX ON {table} ({group}) NULLS NOT DISTINCT",
        f"CREATE INDEX ON {table} (partition) WHERE rows = 0",
    ]


def measure_column(name: str) -> str:
    """Measures may be called after a column that is also a group, so their columns have a prefix."""
    return f"sum_{name}"


def recount_sql(schema: str, tally: Tally, *, partition: int | None = None) -> str:
    """SELECT that counts a tally afresh from its ledger: partition, groups, rows, measures."""
    by_name = {column.name: column for column in shape(tally.ledger).columns}
    groups = ["l.partition", *(f'l."{name}"' for name in tally.by)]
    source = f'{schema}."{tally.ledger.name}" l'
    if tally.each is not None:
        groups.append("element.value")
        source += f' CROSS JOIN LATERAL unnest(l."{tally.each}") AS element(value)'
    sums = [f"coalesce({_measure_sql(by_name[name])}, 0)::bigint" for name in tally.measures]
    wheres = []
    if tally.where is not None:
        test = "" if by_name[tally.where].cast == "boolean" else " IS NOT NULL"
        wheres.append(f'l."{tally.where}"{test}')
    if partition is not None:
        wheres.append(f"l.partition = {partition:d}")
    where = f"WHERE {' AND '.join(wheres)}" if wheres else ""
    selected = ", ".join([*groups, "count(*)::bigint", *sums])
    return f"SELECT {selected} FROM {source} {where} GROUP BY {', '.join(groups)}"


def _measure_sql(column: Column) -> str:
    if column.cast == "bigint":
        return f'sum(l."{column.name}")'
    if column.cast == "boolean":
        return f'count(*) FILTER (WHERE l."{column.name}")'
    return f'count(l."{column.name}")'
