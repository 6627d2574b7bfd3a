"""One subject over HTTP: its rows in every ledger, as of a moment and as known at one, and its timeline."""

import datetime as dt
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.api.guard import needs_one_of
from services.api.openapi import answers
from services.api.reading import Cursor, Day, Instant, Limit, entries_of, json_of, moment, must_see, reading
from services.audit.as_of import subject_as_of
from services.errors import NotFound
from services.identity.who import Permission
from services.projector.batch import Cut
from services.store.queries.paging import cursor_of, position_in
from services.store.queries.subjects import subject_rows
from services.store.timeline import Only, TimelineFilter, timeline

OF_CUSTOMERS = ("customer", "lead", "complaint")
"""Kinds of subjects that are, or stand for, a person."""


def _permission(request: Request) -> Permission:
    """What the kind in the path takes."""
    return "read_customers" if request.path_params["kind"] in OF_CUSTOMERS else "read_ledgers"


router = APIRouter(
    prefix="/subjects",
    tags=["subjects"],
    dependencies=[needs_one_of(("read_customers", "read_ledgers"), _permission)],
)


class SubjectShown(msgspec.Struct, frozen=True):
    """The rows of a subject by ledger, under a cut."""

    subject: str
    as_of: dt.datetime | None
    known_at: dt.datetime | None
    ledgers: dict[str, list[dict[str, Any]]]


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A counted entry, without its body: that is at /journal/POSITION."""

    position: str
    source: str
    id: str
    type: str
    version: int
    occurred_at: dt.datetime | None
    occurred_on: dt.date | None
    admitted_at: dt.datetime
    recorded_at: dt.datetime | None
    correlation: str | None
    causation: str | None
    line: str


class TimelinePage(msgspec.Struct, frozen=True):
    """A page of a timeline, in journal order."""

    entries: tuple[TimelineEntry, ...]
    next: str | None


@router.get("/{kind}/{identifier}", summary="A subject in every ledger", responses=answers(SubjectShown))
def subject(
    request: Request, kind: str, identifier: str, as_of: Instant = None, known_at: Instant = None
) -> Response:
    """The rows of a subject in every ledger: now, or as of a moment as far as it was known at another."""
    name, cut = f"{kind}/{identifier}", Cut(moment(as_of, "as_of"), moment(known_at, "known_at"))
    with reading(request) as seen:
        system, connection, schema = seen
        if cut == Cut():
            must_see(seen, name)
            found = subject_rows(connection, schema, system.declarations, name)
        else:
            with entries_of(seen, name):
                folded = subject_as_of(
                    connection, schema, system.journal, system.declarations, system.zone, name, cut
                )
            found = {ledger: list(rows.values()) for ledger, rows in folded.items()}
    if not found:
        raise NotFound(f"nothing is known of {name!r} then: look at its timeline for when it began")
    rows = msgspec.to_builtins(found, builtin_types=(dt.date, dt.datetime))
    return json_of(SubjectShown(name, cut.as_of, cut.known_at, rows))


@router.get("/{kind}/{identifier}/timeline", summary="A timeline", responses=answers(TimelinePage))
def subject_timeline(
    request: Request,
    kind: str,
    identifier: str,
    cursor: Cursor = None,
    limit: Limit = 100,
    of_type: Annotated[str | None, Query(alias="type", max_length=100)] = None,
    source: Annotated[str | None, Query(max_length=200)] = None,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
    only: Only | None = None,
    order: Literal["oldest", "newest"] = "oldest",
) -> Response:
    """The entries of a subject, in journal order or the other way round, every one or as the filters say."""
    wanted = TimelineFilter(of_type, source, first, last, only, order == "newest")
    start = None if cursor is None else position_in(cursor)
    with reading(request) as seen, entries_of(seen, f"{kind}/{identifier}"):
        lines = timeline(
            seen.connection,
            seen.schema,
            f"{kind}/{identifier}",
            volume=seen.system.journal.volume,
            after=start,
            limit=limit + 1,
            wanted=wanted,
        )
    entries = tuple(TimelineEntry(**{**line._asdict(), "position": str(line.position)}) for line in lines)
    following = cursor_of("timeline", [lines[limit - 1].position]) if len(lines) > limit else None
    return json_of(TimelinePage(entries[:limit], following))
