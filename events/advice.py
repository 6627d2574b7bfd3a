"""Advice before a sale: needs, recommendations, suitability, disclosure, recordings. All as facts.

Each stands on the customer, or on the application in histories without one. Rules compare the order of
these steps with what the product's class asks for.
"""

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta

from events.envelope import (
    ApplicationId,
    ChannelId,
    CustomerId,
    EmployeeId,
    Event,
    Instant,
    InteractionId,
    ProductId,
    SaleId,
)
from events.event_type import Correction, Voiding
from events.sealing import Sealed
from events.suitability_file import (
    Assessed,
    Duty,
    Finding,
    OverrideAllowed,
    PackRef,
    SuitabilityInputs,
    SuitabilityOutcome,
)
from events.vocabulary import Narrative, ProductCategory, Reference, RiskGrade, RiskLevel, Version, Words


class AdviceStep(Event, frozen=True, kw_only=True):
    """Under whose subject a step of advice stands; one of the two is given."""

    customer_id: CustomerId | None = None
    application_id: ApplicationId | None = None


class NeedRecorded(AdviceStep, frozen=True, kw_only=True):
    """What the customer needs, as the seller understood it."""

    need_id: Reference
    need_type: Literal["functional", "emotional", "social"]
    level: Literal["physiological", "safety", "social", "esteem", "self_actualisation"] | None = None
    product_category: ProductCategory | None = None
    text: Sealed[Narrative] | None = None
    employee_id: EmployeeId | None = None
    source_interaction_id: InteractionId | None = None


class ProductRecommended(AdviceStep, frozen=True, kw_only=True):
    """A seller, or a machine, proposed a product."""

    product_id: ProductId
    employee_id: EmployeeId | None = None
    need_id: Reference | None = None
    reason: Words | None = None


class AdviceGiven(AdviceStep, frozen=True, kw_only=True):
    """The customer was advised on a product, for this need and with this reasoning."""

    advice_id: Reference
    product_id: ProductId
    employee_id: EmployeeId | None = None
    need_id: Reference | None = None
    rationale: Sealed[Narrative] | None = None
    rationale_ref: Reference | None = None
    suitability_check_id: Reference | None = None


class SuitabilityChecked(AdviceStep, frozen=True, kw_only=True):
    """The product was held against the customer's grade, objective, capacity and knowledge.

    The suitability desk sends the whole file with it: what went in, what was found under which pack, and
    until when the answer may be used. A channel that checks by itself sends the answer alone.
    """

    check_id: Reference
    product_id: ProductId
    grade: RiskGrade | None = None
    risk_level: RiskLevel | None = None
    objective: Assessed = "not_assessed"
    capacity: Assessed = "not_assessed"
    knowledge: Assessed = "not_assessed"
    outcome: SuitabilityOutcome
    override: OverrideAllowed | None = None
    rule_version: Version | None = None
    pack: PackRef | None = None
    questionnaire_version: Version | None = None
    valid_until: dt.date | None = None
    inputs: SuitabilityInputs | None = None
    findings: tuple[Finding, ...] = ()
    duties: tuple[Duty, ...] = ()
    employee_id: EmployeeId | None = None
    channel_id: ChannelId | None = None


class SuitabilityWarningGiven(AdviceStep, frozen=True, kw_only=True):
    """The customer was given the special written warning that the product does not match."""

    check_id: Reference
    product_id: ProductId
    document: Words
    document_version: Version
    method: Literal["in_person", "post", "electronic"]
    employee_id: EmployeeId | None = None


class SuitabilityOverrideRequested(AdviceStep, frozen=True, kw_only=True):
    """The customer wants the product although it does not match."""

    check_id: Reference
    product_id: ProductId
    employee_id: EmployeeId | None = None
    own_initiative: bool
    text: Sealed[Narrative] | None = None


class SuitabilityOverrideConfirmed(AdviceStep, frozen=True, kw_only=True):
    """The customer confirmed after being warned."""

    check_id: Reference
    product_id: ProductId
    employee_id: EmployeeId | None = None
    warning_shown: bool
    written_ack: bool
    recording_ref: Reference | None = None


class DisclosureGiven(AdviceStep, frozen=True, kw_only=True):
    """The customer was given a document that must be read before buying."""

    disclosure_id: Reference
    document: Words
    document_version: Version | None = None
    product_id: ProductId | None = None
    employee_id: EmployeeId | None = None
    channel_id: ChannelId | None = None


class DisclosureAcknowledged(AdviceStep, frozen=True, kw_only=True):
    """The customer said to have read it."""

    disclosure_id: Reference
    document: Words | None = None
    document_version: Version | None = None
    product_id: ProductId | None = None
    method: Literal["signature", "click", "voice"] | None = None


class DualRecordingStored(AdviceStep, frozen=True, kw_only=True):
    """Sound and picture of the sale are kept."""

    recording_id: Reference
    product_id: ProductId | None = None
    sale_id: SaleId | None = None
    employee_id: EmployeeId | None = None
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")] | None = None
    recorded_from: Instant | None = None
    recorded_to: Instant | None = None


class AdviceStepCorrection(Correction, frozen=True, kw_only=True):
    """The ids under which a step of advice stands."""

    customer_id: CustomerId | None = None
    application_id: ApplicationId | None = None


class AdviceStepVoiding(Voiding, frozen=True, kw_only=True):
    """The ids under which a step of advice stands."""

    customer_id: CustomerId | None = None
    application_id: ApplicationId | None = None


class NeedCorrected(AdviceStepCorrection, frozen=True, kw_only=True):
    """A need, stated again."""


class NeedVoided(AdviceStepVoiding, frozen=True, kw_only=True):
    """A need that was never recorded."""


class AdviceCorrected(AdviceStepCorrection, frozen=True, kw_only=True):
    """Advice, stated again."""


class AdviceVoided(AdviceStepVoiding, frozen=True, kw_only=True):
    """Advice that was never given."""


class SuitabilityCorrected(AdviceStepCorrection, frozen=True, kw_only=True):
    """A step of a suitability check, stated again."""


class SuitabilityVoided(AdviceStepVoiding, frozen=True, kw_only=True):
    """A step of a suitability check that never was."""


class DisclosureCorrected(AdviceStepCorrection, frozen=True, kw_only=True):
    """A disclosure, stated again."""


class DisclosureVoided(AdviceStepVoiding, frozen=True, kw_only=True):
    """A disclosure that never was."""


class DualRecordingCorrected(AdviceStepCorrection, frozen=True, kw_only=True):
    """A recording, stated again."""


class DualRecordingVoided(AdviceStepVoiding, frozen=True, kw_only=True):
    """A recording that was never made."""
