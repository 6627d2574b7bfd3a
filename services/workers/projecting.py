"""The projector as a process of its own: shares the journal's partitions in a consumer group and folds them.

`daybook worker projector` runs it (running.py). Kafka only deals out partitions: where to go on is read from
the watermarks, and what was folded is told by them alone. It must never commit an offset to Kafka, nor fold
a partition from anywhere but its watermark.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from services.errors import Fenced, JournalIncomplete
from services.journal.kafka import KafkaJournal
from services.journal.port import StoredRecord
from services.projector.projector import Projector
from services.projector.unpark import unpark
from services.workers.watchdog import Watchdog

FENCED_IN_A_ROW_AT_MOST = 20
_log = logging.getLogger("daybook.projector")


@dataclass(frozen=True)
class ProjectingLimits:
    """How much at once, and how long to wait for what."""

    batch_entries: int = 20_000
    read_wait_seconds: float = 0.5
    session_timeout_seconds: float = 10.0
    """After which the group gives the partitions of a silent member to others."""
    transaction_idle_seconds: float = 10.0
    """After which PostgreSQL ends a transaction whose process is silent, and frees its watermarks."""
    patience_seconds: float = 120.0
    """After which the watchdog ends a process whose watermarks stand still though it is behind."""


class ProjectorProcess:
    """One member of the group of projectors. `held` are its partitions, `stopped` those it had to leave.

    `open_projector` gives a projector into the live generation; it is called at the start and again after
    every fencing, so that a swapped generation is followed.
    """

    def __init__(
        self,
        journal: KafkaJournal,
        open_projector: Callable[[], Projector],
        group: str,
        limits: ProjectingLimits | None = None,
    ) -> None:
        self.journal = journal
        self.group = group
        self.limits = limits or ProjectingLimits()
        self.held: set[int] = set()
        self.stopped: dict[int, str] = {}
        self._open_projector = open_projector
        self._projector: Projector | None = None
        self._batches = 0
        self._unparked: set[int] = set()

    def run(self, stop: threading.Event) -> None:
        """Fold until `stop` is set; then finish the batch in hand and leave the group.

        Raises JournalIncomplete for a journal that is not whole or not the one that was folded, and Fenced
        when others keep committing to what the group gave to this process.
        """
        self.journal.check()
        fenced = 0
        with Watchdog(self.behind, self.limits.patience_seconds):
            while not stop.is_set():
                batches = self._batches
                try:
                    self._take_part(stop)
                except Fenced as error:
                    fenced = fenced + 1 if self._batches == batches else 1
                    if fenced > FENCED_IN_A_ROW_AT_MOST:
                        raise
                    _log.warning("fenced, going on from the watermarks: %s", error)

    def behind(self) -> Mapping[int, int]:
        """Next offset of each held partition that has records left to fold."""
        projector = self._projector
        if projector is None or not self.held:
            return {}
        ends = self.journal.ends()
        return {
            partition: projector.next_offsets[partition]
            for partition in sorted(self.held - self.stopped.keys())
            if projector.next_offsets[partition] < ends[partition]
        }

    def _take_part(self, stop: threading.Event) -> None:
        """Join the group with a fresh projector, and leave it when told to stop or fenced."""
        projector = self._open_projector()
        idle_ms = int(self.limits.transaction_idle_seconds * 1000)
        projector.writing_connection.execute(f"SET idle_in_transaction_session_timeout = {idle_ms}".encode())
        self._projector = projector
        reader = self.journal.subscribe_group(
            self.group,
            self._assigned,
            self._revoked,
            session_timeout_seconds=self.limits.session_timeout_seconds,
        )
        try:
            while not stop.is_set():
                records = reader.read(self.limits.batch_entries, self.limits.read_wait_seconds)
                if records:
                    self._fold(projector, records)
        finally:
            self._projector = None
            reader.close()
            self.held.clear()
            projector.close()

    def _fold(self, projector: Projector, records: list[StoredRecord]) -> None:
        """Fold and commit before the group is asked again: whoever lost its partitions meanwhile is fenced
        here, and hears of it."""
        if projector.fold(records):
            self._batches += 1
        for partition, reason in projector.folder.stopped.items():
            if partition not in self.stopped:
                self.stopped[partition] = reason
                _log.error("partition %d is stopped, the others go on: %s", partition, reason)

    def _assigned(self, partitions: list[int]) -> Mapping[int, int]:
        """Partitions that came: where each goes on, after a look that it is still the same journal."""
        projector = self._projector
        assert projector is not None, "partitions are given only while taking part"
        projector.reload()
        unknown = [partition for partition in partitions if partition not in projector.next_offsets]
        if unknown:
            raise JournalIncomplete(
                f"partitions {unknown} were added to the journal: their number never changes; more of them"
                " means a new volume"
            )
        projector.verify_watermarks(partitions)
        self._unpark(projector, partitions)
        for partition in partitions:
            projector.folder.stopped.pop(partition, None)
            self.stopped.pop(partition, None)
        self.held.update(partitions)
        _log.info("given partitions %s", partitions)
        return {partition: projector.next_offsets[partition] for partition in partitions}

    def _unpark(self, projector: Projector, partitions: list[int]) -> None:
        """Fold parked keys again, once a partition and process: the code may have been mended since."""
        fresh = set(partitions) - self._unparked
        freed = unpark(projector, fresh) if fresh else 0
        if freed:
            _log.info("%d parked keys of partitions %s were folded again", freed, sorted(fresh))
        self._unparked |= fresh

    def _revoked(self, partitions: list[int]) -> None:
        """Partitions that went: what was cached of them may be another's to change from now on."""
        self.held.difference_update(partitions)
        if self._projector is not None:
            self._projector.reload()
            _log.info("gave up partitions %s", partitions)


def group_name(topic: str, fingerprint: str, database: str) -> str:
    """The consumer group of the projectors of these declarations into this database.

    Old and new declarations, and two databases fed by one journal, each need all partitions: so each has a
    group of its own. `database` is what tells the database from all others.
    """
    mark = sha256(database.encode()).hexdigest()[:8]
    return f"{topic}.projector.{fingerprint}.{mark}"
