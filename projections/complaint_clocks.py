"""Complaint clocks: one row per complaint, with its milestones and every clock that runs or ran for it.

Due times follow from the milestones and the book of packs and are worked out at each step; what has passed is
asked with an instant (projections/rules/clock.py) and never stored. The shipped book is the default.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median_low
from typing import Any

import msgspec

from events import complaint_outcomes as out
from events import complaints as cmp
from events.envelope import Entry, Event
from projections.adoption import adoptable
from projections.figure import Cell, Estimate, Figure, proportion, total
from projections.ledger import Handler, Key, Ledger, Row, change, latest
from projections.rules.business_calendar import sensible
from projections.rules.clock import (
    Clock,
    Extension,
    Milestones,
    Receipt,
    Step,
    Triage,
    alarms,
)
from projections.rules.clock_book import ClockBook, shipped_book
from projections.steps import stands
from projections.tally import PART, Tally


class ComplaintClockRow(Row, frozen=True):
    """A complaint's clocks. `next_due_at` is the earliest due time that still runs; the alarms are the first
    and the last instant at which somebody should be told; `results` say in short how each duty went, as
    `regime|clock|due day|result|days taken`."""

    subject: str
    complaint_id: str
    legal_entity: str | None = None
    received_by: str | None = None
    received_on: dt.date | None = None
    product_id: str | None = None
    category: str | None = None
    channel_id: str | None = None
    unit_id: str | None = None
    next_due_at: dt.datetime | None = None
    first_alarm_at: dt.datetime | None = None
    last_alarm_at: dt.datetime | None = None
    milestones: Milestones = Milestones()
    clocks: tuple[Clock, ...] = ()
    results: tuple[str, ...] = ()
    adopted: bool = False


Note = Callable[[Milestones, Any, Entry], Milestones]


def complaint_clocks_ledger(book: ClockBook) -> Ledger:
    """The ledger of a book; the book's digest is part of the generation's fingerprint."""
    notes: dict[type[Event], Note] = {
        cmp.ComplaintReceived: _received,
        cmp.ComplaintTriaged: _triaged,
        cmp.ComplaintInformationRequested: _asked,
        cmp.ComplaintInformationReceived: _told,
        out.ComplaintExtensionGranted: _extended,
        out.ComplaintClosed: _closed,
        **{event: partial(_stepped, kind) for event, kind in PLAIN_STEPS.items()},
    }
    handlers: dict[type[Event], Handler] = {
        event: partial(_post, book, note) for event, note in notes.items()
    }
    return Ledger(
        name="complaint_clocks",
        version=1,
        row=ComplaintClockRow,
        key=("subject", "complaint_id"),
        keys=_complaint_key,
        handlers=adoptable(handlers),
        indexes=(("next_due_at",), ("last_alarm_at",)),
        about="when each answer to a complaint is due, and by which rules",
        content=book.digest,
    )


PLAIN_STEPS: dict[type[Event], str] = {
    cmp.ComplaintAcknowledged: "acknowledged",
    cmp.ComplaintDeclined: "declined",
    cmp.ComplaintForwarded: "forwarded",
    cmp.ComplaintHandlerAssigned: "handler_assigned",
    cmp.ComplaintInvestigationStarted: "investigation_started",
    cmp.ComplaintResolutionApproved: "resolution_approved",
    out.ComplaintProgressUpdateSent: "progress_update_sent",
    out.ComplaintHoldingResponseSent: "holding_response_sent",
    out.ComplaintFinalResponseSent: "final_response_sent",
    out.ComplaintSummaryResolutionSent: "summary_resolution_sent",
    out.ComplaintProvisionalCreditGiven: "provisional_credit_given",
    out.ComplaintRedressAccepted: "redress_accepted",
    out.ComplaintRedressPaid: "redress_paid",
    out.ComplaintAnswerAccepted: "answer_accepted",
    out.ComplaintReviewRequested: "review_requested",
    out.ComplaintReviewDecided: "review_decided",
    out.ComplaintWithdrawn: "withdrawn",
    out.ComplaintReopened: "reopened",
}
"""Steps of which only the day matters; packs name them in `start` and `stop`."""


def _complaint_key(event: cmp.ComplaintStep, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.complaint_id),)


def _post(
    book: ClockBook, note: Note, key: Key, row: ComplaintClockRow | None, event: Event, entry: Entry
) -> ComplaintClockRow:
    row = row or ComplaintClockRow(*key)
    milestones = note(row.milestones, event, entry)
    return row if milestones is row.milestones else _with_clocks(book, row, milestones)


def _with_clocks(book: ClockBook, row: ComplaintClockRow, milestones: Milestones) -> ComplaintClockRow:
    receipt, clocks = milestones.receipt, book.clocks(milestones)
    told = [at for clock in clocks for _, at in alarms(clock)]
    duties = [one for one in clocks if one.governs and one.duty]
    running = [one.due_at for one in duties if one.open and one.due_at is not None]
    if receipt is not None:
        row = change(
            row,
            legal_entity=receipt.legal_entity,
            received_by=receipt.received_by,
            received_on=receipt.on,
            product_id=receipt.product_id,
            category=receipt.category,
            channel_id=receipt.channel_id,
            unit_id=receipt.unit_id,
        )
    return change(
        row,
        next_due_at=min(running, default=None),
        first_alarm_at=min(told, default=None),
        last_alarm_at=max(told, default=None),
        milestones=milestones,
        clocks=clocks,
        results=tuple(_result(one) for one in duties),
    )


def _result(clock: Clock) -> str:
    """How a duty went, as far as the steps say; whether an open one is past due is asked with a day."""
    days = ""
    if clock.waived is not None:
        result = "waived"
    elif clock.stopped:
        result = "undated" if clock.in_time is None else "on_time" if clock.in_time else "late"
        if clock.stopped_on is not None:
            days = str(max(0, (clock.stopped_on - clock.started_on).days))
    elif clock.ended is not None:
        result = clock.ended
    else:
        result = "open"
    return PART.join((clock.regime, clock.clock, str(clock.due_on or ""), result, days))


def _moment(entry: Entry) -> tuple[dt.date | None, dt.datetime | None]:
    """The business day and the instant of an entry; neither if it is a slip of the pen."""
    on, at = sensible(entry.occurred_on), entry.occurred_at
    return on, None if at is None or on is None else at.astimezone(dt.UTC)


def _received(milestones: Milestones, event: cmp.ComplaintReceived, entry: Entry) -> Milestones:
    on, at = _moment(entry)
    old = milestones.receipt
    if old is not None and not stands(on, old.on):
        return milestones
    known = event.known
    receipt = Receipt(
        source=entry.source,
        id=entry.id,
        on=on if old is None else latest(old.on, on),
        at=at if old is None or on is not None else old.at,
        forwarded_on=event.forwarded_on,
        legal_entity=event.legal_entity,
        received_by=event.received_by,
        channel_id=event.channel_id,
        product_id=event.product_id,
        category=None if known is None or known.product is None else known.product.category,
        unit_id=event.unit_id,
        seller_id=event.seller_id,
        customer_id=event.customer_id,
        issue=event.issue,
    )
    return msgspec.structs.replace(milestones, receipt=receipt)


def _triaged(milestones: Milestones, event: cmp.ComplaintTriaged, entry: Entry) -> Milestones:
    triage = Triage(*_moment(entry), event.code, event.regimes)
    return msgspec.structs.replace(milestones, triages=_added(milestones.triages, triage, _when))


def _extended(milestones: Milestones, event: out.ComplaintExtensionGranted, entry: Entry) -> Milestones:
    approver = event.approver or event.approver_id
    extension = Extension(*_moment(entry), event.new_due, approver, event.customer_told)
    return msgspec.structs.replace(milestones, extensions=_added(milestones.extensions, extension, _when))


def _asked(milestones: Milestones, event: cmp.ComplaintInformationRequested, entry: Entry) -> Milestones:
    if not event.pauses_clock:
        return milestones
    return _with_step(milestones, Step("information_requested", *_moment(entry), event.request_id))


def _told(milestones: Milestones, event: cmp.ComplaintInformationReceived, entry: Entry) -> Milestones:
    return _with_step(milestones, Step("information_received", *_moment(entry), event.request_id))


def _closed(milestones: Milestones, event: out.ComplaintClosed, entry: Entry) -> Milestones:
    """A judgement of somebody else is kept, for closings whose day nobody published."""
    judged = event.timely_as_judged
    if judged is not None and judged.value is not None:
        value = judged.value and milestones.judged_timely is not False
        milestones = msgspec.structs.replace(milestones, judged_timely=value)
    return _with_step(milestones, Step("closed", *_moment(entry)))


def _stepped(kind: str, milestones: Milestones, event: Event, entry: Entry) -> Milestones:
    return _with_step(milestones, Step(kind, *_moment(entry)))


def _with_step(milestones: Milestones, step: Step) -> Milestones:
    steps = milestones.steps
    if step in steps:
        return milestones
    return msgspec.structs.replace(milestones, steps=_added(steps, step, _kind_and_when))


def _added(have: tuple[Any, ...], one: Any, order: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The tuple with one more element, in an order that does not depend on which came first."""
    return have if one in have else tuple(sorted((*have, one), key=order))


def _when(one: Triage | Extension) -> tuple[str, str, bytes]:
    return str(one.on or ""), str(one.at or ""), msgspec.json.encode(one)


def _kind_and_when(step: Step) -> tuple[str, str, str, str]:
    return step.kind, str(step.on or ""), str(step.at or ""), step.ref


COMPLAINT_CLOCKS = complaint_clocks_ledger(shipped_book())

COMPLAINT_CLOCKS_BY_DAY = Tally(
    name="complaint_clocks_by_day",
    ledger=COMPLAINT_CLOCKS,
    by=("legal_entity", "received_by", "product_id", "category", "channel_id", "unit_id", "received_on"),
    each="results",
    parts=("regime", "clock", "due_on", "result", "days"),
)


def _on_time(cells: Sequence[Cell], as_of: dt.date) -> Estimate:
    """The maturity rule: answered by due ÷ (answered + open and past due); what is not due yet is out."""
    counts: dict[str, int] = {}
    for cell in cells:
        name = str(cell.dims["result"])
        if name == "open":
            due = str(cell.dims["due_on"])
            name = "past_due" if due and due < as_of.isoformat() else "not_due_yet"
        counts[name] = counts.get(name, 0) + cell.rows
    decided = sum(counts.get(name, 0) for name in ("on_time", "late", "past_due"))
    estimate = proportion(counts.get("on_time", 0), decided, "on_time", "due")
    return msgspec.structs.replace(estimate, parts={**counts, **estimate.parts})


def _median_days(cells: Sequence[Cell], as_of: dt.date) -> Estimate:
    days = sorted(int(cell.dims["days"]) for cell in cells if cell.dims["days"] for _ in range(cell.rows))
    if not days:
        return Estimate(value=None, n=0, note="not available: no clock was stopped on a known day")
    return Estimate(value=median_low(days), n=len(days), parts={"clocks": total(cells)})


_BY = ("regime", "clock", "legal_entity", "received_by", "product_id", "category", "channel_id", "unit_id")

COMPLAINT_CLOCKS_ON_TIME = Figure(
    name="complaint_clocks_on_time",
    title="Complaint clocks met in time",
    unit="percent",
    tally=COMPLAINT_CLOCKS_BY_DAY,
    compute=_on_time,
    by=_BY,
    day="received_on",
    split=("due_on", "result"),
    source="answered by due / (answered + open and past due); not due yet, withdrawn and waived are out",
)

COMPLAINT_CLOCK_DAYS = Figure(
    name="complaint_clock_days",
    title="Median days until a complaint clock was stopped",
    unit="days",
    tally=COMPLAINT_CLOCKS_BY_DAY,
    compute=_median_days,
    by=_BY,
    day="received_on",
    split=("days",),
    source="days from the start of the clock to the step that stopped it, where both are known",
)
