"""Figures over HTTP: the list, a figure grouped and filtered, the rows behind it."""

import datetime as dt
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from projections.catalogue import FIGURES
from projections.figure import PERIODS, Figure
from services.api.guard import needs
from services.api.reading import Limit, json_of, moment, reading
from services.audit.evidence import entries_behind
from services.audit.scratch import figure_as_of
from services.errors import NotFound, WrongUse
from services.store.queries.figures import FigureQuery, read_figure, rows_behind

router = APIRouter(prefix="/figures", tags=["figures"], dependencies=[needs("read_figures")])

By = Annotated[list[str], Query(description="Dimensions or periods (day, month, quarter, year).")]
Where = Annotated[list[str], Query(description="DIM=VALUE; an empty value asks for rows without one.")]
From = Annotated[dt.date | None, Query(alias="from")]
To = Annotated[dt.date | None, Query()]

_by_name = {figure.name: figure for figure in FIGURES}


@router.get("")
def list_figures() -> Response:
    """Every figure: name, title, unit, dimensions, and where its formula is from."""
    return json_of([_described(figure) for figure in FIGURES])


@router.get("/{name}")
def one_figure(
    request: Request,
    name: str,
    by: By = [],  # noqa: B006
    where: Where = [],  # noqa: B006
    start: From = None,
    to: To = None,
    as_of: str | None = None,
    known_at: str | None = None,
) -> Response:
    """A figure: value, n, 95 % interval where it is a sample, the counts that it was made from."""
    figure, query = _figure(name), _query(by, where, start, to)
    instant = moment(as_of, "as_of")
    with reading(request, every_unit=True) as (system, connection, schema):
        if instant is not None:
            plan = system.rebuild_plan()
            lines = figure_as_of(plan, (figure,), query, instant, moment(known_at, "known_at"))[0][1]
        else:
            today = system.clock().astimezone(system.zone).date()
            lines = read_figure(connection, schema, figure, query, today)
    return json_of({**_described(figure), "as_of": instant, "lines": lines})


@router.get("/{name}/rows")
def rows(
    request: Request,
    name: str,
    by: By = [],  # noqa: B006
    where: Where = [],  # noqa: B006
    start: From = None,
    to: To = None,
    entries: Annotated[bool, Query(description="With the entries that posted each row.")] = False,
    after: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
    limit: Limit = 50,
) -> Response:
    """The ledger rows that a figure was counted over, in key order, and their entries."""
    figure, query = _figure(name), _query(by, where, start, to)
    ledger = figure.tally.ledger
    key = None if after is None else msgspec.json.decode(after, type=list[str])
    with reading(request) as (system, connection, schema):
        found = rows_behind(connection, schema, figure, query, after=key, limit=limit)
        behind = [
            {
                "row": row,
                "entries": entries_behind(connection, schema, system.journal, system.zone, ledger, row)
                if entries
                else None,
            }
            for row in found
        ]
    following = msgspec.json.encode(ledger.key_of(found[-1])).decode() if len(found) == limit else None
    return json_of({"ledger": ledger.name, "rows": behind, "next": following})


def _figure(name: str) -> Figure:
    if name not in _by_name:
        raise NotFound(f"there is no figure {name!r}; there are {', '.join(sorted(_by_name))}")
    return _by_name[name]


def _query(by: list[str], where: list[str], start: dt.date | None, to: dt.date | None) -> FigureQuery:
    pairs = []
    for item in where:
        dim, equals, value = item.partition("=")
        if not equals:
            raise WrongUse(f"where={item!r}: write DIM=VALUE")
        pairs.append((dim, value))
    return FigureQuery(tuple(part for one in by for part in one.split(",") if part), tuple(pairs), start, to)


def _described(figure: Figure) -> dict[str, object]:
    return {
        "figure": figure.name,
        "title": figure.title,
        "unit": figure.unit,
        "by": [*figure.by, *(PERIODS if figure.day else ())],
        "ledger": figure.tally.ledger.name,
        "source": figure.source,
    }
