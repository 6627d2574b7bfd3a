"""Questions about risk signals: the entries that a signal names, and the signals that name an entry.

The console asks here; signals themselves are rows like any other (rows.py), counts are the figure `signals`.
"""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple, cast

import msgspec

from events.codec import source_id
from events.envelope import Position
from events.event_type import EntryRef
from projections.risk import SIGNALS, SignalRow
from services.store import tables
from services.store.database import Connection

SIGNALS_AT_MOST = 200


class NamedEntry(NamedTuple):
    """An entry that a signal names as evidence; `position` is None where none is to be seen."""

    ref: EntryRef
    position: Position | None = None
    subject: str | None = None
    type: str | None = None
    on: dt.date | None = None
    at: dt.datetime | None = None
    line: str | None = None


def evidence_entries(
    connection: Connection, schema: str, volume: int, refs: Sequence[EntryRef]
) -> list[NamedEntry]:
    """The entries of these names in this order; one of another unit, or not posted yet, has only its name.

    Evidence may stand on other subjects than its signal, so it is found by the first bytes of its id.
    """
    firsts = [source_id(one.source, one.id) for one in refs]
    rows = connection.execute(
        "SELECT e.source, e.id, e.partition, e.position, e.subject, e.type, e.occurred_on, e.occurred_at, "
        f"e.line FROM unnest(%s::bytea[], %s::bytea[]) AS wanted(low, high) JOIN {schema}.entries e "
        "ON e.entry_id BETWEEN wanted.low AND wanted.high ORDER BY e.partition, e.position".encode(),
        (firsts, [one + b"\xff" * 6 for one in firsts]),
    ).fetchall()
    found = {
        (row[0], row[1]): NamedEntry(EntryRef(row[0], row[1]), Position(volume, row[2], row[3]), *row[4:])
        for row in rows
    }
    return [found.get((one.source, one.id), NamedEntry(one)) for one in refs]


def signals_naming(
    connection: Connection, schema: str, subject: str, refs: Sequence[EntryRef]
) -> list[SignalRow]:
    """The signals of a subject that name any of these entries as evidence, the latest first."""
    shape = tables.shape(SIGNALS)
    names = ", ".join(f's."{one.name}"' for one in shape.columns)
    rows = connection.execute(
        f"SELECT {names} FROM {schema}.signals s WHERE s.subject = %s AND EXISTS (SELECT FROM "
        "unnest(%s::jsonb[]) AS wanted(entry) WHERE s.evidence @> wanted.entry) "
        "ORDER BY s.detected_on DESC NULLS LAST, s.signal_id LIMIT %s".encode(),
        (subject, [msgspec.json.encode([one]).decode() for one in refs], SIGNALS_AT_MOST),
    ).fetchall()
    return [cast(SignalRow, shape.from_db(row)) for row in rows]
