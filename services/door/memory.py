"""What this door appended lately and may not find in the ledgers yet: for duplicates and for the stamper.

Bounded, and lost with the process: the projector drops second copies anyway, so this is only the courtesy of
an earlier answer.
"""

import datetime as dt
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from events import codec
from events.envelope import Entry, Position
from events.errors import EventError
from services.journal.port import Journal

APPENDS_REMEMBERED = 400_000
REFERENCES_PENDING = 100_000
RECORDS_RECOVERED = 200_000
_READ_RECORDS = 5_000


class Known(NamedTuple):
    """An event that is in the journal: its id and content as `entries` has them, where, and its day."""

    entry_id: bytes
    content: bytes
    position: Position
    occurred_on: dt.date | None


class Memory:
    """Own appends by source id, and own reference events that the live generation has not folded yet.

    Not safe for threads: the door holds its lock.
    """

    def __init__(self, appends: int = APPENDS_REMEMBERED, references: int = REFERENCES_PENDING) -> None:
        self._half = max(1, appends // 2)
        self._young: dict[bytes, Known] = {}
        self._old: dict[bytes, Known] = {}
        self._pending: deque[Entry] = deque(maxlen=references)

    def find(self, source_id: bytes) -> Known | None:
        """The append under this source and id, if it is remembered."""
        return self._young.get(source_id) or self._old.get(source_id)

    def remember(self, source_id: bytes, known: Known) -> None:
        """Keep an append; the first under a source and id stays. When full, the older half goes."""
        if self.find(source_id) is not None:
            return
        self._young[source_id] = known
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}

    def add_pending(self, entry: Entry) -> None:
        """Keep a reference event until it is posted."""
        self._pending.append(entry)

    def pending(self, watermarks: Mapping[int, int]) -> dict[str, list[Entry]]:
        """Own reference events at or past the watermarks, by subject, in order; posted ones are dropped."""
        if not self._pending:
            return {}
        waiting = [
            entry
            for entry in self._pending
            if entry.position.offset >= watermarks.get(entry.position.partition, 0)
        ]
        if len(waiting) < len(self._pending):
            self._pending = deque(waiting, maxlen=self._pending.maxlen)
        by_subject: dict[str, list[Entry]] = {}
        for entry in waiting:
            by_subject.setdefault(entry.subject, []).append(entry)
        return by_subject


def recover(
    memory: Memory,
    journal: Journal,
    watermarks: Mapping[int, int],
    zone: dt.tzinfo,
    is_reference: Callable[[Entry], bool],
) -> int:
    """Remember the records past the watermarks, as after a restart; gives back how many were read.

    At most RECORDS_RECOVERED: behind a projector that lags further, a door answers `admitted` once more.
    """
    starts, done = dict(watermarks), 0
    while done < RECORDS_RECOVERED and (records := journal.read(starts, _READ_RECORDS)):
        for record in records:
            starts[record.partition] = record.offset + 1
            position = Position(journal.volume, record.partition, record.offset)
            try:
                entry = codec.decode(record.value, position, zone)
            except EventError:  # the projector counts it, or stops at it
                continue
            envelope = entry.envelope
            identity = codec.entry_id(envelope.source, envelope.id, envelope.subject)
            stamped = codec.TYPES[envelope.type].stamped
            content = codec.content_hash(envelope, stamped=stamped)
            memory.remember(identity[:10], Known(identity, content, position, entry.occurred_on))
            if is_reference(entry):
                memory.add_pending(entry)
        done += len(records)
    return done
