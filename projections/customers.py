"""Customers: the card of each customer, what we know and from whom, what they hold, who acts for them.

The card reaches as far as facts under the customer's own subject do; what stands under others (a manager's
unit, a product's name) is joined at reading. Personal values appear as sealed tokens only.
"""

import datetime as dt
from collections.abc import Sequence

from events.complaint_outcomes import ComplaintClosed, ComplaintReopened, ComplaintWithdrawn
from events.complaints import ComplaintDeclined, ComplaintReceived
from events.customers import (
    CustomerAbsorbed,
    CustomerDied,
    CustomerMergedInto,
    CustomerMergeReversed,
    CustomerRegistered,
    CustomerRelationshipEnded,
    RiskProfileAssessed,
    VulnerabilityEnded,
    VulnerabilityRecorded,
)
from events.envelope import Entry
from events.interactions import (
    BranchVisitRecorded,
    CallHandled,
    CustomerInterviewed,
    InteractionEnded,
    InteractionStarted,
    MessageReceived,
    MessageSent,
)
from events.people import CustomerTransferred
from events.pipeline import CampaignContactMade
from events.privacy import (
    ConsentGiven,
    ConsentWithdrawn,
    LegalHoldPlaced,
    LegalHoldReleased,
    ProcessingRestricted,
    SubjectKeyShredded,
)
from events.surveys import SurveyAnswered
from projections.figure import Cell, Estimate, Figure, total
from projections.ledger import Key, Ledger, Row, change, latest
from projections.steps import (
    Marks,
    begun,
    by_customer,
    marked,
    names_on,
    on_day,
    stands,
)
from projections.tally import Tally


class CustomerRow(Row, frozen=True):
    """A customer's card. `active` is registered, not ended, not dead and not merged into another record.

    `marks` holds what can be switched on and off, with its day: consents, vulnerabilities, complaints,
    merges, legal holds; `consented`, `vulnerable`, `complaints`, `merged_into` follow from it.
    """

    subject: str
    legal_entity: str | None = None
    customer_type: str | None = None
    customer_class: str | None = None
    age_band: str | None = None
    region: str | None = None
    unit_id: str | None = None
    rm_id: str | None = None
    registered_on: dt.date | None = None
    active: bool = False
    left_on: dt.date | None = None
    rm_since: dt.date | None = None
    name: str | None = None
    preferred_channel: str | None = None
    language: str | None = None
    grade: str | None = None
    grade_since: dt.date | None = None
    grade_until: dt.date | None = None
    professional: bool = False
    consented: tuple[str, ...] = ()
    vulnerable: bool = False
    complaints: int = 0
    open_complaints: int = 0
    last_contact_on: dt.date | None = None
    nps_last: int | None = None
    nps_on: dt.date | None = None
    csat_last: int | None = None
    csat_on: dt.date | None = None
    died: bool = False
    died_told_on: dt.date | None = None
    ended: bool = False
    ended_on: dt.date | None = None
    merged_into: str | None = None
    merged_on: dt.date | None = None
    absorbed: tuple[str, ...] = ()
    restricted: bool = False
    restricted_since: dt.date | None = None
    shredded: bool = False
    shredded_on: dt.date | None = None
    marks: Marks = ()


def _registered(key: Key, row: CustomerRow | None, event: CustomerRegistered, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(*key)
    if row.legal_entity is not None and not stands(entry.occurred_on, row.registered_on):
        return row
    moved = row.rm_since is not None
    return _present(
        change(
            row,
            legal_entity=event.legal_entity,
            customer_type=event.customer_type,
            customer_class=event.customer_class,
            age_band=event.age_band,
            region=event.region,
            unit_id=row.unit_id if moved else event.unit_id,
            rm_id=row.rm_id if moved else event.relationship_manager,
            registered_on=latest(row.registered_on, entry.occurred_on),
            name=event.name,
            preferred_channel=event.preferred_channel,
            language=event.language,
        )
    )


def _transferred(key: Key, row: CustomerRow | None, event: CustomerTransferred, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(*key)
    if not stands(entry.occurred_on, row.rm_since):
        return row
    return change(
        row,
        rm_id=event.to_employee_id,
        unit_id=event.to_unit_id or row.unit_id,
        rm_since=latest(row.rm_since, entry.occurred_on),
    )


def _graded(key: Key, row: CustomerRow | None, event: RiskProfileAssessed, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(*key)
    if not stands(entry.occurred_on, row.grade_since):
        return row
    return change(
        row,
        grade=event.grade,
        grade_since=latest(row.grade_since, entry.occurred_on),
        grade_until=event.valid_until,
        professional=event.professional,
    )


def _consent_given(key: Key, row: CustomerRow | None, event: ConsentGiven, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(*key)
    marks = marked(row.marks, "consent", event.purpose, True, entry.occurred_on, event.expires)
    return change(row, marks=marks, consented=names_on(marks, "consent"))


def _consent_withdrawn(
    key: Key, row: CustomerRow | None, event: ConsentWithdrawn, entry: Entry
) -> CustomerRow:
    row = row or CustomerRow(*key)
    marks = marked(row.marks, "consent", event.purpose, False, entry.occurred_on)
    return change(row, marks=marks, consented=names_on(marks, "consent"))


def _vulnerable(key: Key, row: CustomerRow | None, event: VulnerabilityRecorded, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(*key)
    return _cared_for(row, begun(row.marks, "vulnerability", event.vulnerability_id, entry.occurred_on))


def _not_vulnerable(
    key: Key, row: CustomerRow | None, event: VulnerabilityEnded, entry: Entry
) -> CustomerRow:
    row = row or CustomerRow(*key)
    return _cared_for(
        row, marked(row.marks, "vulnerability", event.vulnerability_id, False, entry.occurred_on)
    )


def _cared_for(row: CustomerRow, marks: Marks) -> CustomerRow:
    return change(row, marks=marks, vulnerable=bool(names_on(marks, "vulnerability")))


def _complained(key: Key, row: CustomerRow | None, event: ComplaintReceived, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(*key)
    return _complaining(row, begun(row.marks, "complaint", event.complaint_id, entry.occurred_on))


def _complaint_over(
    key: Key,
    row: CustomerRow | None,
    event: ComplaintClosed | ComplaintWithdrawn | ComplaintDeclined,
    entry: Entry,
) -> CustomerRow:
    row = row or CustomerRow(*key)
    return _complaining(row, marked(row.marks, "complaint", event.complaint_id, False, entry.occurred_on))


def _complaint_reopened(
    key: Key, row: CustomerRow | None, event: ComplaintReopened, entry: Entry
) -> CustomerRow:
    row = row or CustomerRow(*key)
    return _complaining(row, marked(row.marks, "complaint", event.complaint_id, True, entry.occurred_on))


def _complaining(row: CustomerRow, marks: Marks) -> CustomerRow:
    known = sum(one.kind == "complaint" for one in marks)
    return change(row, marks=marks, complaints=known, open_complaints=len(names_on(marks, "complaint")))


def _answered(key: Key, row: CustomerRow | None, event: SurveyAnswered, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(*key)
    if event.known is None:
        return row
    scores = {one.question_id: one.score for one in event.answers if one.score is not None}
    on = entry.occurred_on
    for question in event.known.questions:
        score = scores.get(question.question_id)
        if score is None:
            continue
        if question.kind == "NPS" and stands(on, row.nps_on):
            row = change(row, nps_last=score, nps_on=latest(row.nps_on, on))
        elif question.kind == "CSAT" and stands(on, row.csat_on):
            row = change(row, csat_last=score, csat_on=latest(row.csat_on, on))
    return row


def _contacted(key: Key, row: CustomerRow | None, event: object, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(*key)
    on = entry.occurred_on
    if on is None or (row.last_contact_on is not None and on <= row.last_contact_on):
        return row
    return change(row, last_contact_on=on)


def _died(key: Key, row: CustomerRow | None, event: CustomerDied, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(*key)
    return _present(change(row, died=True, died_told_on=latest(row.died_told_on, entry.occurred_on)))


def _ended(key: Key, row: CustomerRow | None, event: CustomerRelationshipEnded, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(*key)
    return _present(change(row, ended=True, ended_on=latest(row.ended_on, entry.occurred_on)))


def _merged(key: Key, row: CustomerRow | None, event: CustomerMergedInto, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(*key)
    return _linked(row, marked(row.marks, "merged_into", event.survivor_id, True, entry.occurred_on))


def _absorbed(key: Key, row: CustomerRow | None, event: CustomerAbsorbed, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(*key)
    return _linked(row, marked(row.marks, "absorbed", event.merged_id, True, entry.occurred_on))


def _unmerged(key: Key, row: CustomerRow | None, event: CustomerMergeReversed, entry: Entry) -> CustomerRow:
    """One event per record; it switches off both links, so that a merge that comes late stays reversed."""
    row = row or CustomerRow(*key)
    marks = marked(row.marks, "merged_into", event.other_id, False, entry.occurred_on)
    return _linked(row, marked(marks, "absorbed", event.other_id, False, entry.occurred_on))


def _linked(row: CustomerRow, marks: Marks) -> CustomerRow:
    links = [one for one in marks if one.on and one.kind == "merged_into"]
    latest_link = max(links, key=lambda one: one.since or dt.date.min, default=None)
    return _present(
        change(
            row,
            marks=marks,
            merged_into=None if latest_link is None else latest_link.name,
            merged_on=None if latest_link is None else latest_link.since,
            absorbed=names_on(marks, "absorbed"),
        )
    )


def _restricted(key: Key, row: CustomerRow | None, event: ProcessingRestricted, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(*key)
    if not stands(entry.occurred_on, row.restricted_since):
        return row
    since = latest(row.restricted_since, entry.occurred_on)
    return change(row, restricted=event.restricted, restricted_since=since)


def _held(key: Key, row: CustomerRow | None, event: LegalHoldPlaced, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(*key)
    return change(row, marks=begun(row.marks, "hold", event.hold_id, entry.occurred_on))


def _released(key: Key, row: CustomerRow | None, event: LegalHoldReleased, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(*key)
    return change(row, marks=marked(row.marks, "hold", event.hold_id, False, entry.occurred_on))


def _present(row: CustomerRow) -> CustomerRow:
    """The row with `active` and `left_on` as its own facts say."""
    gone = row.died or row.ended or row.merged_into is not None
    if not gone:
        return change(row, active=row.legal_entity is not None, left_on=None)
    days = [
        day
        for is_so, day in (
            (row.died, row.died_told_on),
            (row.ended, row.ended_on),
            (row.merged_into is not None, row.merged_on),
        )
        if is_so and day is not None
    ]
    return change(row, active=False, left_on=min(days, default=None))


CUSTOMERS = Ledger(
    name="customers",
    version=1,
    row=CustomerRow,
    key=("subject",),
    keys=by_customer,
    handlers={
        CustomerRegistered: _registered,
        CustomerTransferred: _transferred,
        RiskProfileAssessed: _graded,
        ConsentGiven: _consent_given,
        ConsentWithdrawn: _consent_withdrawn,
        VulnerabilityRecorded: _vulnerable,
        VulnerabilityEnded: _not_vulnerable,
        ComplaintReceived: _complained,
        ComplaintClosed: _complaint_over,
        ComplaintWithdrawn: _complaint_over,
        ComplaintDeclined: _complaint_over,
        ComplaintReopened: _complaint_reopened,
        SurveyAnswered: _answered,
        InteractionStarted: _contacted,
        InteractionEnded: _contacted,
        MessageSent: _contacted,
        MessageReceived: _contacted,
        CallHandled: _contacted,
        BranchVisitRecorded: _contacted,
        CustomerInterviewed: _contacted,
        CampaignContactMade: _contacted,
        CustomerDied: _died,
        CustomerRelationshipEnded: _ended,
        CustomerMergedInto: _merged,
        CustomerAbsorbed: _absorbed,
        CustomerMergeReversed: _unmerged,
        ProcessingRestricted: _restricted,
        SubjectKeyShredded: on_day(CustomerRow, "shredded", "shredded_on"),
        LegalHoldPlaced: _held,
        LegalHoldReleased: _released,
    },
    about="one row per customer: the card",
)

CUSTOMERS_BY_PROFILE = Tally(
    name="customers_by_profile",
    ledger=CUSTOMERS,
    by=(
        "legal_entity",
        "customer_type",
        "age_band",
        "region",
        "unit_id",
        "rm_id",
        "grade",
        "active",
        "registered_on",
        "left_on",
    ),
    measures=("vulnerable", "open_complaints"),
    where="legal_entity",
)

CONSENTS_BY_PURPOSE = Tally(
    name="consents_by_purpose",
    ledger=CUSTOMERS,
    by=("legal_entity", "active"),
    where="legal_entity",
    each="consented",
)


def customers_at(cells: Sequence[Cell], as_of: dt.date) -> int:
    """How many are customers at the end of a day: active, or gone only later."""
    return sum(cell.rows for cell in cells if is_customer(cell, as_of))


def is_customer(cell: Cell, as_of: dt.date) -> bool:
    left_on: dt.date | None = cell.dims["left_on"]
    return bool(cell.dims["active"]) or (left_on is not None and left_on > as_of)


def _count_customers(cells: Sequence[Cell], as_of: dt.date) -> Estimate:
    count = customers_at(cells, as_of)
    return Estimate(value=count, n=count, parts={"gone": total(cells) - count})


def _count_consents(cells: Sequence[Cell], as_of: dt.date) -> Estimate:
    count = sum(cell.rows for cell in cells if cell.dims["active"])
    return Estimate(value=count, n=count)


CUSTOMERS_FIGURE = Figure(
    name="customers",
    title="Customers",
    unit="count",
    tally=CUSTOMERS_BY_PROFILE,
    compute=_count_customers,
    by=("legal_entity", "customer_type", "age_band", "region", "unit_id", "rm_id", "grade"),
    day="registered_on",
    split=("active", "left_on"),
)

CONSENTS_FIGURE = Figure(
    name="consents",
    title="Customers who agreed to a purpose",
    unit="count",
    tally=CONSENTS_BY_PURPOSE,
    compute=_count_consents,
    by=("legal_entity", "consented"),
    split=("active",),
)
