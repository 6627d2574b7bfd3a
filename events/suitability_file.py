"""The file of a suitability check: what was asked, what was found, under which pack.

`suitability.checked` carries it whole, so that the same answer can be worked out again years later. Nothing
in here is personal: grades, bands and shares, never a name, an income or an answer.
"""

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from events.vocabulary import (
    AgeBand,
    ApprovalStatus,
    ChannelStatus,
    Count,
    CustomerClass,
    KnownState,
    ProductCategory,
    ProductStatus,
    Reference,
    RiskGrade,
    RiskLevel,
    SuitabilityRegime,
    Version,
    Words,
)

Assessed = Literal["met", "not_met", "not_assessed"]
AdviceMode = Literal["advised", "execution_only", "own_initiative"]
Objective = Literal["preservation", "income", "balanced", "growth", "speculation"]
Knowledge = Literal["basic", "informed", "advanced"]
LossCapacity = Literal["none", "limited", "whole", "beyond"]
"""How much of what is put in the customer can bear to lose; `beyond` is more than that."""

SuitabilityOutcome = Literal["match", "mismatch", "blocked", "insufficient_information"]
OverrideAllowed = Literal["none", "allowed_with_warning"]
Criterion = Literal[
    "product",
    "channel",
    "seller",
    "qualified_investor",
    "profile",
    "risk_level",
    "senior",
    "objective",
    "capacity",
    "knowledge",
    "need",
    "affordability",
    "target_market",
    "negative_market",
]
Result = Literal["met", "not_met", "not_assessed", "not_applicable"]
Effect = Literal["none", "warns", "insufficient", "mismatch", "blocks"]
"""What a finding does to the verdict, from nothing to everything."""

DutyName = Literal[
    "face_to_face_assessment",
    "disclosure",
    "dual_recording",
    "special_warning",
    "own_initiative_statement",
    "suitability_report",
    "appropriateness_warning",
    "cooling_off",
    "callback",
    "yearly_review",
]
DutyWhen = Literal["before_override", "before_sale", "after_sale"]
BasisPointsShare = Annotated[int, Meta(ge=0, le=100_000)]


class FilePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Base of the parts of a file."""


class CheckedProduct(FilePart, frozen=True, kw_only=True):
    """The product as the catalogue had it at the check; `own` says that our own company issues it."""

    state: KnownState
    regime: SuitabilityRegime = "none"
    category: ProductCategory | None = None
    subtype: Words | None = None
    version: Version | None = None
    status: ProductStatus | None = None
    approval: ApprovalStatus | None = None
    issuer_rating: RiskLevel | None = None
    seller_rating: RiskLevel | None = None
    risk_level: RiskLevel | None = None
    complex: bool = False
    principal_at_risk: bool = False
    recording_required: bool = False
    own: bool = False


class CheckedCustomer(FilePart, frozen=True, kw_only=True):
    """The customer's class, band and assessment in force, and how many assessments there were."""

    state: KnownState
    customer_class: CustomerClass | None = None
    age_band: AgeBand | None = None
    grade: RiskGrade | None = None
    professional: bool = False
    assessed_on: dt.date | None = None
    valid_until: dt.date | None = None
    questionnaire_version: Version | None = None
    met_face_to_face: bool = False


class CheckedChannel(FilePart, frozen=True, kw_only=True):
    """The channel, and whether it might sell this product on that day."""

    state: KnownState
    channel_type: Words | None = None
    status: ChannelStatus | None = None
    licence_valid: bool | None = None
    product_authorised: bool | None = None


class CheckedSeller(FilePart, frozen=True, kw_only=True):
    """The seller's standing, licences and certificates on that day."""

    state: KnownState
    employed: bool = False
    licences: tuple[Words, ...] = ()
    certificates: tuple[Words, ...] = ()


class Circumstances(FilePart, frozen=True, kw_only=True):
    """What the seller learned and declares: who wanted the product, and what was weighed.

    `commitment_bp` is the share that the purchase takes: of liquid assets, or of a year's income where
    premiums come back.
    """

    advice_mode: AdviceMode | None = None
    objective: Assessed = "not_assessed"
    capacity: Assessed = "not_assessed"
    knowledge: Assessed = "not_assessed"
    need_id: Reference | None = None
    commitment_bp: BasisPointsShare | None = None
    experience_years: Annotated[int, Meta(ge=0, le=100)] | None = None
    wanted: Objective | None = None
    horizon_months: Count | None = None
    knowledge_level: Knowledge | None = None
    loss_capacity: LossCapacity | None = None
    qualified_investor_proof: Reference | None = None


class MarketLimits(FilePart, frozen=True, kw_only=True):
    """Conditions of a market; an empty one asks nothing.

    `horizon_from_months` and `horizon_to_months` bound how long the customer can leave the money.
    """

    age_bands: tuple[AgeBand, ...] = ()
    customer_classes: tuple[CustomerClass, ...] = ()
    grades: tuple[RiskGrade, ...] = ()
    objectives: tuple[Objective, ...] = ()
    knowledge: tuple[Knowledge, ...] = ()
    loss_capacities: tuple[LossCapacity, ...] = ()
    horizon_from_months: Count | None = None
    horizon_to_months: Count | None = None
    channel_types: tuple[Words, ...] = ()


class TargetMarket(FilePart, frozen=True, kw_only=True):
    """For whom a product is, and for whom it is not: being in any one of `negative` is enough."""

    version: Version
    positive: MarketLimits = MarketLimits()
    negative: tuple[MarketLimits, ...] = ()


class SuitabilityInputs(FilePart, frozen=True, kw_only=True):
    """All that a verdict depends on beside the pack; None for a channel, a seller or a market that the
    sale has not."""

    on: dt.date
    product: CheckedProduct
    customer: CheckedCustomer
    channel: CheckedChannel | None = None
    seller: CheckedSeller | None = None
    circumstances: Circumstances = Circumstances()
    target_market: TargetMarket | None = None


class Finding(FilePart, frozen=True, kw_only=True):
    """What one criterion gave: a reason by its stable name, the values in its sentence, the sentence."""

    criterion: Criterion
    result: Result
    effect: Effect = "none"
    reason: Words
    told: tuple[tuple[str, str], ...] = ()
    text: Words | None = None


class Duty(FilePart, frozen=True, kw_only=True):
    """What must still be done, and by when."""

    duty: DutyName
    when: DutyWhen
    text: Words | None = None


class PackRef(FilePart, frozen=True, kw_only=True):
    """Which pack a verdict comes from: its name, its version and the SHA-256 of its canonical form."""

    pack: Words
    version: Version
    digest: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
