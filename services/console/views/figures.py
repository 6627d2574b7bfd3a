"""Figures: every one there is, one grouped and filtered as wanted, and the rows that it was counted over.

The views with a subject of their own (satisfaction, performance) lead here for what lies behind a number.
"""

import datetime as dt
from typing import Annotated, Any, NamedTuple

import msgspec
from fastapi import APIRouter, Query, Request, Response

from projections.catalogue import FIGURES
from projections.figure import PERIODS, Figure
from projections.ledger import Row
from services.api.guard import needs
from services.api.reading import reading
from services.console import links
from services.console.figure_charts import FULL, chart_of
from services.console.formats import Formats
from services.console.pages import language_of, page, today
from services.console.view import PREFIX, View
from services.errors import NotFound, WrongUse
from services.store.queries.figures import FigureQuery, read_figure, rows_behind
from services.store.queries.names import names_in

router = APIRouter(prefix=f"{PREFIX}/figures", dependencies=[needs("read_figures")])
VIEW = View("figures", "Figures", f"{PREFIX}/figures", "read_figures", router)

PAGE_ROWS = 50
FIRST_COLUMNS = 9
BY_NAME = {figure.name: figure for figure in FIGURES}

Where = Annotated[list[str], Query(max_length=20)]


class Asked(NamedTuple):
    """How a figure is asked for on a page; texts are as they stand in the address."""

    by: tuple[str, ...]
    where: tuple[tuple[str, str], ...]
    start: str
    to: str
    as_of: str


@router.get("")
def every_figure(request: Request) -> Response:
    """All figures, each with its value over everything until today."""
    day = today(request)
    with reading(request, every_unit=True) as (_, connection, schema):
        found = [(figure, read_figure(connection, schema, figure, FigureQuery(), day)) for figure in FIGURES]
    return page(request, "figures/all.html", found=found)


@router.get("/{name}")
def one_figure(
    request: Request,
    name: str,
    by: Annotated[list[str], Query(max_length=4)] = [],  # noqa: B006
    where: Where = [],  # noqa: B006
    start: Annotated[str, Query(alias="from")] = "",
    to: str = "",
    as_of: str = "",
) -> Response:
    """A figure by dimensions and periods, with its chart; each line opens its rows."""
    figure = figure_named(name)
    asked = Asked(tuple(one for one in by if one), _pairs(where), start, to, as_of)
    day = _day(as_of, "as_of") or today(request)
    with reading(request, every_unit=True) as (_, connection, schema):
        lines = read_figure(connection, schema, figure, _query(asked), day)
        called = names_in(connection, schema, [line.dims for line in lines])
    spoken = language_of(request)
    formats = Formats(spoken, request.app.state.system.zone, called)
    query = _address(asked)
    return page(
        request,
        "figures/one.html",
        called=called,
        figure=figure,
        lines=lines,
        asked=asked,
        day=day,
        dims=(*figure.by, *(PERIODS if figure.day else ())),
        chart=chart_of(figure, lines, spoken, formats, query=query, width=FULL) if lines else None,
        without=_without(asked),
        query=query,
        where_of=lambda line: {**dict(asked.where), **line.dims},
    )


@router.get("/{name}/rows")
def rows(
    request: Request,
    name: str,
    where: Where = [],  # noqa: B006
    start: Annotated[str, Query(alias="from")] = "",
    to: str = "",
    cursor: str | None = None,
) -> Response:
    """The rows that a line of a figure was counted over, a page at a time."""
    figure = figure_named(name)
    asked = Asked((), _pairs(where), start, to, "")
    after = None if cursor is None else _key(cursor)
    with reading(request) as (_, connection, schema):
        found = rows_behind(connection, schema, figure, _query(asked), after=after, limit=PAGE_ROWS + 1)
        called = names_in(connection, schema, found)
    shown, ledger = found[:PAGE_ROWS], figure.tally.ledger
    following = None
    if len(found) > PAGE_ROWS:
        following = msgspec.json.encode(ledger.key_of(shown[-1])).decode()
    return page(
        request,
        "figures/rows.html",
        called=called,
        figure=figure,
        asked=asked,
        rows=shown,
        columns=columns_of(figure, shown),
        row_link=lambda row: links.row(ledger, row),
        next=following,
        without=_without(asked),
    )


def figure_named(name: str) -> Figure:
    """A figure by its name; NotFound for another."""
    if name not in BY_NAME:
        raise NotFound(f"there is no figure {name!r}: see {PREFIX}/figures for those that there are")
    return BY_NAME[name]


def columns_of(figure: Figure, rows: list[Row]) -> tuple[str, ...]:
    """The columns that say most about a figure's rows: its day, its dimensions, its measures, then the others
    that any of these rows has; long or structured ones are left to the row's own page."""
    ledger = figure.tally.ledger
    first = [figure.day, *figure.by, *figure.always, *figure.tally.measures, figure.tally.where]
    names = [*(one for one in first if one), *ledger.columns]
    known = [name for name in dict.fromkeys(names) if name in ledger.columns and name not in ledger.key[:1]]
    told = [name for name in known if any(_plain(getattr(row, name)) for row in rows)]
    return tuple(told[:FIRST_COLUMNS])


def _plain(value: Any) -> bool:
    return value not in (None, False, "") and not isinstance(value, (tuple, msgspec.Struct))


def _query(asked: Asked) -> FigureQuery:
    return FigureQuery(asked.by, asked.where, _day(asked.start, "from"), _day(asked.to, "to"))


def _pairs(where: list[str]) -> tuple[tuple[str, str], ...]:
    pairs = []
    for item in where:
        dim, equals, value = item.partition("=")
        if not equals:
            raise WrongUse(f"where={item!r}: write DIM=VALUE")
        pairs.append((dim, value))
    return tuple(pairs)


def _day(text: str, name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise WrongUse(f"{name}={text!r} is no day: write 2026-05-04") from error


def _key(cursor: str) -> list[Any]:
    try:
        return msgspec.json.decode(cursor, type=list[Any])
    except msgspec.MsgspecError as error:
        raise WrongUse(f"cursor={cursor!r} is no `next` of a page before") from error


def _address(asked: Asked) -> dict[str, str | None]:
    """What of a question goes into the addresses of its rows."""
    return {"from_": asked.start or None, "to": asked.to or None}


def _without(asked: Asked) -> list[tuple[str, str, list[str]]]:
    """Each filter, and the `where` that stays when it is taken away."""
    return [
        (dim, value, [f"{a}={b}" for a, b in asked.where if (a, b) != (dim, value)])
        for dim, value in asked.where
    ]
