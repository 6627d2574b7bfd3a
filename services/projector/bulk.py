"""Folding a whole partition at once, for rebuilds: rows stay in memory, are written by COPY, commit at once.

The auditor runs it, in one process or in several. Past a limit of rows in memory a partition is committed as
far as it is and the rest is folded as a live projector would.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from events import codec
from events.envelope import Entry, Position
from events.errors import EventError
from projections.fold import Declarations, WorkingSet
from projections.ledger import Key, Row
from services.errors import Fenced, OlderThanJournal
from services.journal.port import Journal
from services.projector.batch import BatchFolder, Cut
from services.projector.collecting import uncollected
from services.projector.projector import Projector
from services.store import generation as generations
from services.store.database import Connection, connect
from services.store.generation import Generation
from services.store.writer import (
    Batch,
    PartitionProgress,
    advance,
    insert_entries,
    write_counts,
    write_ledger,
)

CHUNK_ENTRIES = 20_000
ROWS_IN_MEMORY = 3_000_000


class PartitionTask(NamedTuple):
    """A partition to fold into a building generation, up to (not including) the offset `end`."""

    generation: Generation
    partition: int
    end: int
    zone: dt.tzinfo
    cut: Cut | None = None
    rows_in_memory: int = ROWS_IN_MEMORY


def fold_partition(
    journal: Journal,
    conninfo: str,
    declarations: Declarations,
    task: PartitionTask,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Fold one partition; gives back how many records were read. Nothing is written unless all of it is,
    or the rows outgrew memory."""
    with connect(conninfo) as connection:
        mark = generations.watermarks(connection, task.generation.schema)[task.partition]
        if mark.next_offset >= task.end:
            return 0
        read = 0
        if mark.entries == 0:
            with connection.transaction(), uncollected():
                read = _fold_in_memory(connection, journal, declarations, task, mark.next_offset, progress)
        if mark.next_offset + read < task.end:
            read += _fold_like_live(connection, journal, conninfo, declarations, task)
        return read


def _fold_in_memory(
    connection: Connection,
    journal: Journal,
    declarations: Declarations,
    task: PartitionTask,
    start: int,
    progress: Callable[[int], None] | None,
) -> int:
    folder = BatchFolder(declarations, task.zone, journal.volume, cut=task.cut)
    source = _EmptySource(journal, task.partition, start, task.zone)
    working = folder.working_set(source, {})
    schema = task.generation.schema
    whole = PartitionProgress(start, start, b"")
    while whole.next_offset < task.end:
        limit = min(CHUNK_ENTRIES, task.end - whole.next_offset)
        records = journal.read({task.partition: whole.next_offset}, limit, wait_seconds=30.0)
        batch = folder.fold(records, source, working)
        if task.partition in folder.stopped:
            raise OlderThanJournal(f"partition {task.partition}, {folder.stopped[task.partition]}")
        insert_entries(connection, schema, batch.entry_rows)
        moved = batch.progress[task.partition]
        _add(whole, moved)
        _write_chunk_counts(connection, schema, batch)
        if progress is not None:
            progress(moved.next_offset - moved.first_offset)
        if sum(len(rows) for rows in working.rows.values()) > task.rows_in_memory:
            break
    advance(connection, task.generation, {task.partition: whole}, {})
    for ledger in declarations.ledgers:
        write_ledger(connection, schema, working, ledger.name)
    write_counts(connection, schema, Batch(progress={}, entry_rows=[], working=working))
    return whole.next_offset - start


def _fold_like_live(
    connection: Connection, journal: Journal, conninfo: str, declarations: Declarations, task: PartitionTask
) -> int:
    generations.ensure_indexes(connection, declarations, task.generation.schema)
    connection.commit()
    projector = Projector(journal, conninfo, declarations, task.generation, task.zone, cut=task.cut)
    try:
        done = 0
        until = {task.partition: task.end}
        while moved := projector.step(CHUNK_ENTRIES, 30.0, partitions=[task.partition], until=until):
            done += moved
        if stopped := projector.folder.stopped.get(task.partition):
            raise OlderThanJournal(f"partition {task.partition}, {stopped}")
        if projector.next_offsets[task.partition] < task.end:
            raise Fenced(
                f"partition {task.partition} of generation {task.generation.id} did not reach its end"
            )
        return done
    finally:
        projector.close()


def _write_chunk_counts(connection: Connection, schema: str, batch: Batch) -> None:
    """Counts that are per chunk; what the working set has counted is written once, at the end."""
    untouched = WorkingSet(batch.working.declarations, batch.working.zone, batch.working.history)
    chunk = Batch(
        progress={},
        entry_rows=[],
        working=untouched,
        not_subscribed=batch.not_subscribed,
        unreadable=batch.unreadable,
    )
    write_counts(connection, schema, chunk)


def _add(whole: PartitionProgress, moved: PartitionProgress) -> None:
    whole.next_offset, whole.last_digest = moved.next_offset, moved.last_digest
    whole.entries += moved.entries
    whole.copies += moved.copies
    whole.unreadable += moved.unreadable
    if whole.admitted_until is None or (
        moved.admitted_until is not None and moved.admitted_until > whole.admitted_until
    ):
        whole.admitted_until = moved.admitted_until


class _EmptySource:
    """The RowSource of a partition that starts from nothing; a subject's history is found in the journal."""

    def __init__(self, journal: Journal, partition: int, start: int, zone: dt.tzinfo) -> None:
        self._journal = journal
        self._partition = partition
        self._start = start
        self._zone = zone
        self._seen: set[bytes] = set()
        self._offsets: dict[str, list[int]] = {}
        self._indexed_until = start

    def existing(self, entry_ids: Sequence[bytes]) -> set[bytes]:
        found = self._seen.intersection(entry_ids)
        self._seen.update(entry_ids)
        return found

    def rows(self, ledger: str, keys: Sequence[Key]) -> Mapping[Key, Row]:
        return {}

    def parked(self) -> set[tuple[str, Key]]:
        return set()

    def history(self, entry: Entry) -> list[Entry]:
        self._index(entry.position.offset)
        offsets = [o for o in self._offsets.get(entry.subject, ()) if o < entry.position.offset]
        positions = [Position(self._journal.volume, self._partition, offset) for offset in offsets]
        entries: list[Entry] = []
        names: set[bytes] = set()
        for position, record in zip(positions, self._journal.fetch(positions), strict=True):
            one = codec.decode(record.value, position, self._zone)
            name = codec.entry_id(one.source, one.id, one.subject)
            if name not in names:
                names.add(name)
                entries.append(one)
        return entries

    def _index(self, until: int) -> None:
        """Note the offsets of every subject up to `until`; read once, and only if there are corrections."""
        while self._indexed_until < until:
            limit = min(CHUNK_ENTRIES, until - self._indexed_until)
            for record in self._journal.read(
                {self._partition: self._indexed_until}, limit, wait_seconds=30.0
            ):
                self._indexed_until = record.offset + 1
                try:
                    envelope = codec.decode_envelope(record.value)
                    codec.decode_data(envelope)
                except EventError:
                    continue
                self._offsets.setdefault(envelope.subject, []).append(record.offset)
