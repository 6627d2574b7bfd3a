"""The timeline of a subject: its entries, found through the duplicate memory's index.

Projector (for corrections), auditor (as-of) and API read it; bodies live in the journal alone.
"""

import datetime as dt
import hashlib
from typing import Any, Literal, NamedTuple

from events.envelope import Position
from services.store.database import Connection

Only = Literal["corrections", "late"]

OF_SUBJECT = "substring(entry_id FROM 11 FOR 6) = %s AND subject = %s"
"""Finds the entries of a subject by index: give `subject_hash(subject)` and the subject."""

_ONLY: dict[Only, str] = {
    "corrections": "split_part(type, '.', 2) IN ('corrected', 'voided')",
    "late": "(admitted_at AT TIME ZONE 'UTC')::date - occurred_on > 1",
}


def subject_hash(subject: str) -> bytes:
    """The six bytes of an entry id that name its subject."""
    return hashlib.sha256(subject.encode()).digest()[:6]


def positions_of(connection: Connection, schema: str, subject: str, volume: int) -> list[Position]:
    """Positions of every counted entry of a subject, in journal order."""
    rows = connection.execute(
        f"SELECT partition, position FROM {schema}.entries "
        f"WHERE {OF_SUBJECT} ORDER BY partition, position".encode(),
        (subject_hash(subject), subject),
    ).fetchall()
    return [Position(volume, *row) for row in rows]


class TimelineLine(NamedTuple):
    """One counted entry of a subject, as the ledger `entries` holds it; no body."""

    position: Position
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


class TimelineFilter(NamedTuple):
    """Which entries of a subject: of a family (`sale`) or type (`sale.confirmed`), of a source, that happened
    from one business day to another (both included), corrections or late ones alone; newest first or not.

    An entry is late if it was admitted more than a day after it happened, days cut in UTC.
    """

    type: str | None = None
    source: str | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    only: Only | None = None
    newest_first: bool = False


EVERYTHING = TimelineFilter()


def timeline(
    connection: Connection,
    schema: str,
    subject: str,
    *,
    volume: int = 0,
    after: Position | None = None,
    limit: int = 1_000,
    wanted: TimelineFilter = EVERYTHING,
) -> list[TimelineLine]:
    """Up to `limit` entries of a subject in journal order, or the other way round, from after a position
    (keyset paging)."""
    wheres, values = _conditions(wanted)
    if after is not None:
        wheres.append(f"position {'<' if wanted.newest_first else '>'} %s")
        values.append(after.offset)
    order = "partition DESC, position DESC" if wanted.newest_first else "partition, position"
    rows = connection.execute(
        "SELECT partition, position, source, id, type, version, occurred_at, occurred_on, admitted_at, "
        f"recorded_at, correlation, causation, line FROM {schema}.entries "
        f"WHERE {' AND '.join((OF_SUBJECT, *wheres))} ORDER BY {order} LIMIT %s".encode(),
        (subject_hash(subject), subject, *values, limit),
    ).fetchall()
    return [TimelineLine(Position(volume, row[0], row[1]), *row[2:]) for row in rows]


class TimelineChoices(NamedTuple):
    """What a timeline can be filtered by, each in order; `days` are those on which something happened."""

    families: tuple[str, ...]
    sources: tuple[str, ...]
    days: tuple[dt.date, ...]


def timeline_choices(connection: Connection, schema: str, subject: str) -> TimelineChoices:
    """The families of types, the sources and the days of a subject's entries."""
    row = connection.execute(
        "SELECT coalesce(array_agg(DISTINCT split_part(type, '.', 1)), '{}'), "
        "coalesce(array_agg(DISTINCT source), '{}'), "
        "coalesce(array_agg(DISTINCT occurred_on) FILTER (WHERE occurred_on IS NOT NULL), '{}') "
        f"FROM {schema}.entries WHERE {OF_SUBJECT}".encode(),
        (subject_hash(subject), subject),
    ).fetchone()
    assert row is not None, "aggregates give one row"
    return TimelineChoices(*(tuple(sorted(held)) for held in row))


def _conditions(wanted: TimelineFilter) -> tuple[list[str], list[Any]]:
    found: list[tuple[str, Any]] = []
    if wanted.type is not None:
        column = "type" if "." in wanted.type else "split_part(type, '.', 1)"
        found.append((f"{column} = %s", wanted.type))
    if wanted.source is not None:
        found.append(("source = %s", wanted.source))
    if wanted.first is not None:
        found.append(("occurred_on >= %s", wanted.first))
    if wanted.last is not None:
        found.append(("occurred_on <= %s", wanted.last))
    wheres, values = [where for where, _ in found], [value for _, value in found]
    if wanted.only is not None:
        wheres.append(_ONLY[wanted.only])
    return wheres, values


def known_until(connection: Connection, schema: str, partition: int, known_at: dt.datetime) -> int | None:
    """The first offset of a partition that was admitted after `known_at`: what lies before was known then."""
    row = connection.execute(
        f"SELECT min(position) FROM {schema}.entries WHERE partition = %s AND admitted_at > %s".encode(),
        (partition, known_at),
    ).fetchone()
    return None if row is None else row[0]
