"""Customers: who they are, whom they let speak for them, what they may risk, and what was learned of them.

The subject is the customer. Everything personal is sealed with the customer's key; what rules need in
clear (type, class, age band, region) is coarse. Consent and privacy are in events/privacy.py.
"""

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta

from events.envelope import ChannelId, Currency, CustomerId, EmployeeId, Event, QuestionnaireId, UnitId
from events.event_type import Correction, Voiding
from events.questionnaires import GivenAnswer
from events.sealing import Sealed
from events.vocabulary import (
    AgeBand,
    Count,
    CustomerClass,
    CustomerType,
    Detail,
    LegalEntity,
    MinorUnits,
    Narrative,
    Reference,
    Region,
    RiskGrade,
    SourceKind,
    Version,
    Words,
)


class CustomerRegistered(Event, frozen=True, kw_only=True):
    """Somebody became a customer."""

    customer_id: CustomerId
    customer_type: CustomerType
    legal_entity: LegalEntity
    customer_class: CustomerClass = "ordinary"
    age_band: AgeBand | None = None
    region: Region | None = None
    relationship_manager: EmployeeId | None = None
    unit_id: UnitId | None = None
    name: Sealed[Detail] | None = None
    birth_date: Sealed[dt.date] | None = None
    gender: Sealed[Detail] | None = None
    phone: Sealed[Detail] | None = None
    email: Sealed[Detail] | None = None
    address: Sealed[Detail] | None = None
    preferred_channel: Literal["branch", "phone", "sms", "email", "app", "post"] | None = None
    language: Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = None


class CustomerIdentified(Event, frozen=True, kw_only=True):
    """A document proved who the customer is."""

    customer_id: CustomerId
    doc_type: Literal[
        "identity_card", "passport", "driving_licence", "residence_permit", "company_register", "other"
    ]
    doc_number: Sealed[Detail]
    issued_by: Words | None = None
    valid_until: dt.date | None = None
    face_to_face: bool = False
    employee_id: EmployeeId | None = None


class CustomerAttributeRecorded(Event, frozen=True, kw_only=True):
    """We learned something about the customer; where from, and whether it was checked."""

    customer_id: CustomerId
    name: Words
    value: Sealed[Detail]
    source_kind: SourceKind
    verified: bool = False


class CustomerAttributeVerified(Event, frozen=True, kw_only=True):
    """What we had recorded was checked and is true."""

    customer_id: CustomerId
    name: Words
    method: Words | None = None
    employee_id: EmployeeId | None = None


class CustomerAttributeCorrected(Event, frozen=True, kw_only=True):
    """What we had recorded was wrong, or has changed; the customer said so, or a document."""

    customer_id: CustomerId
    name: Words
    value: Sealed[Detail]
    source_kind: SourceKind
    verified: bool = False
    reason: Words | None = None


class CustomerScreened(Event, frozen=True, kw_only=True):
    """The customer was looked up in a list of sanctions or of politically exposed persons."""

    customer_id: CustomerId
    screening_list: Words
    list_version: Version | None = None
    outcome: Literal["clear", "possible_match", "match"]


class CustomerDied(Event, frozen=True, kw_only=True):
    """We were told that the customer died; the day of death itself is personal."""

    customer_id: CustomerId
    died_on: Sealed[dt.date] | None = None
    told_by: Literal["family", "executor", "authority", "other"] | None = None


class CustomerRelationshipEnded(Event, frozen=True, kw_only=True):
    """The customer is no longer ours."""

    customer_id: CustomerId
    by: Literal["customer", "bank", "death"]
    reason: Words | None = None


class CustomerMergedInto(Event, frozen=True, kw_only=True):
    """This record and another are one person, and the other goes on."""

    customer_id: CustomerId
    survivor_id: CustomerId
    evidence: Words


class CustomerAbsorbed(Event, frozen=True, kw_only=True):
    """This record goes on for another that was the same person."""

    customer_id: CustomerId
    merged_id: CustomerId
    evidence: Words


class CustomerMergeReversed(Event, frozen=True, kw_only=True):
    """Two records were not one person after all; one event per record."""

    customer_id: CustomerId
    other_id: CustomerId
    reason: Words


class VulnerabilityRecorded(Event, frozen=True, kw_only=True):
    """The customer needs particular care, and agreed that we note it."""

    customer_id: CustomerId
    vulnerability_id: Reference
    driver: Sealed[Literal["health", "life_event", "resilience", "capability"]]
    need: Sealed[Narrative] | None = None
    consent_ref: Reference | None = None


class VulnerabilityEnded(Event, frozen=True, kw_only=True):
    """The particular care is no longer needed."""

    customer_id: CustomerId
    vulnerability_id: Reference


class RepresentativeAppointed(Event, frozen=True, kw_only=True):
    """Somebody may act for the customer."""

    customer_id: CustomerId
    representative_id: CustomerId
    kind: Literal["disponent", "attorney", "guardian", "executor", "authorised_signatory"]
    authority_ref: Reference | None = None
    scope: Words | None = None
    until: dt.date | None = None


class RepresentativeEnded(Event, frozen=True, kw_only=True):
    """Somebody may no longer act for the customer."""

    customer_id: CustomerId
    representative_id: CustomerId
    reason: Words | None = None


class RiskProfileAssessed(Event, frozen=True, kw_only=True):
    """A questionnaire gave the customer a risk grade, valid through `valid_until`; expiry is derived.

    `check_id` is the case at the suitability desk in which the customer was assessed.
    """

    customer_id: CustomerId
    assessment_id: Reference | None = None
    check_id: Reference | None = None
    questionnaire_id: QuestionnaireId | None = None
    questionnaire_version: Version
    answers: Sealed[tuple[GivenAnswer, ...]] | None = None
    answers_ref: Reference | None = None
    score: Annotated[int, Meta(ge=0, le=1_000)] | None = None
    grade: RiskGrade
    professional: bool = False
    face_to_face: bool = False
    valid_until: dt.date
    channel_id: ChannelId | None = None
    employee_id: EmployeeId | None = None
    material_change: Words | None = None


class InvestmentPreferenceStated(Event, frozen=True, kw_only=True):
    """What the customer wants from an investment."""

    customer_id: CustomerId
    objective: Literal["preservation", "income", "balanced", "growth", "speculation"] | None = None
    horizon_months: Count | None = None
    loss_tolerance_bp: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    sustainability: bool | None = None
    excluded: tuple[Words, ...] = ()


class CreditRecordObtained(Event, frozen=True, kw_only=True):
    """A bureau told us about the customer's debts, with consent."""

    customer_id: CustomerId
    bureau: Words
    consent_ref: Reference | None = None
    summary: Sealed[Narrative] | None = None
    open_credits: Count | None = None
    owed_minor: MinorUnits | None = None
    currency: Currency | None = None
    worst_days_past_due: Count | None = None


class CustomerCorrection(Correction, frozen=True, kw_only=True):
    """The id under which a fact about a customer stands."""

    customer_id: CustomerId


class CustomerVoiding(Voiding, frozen=True, kw_only=True):
    """The id under which a fact about a customer stands."""

    customer_id: CustomerId


class CustomerCorrected(CustomerCorrection, frozen=True, kw_only=True):
    """A fact about a customer, stated again whole."""


class CustomerVoided(CustomerVoiding, frozen=True, kw_only=True):
    """A fact about a customer that never was."""


class VulnerabilityCorrected(CustomerCorrection, frozen=True, kw_only=True):
    """A note of particular care, stated again."""


class VulnerabilityVoided(CustomerVoiding, frozen=True, kw_only=True):
    """A note of particular care that should not be."""


class RepresentativeCorrected(CustomerCorrection, frozen=True, kw_only=True):
    """An authority to act, stated again."""


class RepresentativeVoided(CustomerVoiding, frozen=True, kw_only=True):
    """An authority to act that never was."""


class RiskProfileCorrected(CustomerCorrection, frozen=True, kw_only=True):
    """A risk assessment, stated again."""


class RiskProfileVoided(CustomerVoiding, frozen=True, kw_only=True):
    """A risk assessment that never was."""


class InvestmentPreferenceCorrected(CustomerCorrection, frozen=True, kw_only=True):
    """A preference, stated again."""


class InvestmentPreferenceVoided(CustomerVoiding, frozen=True, kw_only=True):
    """A preference that was never stated."""


class CreditRecordCorrected(CustomerCorrection, frozen=True, kw_only=True):
    """A bureau's record, stated again."""


class CreditRecordVoided(CustomerVoiding, frozen=True, kw_only=True):
    """A bureau's record that was never obtained."""
