"""From records to a batch: decode, drop second copies, fold. The same code for every way of folding.

The live projector, the rebuild and the watch call `BatchFolder.fold`; where rows come from is told by a
`RowSource`. Nothing here writes.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from events import codec
from events.envelope import Entry, Event, Position, happened_by
from events.errors import UnknownSchema, Unreadable
from events.event_type import Correction, Voiding
from projections.fold import Declarations, WorkingSet
from projections.ledger import Key, Row
from services.journal.port import StoredRecord
from services.store.writer import Batch, PartitionProgress, record_digest


class RowSource(Protocol):
    """Where a fold finds what was there before it."""

    def existing(self, entry_ids: Sequence[bytes]) -> set[bytes]:
        """Which of these entries have been counted already."""
        ...

    def rows(self, ledger: str, keys: Sequence[Key]) -> Mapping[Key, Row]:
        """The rows under these keys as they stand."""
        ...

    def parked(self) -> set[tuple[str, Key]]:
        """(ledger, key) of every parked key."""
        ...

    def history(self, entry: Entry) -> list[Entry]:
        """The counted entries of an entry's subject that were committed before this batch, in order."""
        ...


class Cut(NamedTuple):
    """Two cuts of the journal: what had happened by `as_of`, as far as it was known at `known_at`."""

    as_of: dt.datetime | None = None
    known_at: dt.datetime | None = None


class BatchFolder:
    """Folds records into a Batch. `stopped` holds the partitions that need a newer reader, and why.

    With a `cut`, entries that had not happened by `as_of` are left out (a correction is judged by the fact it
    states), and a partition ends, as if its journal did, at the first record admitted after `known_at`.
    """

    def __init__(
        self, declarations: Declarations, zone: dt.tzinfo, volume: int = 0, *, cut: Cut | None = None
    ) -> None:
        self.declarations = declarations
        self.zone = zone
        self.volume = volume
        self.cut = cut or Cut()
        self.stopped: dict[int, str] = {}
        self._stops_at: dict[int, int] = {}
        self._ends_at: dict[int, int] = {}

    def fold(
        self,
        records: Sequence[StoredRecord],
        source: RowSource,
        working: WorkingSet | None = None,
        subjects: dict[str, list[Entry]] | None = None,
    ) -> Batch:
        """Fold records that continue each partition; `working` carries rows over from earlier batches, and
        `subjects`, empty, is what it was made with."""
        progress: dict[int, PartitionProgress] = {}
        unreadable: list[tuple[int, int, str]] = []
        decoded = self._decode(records, progress, unreadable)
        counted = self._drop_copies(decoded, source, progress)
        subjects = {} if subjects is None else subjects
        if working is None:
            working = self.working_set(source, subjects)
        for entry, _ in counted:
            subjects.setdefault(entry.envelope.subject, []).append(entry)
        steps = working.plan(entry for entry, _ in counted)

        def load(ledger: str, keys: Iterable[Key]) -> None:
            wanted = list(keys)
            if wanted:
                working.load(ledger, source.rows(ledger, wanted), wanted)

        for ledger, keys in working.missing(steps).items():
            load(ledger, keys)
        working.apply(steps, load)
        return Batch(
            progress=progress,
            entry_rows=[entry_row(entry, identity) for entry, identity in counted],
            working=working,
            not_subscribed=self._not_subscribed(counted),
            unreadable=unreadable,
        )

    def working_set(self, source: RowSource, subjects: Mapping[str, list[Entry]]) -> WorkingSet:
        """A fresh working set whose history is what was committed plus what this batch holds before."""

        def history(entry: Entry) -> list[Entry]:
            mine = [one for one in subjects.get(entry.subject, ()) if one.position < entry.position]
            return [*source.history(entry), *mine]

        keep = self._happened if self.cut.as_of is not None else None
        return WorkingSet(self.declarations, self.zone, history, keep, parked=source.parked())

    def _decode(
        self,
        records: Sequence[StoredRecord],
        progress: dict[int, PartitionProgress],
        unreadable: list[tuple[int, int, str]],
    ) -> list[Entry]:
        entries: list[Entry] = []
        last: dict[int, StoredRecord] = {}
        decode, volume, zone, uncut = codec.decode, self.volume, self.zone, self.cut == Cut()
        for record in records:
            partition, offset, _, _ = record
            if partition in self.stopped and offset >= self._stops_at[partition]:
                continue
            moved = progress.get(partition)
            if moved is None:
                moved = PartitionProgress(offset, offset, b"")
            assert offset == moved.next_offset, f"gap in partition {partition} before offset {offset}"
            try:
                if uncut or offset < self._ends_at.get(partition, offset + 1):
                    entry = decode(record.value, Position(volume, partition, offset), zone)
                    if uncut or self._within(entry):
                        entries.append(entry)
            except Unreadable as error:
                unreadable.append((partition, offset, error.reason[:500]))
                moved.unreadable += 1
            except UnknownSchema as error:
                self.stopped[partition] = f"offset {offset}: {error}"
                self._stops_at[partition] = offset
                continue
            progress[partition] = moved
            moved.next_offset = offset + 1
            last[partition] = record
        for partition, record in last.items():
            progress[partition].last_digest = record_digest(record.value)
        return entries

    def _within(self, entry: Entry) -> bool:
        if self.cut.known_at is not None and entry.admitted_at > self.cut.known_at:
            self._ends_at[entry.position.partition] = entry.position.offset
            return False
        return self._happened(entry) or isinstance(entry.event, Correction | Voiding)

    def _happened(self, entry: Entry) -> bool:
        return self.cut.as_of is None or happened_by(entry, self.cut.as_of, self.zone)

    def _drop_copies(
        self, entries: Sequence[Entry], source: RowSource, progress: Mapping[int, PartitionProgress]
    ) -> list[tuple[Entry, bytes]]:
        """Entries that count, with their ids: the first copy wins, later ones are counted and left out."""
        identified = [
            (entry, codec.entry_id(entry.envelope.source, entry.envelope.id, entry.envelope.subject))
            for entry in entries
        ]
        seen = source.existing([identity for _, identity in identified])
        counted: list[tuple[Entry, bytes]] = []
        for entry, identity in identified:
            moved = progress[entry.position.partition]
            if identity in seen:
                moved.copies += 1
                continue
            seen.add(identity)
            counted.append((entry, identity))
            moved.entries += 1
            admitted = entry.envelope.admittedtime
            if moved.admitted_until is None or admitted > moved.admitted_until:
                moved.admitted_until = admitted
        return counted

    def _not_subscribed(self, counted: Sequence[tuple[Entry, bytes]]) -> dict[tuple[int, str], int]:
        types: Counter[tuple[int, type[Event]]] = Counter(
            (entry.position.partition, type(entry.event)) for entry, _ in counted
        )
        result: Counter[tuple[int, str]] = Counter()
        for (partition, event), n in types.items():
            for ledger in self.declarations.ledgers:
                if event not in ledger.handlers:
                    result[(partition, ledger.name)] += n
        return result


def entry_row(entry: Entry, identity: bytes) -> tuple[Any, ...]:
    """The row of `entries` for an entry, in the order of its columns."""
    envelope, position = entry.envelope, entry.position
    event_type = codec.TYPES[envelope.type]
    return (
        position.partition,
        position.offset,
        identity,
        codec.content_hash(envelope, stamped=event_type.stamped),
        envelope.source,
        envelope.id,
        envelope.subject,
        envelope.type,
        entry.version,
        envelope.time,
        entry.occurred_on,
        envelope.admittedtime,
        envelope.recordedtime,
        envelope.sequence,
        envelope.correlationid,
        envelope.causationid,
        codec.headline(event_type, entry.event),
    )
