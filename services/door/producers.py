"""What each producer brought: the door's own counts, and declarations read back from the journal.

The door adds to `DoorCounts`; CLI and API ask for the reconciliation. Counting never fails an admission: what
cannot be written now is written with the next batch.
"""

import datetime as dt
import logging
import threading
import time
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from events import codec
from events.envelope import Entry
from events.producers import ProducerDayDeclared
from projections.fold import effective
from services.door.judging import Unit
from services.journal.port import Journal
from services.store.database import Connection, connect
from services.store.queries.producers import (
    Declared,
    ReconciledType,
    add_door_counts,
    declaration_positions,
    reconciliation,
)

FLUSH_SECONDS = 1.0
_ORDER = {"admitted": 0, "duplicate": 1, "refused": 2, "id_reused": 2}
_log = logging.getLogger("daybook.door.producers")


class DoorCounts:
    """Events per source and day of admission, written at most once a second and on `flush`. Close it."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, dt.date], list[int]] = {}
        self._written_at = time.monotonic()
        self._connection: Connection | None = None

    def add(self, units: Sequence[Unit], day: dt.date) -> None:
        """Count the events of these units; a unit without any counts as one refusal."""
        with self._lock:
            for unit in units:
                for place in unit.places:
                    status = "refused" if unit.refused else place.status
                    self._add(place.source or unit.submission.source, day, status)
                if not unit.places:
                    self._add(unit.source, day, "refused")
            if time.monotonic() - self._written_at >= FLUSH_SECONDS:
                self._flush()

    def flush(self) -> None:
        """Write what is waiting."""
        with self._lock:
            self._flush()

    def close(self) -> None:
        """Write what is waiting and release the connection."""
        with self._lock:
            self._flush()
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _add(self, source: str, day: dt.date, status: str) -> None:
        numbers = self._waiting.setdefault((storable(source), day), [0, 0, 0])
        numbers[_ORDER[status]] += 1

    def _flush(self) -> None:
        self._written_at = time.monotonic()
        if not self._waiting:
            return
        counts = {key: (numbers[0], numbers[1], numbers[2]) for key, numbers in self._waiting.items()}
        try:
            if self._connection is None:
                self._connection = connect(self._conninfo, autocommit=True)
            add_door_counts(self._connection, counts)
        except Exception:  # counts are telemetry: they wait, the admission stands
            _log.warning("door counts could not be written, they wait", exc_info=True)
            self._connection = None
            return
        self._waiting.clear()


def storable(source: str) -> str:
    """A source as a refused record spells it may hold what a text column cannot."""
    return source.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")[:200]


def declared_days(
    connection: Connection, schema: str, journal: Journal, zone_name: str, start: dt.date, end: dt.date
) -> list[Declared]:
    """What producers declared for the days from `start` to `end`, corrections applied."""
    zone = ZoneInfo(zone_name)
    positions = declaration_positions(connection, schema, journal.volume)
    by_subject: dict[str, list[Entry]] = {}
    for position, record in zip(positions, journal.fetch(positions), strict=True):
        entry = codec.decode(record.value, position, zone)
        by_subject.setdefault(entry.subject, []).append(entry)
    events = [entry.event for entries in by_subject.values() for entry in effective(entries, zone)]
    return [
        Declared(event.producer_source, event.day, type_name, count)
        for event in events
        if isinstance(event, ProducerDayDeclared) and start <= event.day <= end
        for type_name, count in event.count_by_type
    ]


def reconciled(
    connection: Connection, schema: str, journal: Journal, zone_name: str, start: dt.date, end: dt.date
) -> list[ReconciledType]:
    """Declared against admitted for the days from `start` to `end`, both included."""
    declared = declared_days(connection, schema, journal, zone_name, start, end)
    return reconciliation(connection, schema, declared, zone_name)
