"""Complaints: one row per complaint, from receipt to closing and beyond, with the day of every step.

What is due or late is never stored: it is judged at reading against the dates here. A complaint may be closed
before we hear that it was received.
"""

import datetime as dt
from collections.abc import Sequence

from events.complaint_outcomes import (
    ComplaintClosed,
    ComplaintEscalated,
    ComplaintExtensionGranted,
    ComplaintFinalResponseSent,
    ComplaintOmbudsmanDecisionReceived,
    ComplaintRedressPaid,
    ComplaintReopened,
    ComplaintSummaryResolutionSent,
    ComplaintWithdrawn,
)
from events.complaints import (
    ComplaintAcknowledged,
    ComplaintDeclined,
    ComplaintForwarded,
    ComplaintHandlerAssigned,
    ComplaintInvestigationStarted,
    ComplaintLinked,
    ComplaintReceived,
    ComplaintRootCauseRecorded,
    ComplaintStep,
    ComplaintTriaged,
)
from events.envelope import Entry
from projections.adoption import adoptable
from projections.customers import CUSTOMERS_BY_PROFILE, customers_at
from projections.figure import Cell, Estimate, Figure, count_of, share_of, total
from projections.ledger import Key, Ledger, Row, change, earliest, latest
from projections.steps import on_day, stands
from projections.tally import Tally


class ComplaintRow(Row, frozen=True):
    """A complaint. `state` is open, closed, withdrawn, declined or forwarded, as the days of the steps say.

    `outcome` is that of the closing, else of the final response; `decided` and `upheld` follow from it,
    partly upheld counting as upheld. `judged` says that somebody judged timeliness, `timely` what they found.
    """

    subject: str
    complaint_id: str
    received: bool = False
    received_on: dt.date | None = None
    received_by: str | None = None
    forwarded_on: dt.date | None = None
    external_ref: str | None = None
    legal_entity: str | None = None
    product_id: str | None = None
    category: str | None = None
    issue: str | None = None
    sub_issue: str | None = None
    region: str | None = None
    channel_id: str | None = None
    unit_id: str | None = None
    seller_id: str | None = None
    sale_id: str | None = None
    state: str = "open"
    state_on: dt.date | None = None
    acknowledged_on: dt.date | None = None
    severity: str | None = None
    code: str | None = None
    triaged_on: dt.date | None = None
    handler_id: str | None = None
    handler_since: dt.date | None = None
    investigated_on: dt.date | None = None
    responded_on: dt.date | None = None
    decision: str | None = None
    decision_on: dt.date | None = None
    new_due: dt.date | None = None
    escalated_to: str | None = None
    escalated_on: dt.date | None = None
    ombudsman_on: dt.date | None = None
    overturned: bool = False
    closed: bool = False
    closed_on: dt.date | None = None
    closed_as: str | None = None
    relief: str | None = None
    outcome: str | None = None
    decided: bool = False
    upheld: bool = False
    judged: bool = False
    timely: bool = False
    redress_minor: int = 0
    redress_currency: str | None = None
    root_cause: str | None = None
    root_cause_on: dt.date | None = None
    duplicate_of: str | None = None
    reopened: int = 0
    adopted: bool = False


def _complaint_keys(event: ComplaintStep, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.complaint_id),)


def _received(key: Key, row: ComplaintRow | None, event: ComplaintReceived, entry: Entry) -> ComplaintRow:
    row = row or ComplaintRow(*key)
    on = entry.occurred_on
    if row.received and not stands(on, row.received_on):
        return row
    known = event.known
    return change(
        row,
        received=True,
        received_on=latest(row.received_on, on),
        received_by=event.received_by,
        forwarded_on=event.forwarded_on,
        external_ref=event.external_ref,
        legal_entity=event.legal_entity,
        product_id=event.product_id,
        category=None if known is None or known.product is None else known.product.category,
        issue=event.issue,
        sub_issue=event.sub_issue,
        region=event.region,
        channel_id=event.channel_id,
        unit_id=event.unit_id,
        seller_id=event.seller_id,
        sale_id=event.sale_id,
    )


def _triaged(key: Key, row: ComplaintRow | None, event: ComplaintTriaged, entry: Entry) -> ComplaintRow:
    row = row or ComplaintRow(*key)
    if not stands(entry.occurred_on, row.triaged_on):
        return row
    day = latest(row.triaged_on, entry.occurred_on)
    return change(row, severity=event.severity, code=event.code, triaged_on=day)


def _assigned(
    key: Key, row: ComplaintRow | None, event: ComplaintHandlerAssigned, entry: Entry
) -> ComplaintRow:
    row = row or ComplaintRow(*key)
    if not stands(entry.occurred_on, row.handler_since):
        return row
    day = latest(row.handler_since, entry.occurred_on)
    return change(row, handler_id=event.employee_id, handler_since=day)


def _answered(
    key: Key, row: ComplaintRow | None, event: ComplaintFinalResponseSent, entry: Entry
) -> ComplaintRow:
    row = row or ComplaintRow(*key)
    on = entry.occurred_on
    row = change(row, responded_on=earliest(row.responded_on, on))
    if not stands(on, row.decision_on):
        return row
    return _judged(change(row, decision=event.decision, decision_on=latest(row.decision_on, on)))


def _extended(
    key: Key, row: ComplaintRow | None, event: ComplaintExtensionGranted, entry: Entry
) -> ComplaintRow:
    row = row or ComplaintRow(*key)
    return change(row, new_due=latest(row.new_due, event.new_due))


def _escalated(key: Key, row: ComplaintRow | None, event: ComplaintEscalated, entry: Entry) -> ComplaintRow:
    row = row or ComplaintRow(*key)
    if not stands(entry.occurred_on, row.escalated_on):
        return row
    return change(row, escalated_to=event.to, escalated_on=latest(row.escalated_on, entry.occurred_on))


def _ombudsman(
    key: Key, row: ComplaintRow | None, event: ComplaintOmbudsmanDecisionReceived, entry: Entry
) -> ComplaintRow:
    row = row or ComplaintRow(*key)
    if not stands(entry.occurred_on, row.ombudsman_on):
        return row
    return change(row, ombudsman_on=latest(row.ombudsman_on, entry.occurred_on), overturned=event.overturned)


def _redressed(key: Key, row: ComplaintRow | None, event: ComplaintRedressPaid, entry: Entry) -> ComplaintRow:
    """Payments in the currency of the first are added up; others stay on the timeline."""
    row = row or ComplaintRow(*key)
    if row.redress_currency not in (None, event.currency):
        return row
    return change(row, redress_minor=row.redress_minor + event.amount_minor, redress_currency=event.currency)


def _closed(key: Key, row: ComplaintRow | None, event: ComplaintClosed, entry: Entry) -> ComplaintRow:
    row = row or ComplaintRow(*key)
    on = entry.occurred_on
    if not row.closed or stands(on, row.closed_on):
        judgement = event.timely_as_judged
        row = change(
            row,
            closed=True,
            closed_on=latest(row.closed_on, on),
            closed_as=event.outcome,
            relief=event.relief,
            judged=judgement is not None and judgement.value is not None,
            timely=judgement is not None and judgement.value is True,
        )
    return _judged(_moved(row, "closed", on))


def _withdrawn(key: Key, row: ComplaintRow | None, event: ComplaintWithdrawn, entry: Entry) -> ComplaintRow:
    return _moved(row or ComplaintRow(*key), "withdrawn", entry.occurred_on)


def _declined(key: Key, row: ComplaintRow | None, event: ComplaintDeclined, entry: Entry) -> ComplaintRow:
    return _moved(row or ComplaintRow(*key), "declined", entry.occurred_on)


def _passed_on(key: Key, row: ComplaintRow | None, event: ComplaintForwarded, entry: Entry) -> ComplaintRow:
    return _moved(row or ComplaintRow(*key), "forwarded", entry.occurred_on)


def _reopened(key: Key, row: ComplaintRow | None, event: ComplaintReopened, entry: Entry) -> ComplaintRow:
    row = row or ComplaintRow(*key)
    return _moved(change(row, reopened=row.reopened + 1), "open", entry.occurred_on)


def _root_cause(
    key: Key, row: ComplaintRow | None, event: ComplaintRootCauseRecorded, entry: Entry
) -> ComplaintRow:
    row = row or ComplaintRow(*key)
    if not stands(entry.occurred_on, row.root_cause_on):
        return row
    day = latest(row.root_cause_on, entry.occurred_on)
    return change(row, root_cause=event.cause_code, root_cause_on=day)


def _linked(key: Key, row: ComplaintRow | None, event: ComplaintLinked, entry: Entry) -> ComplaintRow:
    row = row or ComplaintRow(*key)
    return change(row, duplicate_of=event.other_complaint_id) if event.kind == "duplicate_of" else row


def _moved(row: ComplaintRow, state: str, on: dt.date | None) -> ComplaintRow:
    """The row in another state, unless a later step has moved it on."""
    if not stands(on, row.state_on):
        return row
    return change(row, state=state, state_on=latest(row.state_on, on))


def _judged(row: ComplaintRow) -> ComplaintRow:
    stated = row.closed_as if row.closed_as not in (None, "not_stated") else row.decision
    outcome = stated or row.closed_as
    return change(
        row,
        outcome=outcome,
        decided=outcome in ("upheld", "partly_upheld", "not_upheld"),
        upheld=outcome in ("upheld", "partly_upheld"),
    )


COMPLAINTS = Ledger(
    name="complaints",
    version=2,
    row=ComplaintRow,
    key=("subject", "complaint_id"),
    keys=_complaint_keys,
    handlers=adoptable(
        {
            ComplaintReceived: _received,
            ComplaintAcknowledged: on_day(ComplaintRow, None, "acknowledged_on", first=True),
            ComplaintDeclined: _declined,
            ComplaintForwarded: _passed_on,
            ComplaintLinked: _linked,
            ComplaintTriaged: _triaged,
            ComplaintHandlerAssigned: _assigned,
            ComplaintInvestigationStarted: on_day(ComplaintRow, None, "investigated_on", first=True),
            ComplaintFinalResponseSent: _answered,
            ComplaintSummaryResolutionSent: on_day(ComplaintRow, None, "responded_on", first=True),
            ComplaintExtensionGranted: _extended,
            ComplaintEscalated: _escalated,
            ComplaintOmbudsmanDecisionReceived: _ombudsman,
            ComplaintRedressPaid: _redressed,
            ComplaintRootCauseRecorded: _root_cause,
            ComplaintClosed: _closed,
            ComplaintWithdrawn: _withdrawn,
            ComplaintReopened: _reopened,
        }
    ),
    indexes=(("product_id", "received_on"), ("complaint_id",)),
    about="the complaint register",
)

COMPLAINTS_BY_DAY = Tally(
    name="complaints_by_day",
    ledger=COMPLAINTS,
    by=(
        "legal_entity",
        "product_id",
        "category",
        "issue",
        "channel_id",
        "unit_id",
        "seller_id",
        "received_by",
        "state",
        "outcome",
        "relief",
        "received_on",
    ),
    measures=("judged", "timely", "decided", "upheld"),
    where="received",
)


def _per_thousand(cells: Sequence[Cell], base: Sequence[Cell], as_of: dt.date) -> Estimate:
    complaints, customers = total(cells), customers_at(base, as_of)
    parts = {"complaints": complaints, "customers": customers}
    if customers == 0:
        return Estimate(value=None, n=0, note="not available: no customers to divide by", parts=parts)
    return Estimate(value=1000 * complaints / customers, n=customers, parts=parts)


_BY = (
    "legal_entity",
    "product_id",
    "category",
    "issue",
    "channel_id",
    "unit_id",
    "seller_id",
    "received_by",
    "state",
    "outcome",
)

COMPLAINTS_FIGURE = Figure(
    name="complaints",
    title="Complaints received",
    unit="count",
    tally=COMPLAINTS_BY_DAY,
    compute=count_of(),
    by=(*_BY, "relief"),
    day="received_on",
)

COMPLAINTS_TIMELY = Figure(
    name="complaints_timely",
    title="Complaints answered in time, as the receiver judged",
    unit="percent",
    tally=COMPLAINTS_BY_DAY,
    compute=share_of("timely", "judged"),
    by=(*_BY, "relief"),
    day="received_on",
    source="judged by whoever received the complaint; those without a judgement are left out",
)

COMPLAINTS_RELIEF = Figure(
    name="complaints_relief",
    title="Complaints by what the complainant got",
    unit="count",
    tally=COMPLAINTS_BY_DAY,
    compute=count_of(),
    by=_BY,
    always=("relief",),
    day="received_on",
)

UPHELD_RATE = Figure(
    name="upheld_rate",
    title="Decided complaints that were upheld, wholly or partly",
    unit="percent",
    tally=COMPLAINTS_BY_DAY,
    compute=share_of("upheld", "decided"),
    by=_BY,
    day="received_on",
    source="(upheld + partly upheld) / decided",
)

COMPLAINTS_PER_THOUSAND = Figure(
    name="complaints_per_thousand_customers",
    title="Complaints per thousand customers",
    unit="per_thousand",
    tally=COMPLAINTS_BY_DAY,
    by=("legal_entity", "unit_id", "product_id", "category", "issue", "channel_id", "received_by"),
    day="received_on",
    base=CUSTOMERS_BY_PROFILE,
    base_split=("active", "left_on"),
    against=_per_thousand,
    source="customers at the as-of day, of the same legal entity and unit where asked for",
)
