"""Day closes that the watch has yet to run: found in the calendar's partition, in order, once each.

Only the watch uses it. It reads ahead of the fold but never folds; what it found stays found until done.
"""

import datetime as dt
from collections import deque
from typing import NamedTuple

from events import codec
from events.calendar import CalendarDayClosed, calendar_of
from events.envelope import Position
from events.errors import EventError
from services.journal.port import Journal
from services.store.queries.watching import Offsets
from services.watch.day_close import calendar_partition

SCAN_RECORDS = 20_000


class Close(NamedTuple):
    """A `calendar.day_closed` at its offset; `cut` is the next offset of every partition."""

    day: dt.date
    cut: dict[int, int]
    offset: int


class PendingCloses:
    """The closes at or after the watermark of the calendar's partition."""

    def __init__(self, journal: Journal, zone_name: str) -> None:
        self.partition = calendar_partition(zone_name, journal.partitions)
        self.subject = f"calendar/{calendar_of(zone_name)}"
        self._journal = journal
        self._found: deque[Close] = deque()
        self._scanned = 0
        self._known: dict[int, Close | None] = {}

    def look(self, watermark: int, ends: Offsets) -> list[Close]:
        """The next closes that share one cut, or nothing; `watermark` is the calendar partition's next
        offset to fold."""
        while self._found and self._found[0].offset < watermark:
            self._found.popleft()
        self._scan(watermark, ends[self.partition])
        run: list[Close] = []
        for close in self._found:
            if run and close.cut != run[0].cut:
                break
            run.append(close)
        return run

    def restart(self) -> None:
        """Forget what was found: after fencing, or a failed commit."""
        self._found.clear()
        self._scanned = 0

    def at(self, offset: int) -> Close | None:
        """The close at an offset; each is read once."""
        if offset not in self._known:
            position = Position(self._journal.volume, self.partition, offset)
            self._known[offset] = self._read(self._journal.fetch([position])[0].value, offset)
        return self._known[offset]

    def _scan(self, watermark: int, end: int) -> None:
        self._scanned = max(self._scanned, watermark)
        while self._scanned < end:
            records = self._journal.read({self.partition: self._scanned}, SCAN_RECORDS, wait_seconds=30.0)
            for record in records:
                if record.offset >= end:
                    return
                self._scanned = record.offset + 1
                close = self._read(record.value, record.offset)
                if close is not None:
                    self._found.append(close)

    def _read(self, value: bytes | None, offset: int) -> Close | None:
        if value is None or b"calendar.day_closed" not in value:
            return None
        try:
            envelope = codec.decode_envelope(value)
            event = codec.decode_data(envelope)[2]
        except EventError:
            return None
        if not isinstance(event, CalendarDayClosed) or envelope.subject != self.subject:
            return None
        cut = dict(event.cut)
        cut[self.partition] = min(cut.get(self.partition, 0), offset)
        return Close(event.day, cut, offset)
