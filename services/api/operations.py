"""Operating over HTTP: health, status, digests, journal records by position, quarantine, producers."""

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from events.envelope import Position
from services.api.guard import needs
from services.api.reading import Limit, json_of, reading
from services.door.producers import reconciled
from services.errors import WrongUse
from services.store.digest import digests
from services.store.queries.producers import door_counts, sequence_gaps
from services.store.queries.status import read_status

router = APIRouter(tags=["operate"])
OPERATING, PROVING = [needs("read_operations")], [needs("read_journal")]


@router.get("/healthz")
def health() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "ok"}


@router.get("/status", dependencies=OPERATING)
def status(request: Request) -> Response:
    """Journal, generation, lag, parked keys, unreadable records, and what each ledger counted."""
    with reading(request) as (system, connection, _):
        ends, volume = system.journal.ends(), system.journal.volume
        found = read_status(connection, system.generation(connection), system.opened, ends, volume)
    return json_of(found)


@router.get("/digests", dependencies=PROVING)
def table_digests(request: Request) -> Response:
    """SHA-256 of every table of the live generation."""
    with reading(request) as (system, connection, schema):
        return json_of(digests(connection, system.declarations, schema))


@router.get("/journal/{volume}/{partition}/{offset}", dependencies=PROVING)
def record(request: Request, volume: int, partition: int, offset: int) -> Response:
    """The stored record at a position, byte for byte; sealed fields stay sealed."""
    system: Any = request.app.state.system
    found = system.journal.fetch([Position(volume, partition, offset)])[0]
    return Response(found.value or b"", media_type="application/cloudevents+json")


@router.get("/quarantine", dependencies=OPERATING)
def quarantine(
    request: Request, source: str | None = None, code: str | None = None, limit: Limit = 100
) -> Response:
    """Open cases, the newest first; without the raw records, which may hold personal data."""
    system: Any = request.app.state.system
    return json_of(system.quarantine.list(source=source, code=code, limit=limit))


@router.get("/producers/gaps", dependencies=OPERATING)
def gaps(request: Request, source: str | None = None) -> Response:
    """Numbers missing in the producers' sequences."""
    with reading(request) as (_, connection, schema):
        return json_of(sequence_gaps(connection, schema, source))


@router.get("/producers/days", dependencies=OPERATING)
def producer_days(
    request: Request,
    start: Annotated[dt.date, Query(alias="from")],
    to: dt.date,
) -> Response:
    """Declared days against what came, by source, day and type; and what the door counted."""
    if to < start:
        raise WrongUse(f"from={start} is after to={to}")
    with reading(request) as (system, connection, schema):
        days = reconciled(connection, schema, system.journal, system.opened.zone, start, to)
        return json_of({"declared": days, "door": door_counts(connection, start, to)})
