"""Sales: from the signature to the end of the contract. The glossary of what can happen to a sale.

Amounts are integer minor units of `currency`. A customer may be absent in histories that never had one;
then the application, else the sale itself, is the subject. What comes before is in events/pipeline.py and
events/advice.py.
"""

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from events.envelope import (
    END,
    ID_PATTERN,
    ApplicationId,
    CampaignId,
    ChannelId,
    Currency,
    CustomerId,
    EmployeeId,
    Event,
    Instant,
    ProductId,
    SaleId,
    UnitId,
)
from events.event_type import Correction, EntryRef, Voiding
from events.known import KnownSale
from events.suitability_file import PackRef
from events.vocabulary import (
    AgeBand,
    BasisPoints,
    Count,
    CustomerClass,
    Decimal,
    LegalEntity,
    MinorUnits,
    Reference,
    Version,
    Words,
)


class SellerShare(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of several sellers and the part of the sale that counts for them, in basis points."""

    seller_id: Annotated[EmployeeId, Meta(pattern=f"^{ID_PATTERN}{END}")]
    share_bp: Annotated[int, Meta(ge=1, le=10_000)]


class SaleConfirmed(Event, frozen=True, kw_only=True):
    """A customer bought a product: the contract is concluded.

    No `amount_minor` means that the record does not say how much.
    """

    sale_id: SaleId
    customer_id: CustomerId | None = None
    application_id: ApplicationId | None = None
    legal_entity: LegalEntity
    product_id: ProductId
    product_version: Version | None = None
    seller_id: EmployeeId | None = None
    sellers_share: tuple[SellerShare, ...] = ()
    introducer: Words | None = None
    unit_id: UnitId | None = None
    channel_id: ChannelId | None = None
    campaign_id: CampaignId | None = None
    amount_minor: MinorUnits | None = None
    currency: Currency | None = None
    units: Decimal | None = None
    advice_mode: Literal["advised", "execution_only", "own_initiative"] | None = None
    need_id: Reference | None = None
    suitability_check_id: Reference | None = None
    quote_id: Reference | None = None
    disclosure_ids: tuple[Reference, ...] = ()
    recording_id: Reference | None = None
    fee_charged_minor: MinorUnits | None = None
    rate_charged_bp: BasisPoints | None = None
    price_version: Version | None = None
    premium_minor: MinorUnits | None = None
    premium_mode: Literal["single", "regular"] | None = None
    premium_term_months: Count | None = None
    effective_from: dt.date | None = None
    matures_on: dt.date | None = None
    replaces_sale_ids: tuple[SaleId, ...] = ()
    customer_age_band: AgeBand | None = None
    customer_class: CustomerClass | None = None
    known: KnownSale | None = None


class SaleStep(Event, frozen=True, kw_only=True):
    """What every later step of a sale says: which sale, and under whose subject it stands."""

    sale_id: SaleId
    customer_id: CustomerId | None = None
    application_id: ApplicationId | None = None


class CoolingOffStarted(SaleStep, frozen=True, kw_only=True):
    """The customer may step back through `until`; `ends_at` is the instant at which that ends.

    `check_id` is the case at the suitability desk that the sale rests on.
    """

    kind: Literal["pre_contract", "post_delivery"]
    from_event: EntryRef | None = None
    until: dt.date
    ends_at: Instant | None = None
    period: Words | None = None
    callback: Literal["none", "within", "before_contract"] | None = None
    pack: PackRef | None = None
    check_id: Reference | None = None


class CallbackConfirmed(SaleStep, frozen=True, kw_only=True):
    """We rang the customer back, who confirmed knowing what was bought."""

    employee_id: EmployeeId | None = None
    outcome: Literal["confirmed", "not_reached", "doubts"] = "confirmed"
    recording_id: Reference | None = None
    check_id: Reference | None = None


class FundsReceived(SaleStep, frozen=True, kw_only=True):
    """The customer's money came in."""

    amount_minor: MinorUnits
    currency: Currency


class ContractDelivered(SaleStep, frozen=True, kw_only=True):
    """The customer has the contract in hand; cooling-off after delivery runs from here."""

    method: Literal["in_person", "post", "electronic"] | None = None
    proof_ref: Reference | None = None


class ProductActivated(SaleStep, frozen=True, kw_only=True):
    """What was sold can be used: the account is open, the loan is paid out, the card works."""

    product_id: ProductId | None = None


class SaleCancelled(SaleStep, frozen=True, kw_only=True):
    """The sale was undone."""

    within_cooling_off: bool
    by: Literal["customer", "bank"] = "customer"
    reason: Words | None = None


class SaleRedeemed(SaleStep, frozen=True, kw_only=True):
    """The customer took money out, in part or whole."""

    units: Decimal | None = None
    amount_minor: MinorUnits
    currency: Currency
    partial: bool = False
    reason: Words | None = None


class SaleMatured(SaleStep, frozen=True, kw_only=True):
    """The term ended and the money came back, or was reinvested."""

    amount_minor: MinorUnits
    currency: Currency
    reinvested_in_sale_id: SaleId | None = None


class PremiumDue(SaleStep, frozen=True, kw_only=True):
    """The n-th premium is asked for; it may come late by the days of grace."""

    n: Annotated[int, Meta(ge=1, le=2_000)]
    due: dt.date
    grace_days: Annotated[int, Meta(ge=0, le=366)] = 60
    amount_minor: MinorUnits | None = None
    currency: Currency | None = None


class PremiumPaid(SaleStep, frozen=True, kw_only=True):
    """The n-th premium was paid."""

    n: Annotated[int, Meta(ge=1, le=2_000)]
    amount_minor: MinorUnits | None = None
    currency: Currency | None = None


class PolicyLapsed(SaleStep, frozen=True, kw_only=True):
    """The cover ended because a premium stayed unpaid."""

    reason: Words | None = None


class PolicyReinstated(SaleStep, frozen=True, kw_only=True):
    """A lapsed policy is in force again."""

    reason: Words | None = None


class PolicySurrendered(SaleStep, frozen=True, kw_only=True):
    """The customer gave the policy back for its cash value."""

    amount_minor: MinorUnits | None = None
    currency: Currency | None = None
    reason: Words | None = None


class ClaimPaid(SaleStep, frozen=True, kw_only=True):
    """The insured event happened and we paid."""

    claim_ref: Reference | None = None
    amount_minor: MinorUnits
    currency: Currency


class SaleStepCorrection(Correction, frozen=True, kw_only=True):
    """The ids under which the steps of a sale stand."""

    sale_id: SaleId | None = None
    customer_id: CustomerId | None = None
    application_id: ApplicationId | None = None


class SaleStepVoiding(Voiding, frozen=True, kw_only=True):
    """The ids under which the steps of a sale stand."""

    sale_id: SaleId | None = None
    customer_id: CustomerId | None = None
    application_id: ApplicationId | None = None


class SaleCorrected(SaleStepCorrection, frozen=True, kw_only=True):
    """A fact of a sale, stated again whole."""


class SaleVoided(SaleStepVoiding, frozen=True, kw_only=True):
    """A fact of a sale that never was."""


class CoolingOffCorrected(SaleStepCorrection, frozen=True, kw_only=True):
    """A cooling-off period, stated again."""


class CoolingOffVoided(SaleStepVoiding, frozen=True, kw_only=True):
    """A cooling-off period that never ran."""


class CallbackCorrected(SaleStepCorrection, frozen=True, kw_only=True):
    """A call-back, stated again."""


class CallbackVoided(SaleStepVoiding, frozen=True, kw_only=True):
    """A call-back that was never made."""


class FundsCorrected(SaleStepCorrection, frozen=True, kw_only=True):
    """A receipt of money, stated again."""


class FundsVoided(SaleStepVoiding, frozen=True, kw_only=True):
    """Money that never came in."""


class ContractCorrected(SaleStepCorrection, frozen=True, kw_only=True):
    """A delivery of a contract, stated again."""


class ContractVoided(SaleStepVoiding, frozen=True, kw_only=True):
    """A delivery that never was."""


class PremiumCorrected(SaleStepCorrection, frozen=True, kw_only=True):
    """A premium, stated again."""


class PremiumVoided(SaleStepVoiding, frozen=True, kw_only=True):
    """A premium that was never due or paid."""


class PolicyCorrected(SaleStepCorrection, frozen=True, kw_only=True):
    """A change of a policy's state, stated again."""


class PolicyVoided(SaleStepVoiding, frozen=True, kw_only=True):
    """A change of a policy's state that never was."""


class ClaimCorrected(SaleStepCorrection, frozen=True, kw_only=True):
    """A claim, stated again."""


class ClaimVoided(SaleStepVoiding, frozen=True, kw_only=True):
    """A claim that was never paid."""
