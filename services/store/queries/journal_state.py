"""Where the journal and its generations stand: the numbers behind the audit's first screen.

API and console ask. It compares rows with each other and with where the journal begins and ends, which the
caller gives; whether the journal is whole it cannot know alone.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec

from services.store.database import Connection
from services.store.generation import Watermark, watermarks
from services.store.queries.calendar import last_closed_day


class PartitionState(msgspec.Struct, frozen=True, kw_only=True):
    """A partition: first offset, next offset to be written, next offset to be folded, and the difference."""

    partition: int
    first_offset: int
    end_offset: int
    next_offset: int
    lag: int
    entries: int
    copies: int
    unreadable: int


class GenerationState(msgspec.Struct, frozen=True, kw_only=True):
    """A generation, how far it was folded, and what for; `live` is what readers of its fingerprint see."""

    id: int
    kind: str
    fingerprint: str
    state: str
    live: bool
    note: str
    created_at: dt.datetime
    changed_at: dt.datetime
    folded: int
    lag: int


class JournalState(msgspec.Struct, frozen=True, kw_only=True):
    """records = entries + copies + unreadable + lag. `complete` without any finding. `checkpoints` are the
    signed roots of a notary; without one there are none."""

    journal_id: str
    zone: str
    volume: int
    complete: bool
    findings: tuple[str, ...]
    records: int
    entries: int
    copies: int
    unreadable: int
    lag: int
    admitted_until: dt.datetime | None
    last_day_closed: dt.date | None
    partitions: tuple[PartitionState, ...]
    generations: tuple[GenerationState, ...]
    checkpoints: tuple[str, ...] = ()


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal says of itself; `findings` are what its own check complained of."""

    journal_id: str
    zone: str
    volume: int
    begins: Mapping[int, int]
    ends: Mapping[int, int]
    findings: Sequence[str] = ()


def journal_state(connection: Connection, schema: str, journal: Bounds) -> JournalState:
    """The journal against the live generation `schema`, and every generation there is."""
    marks = watermarks(connection, schema)
    partitions = tuple(_partition(number, journal, marks.get(number)) for number in sorted(journal.ends))
    admitted = connection.execute(f"SELECT max(admitted_until) FROM {schema}._watermark".encode()).fetchone()
    findings = (*journal.findings, *_findings(journal, marks))
    return JournalState(
        journal_id=journal.journal_id,
        zone=journal.zone,
        volume=journal.volume,
        complete=not findings,
        findings=findings,
        records=sum(end - journal.begins.get(p, 0) for p, end in journal.ends.items()),
        entries=sum(one.entries for one in partitions),
        copies=sum(one.copies for one in partitions),
        unreadable=sum(one.unreadable for one in partitions),
        lag=sum(one.lag for one in partitions),
        admitted_until=None if admitted is None else admitted[0],
        last_day_closed=last_closed_day(connection, schema),
        partitions=partitions,
        generations=tuple(generation_states(connection, journal.ends)),
    )


def generation_states(connection: Connection, ends: Mapping[int, int]) -> list[GenerationState]:
    """Every generation that was not dropped, the newest first."""
    rows = connection.execute(
        "SELECT g.id, g.kind, g.fingerprint, g.state, l.generation IS NOT NULL, g.note, g.created_at, "
        "g.changed_at, g.schema_name FROM daybook.generation g LEFT JOIN daybook.live_generation l "
        "ON l.generation = g.id WHERE to_regclass(g.schema_name || '._watermark') IS NOT NULL "
        "ORDER BY g.id DESC"
    ).fetchall()
    states = []
    for *columns, schema in rows:
        marks = watermarks(connection, schema)
        lag = sum(max(0, end - _next(marks.get(number))) for number, end in ends.items())
        names = ("id", "kind", "fingerprint", "state", "live", "note", "created_at", "changed_at")
        folded = sum(mark.next_offset for mark in marks.values())
        states.append(GenerationState(**dict(zip(names, columns, strict=True)), folded=folded, lag=lag))
    return states


def _partition(number: int, journal: Bounds, mark: Watermark | None) -> PartitionState:
    end = journal.ends[number]
    return PartitionState(
        partition=number,
        first_offset=journal.begins.get(number, 0),
        end_offset=end,
        next_offset=_next(mark),
        lag=max(0, end - _next(mark)),
        entries=0 if mark is None else mark.entries,
        copies=0 if mark is None else mark.copies,
        unreadable=0 if mark is None else mark.unreadable,
    )


def _findings(journal: Bounds, marks: Mapping[int, Watermark]) -> list[str]:
    """What cannot be where nothing was lost."""
    found = []
    for number, end in sorted(journal.ends.items()):
        first, mark = journal.begins.get(number, 0), marks.get(number)
        if first != 0:
            found.append(f"partition {number} begins at {first}: what stood before it is gone")
        if mark is None:
            found.append(f"partition {number} is not folded: the journal had fewer when ledgers were made")
        elif mark.next_offset > end:
            found.append(f"partition {number} ends at {end} and was folded up to {mark.next_offset}")
        elif mark.entries + mark.copies + mark.unreadable != mark.next_offset - first:
            found.append(f"partition {number}: entries, copies and unreadable do not add up to its records")
    return found


def _next(mark: Watermark | None) -> int:
    return 0 if mark is None else mark.next_offset
