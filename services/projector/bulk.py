"""Folding whole partitions at once, for rebuilds: rows stay in memory, are written by COPY, commit at once.

The auditor runs it, in one process or in several. Past a limit of rows in memory the partitions of a share
are committed as far as they are and the rest is folded as a live projector would.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

from events import codec
from events.envelope import Entry, Position
from projections.fold import Declarations
from projections.ledger import Key, Row
from services.errors import Fenced, OlderThanJournal
from services.journal.port import Journal, StoredRecord
from services.projector.batch import BatchFolder, Cut
from services.projector.collecting import uncollected
from services.projector.projector import Projector
from services.store import generation as generations
from services.store.database import Connection, connect
from services.store.generation import Generation
from services.store.tables import ENTRY_COLUMNS
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
_WAIT_SECONDS = 30.0
_POSITION, _SUBJECT = (ENTRY_COLUMNS.index(name) for name in ("position", "subject"))


class Share(NamedTuple):
    """Partitions to fold together into a building generation, each up to (not including) its offset in
    `ends`: what one process reads through one consumer and commits in one transaction."""

    generation: Generation
    ends: Mapping[int, int]
    zone: dt.tzinfo
    cut: Cut | None = None
    rows_in_memory: int = ROWS_IN_MEMORY


def fold_share(journal: Journal, conninfo: str, declarations: Declarations, share: Share) -> int:
    """Fold the partitions of a share; gives back how many records were read. Nothing is written unless all
    of it is, or the rows outgrew memory."""
    with connect(conninfo) as connection:
        marks = generations.watermarks(connection, share.generation.schema)
        starts = {p: marks[p].next_offset for p, end in share.ends.items() if marks[p].next_offset < end}
        fresh = {partition: start for partition, start in starts.items() if marks[partition].entries == 0}
        reached = dict(starts)
        if fresh:
            with connection.transaction(), uncollected():
                reached |= _fold_in_memory(connection, journal, declarations, share, fresh)
        read = sum(reached.values()) - sum(starts.values())
        if any(reached[partition] < share.ends[partition] for partition in starts):
            read += _fold_like_live(connection, journal, conninfo, declarations, share)
        return read


def _fold_in_memory(
    connection: Connection,
    journal: Journal,
    declarations: Declarations,
    share: Share,
    starts: Mapping[int, int],
) -> dict[int, int]:
    """Fold from nothing, the entries of a chunk being written while the next is folded; gives back the next
    offsets."""
    folder = BatchFolder(declarations, share.zone, journal.volume, cut=share.cut)
    source = _EmptySource(journal, share.zone)
    subjects: dict[str, list[Entry]] = {}
    working = folder.working_set(source, subjects)
    schema = share.generation.schema
    whole = {partition: PartitionProgress(start, start, b"") for partition, start in starts.items()}
    not_subscribed: Counter[tuple[int, str]] = Counter()
    unreadable: list[tuple[int, int, str]] = []
    with ThreadPoolExecutor(1, "rebuild-writing") as writing:
        written: Future[None] | None = None
        while records := _next_chunk(journal, whole, share.ends):
            subjects.clear()
            batch = folder.fold(records, source, working, subjects)
            for partition, reason in folder.stopped.items():
                raise OlderThanJournal(f"partition {partition}, {reason}")
            source.note(batch.entry_rows)
            for partition, moved in batch.progress.items():
                _add(whole[partition], moved)
            not_subscribed.update(batch.not_subscribed)
            unreadable += batch.unreadable
            if written is not None:
                written.result()
            written = writing.submit(insert_entries, connection, schema, batch.entry_rows)
            if sum(len(rows) for rows in working.rows.values()) > share.rows_in_memory:
                break
        if written is not None:
            written.result()
    advance(connection, share.generation, whole, {})
    for ledger in declarations.ledgers:
        write_ledger(connection, schema, working, ledger.name)
    write_counts(connection, schema, Batch({}, [], working, not_subscribed, unreadable))
    return {partition: moved.next_offset for partition, moved in whole.items()}


def _next_chunk(
    journal: Journal, whole: Mapping[int, PartitionProgress], ends: Mapping[int, int]
) -> list[StoredRecord]:
    """The next records of the partitions that have not reached their ends; none if all have."""
    starts = {p: moved.next_offset for p, moved in whole.items() if moved.next_offset < ends[p]}
    if not starts:
        return []
    left = sum(ends[partition] - start for partition, start in starts.items())
    records = journal.read(starts, min(CHUNK_ENTRIES, left), _WAIT_SECONDS)
    return [record for record in records if record.offset < ends[record.partition]]


def _fold_like_live(
    connection: Connection, journal: Journal, conninfo: str, declarations: Declarations, share: Share
) -> int:
    generations.ensure_indexes(connection, declarations, share.generation.schema)
    connection.commit()
    projector = Projector(journal, conninfo, declarations, share.generation, share.zone, cut=share.cut)
    try:
        done = 0
        while moved := projector.step(
            CHUNK_ENTRIES, _WAIT_SECONDS, partitions=share.ends.keys(), until=share.ends
        ):
            done += moved
        for partition, end in share.ends.items():
            if stopped := projector.folder.stopped.get(partition):
                raise OlderThanJournal(f"partition {partition}, {stopped}")
            if projector.next_offsets[partition] < end:
                raise Fenced(
                    f"partition {partition} of generation {share.generation.id} did not reach its end"
                )
        return done
    finally:
        projector.close()


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
    """The RowSource of partitions that start from nothing; a subject's history is found in the journal, by
    the offsets that were noted as its entries were folded."""

    def __init__(self, journal: Journal, zone: dt.tzinfo) -> None:
        self._journal = journal
        self._zone = zone
        self._seen: set[bytes] = set()
        self._offsets: dict[str, list[int]] = {}

    def note(self, entry_rows: Sequence[tuple[Any, ...]]) -> None:
        """Where the entries of a chunk stand, by subject."""
        offsets = self._offsets
        for row in entry_rows:
            subject = row[_SUBJECT]
            found = offsets.get(subject)
            if found is None:
                offsets[subject] = [row[_POSITION]]
            else:
                found.append(row[_POSITION])

    def existing(self, entry_ids: Sequence[bytes]) -> set[bytes]:
        found = self._seen.intersection(entry_ids)
        self._seen.update(entry_ids)
        return found

    def rows(self, ledger: str, keys: Sequence[Key]) -> Mapping[Key, Row]:
        return {}

    def parked(self) -> set[tuple[str, Key]]:
        return set()

    def history(self, entry: Entry) -> list[Entry]:
        """The entries of earlier chunks; their bodies are fetched by position."""
        partition = entry.position.partition
        positions = [
            Position(self._journal.volume, partition, offset)
            for offset in self._offsets.get(entry.subject, ())
        ]
        return [
            codec.decode(record.value, position, self._zone)
            for position, record in zip(positions, self._journal.fetch(positions), strict=True)
        ]
