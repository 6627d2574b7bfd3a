"""Rows of any ledger: one page by filters and order, one row by its key, or all of them as a stream.

API and console ask here, for every ledger alike and for the built-in `entries`. Names of columns come from
declarations (an unknown one is refused, with those that there are); values are bound.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from events.sealing import sealed_fields
from projections.ledger import Ledger, Row
from services.errors import WrongUse
from services.store import tables
from services.store.columns import Column
from services.store.database import Connection
from services.store.queries.paging import cursor_of, no_cursor, read_cursor

PAGE_ROWS = 50
PAGE_ROWS_AT_MOST = 500
EXPORT_CHUNK_ROWS = 1_000
FILTERS_AT_MOST = 50
BIGINT_AT_MOST = 2**63 - 1
YEARS = (1, 9998)
"""Years between which an instant may lie, whatever zone it is shown in."""

Operator = Literal["is", "ne", "gte", "lte", "gt", "lt"]
OPERATORS: tuple[Operator, ...] = ("is", "ne", "gte", "lte", "gt", "lt")
_SQL = {"gte": ">=", "lte": "<=", "gt": ">", "lt": "<"}


_ABSENT_IN_ENTRIES = (
    "occurred_at",
    "occurred_on",
    "recorded_at",
    "sequence",
    "correlation",
    "causation",
)


class Table(NamedTuple):
    """What can be listed: a ledger, or the built-in `entries` (then `ledger` is None)."""

    name: str
    about: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    sealed: frozenset[str]
    ledger: Ledger | None

    def column(self, name: str) -> Column:
        """A column by its name; WrongUse, naming those that there are, for another."""
        for column in self.columns:
            if column.name == name:
                return column
        known = ", ".join(column.name for column in self.columns)
        raise WrongUse(f"ledger {self.name} has no column {name!r}; it has {known}")


class Filter(NamedTuple):
    """One condition. Values of `is` are alternatives, and an empty one means: has none. On a column that
    holds several texts, `is` asks whether it holds this one."""

    column: str
    operator: Operator
    values: tuple[str, ...]


class PageQuery(NamedTuple):
    """How a ledger is asked for: `sort` is a column, `-column` the other way round, None the key; `fields`
    are the columns shown, () all of them; `cursor` the `next` of the page before."""

    filters: tuple[Filter, ...] = ()
    sort: str | None = None
    fields: tuple[str, ...] = ()
    cursor: str | None = None
    limit: int = PAGE_ROWS


class Page(NamedTuple):
    """A page of rows. `keys` name each row for `ledger_row` and links; `next` is what follows."""

    table: Table
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    keys: tuple[tuple[Any, ...], ...]
    next: str | None


ENTRIES = Table(
    name="entries",
    about="every counted entry: where it stands, what it is, when it happened and came in",
    key=("partition", "position"),
    columns=tuple(
        Column(name, sql_type, nullable=name in _ABSENT_IN_ENTRIES)
        for name, sql_type in zip(tables.ENTRY_COLUMNS, tables.ENTRY_TYPES, strict=True)
        if sql_type != "bytea"
    ),
    sealed=frozenset(),
    ledger=None,
)
"""The built-in ledger, without its hashes; it has no declaration, so its columns are those of its table."""


@lru_cache(maxsize=256)
def table_of(ledger: Ledger) -> Table:
    """A declared ledger as something that can be listed.

    A column is sealed if an event that the ledger folds has a sealed field of its name.
    """
    columns = tables.shape(ledger).columns
    hidden = {name for event in ledger.handlers for name in sealed_fields(event)}
    sealed = frozenset(column.name for column in columns if column.name in hidden and column.cast == "text")
    return Table(ledger.name, ledger.about, ledger.key, columns, sealed, ledger)


def ledger_page(connection: Connection, schema: str, ledger: Ledger | Table, query: PageQuery) -> Page:
    """A page of a ledger. WrongUse for a column, a value or a cursor that does not fit it."""
    table = ledger if isinstance(ledger, Table) else table_of(ledger)
    limit = min(max(query.limit, 1), PAGE_ROWS_AT_MOST)
    shown, order = _shown(table, query.fields), _order(table, query.sort)
    wheres, values = _conditions(table, query.filters)
    if query.cursor is not None:
        after, bound = _after(order, query.sort, query.cursor)
        wheres.append(after)
        values += bound
    fetched = tuple(dict.fromkeys((*(one.name for one in shown), *(one.column.name for one in order))))
    found = connection.execute(
        f"{_select(table, schema, fetched, wheres)} ORDER BY {_order_sql(order)} LIMIT %s".encode(),
        (*values, limit + 1),
    ).fetchall()
    raw = [dict(zip(fetched, row, strict=True)) for row in found]
    more, raw = len(raw) > limit, raw[:limit]
    return Page(
        table,
        tuple(column.name for column in shown),
        tuple({column.name: _value(column, row[column.name]) for column in shown} for row in raw),
        tuple(tuple(row[name] for name in table.key) for row in raw),
        cursor_of(query.sort, [raw[-1][one.column.name] for one in order]) if more else None,
    )


def ledger_row(
    connection: Connection, schema: str, ledger: Ledger | Table, key: Sequence[str]
) -> Mapping[str, Any] | None:
    """The row that stands under a key, its values as texts; None if there is none."""
    table = ledger if isinstance(ledger, Table) else table_of(ledger)
    if len(key) != len(table.key):
        raise WrongUse(f"a key of {table.name} is {', '.join(table.key)}: {len(key)} values do not fit")
    values = [_bound(table.column(name), value) for name, value in zip(table.key, key, strict=True)]
    names = tuple(column.name for column in table.columns)
    wheres = [f'"{name}" = %s' for name in table.key]
    row = connection.execute(_select(table, schema, names, wheres).encode(), values).fetchone()
    if row is None:
        return None
    return {column.name: _value(column, value) for column, value in zip(table.columns, row, strict=True)}


def key_after(ledger: Ledger, cursor: str | None) -> tuple[Any, ...] | None:
    """The key in a cursor of a list in key order; WrongUse for what is none."""
    if cursor is None:
        return None
    columns = table_of(ledger).columns[: len(ledger.key)]
    given = read_cursor(cursor, None, len(columns))
    return tuple(_bound(column, text or "") for column, text in zip(columns, given, strict=True))


def row_of(ledger: Ledger, values: Mapping[str, Any]) -> Row:
    """The typed row of a whole row's values, as pages give them."""
    return ledger.row(**values)


def export_rows(
    connection: Connection, schema: str, ledger: Ledger | Table, query: PageQuery
) -> Iterator[tuple[Any, ...]]:
    """Every row that the query means, in its order, whatever its limit: one snapshot, fetched in chunks."""
    table = ledger if isinstance(ledger, Table) else table_of(ledger)
    shown, order = _shown(table, query.fields), _order(table, query.sort)
    wheres, values = _conditions(table, query.filters)
    names = tuple(column.name for column in shown)
    statement = f"{_select(table, schema, names, wheres)} ORDER BY {_order_sql(order)}"
    with connection.transaction(), connection.cursor(name="export") as cursor:
        cursor.itersize = EXPORT_CHUNK_ROWS
        cursor.execute(statement.encode(), values)
        for row in cursor:
            yield tuple(_value(column, value) for column, value in zip(shown, row, strict=True))


class _By(NamedTuple):
    """A column of the order; what is absent comes last in both directions."""

    column: Column
    descending: bool


def _shown(table: Table, fields: Sequence[str]) -> tuple[Column, ...]:
    return tuple(table.column(name) for name in dict.fromkeys(fields)) if fields else table.columns


def _order(table: Table, sort: str | None) -> tuple[_By, ...]:
    """The column asked for, then the key, so that no two rows are equal in it."""
    order: list[_By] = []
    if sort is not None:
        column = table.column(sort.removeprefix("-"))
        if column.cast in ("jsonb", "text[]"):
            raise WrongUse(f"column {column.name} of {table.name} holds several values: sort by another one")
        order.append(_By(column, sort.startswith("-")))
    named = {one.column.name for one in order}
    return (*order, *(_By(table.column(name), False) for name in table.key if name not in named))


def _order_sql(order: Sequence[_By]) -> str:
    return ", ".join(f'"{one.column.name}" {"DESC" if one.descending else "ASC"} NULLS LAST' for one in order)


def _select(table: Table, schema: str, names: Sequence[str], wheres: Sequence[str]) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    where = f" WHERE {' AND '.join(wheres)}" if wheres else ""
    return f'SELECT {columns} FROM {schema}."{table.name}"{where}'


def _after(order: Sequence[_By], sort: str | None, cursor: str) -> tuple[str, list[Any]]:
    """The rows that come after a cursor's: equal in the columns before and later in one, for each column."""
    given = read_cursor(cursor, sort, len(order))
    if any(text is None and not one.column.nullable for one, text in zip(order, given, strict=True)):
        raise no_cursor(cursor)
    marks = [
        None if text is None else _bound(one.column, text) for one, text in zip(order, given, strict=True)
    ]
    if len({one.descending for one in order}) == 1 and not any(one.column.nullable for one in order):
        names = ", ".join(f'"{one.column.name}"' for one in order)
        sign = "<" if order[0].descending else ">"
        return f"({names}) {sign} ({', '.join(['%s'] * len(order))})", marks
    arms: list[str] = []
    values: list[Any] = []
    for place, one in enumerate(order):
        later, bound = _later(one, marks[place])
        if later is None:
            continue
        same = [
            f'"{before.column.name}" IS NULL' if marks[n] is None else f'"{before.column.name}" = %s'
            for n, before in enumerate(order[:place])
        ]
        arms.append(" AND ".join([*same, later]))
        values += [mark for mark in marks[:place] if mark is not None] + bound
    return f"({' OR '.join(f'({arm})' for arm in arms)})", values


def _later(one: _By, mark: Any) -> tuple[str | None, list[Any]]:
    """The condition that a column lies after a mark; None where nothing can."""
    name = f'"{one.column.name}"'
    if mark is None:
        return None, []
    sign = "<" if one.descending else ">"
    return (f"({name} {sign} %s OR {name} IS NULL)" if one.column.nullable else f"{name} {sign} %s"), [mark]


def _conditions(table: Table, filters: Sequence[Filter]) -> tuple[list[str], list[Any]]:
    if len(filters) > FILTERS_AT_MOST:
        raise WrongUse(f"{len(filters)} filters: give at most {FILTERS_AT_MOST}")
    wheres: list[str] = []
    values: list[Any] = []
    for one in filters:
        column = table.column(one.column)
        if column.cast == "jsonb":
            raise WrongUse(f"column {one.column} of {table.name} holds a structure: filter by another one")
        where, bound = _is(column, one.values) if one.operator == "is" else _compared(column, one)
        wheres.append(where)
        values += bound
    return wheres, values


def _is(column: Column, wanted: Sequence[str]) -> tuple[str, list[Any]]:
    name, arms, values = f'"{column.name}"', list[str](), list[Any]()
    if "" in wanted:
        arms.append(f"{name} = '{{}}' OR {name} IS NULL" if column.cast == "text[]" else f"{name} IS NULL")
    named = [_bound(column, text) for text in wanted if text != ""]
    if named:
        kind = {"smallint": "bigint", "text[]": "text"}.get(column.cast, column.cast)
        arms.append(f"{name} && %s::text[]" if column.cast == "text[]" else f"{name} = ANY(%s::{kind}[])")
        values.append(named)
    return f"({' OR '.join(arms)})", values


def _compared(column: Column, one: Filter) -> tuple[str, list[Any]]:
    """Every value must hold; `ne` with an empty value asks for rows that have one."""
    if column.cast == "text[]":
        raise WrongUse(f"column {column.name} holds several texts: ask {column.name}=TEXT for rows with one")
    name, arms, values = f'"{column.name}"', list[str](), list[Any]()
    for text in one.values:
        if one.operator == "ne" and text == "":
            arms.append(f"{name} IS NOT NULL")
            continue
        arms.append(
            f"{name} IS DISTINCT FROM %s" if one.operator == "ne" else f"{name} {_SQL[one.operator]} %s"
        )
        values.append(_bound(column, text))
    return " AND ".join(arms), values


def _bound(column: Column, text: str) -> Any:
    """A text as the value of a column; WrongUse for one that the column cannot hold."""
    try:
        return _READ[column.cast](text)
    except (ValueError, OverflowError) as error:
        raise WrongUse(f"{column.name}={text!r} does not fit: {_WANTED[column.cast]}") from error


def _read_text(text: str) -> str:
    if "\x00" in text:
        raise ValueError("a text holds no zero byte")
    return text


def _read_number(text: str) -> int:
    if not text.isascii() or not text.removeprefix("-").isdigit():
        raise ValueError("no whole number")
    number = int(text)
    if abs(number) > BIGINT_AT_MOST:
        raise ValueError("too large")
    return number


def _read_truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("neither true nor false")
    return text == "true"


def _read_day(text: str) -> dt.date:
    if len(text) != len("2026-05-04") or "W" in text:
        raise ValueError("no day")
    return dt.date.fromisoformat(text)


def _read_instant(text: str) -> dt.datetime:
    found = dt.datetime.fromisoformat(text)
    if not YEARS[0] < found.year < YEARS[1]:
        raise ValueError("out of range")
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


_READ: Mapping[str, Any] = {
    "text": _read_text,
    "text[]": _read_text,
    "bigint": _read_number,
    "smallint": _read_number,
    "boolean": _read_truth,
    "date": _read_day,
    "timestamptz": _read_instant,
}
_WANTED = {
    "text": "give a text",
    "text[]": "give a text",
    "bigint": "give a whole number",
    "smallint": "give a whole number",
    "boolean": "give true or false",
    "date": "give a day, such as 2026-05-04",
    "timestamptz": "give an instant, such as 2026-05-04T12:00:00Z",
}


def _value(column: Column, value: Any) -> Any:
    return value if value is None or column.from_db is None else column.from_db(value)
