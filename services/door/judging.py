"""Units on their way through the door: which event is new, which repeats another, which reuses an id.

Admission fills them in step by step; the outcome is made from them at the end. A unit stands or falls as a
whole, and events of a refused unit count for nothing in judging others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.door.drafting import Draft
from services.door.limits import Limits
from services.door.memory import Known
from services.door.reading import SentEvent, Unacceptable, read_event
from services.door.submission import EventOutcome, Outcome, Problem, Status, Submission


@dataclass(slots=True, eq=False)
class Place:
    """An event on its way: what was read, its draft, what became of it, and the event that it repeats."""

    read: SentEvent | Unacceptable
    status: Status
    draft: Draft | None = None
    repeats: Draft | Known | None = None
    problem: Problem | None = None

    @property
    def source(self) -> str | None:
        return self.read.source if isinstance(self.read, Unacceptable) else self.read.envelope.source

    @property
    def subject(self) -> str | None:
        return self.read.subject if isinstance(self.read, Unacceptable) else self.read.envelope.subject


@dataclass(slots=True, eq=False)
class Unit:
    """A submission on its way."""

    submission: Submission
    places: list[Place]
    problems: tuple[Problem, ...] = ()
    refused: bool = False
    case_id: str | None = None

    @property
    def source(self) -> str:
        """The source of its first event that names one, else who sent it."""
        for place in self.places:
            if source := place.source:
                return source
        return self.submission.source

    @property
    def subject(self) -> str | None:
        """Whose key seals the raw unit if it is refused: the first customer in it, else its first subject."""
        subjects = [place.subject for place in self.places if place.subject]
        return next((one for one in subjects if one.startswith("customer/")), next(iter(subjects), None))

    def reasons(self) -> tuple[Problem, ...]:
        """Every reason for which it was refused."""
        return (*self.problems, *(problem for place in self.places for problem in _problems(place, self)))


def read_unit(submission: Submission, limits: Limits) -> Unit:
    """A submission with each of its events checked on its own account."""
    events, problems = submission.events, submission.problems
    if len(events) > limits.events_in_a_row:
        reason = f"{len(events)} events in one row, at most {limits.events_in_a_row}: split it"
        problems = (*problems, Problem("too_large", "$", reason))
    elif not events and not problems:
        problems = (_NO_EVENT,)
    unit = Unit(submission, [], problems, refused=bool(problems))
    for event in events[: limits.events_in_a_row]:
        read = read_event(event, limits)
        if isinstance(read, Unacceptable):
            unit.places.append(Place(read, "refused"))
            unit.refused = True
        else:
            unit.places.append(Place(read, "admitted"))
    return unit


def acceptable(units: Sequence[Unit]) -> list[tuple[Unit, Place, SentEvent]]:
    """The events of the units that nothing has been found against yet."""
    found: list[tuple[Unit, Place, SentEvent]] = []
    for unit in units:
        if not unit.refused:
            for place in unit.places:
                assert isinstance(place.read, SentEvent), "a good unit holds good events"
                found.append((unit, place, place.read))
    return found


def take_draft(unit: Unit, place: Place, draft: Draft, limits: Limits) -> None:
    """Give a place its draft, unless sealing has made it larger than the journal should hold."""
    place.draft = draft
    stored_bytes, most = len(bytes(draft.envelope.data)), 2 * limits.event_bytes
    if stored_bytes > most:
        reason = f"{stored_bytes} bytes as it would be stored, at most {most}: send less"
        place.problem = Problem("too_large", "$.data", reason)
        place.status = "refused"
        unit.refused = True


def judge(units: Sequence[Unit], earlier: Callable[[Draft], Known | None]) -> None:
    """Tell duplicates and ids used again, in this batch and against `earlier`: what the journal holds."""
    in_batch: dict[bytes, Draft] = {}
    for unit in units:
        if unit.refused:
            continue
        in_unit: dict[bytes, Draft] = {}
        for place in unit.places:
            draft = place.draft
            assert draft is not None, "every event of a good unit was drafted"
            key = draft.sent.source_id
            first = in_unit.get(key) or in_batch.get(key) or earlier(draft)
            if first is None:
                in_unit[key] = draft
            elif _same(draft, first):
                place.status, place.repeats = "duplicate", first
            else:
                place.status, place.problem = "id_reused", _id_reused(draft, first)
                unit.refused = True
        if not unit.refused:
            in_batch |= in_unit


def new_drafts(units: Sequence[Unit]) -> list[Draft]:
    """What is to be appended, in order."""
    return [
        place.draft
        for unit in units
        if not unit.refused
        for place in unit.places
        if place.status == "admitted" and place.draft is not None
    ]


def outcome(unit: Unit) -> Outcome:
    """What the sender is told."""
    events = tuple(_event_outcome(place, unit) for place in unit.places)
    if unit.refused:
        return Outcome("refused", events, unit.problems, unit.case_id)
    fresh = any(place.status == "admitted" for place in unit.places)
    return Outcome("admitted" if fresh else "duplicate", events)


_NO_EVENT = Problem("no_event", "$", "no event comes out of it: leave it out, or send at least one event")
_UNIT_REFUSED = Problem(
    "unit_refused", "$", "another event of its row was refused: mend that one, send all again"
)


def _event_outcome(place: Place, unit: Unit) -> EventOutcome:
    read = place.read
    if isinstance(read, Unacceptable):
        return EventOutcome("refused", read.id, read.source, read.type, read.subject, None, read.problems)
    envelope, status, position = read.envelope, place.status, None
    if unit.refused and status == "admitted":
        status = "refused"
    else:
        holder = place.repeats or place.draft
        position = None if holder is None or holder.position is None else str(holder.position)
    problems = _problems(place, unit) if unit.refused else ()
    return EventOutcome(
        status, envelope.id, envelope.source, envelope.type, envelope.subject, position, problems
    )


def _problems(place: Place, unit: Unit) -> tuple[Problem, ...]:
    if isinstance(place.read, Unacceptable):
        return place.read.problems
    if place.problem is not None:
        return (place.problem,)
    return (_UNIT_REFUSED,) if unit.refused and place.status == "admitted" else ()


def _same(draft: Draft, first: Draft | Known) -> bool:
    """Whether two events are one: same source, id and subject, and same content where it can be compared."""
    first_id = first.sent.entry_id if isinstance(first, Draft) else first.entry_id
    return draft.sent.entry_id == first_id and (draft.dropped or draft.content == first.content)


def _id_reused(draft: Draft, first: Draft | Known) -> Problem:
    envelope = draft.envelope
    first_id = first.sent.entry_id if isinstance(first, Draft) else first.entry_id
    other = "content" if first_id == draft.sent.entry_id else "subject"
    where = "earlier in this batch" if first.position is None else f"at {first.position}"
    reason = (
        f"{envelope.source} used id {envelope.id!r} for an event with other {other} {where}: an id names one"
        f" event for ever; send a new event under a new id, or {draft.sent.event_type.family}.corrected"
    )
    return Problem("id_reused", "$.id", reason)
