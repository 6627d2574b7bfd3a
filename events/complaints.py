"""Complaints: from the first word of dissatisfaction to a proposal, and what was learned. As facts.

The subject is the customer, else the complaint itself. Due times are computed from the rule packs and never
stored; the follow-through (answer, escalation, closing) is in events/complaint_outcomes.py.
"""

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from events.envelope import (
    ApplicationId,
    ChannelId,
    ComplaintId,
    Currency,
    CustomerId,
    EmployeeId,
    Event,
    InteractionId,
    ProductId,
    SaleId,
    Text,
    UnitId,
)
from events.event_type import Correction, EntryRef, Voiding
from events.known import KnownComplaint
from events.sealing import Sealed
from events.vocabulary import LegalEntity, MinorUnits, Narrative, Reference, Region, Words

ReceivedBy = Literal["own", "partner", "regulator", "ombudsman"]
Regime = Literal["uk_disp", "eu_psd2", "cn_nfra", "cn_pboc", "us_cfpb", "us_reg_e", "au_rg271", "mifid"]


class OnBehalfOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """In what capacity somebody complains for the customer, and where the authority lies."""

    capacity: Text
    authority_ref: Text | None = None


class RegimeFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """How one body of rules sees the complaint; clocks follow from these."""

    regime: Regime
    counts_as_complaint: bool
    complexity: Literal["simple", "complex", "especially_complex"] | None = None
    psd_emd: bool | None = None
    eligible_complainant: bool | None = None
    error_type: Text | None = None
    new_account: bool | None = None
    asic_kind: Text | None = None


class AdoptedFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """An entry as the desk took it over: its name, type, time and business day, and its data without sealed
    fields."""

    entry: EntryRef
    type: Text
    dataschema: Text
    time: dt.datetime | None = None
    date: dt.date | None = None
    on: dt.date | None = None
    data: msgspec.Raw


class ComplaintStep(Event, frozen=True, kw_only=True):
    """Which complaint, and whose."""

    complaint_id: ComplaintId
    customer_id: CustomerId | None = None


class ComplaintReceived(ComplaintStep, frozen=True, kw_only=True):
    """Somebody complained. `forwarded_on` is the day on which an outside receiver sent it to us;
    `representatives` is how many speak for a joint complaint."""

    legal_entity: LegalEntity
    received_by: ReceivedBy
    forwarded_on: dt.date | None = None
    external_ref: Reference | None = None
    channel_id: ChannelId | None = None
    product_id: ProductId | None = None
    issue: Words
    sub_issue: Words | None = None
    region: Region | None = None
    sale_id: SaleId | None = None
    application_id: ApplicationId | None = None
    seller_id: EmployeeId | None = None
    unit_id: UnitId | None = None
    complained_about_employee_ids: tuple[EmployeeId, ...] = ()
    on_behalf_of: OnBehalfOf | None = None
    representatives: Annotated[int, Meta(ge=1, le=1_000)] | None = None
    first_interaction_id: InteractionId | None = None
    amount_claimed_minor: MinorUnits | None = None
    currency: Currency | None = None
    text: Sealed[Narrative] | None = None
    text_ref: Reference | None = None
    known: KnownComplaint | None = None


class ComplaintAdopted(ComplaintStep, frozen=True, kw_only=True):
    """The desk took over a complaint that had arrived as facts; from here on it alone decides.

    `facts` are what the case stood on then, in journal order, so that the desk can be rebuilt from its own
    entries alone.
    """

    facts: tuple[AdoptedFact, ...]


class ComplaintAcknowledged(ComplaintStep, frozen=True, kw_only=True):
    """We told the complainant that we have it, and what happens next."""

    method: Words | None = None
    promised: tuple[Words, ...] = ()


class ComplaintDeclined(ComplaintStep, frozen=True, kw_only=True):
    """We will not deal with it, and said why."""

    ground: Words
    told_on: dt.date | None = None


class ComplaintForwarded(ComplaintStep, frozen=True, kw_only=True):
    """It is for somebody else; we sent it on."""

    to: Words
    reason: Words | None = None


class ComplaintReclassified(ComplaintStep, frozen=True, kw_only=True):
    """What had been taken for a question or a request is a complaint."""

    from_kind: Literal["query", "service_request"]
    from_ref: Reference | None = None
    reason: Words | None = None


class ComplaintLinked(ComplaintStep, frozen=True, kw_only=True):
    """It is the same as another, belongs to it, or is brought together with it."""

    kind: Literal["duplicate_of", "related", "joint_with"]
    other_complaint_id: ComplaintId


class ComplaintTriaged(ComplaintStep, frozen=True, kw_only=True):
    """Somebody judged what it is about, how grave it is, and under which rules it falls."""

    taxonomy: Words
    code: Words
    cause: Words | None = None
    severity: Literal["low", "medium", "high", "critical"]
    regimes: tuple[RegimeFacts, ...] = ()
    vulnerable_drivers: Sealed[tuple[str, ...]] | None = None
    amount_claimed_minor: MinorUnits | None = None
    currency: Currency | None = None
    employee_id: EmployeeId | None = None


class ComplaintHandlerAssigned(ComplaintStep, frozen=True, kw_only=True):
    """A handler has it, and was checked to have no part in what is complained about."""

    employee_id: EmployeeId
    independence_checked: bool = False


class ComplaintInvestigationStarted(ComplaintStep, frozen=True, kw_only=True):
    """We look into it."""

    employee_id: EmployeeId | None = None


class ComplaintEvidenceCollected(ComplaintStep, frozen=True, kw_only=True):
    """Entries and recordings were put on the file."""

    entries: tuple[EntryRef, ...] = ()
    recording_refs: tuple[Reference, ...] = ()
    item: Words | None = None


class ComplaintInformationRequested(ComplaintStep, frozen=True, kw_only=True):
    """We asked somebody for what we lack."""

    request_id: Reference
    asked: Words
    what: Words
    pauses_clock: bool = False


class ComplaintInformationReceived(ComplaintStep, frozen=True, kw_only=True):
    """What we had asked for came."""

    request_id: Reference


class ComplaintResolutionProposed(ComplaintStep, frozen=True, kw_only=True):
    """This is how it should end."""

    kind: Literal["accept", "redress_without_accepting", "reject"]
    amount_minor: MinorUnits | None = None
    currency: Currency | None = None
    reasons: tuple[Words, ...] = ()
    employee_id: EmployeeId | None = None


class ComplaintResolutionApproved(ComplaintStep, frozen=True, kw_only=True):
    """A second person agreed to the proposal."""

    employee_id: EmployeeId
    four_eyes: bool


class ComplaintRootCauseRecorded(ComplaintStep, frozen=True, kw_only=True):
    """Why it came to this complaint."""

    cause_code: Words
    product_id: ProductId | None = None
    step: Words | None = None


class ComplaintSystemicIssueDeclared(ComplaintStep, frozen=True, kw_only=True):
    """It is not only this customer: the same went wrong for others, who bought it in these days."""

    issue_id: Reference
    scope: Words
    product_id: ProductId | None = None
    seller_id: EmployeeId | None = None
    sold_from: dt.date | None = None
    sold_through: dt.date | None = None
    affected_customers: tuple[CustomerId, ...] = ()


class ComplaintCorrected(Correction, frozen=True, kw_only=True):
    """A fact of a complaint, stated again whole."""

    complaint_id: ComplaintId | None = None
    customer_id: CustomerId | None = None


class ComplaintVoided(Voiding, frozen=True, kw_only=True):
    """A fact of a complaint that never was."""

    complaint_id: ComplaintId | None = None
    customer_id: CustomerId | None = None
