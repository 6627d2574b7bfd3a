"""The lines of a customer's card about cases: complaints with their clock, promises, checks, advice, signals.

customer_card.py makes the card of these and of those in customer_lines.py. Pure: no query, no clock.
"""

import datetime as dt

import msgspec

from projections.complaint_clocks import ComplaintClockRow
from projections.complaints import ComplaintRow
from projections.contacts import FollowUpRow
from projections.risk import SignalRow
from projections.rules.clock_book import ClockBook
from projections.suitability import AdviceRow, SuitabilityCheckRow
from services.store.queries.clocks import OPEN_STATES, ClockLine, line_of
from services.store.queries.customer_lines import Named, Names


class ComplaintLine(msgspec.Struct, frozen=True, kw_only=True):
    """A complaint; `clock` is the governing one that is due (or past due) first, while any runs."""

    subject: str
    complaint_id: str
    state: str
    received_on: dt.date | None
    issue: str | None
    severity: str | None
    product: Named | None
    sale_id: str | None
    handler_id: str | None
    outcome: str | None
    closed_on: dt.date | None
    clock: ClockLine | None


class FollowUpLine(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    follow_up_id: str
    what: str | None
    owner_id: str | None
    promised_on: dt.date | None
    due: dt.date | None
    overdue: bool


class CheckLine(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    check_id: str
    product: Named | None
    outcome: str | None
    reasons: tuple[str, ...]
    override_state: str
    checked_on: dt.date | None
    valid_until: dt.date | None
    sale_id: str | None


class AdviceLine(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    kind: str
    product: Named | None
    employee_id: str | None
    on: dt.date | None


class SignalLine(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    signal_id: str
    rule: str
    severity: str
    score: int
    text: str
    detected_on: dt.date | None
    product: Named | None
    seller_id: str | None


def complaint_line(row: ComplaintRow, clock: ClockLine | None, names: Names) -> ComplaintLine:
    return ComplaintLine(
        subject=row.subject,
        complaint_id=row.complaint_id,
        state=row.state,
        received_on=row.received_on,
        issue=row.issue,
        severity=row.severity,
        product=names.product(row.product_id),
        sale_id=row.sale_id,
        handler_id=row.handler_id,
        outcome=row.outcome,
        closed_on=row.closed_on,
        clock=clock,
    )


def urgent_clock(row: ComplaintClockRow | None, at: dt.datetime, book: ClockBook) -> ClockLine | None:
    """Of the governing duties that run or pause at an instant, the one that is due first."""
    if row is None:
        return None
    lines = [line_of(clock, at, book) for clock in row.clocks if clock.governs and clock.duty]
    running = [line for line in lines if line.state in OPEN_STATES]
    last = dt.datetime.max.replace(tzinfo=dt.UTC)
    return min(running, key=lambda line: (line.clock.due_at or last, line.clock.clock), default=None)


def follow_up_line(row: FollowUpRow, day: dt.date) -> FollowUpLine:
    return FollowUpLine(
        subject=row.subject,
        follow_up_id=row.follow_up_id,
        what=row.what,
        owner_id=row.owner_id,
        promised_on=row.promised_on,
        due=row.due,
        overdue=row.due is not None and row.due < day,
    )


def check_line(row: SuitabilityCheckRow, names: Names) -> CheckLine:
    return CheckLine(
        subject=row.subject,
        check_id=row.check_id,
        product=names.product(row.product_id),
        outcome=row.outcome,
        reasons=row.reasons,
        override_state=row.override_state,
        checked_on=row.checked_on,
        valid_until=row.valid_until,
        sale_id=row.sale_id,
    )


def advice_line(row: AdviceRow, names: Names) -> AdviceLine:
    return AdviceLine(
        subject=row.subject,
        kind=row.kind,
        product=names.product(row.product_id),
        employee_id=row.employee_id,
        on=row.on,
    )


def signal_line(row: SignalRow, names: Names) -> SignalLine:
    return SignalLine(
        subject=row.subject,
        signal_id=row.signal_id,
        rule=row.rule,
        severity=row.severity,
        score=row.score,
        text=row.text,
        detected_on=row.detected_on,
        product=names.product(row.product_id),
        seller_id=row.seller_id,
    )
