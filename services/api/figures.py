"""Figures over HTTP: the list, a figure grouped and filtered, the rows behind it."""

import datetime as dt
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from projections.catalogue import FIGURES
from projections.figure import PERIODS, Figure, Unit
from services.api.guard import needs
from services.api.openapi import answers
from services.api.reading import Cursor, Day, Instant, Limit, json_of, moment, reading
from services.audit.evidence import Evidence, entries_behind
from services.audit.scratch import figure_as_of
from services.errors import NotFound, NotReady, WrongUse
from services.projector.batch import Cut
from services.store.locks import Lock
from services.store.queries.figures import FigureLine, FigureQuery, check_query, read_figure, rows_behind
from services.store.queries.paging import cursor_of
from services.store.queries.rows import key_after

router = APIRouter(prefix="/figures", tags=["figures"], dependencies=[needs("read_figures")])

By = Annotated[
    list[str], Query(max_length=20, description="Dimensions or periods (day, month, quarter, year).")
]
Where = Annotated[
    list[str], Query(max_length=50, description="DIM=VALUE; an empty value asks for rows without one.")
]
From = Annotated[Day | None, Query(alias="from")]
To = Annotated[Day | None, Query()]

_by_name = {figure.name: figure for figure in FIGURES}


SCRATCH_RECORDS_AT_MOST = 200_000
"""A journal of at most this many records is folded anew for one request."""


class ScratchBusy(NotReady):
    """One figure at a time is folded as of a moment."""

    code = "scratch_busy"


class FigureDescribed(msgspec.Struct, frozen=True, kw_only=True):
    """A figure: what it counts, in which unit, by which dimensions; where its formula is from."""

    figure: str
    title: str
    unit: Unit
    by: tuple[str, ...]
    ledger: str
    source: str


class FigureShown(FigureDescribed, frozen=True, kw_only=True):
    """A figure with its lines, one for each group."""

    as_of: dt.datetime | None
    known_at: dt.datetime | None
    lines: tuple[FigureLine, ...]


class RowBehind(msgspec.Struct, frozen=True):
    """A row that was counted, and the entries that posted it if they were asked for."""

    row: dict[str, Any]
    entries: tuple[Evidence, ...] | None


class RowsBehind(msgspec.Struct, frozen=True):
    """A page of the rows behind a figure."""

    ledger: str
    rows: tuple[RowBehind, ...]
    next: str | None


_EXAMPLE = {
    "figure": "nps",
    "title": "Net promoter score",
    "unit": "points",
    "by": ["legal_entity", "channel_id", "month"],
    "ledger": "responses",
    "source": "Reichheld 2003",
    "as_of": None,
    "known_at": None,
    "lines": [
        {
            "dims": {"month": "2026-05"},
            "estimate": {"value": 31.2, "n": 412, "low": 23.9, "high": 38.5, "note": None, "parts": {}},
        }
    ],
}


@router.get("", summary="Every figure", responses=answers(tuple[FigureDescribed, ...]))
def list_figures() -> Response:
    """Every figure: name, title, unit, dimensions, and where its formula is from."""
    return json_of([FigureDescribed(**_described(figure)) for figure in FIGURES])


@router.get("/{name}", summary="A figure", responses=answers(FigureShown, _EXAMPLE))
def one_figure(
    request: Request,
    name: str,
    by: By = [],  # noqa: B006
    where: Where = [],  # noqa: B006
    start: From = None,
    to: To = None,
    as_of: Instant = None,
    known_at: Instant = None,
) -> Response:
    """A figure: value, n, 95 % interval where it is a sample, the counts that it was made from.

    With `as_of` or `known_at` the journal is folded anew under that cut, in journals of at most
    200,000 records and one request at a time; of a larger one, `daybook figures` does it.
    """
    figure, query = _figure(name), _query(by, where, start, to)
    check_query(figure, query)
    cut = Cut(moment(as_of, "as_of"), moment(known_at, "known_at"))
    if cut == Cut():
        with reading(request, every_unit=True) as (system, connection, schema):
            today = system.clock().astimezone(system.zone).date()
            lines = read_figure(connection, schema, figure, query, today)
    else:
        lines = _folded(request.app.state.system, figure, query, cut)
    return json_of(
        FigureShown(**_described(figure), as_of=cut.as_of, known_at=cut.known_at, lines=tuple(lines))
    )


@router.get("/{name}/rows", summary="The rows behind a figure", responses=answers(RowsBehind))
def rows(
    request: Request,
    name: str,
    by: By = [],  # noqa: B006
    where: Where = [],  # noqa: B006
    start: From = None,
    to: To = None,
    entries: Annotated[bool, Query(description="With the entries that posted each row.")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """The ledger rows that a figure was counted over, in key order, and their entries."""
    figure, query = _figure(name), _query(by, where, start, to)
    ledger = figure.tally.ledger
    key = key_after(ledger, cursor)
    with reading(request) as (system, connection, schema):
        found = rows_behind(connection, schema, figure, query, after=key, limit=limit + 1)
        behind = [
            RowBehind(
                msgspec.to_builtins(row, builtin_types=(dt.date, dt.datetime)),
                tuple(entries_behind(connection, schema, system.journal, system.zone, ledger, row))
                if entries
                else None,
            )
            for row in found[:limit]
        ]
    following = cursor_of(None, ledger.key_of(found[limit - 1])) if len(found) > limit else None
    return json_of(RowsBehind(ledger.name, tuple(behind), following))


def _folded(system: Any, figure: Figure, query: FigureQuery, cut: Cut) -> list[FigureLine]:
    """The figure from a scratch generation under a cut; WrongUse where that would take too long."""
    records = sum(system.journal.ends().values())
    if records > SCRATCH_RECORDS_AT_MOST:
        raise WrongUse(
            f"as_of and known_at fold the whole journal anew, and {records} records are more than the "
            f"{SCRATCH_RECORDS_AT_MOST} for which a request may wait: run `daybook figures {figure.name} "
            "--as-of TIME --known-at TIME`"
        )
    with Lock(system.conninfo, "scratch figures") as lock:
        if not lock.try_take():
            raise ScratchBusy("another figure is being folded as of a moment: ask again in a while")
        return figure_as_of(
            system.rebuild_plan(), (figure,), query, cut.as_of or system.clock(), cut.known_at
        )[0][1]


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


def _described(figure: Figure) -> dict[str, Any]:
    return {
        "figure": figure.name,
        "title": figure.title,
        "unit": figure.unit,
        "by": [*figure.by, *(PERIODS if figure.day else ())],
        "ledger": figure.tally.ledger.name,
        "source": figure.source,
    }
