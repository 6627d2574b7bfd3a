"""The timeline of a subject: its entries, found through the duplicate memory's index.

Projector (for corrections), auditor (as-of) and API read it; bodies live in the journal alone.
"""

import hashlib

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
