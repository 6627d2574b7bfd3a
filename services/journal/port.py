"""The port to the journal: what door, projector, watch and auditor may ask of it, whoever keeps it.

Three adapters stand behind it: Kafka, PostgreSQL (embedded) and a closed archive file. One contract suite
(tests/journal) runs on all three. An adapter never decodes a record.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from events.envelope import Position

PARTITIONS = 24
"""Partitions of a new journal, in Kafka and embedded alike."""


class Record(NamedTuple):
    """What is appended: `key` is the subject (it decides the partition), `value` the stored envelope."""

    key: bytes
    value: bytes


class StoredRecord(NamedTuple):
    """A record at its place. `value` is None only where something other than Daybook wrote a null."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


class Journal(Protocol):
    """An ordered, immutable, partitioned record; a partition's offsets run from `begins` without gaps."""

    volume: int
    partitions: int

    def append(self, records: Sequence[Record]) -> list[Position]:
        """Append in order (per key) and return each position once all are durable.

        Raises JournalUnavailable if an answer does not come in time: some may then be stored.
        """
        ...

    def append_at(self, records: Sequence[StoredRecord]) -> None:
        """Append an archive's raw records at the positions that they had; WrongUse unless each continues its
        partition."""
        ...

    def read(self, starts: Mapping[int, int], limit: int, wait_seconds: float = 0.0) -> list[StoredRecord]:
        """Up to `limit` records from the given next offset per partition, in offset order within each.

        Waits at most `wait_seconds` for the first record. Successive calls whose `starts` continue where
        the last answer ended are cheap. Raises JournalIncomplete for an offset outside begins..ends.
        """
        ...

    def fetch(self, positions: Sequence[Position]) -> list[StoredRecord]:
        """The records at these positions, in the order asked; NotFound if one is not there."""
        ...

    def begins(self) -> dict[int, int]:
        """First offset of every partition."""
        ...

    def ends(self) -> dict[int, int]:
        """Next offset to be written, of every partition."""
        ...

    def check(self) -> None:
        """Raise JournalIncomplete, with the reason, unless this journal keeps everything for ever."""
        ...

    def close(self) -> None:
        """Release connections; appending afterwards is a bug."""
        ...
