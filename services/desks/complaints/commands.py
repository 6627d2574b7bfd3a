"""What somebody may ask the complaint desk to do: a command per verb, with what the desk cannot know.

The case, the instant and who asks travel beside the command. Personal words are in clear here and sealed
before anything is kept. A day that is not given is today.
"""

import datetime as dt
from typing import Literal

from events.complaint_outcomes import Outcome, RedressKind
from events.complaints import OnBehalfOf, ReceivedBy, RegimeFacts
from events.envelope import (
    ApplicationId,
    ChannelId,
    ComplaintId,
    Currency,
    CustomerId,
    EmployeeId,
    InteractionId,
    InvitationId,
    ProductId,
    SaleId,
    SurveyId,
    UnitId,
)
from events.event_type import EntryRef
from events.vocabulary import LegalEntity, MinorUnits, Narrative, Reference, Region, Version, Words
from services.desks.deciding import Command


class Receive(Command, frozen=True, kw_only=True):
    """Open a case: somebody complained."""

    legal_entity: LegalEntity
    received_by: ReceivedBy
    issue: Words
    customer_id: CustomerId | None = None
    received_on: dt.date | None = None
    forwarded_on: dt.date | None = None
    external_ref: Reference | None = None
    channel_id: ChannelId | None = None
    product_id: ProductId | None = None
    sub_issue: Words | None = None
    region: Region | None = None
    sale_id: SaleId | None = None
    application_id: ApplicationId | None = None
    seller_id: EmployeeId | None = None
    unit_id: UnitId | None = None
    complained_about_employee_ids: tuple[EmployeeId, ...] = ()
    on_behalf_of: OnBehalfOf | None = None
    representatives: int | None = None
    first_interaction_id: InteractionId | None = None
    amount_claimed_minor: MinorUnits | None = None
    currency: Currency | None = None
    text: Narrative | None = None
    text_ref: Reference | None = None


class Acknowledge(Command, frozen=True, kw_only=True):
    """Tell the complainant that we have it, and what happens next."""

    method: Words | None = None
    promised: tuple[Words, ...] = ()


class Decline(Command, frozen=True, kw_only=True):
    """Refuse to deal with it, for a reason that the complainant was told."""

    ground: Words
    told_on: dt.date


class Forward(Command, frozen=True, kw_only=True):
    """Send it on to whom it concerns."""

    to: Words
    reason: Words | None = None


class Link(Command, frozen=True, kw_only=True):
    """Say that it is the same as another, is related, or is brought jointly with it."""

    kind: Literal["duplicate_of", "related", "joint_with"]
    other_complaint_id: ComplaintId


class Reclassify(Command, frozen=True, kw_only=True):
    """Say that what was taken for a question or a request is a complaint."""

    from_kind: Literal["query", "service_request"]
    from_ref: Reference | None = None
    reason: Words | None = None


class Triage(Command, frozen=True, kw_only=True):
    """Judge what it is about, how grave it is, and which rules it falls under."""

    taxonomy: Words
    code: Words
    severity: Literal["low", "medium", "high", "critical"]
    cause: Words | None = None
    regimes: tuple[RegimeFacts, ...] = ()
    vulnerable_drivers: tuple[str, ...] | None = None
    amount_claimed_minor: MinorUnits | None = None
    currency: Currency | None = None


class Assign(Command, frozen=True, kw_only=True):
    """Give it to a handler, who is checked for independence."""

    employee_id: EmployeeId


class StartInvestigation(Command, frozen=True, kw_only=True):
    """Look into it; what the journal holds about the sale goes on the file by itself."""


class CollectEvidence(Command, frozen=True, kw_only=True):
    """Put entries, recordings or a thing on the file; with nothing named, what the journal has got since."""

    entries: tuple[EntryRef, ...] = ()
    recording_refs: tuple[Reference, ...] = ()
    item: Words | None = None


class RequestInformation(Command, frozen=True, kw_only=True):
    """Ask for what is missing. `pauses_clock` stops service levels only; no regulator's clock waits."""

    request_id: Reference
    asked: Literal["customer", "seller", "unit", "partner", "third_party"]
    what: Words
    pauses_clock: bool = False


class RecordInformation(Command, frozen=True, kw_only=True):
    """Record that what was asked for came."""

    request_id: Reference
    received_on: dt.date | None = None


class Propose(Command, frozen=True, kw_only=True):
    """Say how it should end."""

    kind: Literal["accept", "redress_without_accepting", "reject"]
    amount_minor: MinorUnits | None = None
    currency: Currency | None = None
    reasons: tuple[Words, ...] = ()


class Approve(Command, frozen=True, kw_only=True):
    """Agree, as a second person, to the proposal."""


class SendProgressUpdate(Command, frozen=True, kw_only=True):
    """Tell the complainant how far we are."""

    method: Words | None = None


class SendHoldingResponse(Command, frozen=True, kw_only=True):
    """Tell the complainant why we are not ready and when to expect the answer."""

    reason: Words
    expected: dt.date


class SendFinalResponse(Command, frozen=True, kw_only=True):
    """Answer. `remedies_told` are codes: `ombudsman`, `review`, `mediation`, `arbitration`, `court`."""

    decision: Literal["upheld", "partly_upheld", "not_upheld"]
    remedies_told: tuple[Words, ...] = ()
    checklist: tuple[Words, ...] = ()
    document_ref: Reference | None = None


class SendSummaryResolution(Command, frozen=True, kw_only=True):
    """Confirm in a short letter what was settled within days to the customer's content."""

    customer_accepted: bool
    document_ref: Reference | None = None


class Extend(Command, frozen=True, kw_only=True):
    """Give more time."""

    reason: Words
    new_due: dt.date
    customer_told: bool


class GiveProvisionalCredit(Command, frozen=True, kw_only=True):
    """Credit the disputed amount while we look."""

    amount_minor: MinorUnits
    currency: Currency


class ReverseProvisionalCredit(Command, frozen=True, kw_only=True):
    """Take the credit back."""

    amount_minor: MinorUnits
    currency: Currency
    reason: Words


class OfferRedress(Command, frozen=True, kw_only=True):
    """Offer money."""

    kind: RedressKind
    amount_minor: MinorUnits
    currency: Currency


class AcceptRedress(Command, frozen=True, kw_only=True):
    """Record that the complainant takes the offer."""

    kind: RedressKind


class PayRedress(Command, frozen=True, kw_only=True):
    """Pay what was accepted; the sale's commission goes back if the complaint was upheld."""

    kind: RedressKind


class RecordAcceptance(Command, frozen=True, kw_only=True):
    """Record that the complainant is content with the answer."""


class RecordRejection(Command, frozen=True, kw_only=True):
    """Record that the complainant is not."""

    reason: Words | None = None


class Escalate(Command, frozen=True, kw_only=True):
    """Take it higher."""

    to: Literal["manager", "head_office", "ombudsman", "regulator"]
    reason: Words | None = None


class RequestReview(Command, frozen=True, kw_only=True):
    """Record that the complainant wants a higher place to look at our decision."""

    reviewer: Words | None = None
    requested_on: dt.date | None = None


class DecideReview(Command, frozen=True, kw_only=True):
    """Confirm or change the decision, as somebody who had no part in it."""

    outcome: Literal["confirmed", "changed"]
    reason: Words


class RecordOmbudsmanDecision(Command, frozen=True, kw_only=True):
    """Record what an ombudsman decided."""

    outcome: Outcome
    overturned: bool = False
    amount_minor: MinorUnits | None = None
    currency: Currency | None = None
    received_on: dt.date | None = None


class RecordMediation(Command, frozen=True, kw_only=True):
    """Record a meeting with a mediator."""

    outcome: Literal["agreed", "not_agreed", "adjourned"]
    mediator: Words | None = None
    held_on: dt.date | None = None


class Withdraw(Command, frozen=True, kw_only=True):
    """Record that the complainant took it back; the procedure ends that day."""

    reason: Words | None = None
    received_on: dt.date | None = None


class Reopen(Command, frozen=True, kw_only=True):
    """Begin again, because it was not over."""

    reason: Words


class RecordRootCause(Command, frozen=True, kw_only=True):
    """Say why it came to this complaint."""

    cause_code: Words
    product_id: ProductId | None = None
    step: Words | None = None


class DeclareSystemicIssue(Command, frozen=True, kw_only=True):
    """Say that others were wronged too; the desk finds them by product, seller and days of sale."""

    issue_id: Reference
    scope: Words
    sold_from: dt.date
    sold_through: dt.date
    product_id: ProductId | None = None
    seller_id: EmployeeId | None = None


class Close(Command, frozen=True, kw_only=True):
    """End it. `outcome` may be left out where an answer gives it."""

    relief: Literal["monetary", "non_monetary", "none", "not_stated"]
    outcome: Outcome | None = None
    resolution: Words | None = None


class SendSurvey(Command, frozen=True, kw_only=True):
    """Ask the customer how the complaint was handled."""

    survey_id: SurveyId
    survey_version: Version
    method: Literal["app", "sms", "email", "phone", "post", "branch"] | None = None
    invitation_id: InvitationId | None = None
