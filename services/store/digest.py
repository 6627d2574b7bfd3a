"""Digests: SHA-256 over every table of a generation, equal for one journal however it was folded.

The auditor compares them; `daybook digest` prints them. Every column counts but the system columns
(partition, position); rows are taken in key order under the "C" collation, tallies summed over partitions.
"""

import hashlib
from collections.abc import Callable

from projections.fold import Declarations
from projections.tally import Tally
from services.store import tables
from services.store.database import Connection


def table_names(declarations: Declarations) -> list[str]:
    """Every table that has a digest: entries, ledgers, tallies, in declared order."""
    return ["entries", *(x.name for x in declarations.ledgers), *(x.name for x in declarations.tallies)]


def rows_sql(declarations: Declarations, schema: str, table: str, *, ordered: bool = True) -> str:
    """SELECT of a table's digested columns, in digest order unless told otherwise."""
    selected, order = _select(declarations, schema, table)
    return f"{selected} ORDER BY {order}" if ordered else selected


def digest(connection: Connection, declarations: Declarations, schema: str, table: str) -> str:
    """SHA-256, in hex, over the text form of a table's rows as PostgreSQL's COPY writes it."""
    sha = hashlib.sha256()
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({rows_sql(declarations, schema, table)}) TO STDOUT".encode()) as copy,
    ):
        for block in copy:
            sha.update(block)
    return sha.hexdigest()


def digests(
    connection: Connection,
    declarations: Declarations,
    schema: str,
    progress: Callable[[str], None] | None = None,
) -> dict[str, str]:
    """Digest per table, and `generation` over all of them in declared order."""
    result: dict[str, str] = {}
    whole = hashlib.sha256()
    for table in table_names(declarations):
        result[table] = digest(connection, declarations, schema, table)
        whole.update(f"{table} {result[table]}\n".encode())
        if progress is not None:
            progress(table)
    result["generation"] = whole.hexdigest()
    return result


def _select(declarations: Declarations, schema: str, table: str) -> tuple[str, str]:
    if table == "entries":
        columns = [name for name in tables.ENTRY_COLUMNS if name not in tables.SYSTEM_COLUMNS]
        return f"SELECT {', '.join(columns)} FROM {schema}.entries", "source, id, subject"
    for ledger in declarations.ledgers:
        if ledger.name == table:
            names = ", ".join(f'"{name}"' for name in ledger.columns)
            key = ", ".join(f'"{name}"' for name in ledger.key)
            return f'SELECT {names} FROM {schema}."{table}"', key
    tally = next(tally for tally in declarations.tallies if tally.name == table)
    return _tally_sql(schema, tally)


def _tally_sql(schema: str, tally: Tally) -> tuple[str, str]:
    groups = [f'"{column.name}"' for column in tables.group_columns(tally)]
    sums = [
        f'sum("{name}")::bigint AS "{name}"' for name in ("rows", *map(tables.measure_column, tally.measures))
    ]
    by = ", ".join(groups)
    selected = (
        f'SELECT {", ".join([*groups, *sums])} FROM {schema}."{tally.name}" '
        f"GROUP BY {by} HAVING sum(rows) <> 0"
    )
    return selected, by
