"""The watch: folds the active pack's ledgers, appends what its rules saw, judges each day that was closed.

Workers and the embedded loop call `catch_up`. A signal is in the journal before the watermark moves past the
entries that it was seen in, and no partition is folded past the cut of a day that has yet to be judged.
"""

import datetime as dt
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from events import codec
from events.calendar import JournalOpened
from events.envelope import Entry, Position
from projections.rules.day_rule import MOST_GRACE_CLOSES
from projections.rules.day_rulebook import DAY_RULES
from projections.rules.pack import RulePack
from projections.rules.rule import Hit, RuleRow, is_rule_ledger
from services.errors import JournalIncomplete, JournalUnavailable, OlderThanJournal
from services.journal.opening import read_opening
from services.journal.partition import partition_of
from services.journal.port import Journal, StoredRecord
from services.projector.projector import Projector, resolve
from services.store import generation as generations
from services.store.database import Connection, connect
from services.store.generation import Generation
from services.store.locks import announce_use, nobody_uses
from services.store.queries import watching
from services.store.writer import Batch, DuplicateEntry, existing_entries
from services.watch.closes import Close, PendingCloses
from services.watch.signals import Clock, SignalWriter, Sink, in_order
from services.watch.stored_facts import Span, StoredFacts

KIND = "watch"
BATCH_RECORDS = 20_000
READ_WAIT_SECONDS = 30.0
_log = logging.getLogger("daybook.watch")
_ENTRY_ID = 2
"""Where an entry row holds its entry id."""


class Watch:
    """One pack at work on one journal. One instance, one thread; a second owner is fenced."""

    def __init__(
        self,
        journal: Journal,
        conninfo: str,
        pack: RulePack,
        zone_name: str,
        clock: Clock,
        *,
        generation: Generation | None = None,
        sink: Sink | None = None,
        batch_records: int = BATCH_RECORDS,
    ) -> None:
        self.pack = pack
        self._journal = journal
        self._zone = ZoneInfo(zone_name)
        self._batch_records = batch_records
        self._declarations = pack.declarations()
        self._judges = [rule for rule in DAY_RULES if any(one in pack.rules for one in rule.rules)]
        self._opened_on = opened_on(journal, self._zone)
        self._connection = connect(conninfo, autocommit=True)
        self.generation = generation or self._take_up(zone_name)
        self._older_are_left = self.generation.kind == KIND
        self._sink = sink or SignalWriter(journal, self._connection, pack, clock, KIND)
        self._pending = PendingCloses(journal, zone_name)
        self.projector = Projector(
            journal,
            conninfo,
            self._declarations,
            self.generation,
            self._zone,
            before_commit=self._tell,
        )

    def catch_up(self) -> int:
        """Fold, close and signal until nothing is left; gives back how many entries were folded.

        Then generations of earlier packs go: all that they signalled has been counted by this one.
        """
        done = 0
        while True:
            moved = self.step()
            if moved == 0:
                break
            done += moved
        if self._older_are_left:
            self._older_are_left = retire_older(self._connection, self.generation)
        return done

    def step(self) -> int:
        """Run the next closes, or fold to where the journal ends; 0 when there is nothing to do."""
        with self._restarting():
            with watching.close_lock(self._connection, shared=True):
                ends = self._journal.ends()
                watermark = self.projector.next_offsets[self._pending.partition]
                run = self._pending.look(watermark, ends)
            if not run:
                return self._fold(ends)
            return self._run_closes(run)

    def open_days(self, until: dt.date) -> list[dt.date]:
        """Days up to `until` that were folded and never closed: what an import touched, in order."""
        return watching.open_days(self._connection, self.generation.schema, until)

    def verify_watermarks(self) -> None:
        """JournalIncomplete if the journal is not the one that was folded."""
        self.projector.verify_watermarks()

    def close(self) -> None:
        """Release the connections."""
        self.projector.close()
        self._connection.close()

    def _take_up(self, zone_name: str) -> Generation:
        """The pack's live generation, and nobody drops it while this watch lives."""
        while True:
            found = resolve(self._connection, self._journal, self._declarations, zone_name, KIND)
            announce_use(self._connection, found.id)
            current = generations.get(self._connection, found.id)
            if current is not None and current.state == generations.LIVE:
                return found

    def _run_closes(self, run: Sequence[Close]) -> int:
        """Fold to the cut that these closes share, judge their days, and step over them."""
        done = self._fold(run[0].cut)
        span = self._span(run)
        touched = set(
            watching.days_touched(self._connection, self.generation.schema, span.previous, span.cut)
        )
        facts = StoredFacts(
            self._connection,
            self.generation.schema,
            self._declarations,
            self._zone,
            self._opened_on,
            span,
        )
        hits: dict[str, Hit] = {}
        for number, close in enumerate(run):
            late = {day for day in touched if day < close.day}
            touched -= late | {close.day}
            for hit in self._judge(sorted(late | {close.day}), facts, first=number == 0):
                hits.setdefault(hit.signal_id, hit)
        self._emit(list(hits.values()))
        return done + self._fold({self._pending.partition: run[-1].offset + 1})

    def _judge(self, days: Sequence[dt.date], facts: StoredFacts, *, first: bool) -> Iterator[Hit]:
        for rule in self._judges:
            if rule.once_per_close and not first:
                continue
            for day in days[-1:] if rule.once_per_close else days:
                yield from rule.judge(self.pack.rules, self.pack.classes, day, facts)

    def _span(self, run: Sequence[Close]) -> Span:
        """The run's days, and the cuts before its own as far back as any rule looks."""
        previous: list[dict[int, int]] = []
        offsets = watching.closes_folded(
            self._connection, self.generation.schema, self._pending.partition, self._pending.subject
        )
        for offset in offsets:
            close = self._pending.at(offset)
            if close is not None and (not previous or close.cut != previous[-1]):
                previous.append(close.cut)
            if len(previous) > MOST_GRACE_CLOSES:
                break
        previous += [self._journal.begins()] * (MOST_GRACE_CLOSES + 1 - len(previous))
        days = [close.day for close in run]
        return Span(min(days), max(days), run[0].cut, tuple(previous))

    def _fold(self, until: Mapping[int, int]) -> int:
        """Fold up to these offsets; a correction begins a batch, so that what was seen before it is told."""
        done = 0
        while True:
            starts = {
                partition: offset
                for partition, offset in self.projector.next_offsets.items()
                if offset < until.get(partition, 0)
            }
            if not starts:
                return done
            left = sum(until[partition] - offset for partition, offset in starts.items())
            records = self._journal.read(starts, min(self._batch_records, left), READ_WAIT_SECONDS)
            if not records:
                raise JournalUnavailable(f"the journal holds records before {dict(until)} and gave none")
            records = [one for one in records if one.offset < until[one.partition]]
            for part in _split_at_corrections(records):
                done += self.projector.fold(part)
            for partition, reason in self.projector.folder.stopped.items():
                raise OlderThanJournal(f"the watch stopped in partition {partition}, {reason}")

    def _tell(self, batch: Batch) -> None:
        """Before a commit: signal every hit that this batch added."""
        new: list[Hit] = []
        for ledger in self._declarations.ledgers:
            if not is_rule_ledger(ledger):
                continue
            for _, before, after in batch.working.changes(ledger.name):
                new += _added_hits(before, after)
        if not new:
            return
        names = [row[_ENTRY_ID] for row in batch.entry_rows]
        if existing_entries(self.projector.connection, self.generation.schema, names):
            raise DuplicateEntry
        self._emit(new)

    def _emit(self, hits: Sequence[Hit]) -> None:
        told = [hit for hit in hits if not self._is_past(hit)]
        if told:
            self._sink(in_order(told))

    def _is_past(self, hit: Hit) -> bool:
        """Whether a rule that calls for action now saw something from before the journal was opened."""
        return self.pack.rules[hit.rule].live_only and hit.on is not None and hit.on < self._opened_on

    @contextmanager
    def _restarting(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            self._pending.restart()
            raise


def opened_on(journal: Journal, zone: dt.tzinfo) -> dt.date:
    """The day on which the journal was opened; JournalIncomplete if it never was."""
    entry = _opening_entry(journal, zone)
    return entry.occurred_on or entry.admitted_at.astimezone(zone).date()


def opened_at(journal: Journal, zone: dt.tzinfo) -> dt.datetime:
    """The instant at which the journal was opened; JournalIncomplete if it never was."""
    entry = _opening_entry(journal, zone)
    return entry.occurred_at or entry.admitted_at


def _opening_entry(journal: Journal, zone: dt.tzinfo) -> Entry:
    opened: JournalOpened | None = read_opening(journal)
    if opened is None:
        raise JournalIncomplete("the journal is empty: it is opened before the watch looks at it")
    partition = partition_of(f"journal/{opened.journal_id}".encode(), journal.partitions)
    first = Position(journal.volume, partition, journal.begins().get(partition, 0))
    return codec.decode(journal.fetch([first])[0].value, first, zone)


def retire_older(connection: Connection, current: Generation) -> bool:
    """Retire and drop the watch's generations before `current`, except those that somebody folds; says
    whether any are left.

    To be called once `current` has caught up: from then on it knows every signal that they gave.
    """
    left = False
    for one in generations.all_generations(connection):
        if one.kind == KIND and one.id < current.id:
            with connection.transaction():
                if nobody_uses(connection, one.id):
                    generations.set_state(connection, one, generations.RETIRED)
                    generations.drop(connection, one)
                    _log.info("generation %d, of a watch with an earlier rule pack, is dropped", one.id)
                else:
                    left = True
    return left


def _added_hits(before: object, after: object) -> list[Hit]:
    if not isinstance(after, RuleRow):
        return []
    old: tuple[Hit, ...] = getattr(before, "hits", ())
    new: tuple[Hit, ...] = getattr(after, "hits", ())
    have = {hit.signal_id for hit in old}
    return [hit for hit in new if hit.signal_id not in have]


def _split_at_corrections(records: Sequence[StoredRecord]) -> Iterator[Sequence[StoredRecord]]:
    begin = 0
    for index, record in enumerate(records):
        if index > begin and record.value is not None and _corrects(record.value):
            yield records[begin:index]
            begin = index
    if begin < len(records):
        yield records[begin:]


def _corrects(value: bytes) -> bool:
    head = value[:600]
    return b'corrected"' in head or b'voided"' in head
