"""The journal and its producers over HTTP: whole or not, how far, generations; did all of yesterday arrive.

Read-only. A publisher sees its own sources. What a record says is in operations.py, by position.
"""

import datetime as dt
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.api.guard import needs, who_of
from services.api.openapi import answers
from services.api.own_sources import own_sources
from services.api.reading import Day, json_of, reading
from services.door.producers import reconciled
from services.errors import JournalIncomplete
from services.store.queries.journal_state import (
    Bounds,
    GenerationState,
    JournalState,
    generation_states,
    journal_state,
)
from services.store.queries.producers import (
    DoorCount,
    ReconciledType,
    SequenceGap,
    SourceDays,
    door_counts,
    sequence_gaps,
    source_days,
)

router = APIRouter(tags=["operate"])


class Producer(msgspec.Struct, frozen=True, kw_only=True):
    """A source on one day. `whole`: all that it declared for the day came; null where it declared nothing.
    `door` counts what it brought on that day, `types` what happened on that day; `gaps` are of all time."""

    source: str
    last_admitted_on: dt.date | None
    last_declared_day: dt.date | None
    whole: bool | None
    declared: int
    admitted: int
    missing: int
    late: int
    refused: int
    door: DoorCount | None
    types: tuple[ReconciledType, ...]
    gaps: tuple[SequenceGap, ...]


class Producers(msgspec.Struct, frozen=True):
    """Every source that one may see, on one day."""

    day: dt.date
    producers: tuple[Producer, ...]


class Generations(msgspec.Struct, frozen=True):
    """Every generation that was not dropped, the newest first."""

    generations: tuple[GenerationState, ...]


@router.get(
    "/journal",
    summary="Whether the journal is whole",
    dependencies=[needs("read_journal")],
    responses=answers(JournalState),
)
def journal(request: Request) -> Response:
    """Whether the journal is whole, and if not why; each partition's first and last offset and its lag;
    generations; the last day closed."""
    return json_of(state_of_journal(request))


@router.get(
    "/generations",
    summary="Generations",
    dependencies=[needs("read_journal")],
    responses=answers(Generations),
)
def generations(request: Request) -> Response:
    """Every generation with its state, and how far it was folded."""
    with reading(request, every_unit=True) as (system, connection, _):
        return json_of(Generations(tuple(generation_states(connection, system.journal.ends()))))


@router.get(
    "/producers",
    summary="Did all of a day arrive",
    dependencies=[needs("read_operations")],
    responses=answers(Producers),
)
def producers(
    request: Request,
    day: Annotated[Day | None, Query(description="The day asked about; yesterday if left out.")] = None,
) -> Response:
    """Did all of a day arrive? What each source declared against what came, what was refused, what is
    missing in its own counter."""
    return json_of(producers_on(request, day))


def state_of_journal(request: Request) -> JournalState:
    """What GET /journal answers."""
    with reading(request, every_unit=True) as (system, connection, schema):
        bounds = Bounds(
            journal_id=system.opened.journal_id,
            zone=system.opened.zone,
            volume=system.journal.volume,
            begins=system.journal.begins(),
            ends=system.journal.ends(),
            findings=_complaints_of(system.journal),
        )
        return journal_state(connection, schema, bounds)


def producers_on(request: Request, day: dt.date | None) -> Producers:
    """What GET /producers answers."""
    mine = own_sources(who_of(request))
    with reading(request, every_unit=True) as (system, connection, schema):
        asked = day or system.clock().astimezone(system.zone).date() - dt.timedelta(days=1)
        types = reconciled(connection, schema, system.journal, system.opened.zone, asked, asked)
        door = {one.source: one for one in door_counts(connection, asked, asked)}
        gaps = sequence_gaps(connection, schema)
        sources = source_days(connection, schema)
    found = [
        _producer(one, door.get(one.source), types, gaps)
        for one in sources
        if mine is None or mine(one.source)
    ]
    return Producers(asked, tuple(found))


def _producer(
    source: SourceDays, door: DoorCount | None, types: list[ReconciledType], gaps: list[SequenceGap]
) -> Producer:
    own = tuple(one for one in types if one.source == source.source)
    missing = sum(one.missing for one in own)
    return Producer(
        source=source.source,
        last_admitted_on=source.last_admitted_on,
        last_declared_day=source.last_declared_day,
        whole=None if not any(one.declared for one in own) else missing == 0,
        declared=sum(one.declared for one in own),
        admitted=sum(one.admitted for one in own),
        missing=missing,
        late=sum(one.late for one in own),
        refused=0 if door is None else door.refused,
        door=door,
        types=own,
        gaps=tuple(one for one in gaps if one.source == source.source),
    )


def _complaints_of(journal: Any) -> tuple[str, ...]:
    """What the journal's own check says: retention, first offset, compaction, partitions, guards."""
    try:
        journal.check()
    except JournalIncomplete as error:
        return (str(error),)
    return ()
