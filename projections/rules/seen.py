"""What day rules look at of customers: complaints, answers, discontent, care, books; one ledger each.

Rows are slim and name their entries, because a signal must give its evidence. Nothing here judges.
"""

import datetime as dt

import msgspec

from events.complaint_outcomes import ComplaintClosed
from events.complaints import ComplaintLinked, ComplaintReceived
from events.customers import CustomerRegistered, CustomerRelationshipEnded
from events.envelope import Entry, Event
from events.event_type import EntryRef
from events.interactions import CallHandled, FollowUpDone, InteractionEnded, InteractionStarted, MessageSent
from events.people import CustomerTransferred
from events.surveys import SurveyAnswered, SurveySent
from projections.ledger import Key, Ledger, Row, change, latest
from projections.scales import csat_box, is_nps_scale

KEPT_CARE = 40


class ComplaintSeen(Row, frozen=True):
    """A complaint as clusters count it."""

    subject: str
    complaint_id: str
    received_on: dt.date | None = None
    legal_entity: str | None = None
    product_id: str | None = None
    issue: str | None = None
    seller_id: str | None = None
    unit_id: str | None = None
    channel_id: str | None = None
    duplicate: bool = False
    upheld: bool = False
    source: str = ""
    id: str = ""


class AnswerSeen(Row, frozen=True):
    """An invitation and its answer; the score questions counted as +1, 0, -1 and the box as 1, 0."""

    subject: str
    response_id: str
    sent_on: dt.date | None = None
    chosen_by: str | None = None
    answered_on: dt.date | None = None
    legal_entity: str | None = None
    product_id: str | None = None
    unit_id: str | None = None
    channel_id: str | None = None
    seller_id: str | None = None
    nps_score: int | None = None
    csat_satisfied: bool | None = None
    source: str = ""
    id: str = ""


class DissatisfiedSeen(Row, frozen=True):
    """A contact in which the customer was not content."""

    subject: str
    interaction_id: str
    on: dt.date | None
    legal_entity: str | None
    unit_id: str | None
    employee_id: str | None
    source: str
    id: str


class FollowUp(msgspec.Struct, frozen=True, omit_defaults=True):
    """A follow-up done on a day, and what it answered where that is said."""

    on: dt.date
    cause: EntryRef | None = None
    invitation_id: str | None = None


class CareRow(Row, frozen=True):
    """The last times that we turned to a customer: follow-ups done, and days of contacts that we began."""

    subject: str
    followed_up: tuple[FollowUp, ...]
    contacted: tuple[dt.date, ...]


class BookRow(Row, frozen=True):
    """Whose customer somebody is, and since when."""

    subject: str
    manager_id: str | None
    previous_id: str | None
    since: dt.date | None
    ended_on: dt.date | None
    legal_entity: str | None
    unit_id: str | None
    source: str
    id: str


def _complaint(key: Key, row: ComplaintSeen | None, event: ComplaintReceived, entry: Entry) -> ComplaintSeen:
    return change(
        row or ComplaintSeen(*key),
        received_on=entry.occurred_on,
        legal_entity=event.legal_entity,
        product_id=event.product_id,
        issue=event.issue,
        seller_id=event.seller_id,
        unit_id=event.unit_id,
        channel_id=event.channel_id,
        source=entry.source,
        id=entry.id,
    )


def _linked(
    key: Key, row: ComplaintSeen | None, event: ComplaintLinked, entry: Entry
) -> ComplaintSeen | None:
    if event.kind != "duplicate_of":
        return row
    return change(row or ComplaintSeen(*key), duplicate=True)


def _closed(key: Key, row: ComplaintSeen | None, event: ComplaintClosed, entry: Entry) -> ComplaintSeen:
    upheld = event.outcome in ("upheld", "partly_upheld")
    return change(row or ComplaintSeen(*key), upheld=upheld)


def _complaint_keys(event: ComplaintReceived, entry: Entry) -> tuple[Key, ...]:
    return ((entry.subject, event.complaint_id),)


def _sent(key: Key, row: AnswerSeen | None, event: SurveySent, entry: Entry) -> AnswerSeen:
    row = row or AnswerSeen(*key)
    return change(
        row,
        sent_on=entry.occurred_on,
        chosen_by=event.chosen_by,
        legal_entity=event.legal_entity or row.legal_entity,
        product_id=event.product_id or row.product_id,
        unit_id=event.unit_id or row.unit_id,
        channel_id=event.channel_id or row.channel_id,
        seller_id=event.seller_id or row.seller_id,
        source=row.source or entry.source,
        id=row.id or entry.id,
    )


def _answered(key: Key, row: AnswerSeen | None, event: SurveyAnswered, entry: Entry) -> AnswerSeen:
    row = row or AnswerSeen(*key)
    nps_score, satisfied = _scores(event)
    return change(
        row,
        answered_on=entry.occurred_on,
        legal_entity=event.legal_entity,
        product_id=row.product_id or event.product_id,
        unit_id=row.unit_id or event.unit_id,
        channel_id=row.channel_id or event.channel_id,
        seller_id=row.seller_id or event.seller_id,
        nps_score=nps_score,
        csat_satisfied=satisfied,
        source=entry.source,
        id=entry.id,
    )


def _scores(event: SurveyAnswered) -> tuple[int | None, bool | None]:
    """The first score that counts for the NPS, and whether the first CSAT score is in its box."""
    questions = {one.question_id: one for one in event.known.questions} if event.known is not None else {}
    nps_score: int | None = None
    satisfied: bool | None = None
    for answer in event.answers:
        question = questions.get(answer.question_id)
        if question is None or answer.score is None:
            continue
        low, high = question.scale_low, question.scale_high
        if question.kind == "NPS" and is_nps_scale(low, high) and nps_score is None:
            nps_score = answer.score
        if question.kind == "CSAT" and satisfied is None:
            box = csat_box(low, high, question.direction, question.box)
            satisfied = None if box is None else answer.score in box.scores
    return nps_score, satisfied


def _response_keys(event: SurveySent | SurveyAnswered, entry: Entry) -> tuple[Key, ...]:
    return ((entry.subject, event.invitation_id or f"{entry.source}#{entry.id}"),)


def _dissatisfied(
    key: Key,
    row: DissatisfiedSeen | None,
    event: InteractionStarted | InteractionEnded,
    entry: Entry,
) -> DissatisfiedSeen:
    row = row or DissatisfiedSeen(key[0], key[1], entry.occurred_on, None, None, None, entry.source, entry.id)
    if isinstance(event, InteractionStarted):
        row = change(row, legal_entity=event.legal_entity, unit_id=event.unit_id)
    return change(row, employee_id=row.employee_id or event.employee_id)


def _dissatisfied_keys(event: InteractionStarted | InteractionEnded, entry: Entry) -> tuple[Key, ...]:
    return ((entry.subject, event.interaction_id),) if event.dissatisfied else ()


def _followed_up(key: Key, row: CareRow | None, event: FollowUpDone, entry: Entry) -> CareRow | None:
    if entry.occurred_on is None:
        return row
    row = row or CareRow(key[0], (), ())
    done = FollowUp(entry.occurred_on, event.cause, event.invitation_id)
    return change(row, followed_up=(*row.followed_up, done)[-KEPT_CARE:])


def _contacted(key: Key, row: CareRow | None, event: Event, entry: Entry) -> CareRow | None:
    if entry.occurred_on is None:
        return row
    row = row or CareRow(key[0], (), ())
    return change(row, contacted=_with_day(row.contacted, entry.occurred_on))


def _with_day(days: tuple[dt.date, ...], day: dt.date) -> tuple[dt.date, ...]:
    return tuple(sorted({*days, day}))[-KEPT_CARE:]


def _care_keys(event: Event, entry: Entry) -> tuple[Key, ...]:
    if not entry.subject.startswith("customer/"):
        return ()
    if isinstance(event, InteractionStarted | CallHandled) and event.direction != "outbound":
        return ()
    return ((entry.subject,),)


def _registered(key: Key, row: BookRow | None, event: CustomerRegistered, entry: Entry) -> BookRow:
    row = row or BookRow(key[0], None, None, None, None, None, None, "", "")
    row = change(row, legal_entity=event.legal_entity)
    if row.since is not None:
        return row
    return _in_book(row, event.relationship_manager, event.unit_id, entry)


def _transferred(key: Key, row: BookRow | None, event: CustomerTransferred, entry: Entry) -> BookRow:
    row = row or BookRow(key[0], None, None, None, None, None, None, "", "")
    if row.since is not None and entry.occurred_on is not None and entry.occurred_on < row.since:
        return row
    return _in_book(row, event.to_employee_id, event.to_unit_id or row.unit_id, entry)


def _in_book(row: BookRow, manager_id: str | None, unit_id: str | None, entry: Entry) -> BookRow:
    since = latest(row.since, entry.occurred_on)
    return change(
        row,
        manager_id=manager_id,
        previous_id=row.manager_id,
        since=since,
        unit_id=unit_id,
        source=entry.source,
        id=entry.id,
    )


def _ended(key: Key, row: BookRow | None, event: CustomerRelationshipEnded, entry: Entry) -> BookRow:
    row = row or BookRow(key[0], None, None, None, None, None, None, "", "")
    return change(row, ended_on=entry.occurred_on or entry.admitted_at.date())


def _customer_key(event: Event, entry: Entry) -> tuple[Key, ...]:
    return ((entry.subject,),) if entry.subject.startswith("customer/") else ()


COMPLAINTS_SEEN = Ledger(
    "complaints_seen",
    1,
    ComplaintSeen,
    ("subject", "complaint_id"),
    _complaint_keys,
    {ComplaintReceived: _complaint, ComplaintLinked: _linked, ComplaintClosed: _closed},
    indexes=(("received_on",),),
)
ANSWERS_SEEN = Ledger(
    "answers_seen",
    1,
    AnswerSeen,
    ("subject", "response_id"),
    _response_keys,
    {SurveySent: _sent, SurveyAnswered: _answered},
    indexes=(("answered_on",), ("sent_on",)),
)
DISSATISFIED_SEEN = Ledger(
    "dissatisfied_seen",
    1,
    DissatisfiedSeen,
    ("subject", "interaction_id"),
    _dissatisfied_keys,
    {InteractionStarted: _dissatisfied, InteractionEnded: _dissatisfied},
    indexes=(("on",),),
)
CARE_SEEN = Ledger(
    "care_seen",
    1,
    CareRow,
    ("subject",),
    _care_keys,
    {
        FollowUpDone: _followed_up,
        InteractionStarted: _contacted,
        CallHandled: _contacted,
        MessageSent: _contacted,
    },
)
BOOKS_SEEN = Ledger(
    "books_seen",
    1,
    BookRow,
    ("subject",),
    _customer_key,
    {
        CustomerRegistered: _registered,
        CustomerTransferred: _transferred,
        CustomerRelationshipEnded: _ended,
    },
    indexes=(("manager_id",), ("previous_id",)),
)
