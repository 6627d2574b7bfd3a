"""The door: one function `admit` for HTTP, the intake topic, `daybook publish` and imports.

Check · seal · tell duplicates · stamp · append once; or quarantine with every reason. A refusal is an
outcome, never an exception; what is raised means that nothing is known to have been admitted, so that the
sender tries again.
"""

import datetime as dt
import threading
from collections.abc import Callable, Sequence

import msgspec

from events.codec import encode_json, source_id
from events.envelope import Entry, Envelope, Position, business_day
from services.door.drafting import Draft, draft_batch, draft_unsealed, entry_of, seal_item, stamped
from services.door.judging import Unit, acceptable, judge, new_drafts, outcome, read_unit, take_draft
from services.door.limits import Limits, Refusals
from services.door.memory import Known, Memory, recover
from services.door.producers import DoorCounts
from services.door.quarantine import Quarantine, Refusal
from services.door.reading import SentEvent
from services.door.references import Looked, References, Wanted
from services.door.stamper import ReferenceRows, is_reference, is_stamped, known_of, references_of
from services.door.submission import Outcome, Submission
from services.journal.port import Journal, Record
from services.privacy.sealer import Sealer

__all__ = ["Door", "Outcome", "Submission"]


class Door:
    """Admits facts. Threads may share one; several doors may append to one journal."""

    def __init__(
        self,
        journal: Journal,
        quarantine: Quarantine,
        sealer: Sealer,
        references: References,
        memory: Memory,
        clock: Callable[[], dt.datetime],
        limits: Limits,
        zone: dt.tzinfo,
        counts: DoorCounts | None = None,
    ) -> None:
        self.journal = journal
        self.limits = limits
        self.refusals = Refusals(limits.refusals_in_a_row)
        self._quarantine = quarantine
        self._sealer = sealer
        self._references = references
        self._memory = memory
        self._clock = clock
        self._zone = zone
        self._counts = counts
        self._lock = threading.Lock()

    def admit(
        self, submissions: Sequence[Submission], *, dry_run: bool = False, keep_refused: bool = True
    ) -> list[Outcome]:
        """One outcome per submission, in order; on return what was admitted is durable in the journal.

        `dry_run` records nothing and says what would become of them. Without `keep_refused`, refused units
        are not quarantined (a replay's case is there already). Raises WrongUse for too large a batch,
        TooManyRefusals for a stopped source, JournalUnavailable or NotReady when the sender should try again.
        """
        self.limits.check_batch(len(submissions))
        units = [read_unit(submission, self.limits) for submission in submissions]
        if not dry_run:
            self.refusals.check({unit.source for unit in units})
        with self._lock:
            now = self._clock()
            looked = self._references.look(*self._questions(units))
            self._draft(units, looked, now, dry_run)
            judge(units, lambda draft: self._earlier(draft, looked))
            if not dry_run:
                if keep_refused:
                    self._keep_refused(units, now)
                self._append(new_drafts(units), looked)
        if not dry_run:
            self._count(units, now)
        return [outcome(unit) for unit in units]

    def recover(self) -> int:
        """Remember again what was appended but not posted before a restart; gives back how many records."""
        with self._lock:
            declarations = self._references.declarations
            return recover(
                self._memory,
                self.journal,
                self._references.watermarks(),
                self._zone,
                lambda entry: is_reference(type(entry.event), entry.subject, declarations),
            )

    def _questions(self, units: Sequence[Unit]) -> tuple[list[bytes], Wanted]:
        """What this batch must know: entries by source id, and the rows it is stamped from."""
        sources: dict[bytes, None] = {}
        wanted: dict[str, set[tuple[str, ...]]] = {}
        for _, _, event in acceptable(units):
            sources[event.source_id] = None
            for ledger, key in references_of(event):
                wanted.setdefault(ledger, set()).add(key)
            if event.fact_type is not None and is_stamped(event):
                sources[source_id(event.sent.corrects.source, event.sent.corrects.id)] = None
        return list(sources), wanted

    def _draft(self, units: Sequence[Unit], looked: Looked, now: dt.datetime, dry_run: bool) -> None:
        """Draft the events of all units that are good so far. A dry run seals only what is in the journal
        already and so has its key."""
        good = acceptable(units)
        whole = [not dry_run or self._is_there(event, looked) for _, _, event in good]
        to_seal = [event for (_, _, event), seal in zip(good, whole, strict=True) if seal]
        sealed = iter(draft_batch(to_seal, self._sealer, now))
        for (unit, place, event), seal in zip(good, whole, strict=True):
            take_draft(unit, place, next(sealed) if seal else draft_unsealed(event, now), self.limits)

    def _is_there(self, event: SentEvent, looked: Looked) -> bool:
        known = [*looked.entries.get(event.source_id, ()), self._memory.find(event.source_id)]
        return any(one is not None and one.entry_id == event.entry_id for one in known)

    def _earlier(self, draft: Draft, looked: Looked) -> Known | None:
        """The event in the journal under this source and id; the very same one if there are several."""
        posted = looked.entries.get(draft.sent.source_id, [])
        for known in posted:
            if known.entry_id == draft.sent.entry_id:
                return known
        return self._memory.find(draft.sent.source_id) or (posted[0] if posted else None)

    def _keep_refused(self, units: Sequence[Unit], now: dt.datetime) -> None:
        """Quarantine what is refused before anything is acknowledged."""
        refused = [unit for unit in units if unit.refused]
        cases = self._quarantine.keep([_refusal(unit) for unit in refused], now) if refused else []
        for unit, case_id in zip(refused, cases, strict=True):
            unit.case_id = case_id

    def _append(self, drafts: Sequence[Draft], looked: Looked) -> None:
        """Stamp what is new, in order, append it in one go, and remember it."""
        if not drafts:
            return
        self._sealer.remember([seal_item(draft.sent) for draft in drafts if draft.findable])
        envelopes, references = self._stamp(drafts, looked)
        positions = self.journal.append(
            [Record(envelope.subject.encode(), encode_json(envelope)) for envelope in envelopes]
        )
        for draft, position in zip(drafts, positions, strict=True):
            draft.position = position
            day = business_day(draft.envelope, self._zone)
            known = Known(draft.sent.entry_id, draft.content, position, day)
            self._memory.remember(draft.sent.source_id, known)
        for index, entry in references:
            self._memory.add_pending(msgspec.structs.replace(entry, position=positions[index]))

    def _stamp(
        self, drafts: Sequence[Draft], looked: Looked
    ) -> tuple[list[Envelope], list[tuple[int, Entry]]]:
        """The envelopes to append, and those that later events may be stamped from, by their index."""
        declarations = self._references.declarations
        rows = ReferenceRows(
            declarations,
            self._zone,
            looked.rows,
            self._memory.pending(looked.watermarks) if looked.watermarks else {},
            lambda subject: self._references.history(subject, looked.watermarks),
        )
        nowhere = Position(self.journal.volume, 0, 0)
        envelopes: list[Envelope] = []
        references: list[tuple[int, Entry]] = []
        for index, draft in enumerate(drafts):
            envelope = draft.envelope
            if is_stamped(draft.sent):
                envelope = stamped(draft, known_of(draft.sent, rows, self._day_of(draft, looked)))
            elif is_reference(draft.sent.event_type.struct, envelope.subject, declarations):
                entry = entry_of(envelope, nowhere, self._zone)
                rows.add(entry)
                references.append((index, entry))
            envelopes.append(envelope)
        return envelopes, references

    def _day_of(self, draft: Draft, looked: Looked) -> dt.date | None:
        """The day whose truth is stamped; a correction without a day of its own keeps that of the first."""
        change = draft.stored_change
        if change is None:
            return business_day(draft.envelope, self._zone)
        if change.fact_time is not None:
            return change.fact_time.astimezone(self._zone).date()
        if change.fact_date is not None:
            return change.fact_date
        named = source_id(change.corrects.source, change.corrects.id)
        first = self._memory.find(named) or next(iter(looked.entries.get(named, ())), None)
        return None if first is None else first.occurred_on

    def _count(self, units: Sequence[Unit], now: dt.datetime) -> None:
        for unit in units:
            self.refusals.note(unit.source, refused=unit.refused)
        if self._counts is not None:
            self._counts.add(units, now.astimezone(self._zone).date())


def _refusal(unit: Unit) -> Refusal:
    submission = unit.submission
    return Refusal(
        raw=submission.raw,
        source=unit.source,
        subject=unit.subject,
        origin=submission.origin,
        row=submission.row,
        problems=unit.reasons(),
    )
