"""A view of a ledger from one declaration: a list with filters, search and order, and a page a subject.

A file in views/ declares a `LedgerView` and takes `view_of` it; no more is to be written. Both pages take
`?as_of=DAY`: a list reads the dated histories that rows keep, a page folds the subject's entries to that day.
Sealed columns are masked, never shown.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
from fastapi import APIRouter, Request, Response

from projections.figure import Figure
from projections.ledger import Ledger, Row
from projections.steps import at
from services.api.guard import needs, who_of
from services.api.reading import Reading, entries_of, reading
from services.audit.as_of import subject_as_of
from services.console.pages import page, today, with_query
from services.console.view import PREFIX, View
from services.errors import NotFound, WrongUse
from services.identity.who import Permission
from services.projector.batch import Cut
from services.store.queries.figures import FigureLine, FigureQuery, read_figure
from services.store.queries.names import names_in
from services.store.queries.paging import cursor_of
from services.store.queries.register_of import matching, values_of
from services.store.queries.rows import Filter, PageQuery, ledger_page, ledger_row, row_of, table_of
from services.store.queries.subjects import subject_rows
from services.store.timeline import TimelineLine, timeline

PAGE_ROWS = 50
SCAN_ROWS = 500
TIMELINE_ROWS = 50


class InForce(NamedTuple):
    """A column that is the latest of a dated history: on another day it is that day's."""

    column: str
    history: str
    field: str = "value"
    none: str | None = None
    until: str | None = None


class History(NamedTuple):
    """A column that holds dated items, shown as a small table of these fields."""

    column: str
    title: str
    fields: tuple[str, ...] = ("since", "value")


class Section(NamedTuple):
    """Rows of another ledger under the same subject."""

    title: str
    ledger: Ledger
    columns: tuple[str, ...]


class Tile(NamedTuple):
    """A figure of the subject, filtered by the dimension that holds its id."""

    figure: Figure
    by: str
    title: str | None = None
    permission: Permission = "read_figures"


class Related(NamedTuple):
    """Where other rows of the subject are listed: `path`, and the column that holds its id."""

    title: str
    path: str
    by: str
    permission: Permission = "read_ledgers"


@dataclass(frozen=True)
class LedgerView:
    """What a ledger's list and pages show.

    `titled_by` is the column that names a subject, None where that is sealed or absent; `begins` the day
    from which a subject is there; `refers` says which view a column of ids leads to; `beside` are views that
    stand together with this one.
    """

    name: str
    title: str
    one: str
    about: str
    ledger: Ledger
    kind: str
    columns: tuple[str, ...]
    filters: tuple[str, ...] = ()
    titled_by: str | None = None
    begins: str | None = None
    in_force: tuple[InForce, ...] = ()
    histories: tuple[History, ...] = ()
    sections: tuple[Section, ...] = ()
    tiles: tuple[Tile, ...] = ()
    related: tuple[Related, ...] = ()
    refers: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[tuple[str, str], ...] = ()
    permission: Permission = "read_ledgers"
    in_menu: bool = True

    @property
    def path(self) -> str:
        return f"{PREFIX}/{self.name}"

    @property
    def sealed(self) -> frozenset[str]:
        return table_of(self.ledger).sealed

    @property
    def facts(self) -> tuple[str, ...]:
        """Columns that hold one value: what the page of a subject says at a glance."""
        dated = {one.column for one in self.histories} | {one.history for one in self.in_force}
        return tuple(name for name in self.ledger.columns if name not in {"subject", *dated})


class Listed(NamedTuple):
    """A subject in the list, with its columns as of the day asked for."""

    subject: str
    title: str
    values: Mapping[str, Any]


class TileLine(NamedTuple):
    tile: Tile
    line: FigureLine
    where: Mapping[str, str | None]


def view_of(declared: LedgerView) -> View:
    """The view of a declaration, with its two routes."""
    router = APIRouter(prefix=declared.path, dependencies=[needs(declared.permission)])

    @router.get("")
    def listed(request: Request, q: str = "", as_of: str = "", sort: str = "", cursor: str = "") -> Response:
        return _list_page(request, declared, q.strip(), _day(as_of), sort or None, cursor or None)

    @router.get("/{identifier}")
    def one(request: Request, identifier: str, as_of: str = "") -> Response:
        return _subject_page(request, declared, identifier, _day(as_of))

    return View(
        declared.name, declared.title, declared.path, declared.permission, router, in_menu=declared.in_menu
    )


def as_it_was(declared: LedgerView, row: Row, day: dt.date | None) -> Mapping[str, Any] | None:
    """A row's columns as of a day, from the histories it keeps; None if the subject was not there yet."""
    values = {name: getattr(row, name) for name in row.__struct_fields__}
    if day is None:
        return values
    begun = values[declared.begins] if declared.begins else None
    if begun is not None and begun > day:
        return None
    for one in declared.in_force:
        values[one.column] = _on_day(one, values[one.history], day)
    return values


def told(value: Any) -> list[tuple[str, Any]]:
    """A structure as names and values, empty parts left out; () for what is no structure."""
    if not isinstance(value, msgspec.Struct):
        return []
    found: list[tuple[str, Any]] = []
    for name in value.__struct_fields__:
        inner = getattr(value, name)
        parts = inner if isinstance(inner, tuple) and inner and isinstance(inner[0], msgspec.Struct) else ()
        if isinstance(inner, msgspec.Struct):
            found += [(f"{name}: {part}", text) for part, text in told(inner)]
        elif parts:
            found += [(f"{name}: {part}", text) for one in parts for part, text in told(one)]
        elif inner not in (None, (), ""):
            found.append((name, inner))
    return found


def _on_day(one: InForce, history: tuple[Any, ...], day: dt.date) -> Any:
    """What a history says of a day; a part that its last item leaves open goes on from the item before."""
    begun = [item for item in history if item.since is None or item.since <= day]
    stated = [getattr(item, one.field) for item in begun if getattr(item, one.field) is not None]
    if not stated:
        return one.none
    until = getattr(at(history, day), one.until) if one.until else None
    return "over" if until is not None and until < day else stated[-1]


def _list_page(
    request: Request,
    declared: LedgerView,
    text: str,
    day: dt.date | None,
    sort: str | None,
    cursor: str | None,
) -> Response:
    _check_sort(declared, sort, day)
    asked = {name: request.query_params.get(name, "") for name in declared.filters}
    filters = [Filter(name, "is", (value,)) for name, value in asked.items() if value]
    with reading(request) as found:
        options = {
            name: values_of(found.connection, found.schema, declared.ledger, name)
            for name in declared.filters
        }
        if text:
            names = (declared.titled_by,) if declared.titled_by else ()
            subjects = matching(found.connection, found.schema, declared.ledger, names, text)
            filters.append(Filter("subject", "is", tuple(subjects) or ("-",)))
        rows, following = _rows(found, declared, tuple(filters), sort, cursor, day)
        offered = [{name: value} for name, values in options.items() for value in values]
        called = names_in(found.connection, found.schema, [*(row.values for row in rows), *offered])
    _, _, query = with_query(
        request, q=None, as_of=None, cursor=None, lang=None, theme=None, format="csv"
    ).partition("?")
    return page(
        request,
        "ledger_view/list.html",
        called=called,
        view=declared,
        rows=rows,
        next=following,
        sort=sort or "",
        asked=asked,
        options=options,
        q=text,
        as_of=day,
        dated={one.column for one in declared.in_force} if day else set(),
        csv=f"/ledgers/{declared.ledger.name}?{query}",
    )


def _rows(
    found: Reading,
    declared: LedgerView,
    filters: tuple[Filter, ...],
    sort: str | None,
    cursor: str | None,
    day: dt.date | None,
) -> tuple[list[Listed], str | None]:
    """A page of the list. On another day, dated columns and their filters are judged row by row."""
    dated = {one.column for one in declared.in_force} if day else set()
    asked = tuple(one for one in filters if one.column not in dated)
    judged = [one for one in filters if one.column in dated]
    listed: list[Listed] = []
    limit = SCAN_ROWS if day else PAGE_ROWS
    last: Mapping[str, Any] = {}
    while True:
        rows = ledger_page(
            found.connection, found.schema, declared.ledger, PageQuery(asked, sort, (), cursor, limit)
        )
        for raw in rows.rows:
            values = as_it_was(declared, row_of(declared.ledger, raw), day)
            if values is None or any(values[one.column] not in one.values for one in judged):
                continue
            if len(listed) == PAGE_ROWS:
                order = [last[sort.removeprefix("-")]] if sort else []
                return listed, cursor_of(sort, [*order, last["subject"]])
            listed.append(_listed(declared, values))
            last = raw
        if rows.next is None or day is None:
            return listed, rows.next
        cursor = rows.next


def _listed(declared: LedgerView, values: Mapping[str, Any]) -> Listed:
    subject = str(values["subject"])
    name = values[declared.titled_by] if declared.titled_by else None
    return Listed(subject, name or subject.partition("/")[2].partition(":")[2], values)


def _subject_page(request: Request, declared: LedgerView, identifier: str, day: dt.date | None) -> Response:
    subject = f"{declared.kind}/{identifier}"
    who, shown_day = who_of(request), day or today(request)
    with reading(request) as found, entries_of(found, subject):
        row, beside = _standing(found, declared, subject, day)
        lines = timeline(
            found.connection,
            found.schema,
            subject,
            volume=found.system.journal.volume,
            limit=TIMELINE_ROWS,
        )
    with reading(request) as found:
        held = [item for one in declared.histories for item in getattr(row, one.column)]
        called = names_in(found.connection, found.schema, [row, *held])
        tiles = [
            one
            for tile in declared.tiles
            if who.may(tile.permission)
            for one in _tile(found, tile, identifier, shown_day)
        ]
    values = as_it_was(declared, row, day)
    if values is None:
        raise NotFound(f"{subject} was not there on {day}: ask for a later day")
    return page(
        request,
        "ledger_view/one.html",
        called=called,
        view=declared,
        listed=_listed(declared, values),
        row=row,
        identifier=identifier,
        sections=[
            (section, beside[section.ledger.name])
            for section in declared.sections
            if beside.get(section.ledger.name)
        ],
        tiles=tiles,
        related=[one for one in declared.related if who.may(one.permission)],
        entries=_until(lines, shown_day if day else None),
        as_of=day,
        told=told,
    )


def _standing(
    found: Reading, declared: LedgerView, subject: str, day: dt.date | None
) -> tuple[Row, Mapping[str, Sequence[Row]]]:
    """The subject's row and those of other ledgers beside it: as posted, or folded to the end of a day."""
    system, name = found.system, declared.ledger.name
    if day is None:
        values = ledger_row(found.connection, found.schema, declared.ledger, (subject,))
        if values is None:
            raise NotFound(f"nothing is known of {subject!r}: look for it in the list")
        rows = subject_rows(found.connection, found.schema, system.declarations, subject)
        return row_of(declared.ledger, values), rows
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=system.zone)
    folded = subject_as_of(
        found.connection, found.schema, system.journal, system.declarations, system.zone, subject, Cut(end)
    )
    if not folded.get(name):
        raise NotFound(f"nothing was known of {subject!r} on {day}: ask for a later day")
    return next(iter(folded[name].values())), {key: list(rows.values()) for key, rows in folded.items()}


def _tile(found: Reading, tile: Tile, identifier: str, day: dt.date) -> list[TileLine]:
    query = FigureQuery(where=((tile.by, identifier),))
    lines = read_figure(found.connection, found.schema, tile.figure, query, day)
    return [TileLine(tile, line, {tile.by: identifier, **line.dims}) for line in lines]


def _until(lines: Sequence[TimelineLine], day: dt.date | None) -> list[TimelineLine]:
    """The entries that had happened by a day, the latest first."""
    return [
        one for one in reversed(lines) if day is None or one.occurred_on is None or one.occurred_on <= day
    ]


def _check_sort(declared: LedgerView, sort: str | None, day: dt.date | None) -> None:
    name = (sort or "").removeprefix("-")
    if day and name in {one.column for one in declared.in_force}:
        raise WrongUse(f"the list of a day is not in order of {name}: sort by another column")


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(f"as_of={text!r} is no day: write 2026-05-04") from error
