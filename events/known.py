"""What was true of other subjects when an event happened, as far as the stamper knew: `data.known`.

Only the door fills these in. A reference whose id was not found has `state="unknown"`; a reference that
the sender left out is None, and no rule judges it. Facts of the event's own subject are never in here.
"""

import msgspec

from events.envelope import Currency, UnitId
from events.vocabulary import (
    ApprovalStatus,
    BasisPoints,
    ChannelStatus,
    KnownState,
    MinorUnits,
    ProductCategory,
    ProductStatus,
    RiskLevel,
    ScaleDirection,
    SuitabilityRegime,
    SurveyKind,
    Version,
    Words,
)


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Base of the stamped structs."""


class KnownProduct(Known, frozen=True, kw_only=True):
    """The product as the catalogue had it."""

    state: KnownState
    category: ProductCategory | None = None
    subtype: Words | None = None
    risk_level: RiskLevel | None = None
    version: Version | None = None
    status: ProductStatus | None = None
    suitability_regime: SuitabilityRegime | None = None
    approval: ApprovalStatus | None = None


class KnownSeller(Known, frozen=True, kw_only=True):
    """The seller: employed then, in which unit, with which licence classes and certificates in force."""

    state: KnownState
    employed: bool | None = None
    unit_id: UnitId | None = None
    licences: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()


class KnownChannel(Known, frozen=True, kw_only=True):
    """The channel: its contract, its licence, and whether it was authorised for the product."""

    state: KnownState
    status: ChannelStatus | None = None
    licence_valid: bool | None = None
    product_authorised: bool | None = None


class KnownPrice(Known, frozen=True, kw_only=True):
    """What the price book said of the product."""

    state: KnownState
    price_version: Version | None = None
    fee_minor: MinorUnits | None = None
    currency: Currency | None = None
    rate_bp: BasisPoints | None = None


class KnownSale(Known, frozen=True, kw_only=True):
    """Stamped on `sale.confirmed`."""

    product: KnownProduct
    seller: KnownSeller | None = None
    channel: KnownChannel | None = None
    price: KnownPrice | None = None


class KnownComplaint(Known, frozen=True, kw_only=True):
    """Stamped on `complaint.received`."""

    product: KnownProduct | None = None


class KnownQuestion(Known, frozen=True, kw_only=True):
    """A question as designed: what it measures, on what scale, which way is good, which scores count."""

    question_id: str
    kind: SurveyKind
    scale_low: int
    scale_high: int
    direction: ScaleDirection
    box: tuple[int, ...] = ()


class KnownAnswer(Known, frozen=True, kw_only=True):
    """Stamped on `survey.answered`: the questions that were answered."""

    state: KnownState
    questions: tuple[KnownQuestion, ...] = ()


class KnownInteraction(Known, frozen=True, kw_only=True):
    """Stamped on `interaction.started`: the employee's unit."""

    state: KnownState
    employee_unit_id: UnitId | None = None
