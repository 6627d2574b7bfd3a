"""Where entries stand that are known by name: position, type and line of each. Files of cases ask here."""

import datetime as dt
from collections.abc import Iterable

import msgspec

from events.envelope import Position
from services.store.database import Connection
from services.store.timeline import subject_hash


class EntryLine(msgspec.Struct, frozen=True):
    """A posted entry; no body."""

    position: str
    source: str
    id: str
    type: str
    on: dt.date | None
    at: dt.datetime | None
    line: str


def entries_named(
    connection: Connection, schema: str, volume: int, subject: str, names: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], EntryLine]:
    """The entries of a subject by source and id; what is not posted yet is left out."""
    wanted = list(names)
    rows = connection.execute(
        "SELECT e.partition, e.position, e.source, e.id, e.type, e.occurred_on, e.occurred_at, e.line "
        f"FROM {schema}.entries e "
        "JOIN unnest(%s::text[], %s::text[]) AS wanted(source, id) "
        "ON e.source = wanted.source AND e.id = wanted.id "
        "WHERE substring(e.entry_id FROM 11 FOR 6) = %s AND e.subject = %s".encode(),
        ([one[0] for one in wanted], [one[1] for one in wanted], subject_hash(subject), subject),
    ).fetchall()
    lines = [EntryLine(str(Position(volume, row[0], row[1])), *row[2:]) for row in rows]
    return {(line.source, line.id): line for line in lines}
