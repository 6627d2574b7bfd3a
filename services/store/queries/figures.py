"""Reading figures: cells from tallies, and the ledger rows behind a number.

CLI and API ask here. Column names come from declarations; only values are input, and they are bound.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from projections.figure import PERIODS, Cell, Estimate, Figure
from projections.ledger import Row
from projections.tally import PART, Tally
from services.errors import WrongUse
from services.store import tables
from services.store.database import Connection

_PERIOD_SQL = {
    "day": "to_char({day}, 'YYYY-MM-DD')",
    "month": "to_char({day}, 'YYYY-MM')",
    "quarter": """to_char({day}, 'YYYY"-Q"Q')""",
    "year": "to_char({day}, 'YYYY')",
}


class FigureQuery(NamedTuple):
    """How a figure is asked for: grouped by dimensions or periods, filtered by values, between two days."""

    by: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    start: dt.date | None = None
    end: dt.date | None = None


class FigureLine(msgspec.Struct, frozen=True):
    """One line of a figure: the dimensions it is for, and the estimate."""

    dims: dict[str, str | None]
    estimate: Estimate


def read_figure(
    connection: Connection, schema: str, figure: Figure, query: FigureQuery, as_of: dt.date
) -> list[FigureLine]:
    """A figure's lines in order of their dimensions; one line without dimensions if nothing groups them.

    Rows of days after `as_of` do not count.
    """
    check_query(figure, query)
    wanted = tuple(dict.fromkeys((*query.by, *figure.always)))
    columns = (*wanted, *figure.split)
    if figure.distinct is not None:
        return group_lines(
            figure, wanted, read_distinct(connection, schema, figure, wanted, query, as_of), as_of
        )
    cells = read_cells(connection, schema, figure.tally, figure.day, columns, query, as_of)
    if figure.base is None:
        return group_lines(figure, wanted, cells, as_of)
    shared = tuple(name for name in wanted if name in figure.shared)
    filters = tuple(pair for pair in query.where if pair[0] in figure.shared)
    base_columns = (*shared, *figure.base_split)
    base = read_cells(connection, schema, figure.base, None, base_columns, FigureQuery(where=filters))
    return group_lines(figure, wanted, cells, as_of, base, shared)


def group_lines(
    figure: Figure,
    wanted: Sequence[str],
    cells: Sequence[Cell],
    as_of: dt.date,
    base: Sequence[Cell] = (),
    shared: Sequence[str] = (),
) -> list[FigureLine]:
    """Estimates per group of the wanted dimensions, each against the base cells that share them.

    Where the base has all wanted dimensions, a group that only the base has is a line too (customers of a
    unit about which nobody complained).
    """
    groups: dict[tuple[Any, ...], list[Cell]] = {} if wanted else {(): []}
    for cell in cells:
        groups.setdefault(tuple(cell.dims[name] for name in wanted), []).append(cell)
    bases: dict[tuple[Any, ...], list[Cell]] = {}
    for cell in base:
        bases.setdefault(tuple(cell.dims[name] for name in shared), []).append(cell)
    if bases and len(shared) == len(wanted):
        for group in bases:
            groups.setdefault(group, [])
    lines = []
    for group, found in sorted(groups.items(), key=lambda item: [(v is None, str(v)) for v in item[0]]):
        dims = dict(zip(wanted, group, strict=True))
        against = bases.get(tuple(dims[name] for name in shared), [])
        texts = {name: _text(value) for name, value in dims.items()}
        lines.append(FigureLine(texts, figure.estimate(found, as_of, against)))
    return lines


def check_query(figure: Figure, query: FigureQuery) -> None:
    """Refuse dimensions that this figure does not have, naming those that it has."""
    offered = (*figure.by, *(PERIODS if figure.day else ()))
    for name in (*query.by, *(name for name, _ in query.where)):
        if name not in offered and name not in figure.always:
            raise WrongUse(f"figure {figure.name} has no dimension {name!r}; it has {', '.join(offered)}")
    if (query.start or query.end) and figure.day is None:
        raise WrongUse(f"figure {figure.name} has no day to cut on: leave out --from and --to")


def read_cells(
    connection: Connection,
    schema: str,
    tally: Tally,
    day: str | None,
    by: Sequence[str],
    query: FigureQuery,
    as_of: dt.date | None = None,
) -> list[Cell]:
    """A tally's cells grouped by columns and periods, summed over partitions; none of a day after `as_of`."""
    names = list(dict.fromkeys(by))
    expressions = [_expression(name, day, tally) for name in names]
    measures = [tables.measure_column(name) for name in tally.measures]
    sums = "".join(f', sum("{name}")::bigint' for name in measures)
    wheres, values = _conditions(tally, day, query, alias="")
    if as_of is not None and day is not None:
        wheres += f'{" AND" if wheres else "WHERE"} ("{day}" IS NULL OR "{day}" <= %s)'
        values.append(as_of)
    grouped = f"GROUP BY {', '.join(expressions)}" if expressions else ""
    selected = "".join(f"{expression}, " for expression in expressions)
    rows = connection.execute(
        f'SELECT {selected}sum(rows)::bigint{sums} FROM {schema}."{tally.name}" {wheres} {grouped}'.encode(),
        values,
    ).fetchall()
    width = len(names)
    return [
        Cell(
            dict(zip(names, row[:width], strict=True)),
            row[width],
            dict(zip(tally.measures, row[width + 1 :], strict=True)),
        )
        for row in rows
        if row[width] is not None
    ]


def read_distinct(
    connection: Connection,
    schema: str,
    figure: Figure,
    by: Sequence[str],
    query: FigureQuery,
    as_of: dt.date,
) -> list[Cell]:
    """How many different values of `figure.distinct` the rows behind a figure have, grouped."""
    tally = figure.tally
    expressions = [_expression(name, figure.day, tally, alias="l.") for name in by]
    wheres, values = _conditions(tally, figure.day, query, alias="l.", ledger=True)
    if figure.day is not None:
        wheres += f'{" AND" if wheres else "WHERE"} (l."{figure.day}" IS NULL OR l."{figure.day}" <= %s)'
        values.append(as_of)
    grouped = f"GROUP BY {', '.join(expressions)}" if expressions else ""
    selected = "".join(f"{expression}, " for expression in expressions)
    rows = connection.execute(
        f'SELECT {selected}count(DISTINCT l."{figure.distinct}") '
        f'FROM {schema}."{tally.ledger.name}" l {wheres} {grouped}'.encode(),
        values,
    ).fetchall()
    return [Cell(dict(zip(by, row[:-1], strict=True)), row[-1], {}) for row in rows]


def rows_behind(
    connection: Connection,
    schema: str,
    figure: Figure,
    query: FigureQuery,
    *,
    after: Sequence[Any] | None = None,
    limit: int = 50,
) -> list[Row]:
    """The ledger rows that a figure was counted over, in key order, from after a key (keyset paging)."""
    check_query(figure, query)
    tally, shape = figure.tally, tables.shape(figure.tally.ledger)
    wheres, values = _conditions(tally, figure.day, query, alias="l.", ledger=True)
    if after is not None:
        key = ", ".join(f'l."{name}"' for name in tally.ledger.key)
        marks = ", ".join(f"%s::{column.cast}" for column in shape.key_columns)
        wheres += f"{' AND' if wheres else 'WHERE'} ({key}) > ({marks})"
        values += list(after)
    columns = ", ".join(f'l."{column.name}"' for column in shape.columns)
    order = ", ".join(f'l."{name}"' for name in tally.ledger.key)
    rows = connection.execute(
        f'SELECT {columns} FROM {schema}."{tally.ledger.name}" l {wheres} ORDER BY {order} LIMIT %s'.encode(),
        (*values, limit),
    ).fetchall()
    return [shape.from_db(row) for row in rows]


def _expression(name: str, day: str | None, tally: Tally, alias: str = "") -> str:
    if name in tally.groups:
        return f'{alias}"{name}"'
    if name in tally.parts:
        return _part(f'{alias}"{tally.each}"', name, tally)
    assert day is not None
    return _PERIOD_SQL[name].format(day=f'{alias}"{day}"')


def _conditions(
    tally: Tally, day: str | None, query: FigureQuery, *, alias: str, ledger: bool = False
) -> tuple[str, list[Any]]:
    """WHERE over a tally or, with `ledger`, over its ledger's rows; values are compared as text."""
    found: list[str] = []
    values: list[Any] = []
    of_element: list[str] = []
    element_values: list[Any] = []
    if ledger and tally.where is not None:
        cast = next(c.cast for c in tables.shape(tally.ledger).columns if c.name == tally.where)
        found.append(f'{alias}"{tally.where}"{"" if cast == "boolean" else " IS NOT NULL"}')
    for name, value in query.where:
        if ledger and name == tally.each:
            found.append(f'%s = ANY({alias}"{name}")')
            values.append(value)
            continue
        if ledger and name in tally.parts:
            of_element.append(f"{_part('element', name, tally)} = %s")
            element_values.append(value)
            continue
        column = _expression(name, day, tally, alias)
        if value == "":
            found.append(f"{column} IS NULL")
        else:
            found.append(f"({column})::text = %s")
            values.append(value)
    if query.start is not None:
        found.append(f'{alias}"{day}" >= %s')
        values.append(query.start)
    if query.end is not None:
        found.append(f'{alias}"{day}" <= %s')
        values.append(query.end)
    if of_element:
        elements = f'unnest({alias}"{tally.each}") AS element'
        found.append(f"EXISTS (SELECT FROM {elements} WHERE {' AND '.join(of_element)})")
        values += element_values
    return (f"WHERE {' AND '.join(found)}" if found else ""), values


def _part(element: str, name: str, tally: Tally) -> str:
    """One of the texts that an element of a tuple column is made of."""
    return f"split_part({element}, '{PART}', {tally.parts.index(name) + 1})"


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
