"""Operating over HTTP: health, status, digests, journal records by position, gaps and days of producers.

The journal as a whole, quarantine, rebuilds and rules have files of their own; ROUTERS names them all.
"""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response

from events.envelope import Position
from services.api import journal, quarantine, rebuilds, rules
from services.api.guard import needs, who_of
from services.api.openapi import answers
from services.api.own_sources import own_sources
from services.api.reading import Cursor, Day, Limit, json_of, reading
from services.door.producers import reconciled
from services.errors import WrongUse
from services.store.digest import digests
from services.store.queries.paging import page_of
from services.store.queries.producers import (
    DoorCount,
    ReconciledType,
    SequenceGap,
    door_counts,
    sequence_gaps,
)
from services.store.queries.status import Status, read_status

router = APIRouter(tags=["operate"])
OPERATING, PROVING = [needs("read_operations")], [needs("read_journal")]
DAYS_AT_MOST = 3_660


class Health(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str


class GapPage(msgspec.Struct, frozen=True):
    """Numbers that never came, by source, the first first."""

    gaps: tuple[SequenceGap, ...]
    next: str | None


class ProducerDays(msgspec.Struct, frozen=True):
    """A page of declared days against what came; with the first one, what the door counted."""

    declared: tuple[ReconciledType, ...]
    door: tuple[DoorCount, ...]
    next: str | None


@router.get("/healthz", summary="Health", responses=answers(Health, {"status": "ok"}))
def health() -> Response:
    """Whether the process answers."""
    return json_of(Health("ok"))


@router.get("/status", summary="Where everything stands", dependencies=OPERATING, responses=answers(Status))
def status(request: Request) -> Response:
    """Journal, generation, lag, parked keys, unreadable records, and what each ledger counted."""
    with reading(request, every_unit=True) as (system, connection, _):
        ends, volume = system.journal.ends(), system.journal.volume
        found = read_status(connection, system.generation(connection), system.opened, ends, volume)
    return json_of(found)


@router.get(
    "/digests",
    summary="Digests of every table",
    dependencies=PROVING,
    responses=answers(dict[str, str], {"customers": "9f86d081884c7d65"}),
)
def table_digests(request: Request) -> Response:
    """SHA-256 of every table of the live generation."""
    with reading(request, every_unit=True) as (system, connection, schema):
        return json_of(digests(connection, system.declarations, schema))


@router.get(
    "/journal/{volume}/{partition}/{offset}",
    summary="A record of the journal",
    dependencies=PROVING,
    responses=answers(dict[str, Any], media_type="application/cloudevents+json", about="As it is stored."),
)
def record(
    request: Request,
    volume: Annotated[int, Path(ge=0, le=2**31 - 1)],
    partition: Annotated[int, Path(ge=0, le=2**31 - 1)],
    offset: Annotated[int, Path(ge=0, le=2**63 - 1)],
) -> Response:
    """The stored record at a position, byte for byte; sealed fields stay sealed."""
    system: Any = request.app.state.system
    found = system.journal.fetch([Position(volume, partition, offset)])[0]
    return Response(found.value or b"", media_type="application/cloudevents+json")


@router.get(
    "/producers/gaps", summary="Numbers that never came", dependencies=OPERATING, responses=answers(GapPage)
)
def gaps(request: Request, source: str | None = None, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Numbers missing in the producers' sequences."""
    with reading(request, every_unit=True) as (_, connection, schema):
        found = sequence_gaps(connection, schema, source)
    mine = own_sources(who_of(request))
    found = [one for one in found if mine is None or mine(one.source)]
    shown, following = page_of(found, lambda one: (one.source, one.first_missing), cursor, limit)
    return json_of(GapPage(shown, following))


@router.get(
    "/producers/days",
    summary="Declared against admitted",
    dependencies=OPERATING,
    responses=answers(ProducerDays),
)
def producer_days(
    request: Request,
    start: Annotated[Day, Query(alias="from")],
    to: Day,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Response:
    """Declared days against what came, by source, day and type; and what the door counted."""
    if to < start:
        raise WrongUse(f"from={start} is after to={to}")
    if (to - start).days > DAYS_AT_MOST:
        raise WrongUse(f"from={start} to={to}: ask for at most {DAYS_AT_MOST} days at once")
    with reading(request, every_unit=True) as (system, connection, schema):
        days = reconciled(connection, schema, system.journal, system.opened.zone, start, to)
        counts = door_counts(connection, start, to) if cursor is None else []
    mine = own_sources(who_of(request))
    days = [one for one in days if mine is None or mine(one.source)]
    counts = [one for one in counts if mine is None or mine(one.source)]
    shown, following = page_of(days, lambda one: (one.source, one.day, one.type), cursor, limit)
    return json_of(ProducerDays(shown, tuple(counts), following))


ROUTERS = (router, journal.router, quarantine.router, rebuilds.router, rules.router)
"""All that operating and auditing ask for."""
