"""The timeline of a subject: its entries, found through the duplicate memory's index.

Projector (for corrections), auditor (as-of) and API read it; bodies live in the journal alone.
"""

import datetime as dt
import hashlib
from typing import NamedTuple

from events.envelope import Position
from services.store.database import Connection


def subject_hash(subject: str) -> bytes:
    """The six bytes of an entry id that name its subject."""
    return hashlib.sha256(subject.encode()).digest()[:6]


def positions_of(connection: Connection, schema: str, subject: str, volume: int) -> list[Position]:
    """Positions of every counted entry of a subject, in journal order."""
    rows = connection.execute(
        f"SELECT partition, position FROM {schema}.entries "
        "WHERE substring(entry_id FROM 11 FOR 6) = %s AND subject = %s ORDER BY partition, position".encode(),
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


def timeline(
    connection: Connection,
    schema: str,
    subject: str,
    *,
    volume: int = 0,
    after: Position | None = None,
    limit: int = 1_000,
) -> list[TimelineLine]:
    """Up to `limit` entries of a subject in journal order, from after a position (keyset paging)."""
    rows = connection.execute(
        "SELECT partition, position, source, id, type, version, occurred_at, occurred_on, admitted_at, "
        f"recorded_at, correlation, causation, line FROM {schema}.entries "
        "WHERE substring(entry_id FROM 11 FOR 6) = %s AND subject = %s AND position > %s "
        "ORDER BY partition, position LIMIT %s".encode(),
        (subject_hash(subject), subject, -1 if after is None else after.offset, limit),
    ).fetchall()
    return [TimelineLine(Position(volume, row[0], row[1]), *row[2:]) for row in rows]


def known_until(connection: Connection, schema: str, partition: int, known_at: dt.datetime) -> int | None:
    """The first offset of a partition that was admitted after `known_at`: what lies before was known then."""
    row = connection.execute(
        f"SELECT min(position) FROM {schema}.entries WHERE partition = %s AND admitted_at > %s".encode(),
        (partition, known_at),
    ).fetchone()
    return None if row is None else row[0]
