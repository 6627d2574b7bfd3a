"""Has this event been counted already? Entries by source and id, for the door.

The first ten bytes of an entry id name source and id, so one range of the unique index answers both
questions: the same event, or an id used again.
"""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from services.store.database import Connection
from services.store.timeline import subject_hash

_LOW, _HIGH = bytes(6), b"\xff" * 6


class Counted(NamedTuple):
    """An entry as the duplicate memory has it."""

    entry_id: bytes
    content: bytes
    partition: int
    offset: int
    occurred_on: dt.date | None


def counted_entries(connection: Connection, schema: str, source_ids: Sequence[bytes]) -> list[Counted]:
    """Every entry under these source ids (10 bytes each), one query for the whole batch."""
    if not source_ids:
        return []
    rows = connection.execute(
        "SELECT e.entry_id, e.content, e.partition, e.position, e.occurred_on "
        "FROM unnest(%b::bytea[], %b::bytea[]) AS wanted (low, high) CROSS JOIN LATERAL ("
        "SELECT entry_id, content, partition, position, occurred_on "
        f"FROM {schema}.entries WHERE entry_id BETWEEN wanted.low AND wanted.high OFFSET 0) e".encode(),
        ([one + _LOW for one in source_ids], [one + _HIGH for one in source_ids]),
    ).fetchall()
    return [Counted(*row) for row in rows]


def types_by_subject(connection: Connection, schema: str, subjects: Sequence[str]) -> dict[str, list[str]]:
    """The types of the counted entries of each subject, in journal order; a subject without any is absent."""
    rows = connection.execute(
        f"SELECT subject, type FROM {schema}.entries "
        "WHERE substring(entry_id FROM 11 FOR 6) = ANY(%b) AND subject = ANY(%s) "
        "ORDER BY partition, position".encode(),
        ([subject_hash(subject) for subject in subjects], list(subjects)),
    ).fetchall()
    found: dict[str, list[str]] = {}
    for subject, type_name in rows:
        found.setdefault(subject, []).append(type_name)
    return found
