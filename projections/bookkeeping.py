"""Bookkeeping: the journal's opening, closed days, declarations of producers, fates of refused records."""

import datetime as dt

import msgspec

from events.calendar import CalendarDayClosed, JournalOpened
from events.envelope import Entry
from events.producers import ProducerDayDeclared
from events.quarantine import QuarantineDiscarded, QuarantineReplayed
from projections.ledger import Key, Ledger, Row, change, latest
from projections.steps import by_subject, stands


class JournalRow(Row, frozen=True):
    """The journal that these rows were posted from."""

    subject: str
    zone: str
    partitions: int
    opened_on: dt.date | None


class CalendarDayRow(Row, frozen=True):
    """A closed day. `cut` is, per partition, the next offset when it was closed."""

    subject: str
    day: dt.date
    zone: str
    closed_at: dt.datetime
    cut: tuple[tuple[int, int], ...]


class TypeCount(msgspec.Struct, frozen=True):
    """So many events of a type."""

    type: str
    count: int


class ProducerDayRow(Row, frozen=True):
    """What a producer says it sent for a day; of several declarations the latest counts."""

    subject: str
    producer_source: str
    day: dt.date
    declared_on: dt.date | None = None
    counts: tuple[TypeCount, ...] = ()
    events: int = 0
    amount_minor: int | None = None
    currency: str | None = None


class QuarantineCaseRow(Row, frozen=True):
    """What became of a refused record; one that was refused again is still open."""

    subject: str
    state: str = "open"
    replays: int = 0
    outcome: str | None = None
    events: int = 0
    reason: str | None = None
    by: str | None = None
    decided_on: dt.date | None = None


def _opened(key: Key, row: JournalRow | None, event: JournalOpened, entry: Entry) -> JournalRow:
    return row or JournalRow(key[0], event.zone, event.partitions, entry.occurred_on)


def _day_keys(event: CalendarDayClosed, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.day),)


def _day_closed(
    key: Key, row: CalendarDayRow | None, event: CalendarDayClosed, entry: Entry
) -> CalendarDayRow:
    """A day is closed once: a second closing of the same day changes nothing."""
    return row or CalendarDayRow(key[0], key[1], event.zone, entry.admitted_at, event.cut)


def _producer_keys(event: ProducerDayDeclared, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.producer_source, event.day),)


def _declared(
    key: Key, row: ProducerDayRow | None, event: ProducerDayDeclared, entry: Entry
) -> ProducerDayRow:
    row = row or ProducerDayRow(*key)
    if not stands(entry.occurred_on, row.declared_on):
        return row
    return change(
        row,
        declared_on=latest(row.declared_on, entry.occurred_on),
        counts=tuple(TypeCount(name, count) for name, count in event.count_by_type),
        events=sum(count for _, count in event.count_by_type),
        amount_minor=event.amount_minor,
        currency=event.currency,
    )


def _replayed(
    key: Key, row: QuarantineCaseRow | None, event: QuarantineReplayed, entry: Entry
) -> QuarantineCaseRow:
    row = change(row or QuarantineCaseRow(*key), replays=(row.replays if row else 0) + 1)
    if row.state == "discarded" and not stands(entry.occurred_on, row.decided_on):
        return row
    settled = event.outcome in ("admitted", "duplicate")
    if row.state == "replayed" and not settled:
        return row
    return change(
        row,
        state="replayed" if settled else row.state,
        outcome=event.outcome,
        events=event.events,
        by=event.by,
        decided_on=latest(row.decided_on, entry.occurred_on),
    )


def _discarded(
    key: Key, row: QuarantineCaseRow | None, event: QuarantineDiscarded, entry: Entry
) -> QuarantineCaseRow:
    row = row or QuarantineCaseRow(*key)
    if row.state == "replayed":
        return row
    on = latest(row.decided_on, entry.occurred_on)
    return change(row, state="discarded", reason=event.reason, by=event.by, decided_on=on)


JOURNALS = Ledger(
    name="journals",
    version=1,
    row=JournalRow,
    key=("subject",),
    keys=by_subject,
    handlers={JournalOpened: _opened},
    about="the journal's id, zone and partitions",
)

CALENDAR_DAYS = Ledger(
    name="calendar_days",
    version=1,
    row=CalendarDayRow,
    key=("subject", "day"),
    keys=_day_keys,
    handlers={CalendarDayClosed: _day_closed},
    about="closed days and their cuts",
)

PRODUCER_DAYS = Ledger(
    name="producer_days",
    version=1,
    row=ProducerDayRow,
    key=("subject", "producer_source", "day"),
    keys=_producer_keys,
    handlers={ProducerDayDeclared: _declared},
    about="what producers declared for each day",
)

QUARANTINE_CASES = Ledger(
    name="quarantine_cases",
    version=1,
    row=QuarantineCaseRow,
    key=("subject",),
    keys=by_subject,
    handlers={QuarantineReplayed: _replayed, QuarantineDiscarded: _discarded},
    about="what became of refused records",
)
