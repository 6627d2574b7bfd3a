"""Products: registered, specified, positioned, approved, priced, re-rated, withdrawn.

The subject is the product. Written by the product system through the door; the activation of one
customer's product is a step of a sale and stands in events/sales.py.
"""

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from events.envelope import ApplicationId, Currency, CustomerId, EmployeeId, Event, ProductId, SaleId
from events.event_type import Correction, Voiding
from events.suitability_file import TargetMarket
from events.vocabulary import (
    BasisPoints,
    LegalEntity,
    MinorUnits,
    ProductCategory,
    RiskLevel,
    SuitabilityRegime,
    Version,
    Words,
)


class CoolingOff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The right to step back: before the contract takes effect, or after its delivery."""

    kind: Literal["pre_contract", "post_delivery"]
    days: Annotated[int, Meta(ge=1, le=90)]


class ProductRegistered(Event, frozen=True, kw_only=True):
    """A product entered the catalogue and may be sold from here on."""

    product_id: ProductId
    name: Words
    category: ProductCategory
    subtype: Words | None = None
    issuer: Words | None = None
    legal_entity: LegalEntity
    suitability_regime: SuitabilityRegime = "none"
    issuer_rating: RiskLevel | None = None
    seller_rating: RiskLevel | None = None
    risk_level: RiskLevel | None = None
    principal_at_risk: bool = False
    term_days: Annotated[int, Meta(ge=0, le=40_000)] | None = None
    currency: Currency | None = None
    complex_flag: bool = False
    recording_required: bool = False
    cooling_off: CoolingOff | None = None
    product_version: Version = "1"


class ProductRiskLevelChanged(Event, frozen=True, kw_only=True):
    """The product is riskier or safer than it was rated before."""

    product_id: ProductId
    from_level: RiskLevel | None = None
    to_level: RiskLevel
    issuer_rating: RiskLevel | None = None
    seller_rating: RiskLevel | None = None
    reason: Words


class ProductWithdrawn(Event, frozen=True, kw_only=True):
    """The product is no longer sold."""

    product_id: ProductId
    reason: Words


class ProductPositioned(Event, frozen=True, kw_only=True):
    """For whom the product is and what it promises, approved as a statement."""

    product_id: ProductId
    product_version: Version
    statement: Words
    approver_id: EmployeeId | None = None


class ProductTargetMarketDefined(Event, frozen=True, kw_only=True):
    """For whom the product is, and for whom it is not.

    `market` is what a suitability check judges; occupations and income are for planning and judge nobody.
    """

    product_id: ProductId
    market: TargetMarket
    occupations: tuple[Words, ...] = ()
    income_from_minor: MinorUnits | None = None
    currency: Currency | None = None
    valid_from: dt.date | None = None
    approver_id: EmployeeId | None = None


class ProductSpecified(Event, frozen=True, kw_only=True):
    """What the product does: functions, term, rate, repayment, fees. Opens a version of the product."""

    product_id: ProductId
    product_version: Version
    functions: tuple[Words, ...] = ()
    term_days: Annotated[int, Meta(ge=0, le=40_000)] | None = None
    rate_bp: BasisPoints | None = None
    repayment: Words | None = None
    fee_schedule: tuple[tuple[Words, Words], ...] = ()


class ProductComplianceReviewed(Event, frozen=True, kw_only=True):
    """Compliance has looked at a version of the product."""

    product_id: ProductId
    product_version: Version
    outcome: Literal["passed", "passed_with_conditions", "failed"]
    reviewer_id: EmployeeId
    checks: tuple[Words, ...] = ()


class ProductApproved(Event, frozen=True, kw_only=True):
    """A version of the product may be sold."""

    product_id: ProductId
    product_version: Version
    approver_id: EmployeeId | None = None


class ProductApprovalRevoked(Event, frozen=True, kw_only=True):
    """The approval of a version was taken back."""

    product_id: ProductId
    product_version: Version
    approver_id: EmployeeId | None = None
    reason: Words


class PriceSet(Event, frozen=True, kw_only=True):
    """The fee or rate at which a product is sold, from a day on; one line of the price book."""

    product_id: ProductId
    price_version: Version
    fee_minor: MinorUnits | None = None
    currency: Currency | None = None
    rate_bp: BasisPoints | None = None
    valid_from: dt.date
    approver_id: EmployeeId | None = None


class PriceExceptionGranted(Event, frozen=True, kw_only=True):
    """One customer may have a price that is not in the book."""

    product_id: ProductId
    customer_id: CustomerId
    sale_id: SaleId | None = None
    fee_minor: MinorUnits | None = None
    currency: Currency | None = None
    rate_bp: BasisPoints | None = None
    reason: Words
    approver_id: EmployeeId


class ProductCorrected(Correction, frozen=True, kw_only=True):
    """A fact about a product, or the activation of a customer's product, stated again."""

    product_id: ProductId | None = None
    sale_id: SaleId | None = None
    application_id: ApplicationId | None = None
    customer_id: CustomerId | None = None


class ProductVoided(Voiding, frozen=True, kw_only=True):
    """A fact about a product, or the activation of a customer's product, that never was."""

    product_id: ProductId | None = None
    sale_id: SaleId | None = None
    application_id: ApplicationId | None = None
    customer_id: CustomerId | None = None


class PriceCorrected(Correction, frozen=True, kw_only=True):
    """A price, or an exception from it, stated again."""

    product_id: ProductId | None = None
    customer_id: CustomerId | None = None


class PriceVoided(Voiding, frozen=True, kw_only=True):
    """A price, or an exception from it, that was never set."""

    product_id: ProductId | None = None
    customer_id: CustomerId | None = None
