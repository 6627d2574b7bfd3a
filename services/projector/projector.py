"""The projector: batch → decode → fold → one transaction. The only way from journal to rows.

Workers, the embedded loop and the watch run it. It owns the partitions it is given for as long as nobody
else commits to them; the watermark in the transaction is what fences it, not a lock. It may fold one batch
ahead of the one that is being written; what it folds then stands on rows that are not committed yet.
"""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from events import codec
from events.envelope import Entry, Position
from projections.fold import Declarations
from projections.ledger import Key, Row
from services.errors import JournalIncomplete
from services.journal.port import Journal, StoredRecord
from services.projector.batch import BatchFolder, Cut
from services.projector.cache import RowCache
from services.projector.collecting import uncollected
from services.store import generation as generations
from services.store.database import Connection, connect
from services.store.generation import Generation
from services.store.locks import announce_reader
from services.store.parked import parked_keys
from services.store.timeline import positions_of
from services.store.writer import (
    Batch,
    DuplicateEntry,
    existing_entries,
    load_rows,
    record_digest,
    write,
)

BeforeCommit = Callable[[Batch], None]
CAREFUL_BATCHES = 20
"""After a second copy was met, this many batches look duplicates up before folding."""


class _Pending(NamedTuple):
    """A batch that is being written, and the records it was folded from."""

    batch: Batch
    records: Sequence[StoredRecord]
    written: Future[None]


class _FoldAgain(Exception):
    """The batch before this one came out otherwise than was assumed: fold this one again."""


class Projector:
    """Folds journal partitions into one generation. One instance belongs to one thread; a second one, and a
    second connection, write a batch while the next is folded."""

    def __init__(
        self,
        journal: Journal,
        conninfo: str,
        declarations: Declarations,
        generation: Generation,
        zone: dt.tzinfo,
        *,
        cache_rows: int = 400_000,
        before_commit: BeforeCommit | None = None,
        cut: Cut | None = None,
    ) -> None:
        self.journal = journal
        self.declarations = declarations
        self.generation = generation
        self.folder = BatchFolder(declarations, zone, journal.volume, cut=cut)
        self.before_commit = before_commit
        self._conninfo = conninfo
        self._cache = RowCache(cache_rows)
        self._careful = 0
        self.connection = connect(conninfo, autocommit=True)
        announce_reader(self.connection, codec.CATALOGUE_LEVEL)
        self.writing_connection = connect(conninfo, autocommit=True)
        self.writing_connection.execute("SET synchronous_commit = off")
        self._writing = ThreadPoolExecutor(1, "projector-writing")
        self._pending: _Pending | None = None
        self.next_offsets: dict[int, int] = {}
        self.reload()

    def reload(self) -> None:
        """Forget what was cached and read the watermarks again: after fencing, a failed commit, a new
        assignment. A batch that is being written is waited for, whatever becomes of it."""
        if self._pending is not None:
            self._pending.written.exception()
            self._pending = None
        self._cache.clear()
        marks = generations.watermarks(self.connection, self.generation.schema)
        self.next_offsets = {partition: mark.next_offset for partition, mark in marks.items()}
        self._epochs = {partition: mark.epoch for partition, mark in marks.items()}
        self._cache.complete = all(mark.entries == 0 for mark in marks.values())
        self._parked = parked_keys(self.connection, self.generation.schema)

    def verify_watermarks(self, partitions: Collection[int] | None = None) -> None:
        """Re-read the last folded record of each partition; JournalIncomplete if it is not the same."""
        ends = self.journal.ends()
        marks = generations.watermarks(self.connection, self.generation.schema)
        for partition, mark in marks.items():
            if mark.last_digest is None or (partitions is not None and partition not in partitions):
                continue
            if ends.get(partition, 0) < mark.next_offset:
                raise JournalIncomplete(
                    f"partition {partition} ends at {ends.get(partition, 0)} but was folded up to "
                    f"{mark.next_offset}: the journal was truncated or re-created; restore it, or rebuild"
                )
            last = Position(self.journal.volume, partition, mark.next_offset - 1)
            if record_digest(self.journal.fetch([last])[0].value) != mark.last_digest:
                raise JournalIncomplete(
                    f"the record at {last} is not the one that was folded: the journal was re-created or "
                    "altered; restore it, or rebuild from an archive"
                )

    def step(
        self,
        limit: int,
        wait_seconds: float = 0.0,
        *,
        partitions: Collection[int] | None = None,
        until: Mapping[int, int] | None = None,
    ) -> int:
        """Read, fold and commit up to `limit` records; gives back how many, 0 if there were none.

        `until` stops each partition at a next offset; `partitions` restricts to those owned.
        """
        done = self._step_ahead(limit, wait_seconds, partitions, until)
        self.flush()
        return done

    def fold(self, records: Sequence[StoredRecord]) -> int:
        """Fold records that continue the watermarks, and commit. Raises Fenced, after a reload."""
        done = self.fold_ahead(records)
        self.flush()
        return done

    def fold_ahead(self, records: Sequence[StoredRecord]) -> int:
        """Fold records that continue those folded before, and begin to write them; `flush` waits for that.

        Raises Fenced, after a reload, if this batch or the one before it could not be committed.
        """
        if not records:
            return 0
        try:
            with uncollected():
                batch = self._fold_on_pending(records)
        except Exception:
            self.reload()
            raise
        if not batch.progress:
            return 0
        self._pending = _Pending(batch, records, self._writing.submit(self._write, batch))
        for partition, moved in batch.progress.items():
            self.next_offsets[partition] = moved.next_offset
        return sum(moved.entries + moved.copies + moved.unreadable for moved in batch.progress.values())

    def flush(self) -> None:
        """Return when all that was folded is committed. Raises Fenced, after a reload, if it cannot be."""
        try:
            self._settle()
        except Exception:
            self.reload()
            raise

    def catch_up(self, limit: int, until: Mapping[int, int] | None = None) -> int:
        """Fold and commit until nothing is left before `until` (default: where the journal ends now)."""
        goal = self.journal.ends() if until is None else until
        done = 0
        while moved := self._step_ahead(limit, 0.0, None, goal):
            done += moved
        self.flush()
        return done

    def close(self) -> None:
        """Wait for what is being written and release the connections."""
        self._writing.shutdown(wait=True)
        self.writing_connection.close()
        self.connection.close()

    # What a fold needs to know of before it (RowSource).

    def existing(self, entry_ids: Sequence[bytes]) -> set[bytes]:
        """Entries counted already. After a clean batch the unique index stands watch instead."""
        if not self._careful:
            return set()
        self._settle_or_fold_again()
        return existing_entries(self.connection, self.generation.schema, entry_ids)

    def rows(self, ledger: str, keys: Sequence[Key]) -> Mapping[Key, Row]:
        """Rows as the batch before left them, else as cached, else as stored."""
        found: dict[Key, Row] = {}
        if self._pending is not None:
            before = self._pending.batch.working.rows[ledger]
            found = {key: row for key in keys if (row := before.get(key)) is not None}
            keys = [key for key in keys if key not in before]
        cached, missing = self._cache.find(ledger, keys)
        found |= cached
        if missing and not self._cache.complete:
            found |= load_rows(self.connection, self.generation.schema, self.declarations, ledger, missing)
        return found

    def parked(self) -> set[tuple[str, Key]]:
        return set(self._parked if self._pending is None else self._pending.batch.working.parked)

    def history(self, entry: Entry) -> list[Entry]:
        """Committed entries only: a batch that is being written is waited for."""
        self._settle_or_fold_again()
        return self.subject_entries(entry.subject)

    def subject_entries(self, subject: str) -> list[Entry]:
        """Every committed entry of a subject, in journal order, bodies fetched from the journal."""
        positions = positions_of(self.connection, self.generation.schema, subject, self.journal.volume)
        return [
            codec.decode(record.value, position, self.folder.zone)
            for position, record in zip(positions, self.journal.fetch(positions), strict=True)
        ]

    def _step_ahead(
        self,
        limit: int,
        wait_seconds: float,
        partitions: Collection[int] | None,
        until: Mapping[int, int] | None,
    ) -> int:
        starts = {
            partition: offset
            for partition, offset in self.next_offsets.items()
            if partition not in self.folder.stopped
            and (partitions is None or partition in partitions)
            and (until is None or offset < until.get(partition, 0))
        }
        if not starts:
            return 0
        if until is not None:
            limit = min(limit, sum(until[partition] - offset for partition, offset in starts.items()))
        records = self.journal.read(starts, limit, wait_seconds)
        if until is not None:
            records = [record for record in records if record.offset < until.get(record.partition, 0)]
        return self.fold_ahead(records)

    def _fold_on_pending(self, records: Sequence[StoredRecord]) -> Batch:
        """Fold while the batch before is written; again, if that one had to be folded again itself."""
        try:
            batch = self.folder.fold(records, self)
        except _FoldAgain:
            batch = self.folder.fold(records, self)
        if not self._settle():
            batch = self.folder.fold(records, self)
        return batch

    def _settle_or_fold_again(self) -> None:
        if not self._settle():
            raise _FoldAgain

    def _settle(self) -> bool:
        """Wait until the batch before is committed; False if it held second copies that nobody expected, and
        so was folded again, looking duplicates up."""
        pending, self._pending = self._pending, None
        if pending is None:
            return True
        batch, as_assumed = pending.batch, True
        try:
            pending.written.result()
        except DuplicateEntry:
            self._careful, as_assumed = CAREFUL_BATCHES, False
            batch = self.folder.fold(pending.records, self)
            self._write(batch)
        self._careful = max(0, self._careful - 1)
        self._cache.keep(batch.working)
        self._parked = batch.working.parked
        return as_assumed

    def _write(self, batch: Batch) -> None:
        batch.epochs = self._epochs
        if self.before_commit is not None:
            self.before_commit(batch)
        write(self.writing_connection, self.generation, batch)


def resolve(
    connection: Connection,
    journal: Journal,
    declarations: Declarations,
    zone_name: str,
    kind: str,
) -> Generation:
    """The live generation of these declarations; an empty journal's first one is made and is live at once."""
    fingerprint = declarations.fingerprint(zone_name)
    found = generations.live(connection, kind, fingerprint)
    if found is not None:
        return found
    connection.execute("SELECT pg_advisory_lock(hashtext(%s))", (f"create {kind} {fingerprint}",))
    try:
        found = generations.live(connection, kind, fingerprint)
        if found is not None:
            return found
        made = generations.create(
            connection,
            declarations,
            kind=kind,
            fingerprint=fingerprint,
            partitions=journal.partitions,
            begins=journal.begins(),
        )
        generations.swap(connection, made)
        return made._replace(state=generations.LIVE)
    finally:
        connection.execute("SELECT pg_advisory_unlock(hashtext(%s))", (f"create {kind} {fingerprint}",))
