"""What customers hold, owe and move: valuations, transactions, the state of loans, repayments.

A loan's state stands under the subject of its sale; holdings and transactions under the customer.
"""

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta

from events.envelope import ChannelId, Currency, CustomerId, EmployeeId, Event, ProductId, SaleId, UnitId
from events.event_type import Correction, Voiding
from events.sales import SaleStep, SaleStepCorrection, SaleStepVoiding
from events.vocabulary import Decimal, LegalEntity, MinorUnits, Reference, SignedMinorUnits, Words


class HoldingValued(Event, frozen=True, kw_only=True):
    """What a holding is worth at the close of a day, and who looks after it; a debt is negative."""

    customer_id: CustomerId
    holding_id: Reference
    sale_id: SaleId | None = None
    product_id: ProductId | None = None
    legal_entity: LegalEntity | None = None
    unit_id: UnitId | None = None
    relationship_manager: EmployeeId | None = None
    units: Decimal | None = None
    value_minor: SignedMinorUnits
    currency: Currency
    as_of: dt.date


class TransactionPosted(Event, frozen=True, kw_only=True):
    """Money moved on one of the customer's accounts."""

    customer_id: CustomerId
    transaction_id: Reference
    direction: Literal["in", "out"]
    amount_minor: MinorUnits
    currency: Currency
    cash: bool = False
    kind: Words | None = None
    account_ref: Reference | None = None
    counterparty_ref: Reference | None = None
    channel_id: ChannelId | None = None
    unit_id: UnitId | None = None
    legal_entity: LegalEntity | None = None


class LoanStatusObserved(SaleStep, frozen=True, kw_only=True):
    """How a loan stood on a day."""

    status: Literal["running", "in_arrears", "ended_paid", "ended_unpaid"]
    observed_on: dt.date
    days_past_due: Annotated[int, Meta(ge=0, le=20_000)] | None = None
    outstanding_minor: MinorUnits | None = None
    currency: Currency | None = None


class RepaymentMade(SaleStep, frozen=True, kw_only=True):
    """An instalment was paid."""

    n: Annotated[int, Meta(ge=1, le=2_000)] | None = None
    amount_minor: MinorUnits
    currency: Currency


class RepaymentMissed(SaleStep, frozen=True, kw_only=True):
    """An instalment is unpaid after its due day."""

    n: Annotated[int, Meta(ge=1, le=2_000)] | None = None
    days: Annotated[int, Meta(ge=1, le=20_000)]
    amount_minor: MinorUnits | None = None
    currency: Currency | None = None


class HoldingCorrected(Correction, frozen=True, kw_only=True):
    """A valuation, stated again."""

    customer_id: CustomerId


class HoldingVoided(Voiding, frozen=True, kw_only=True):
    """A valuation that never was."""

    customer_id: CustomerId


class TransactionCorrected(Correction, frozen=True, kw_only=True):
    """A transaction, stated again."""

    customer_id: CustomerId


class TransactionVoided(Voiding, frozen=True, kw_only=True):
    """A transaction that never was."""

    customer_id: CustomerId


class LoanCorrected(SaleStepCorrection, frozen=True, kw_only=True):
    """The state of a loan, stated again."""


class LoanVoided(SaleStepVoiding, frozen=True, kw_only=True):
    """A state in which the loan never was."""


class RepaymentCorrected(SaleStepCorrection, frozen=True, kw_only=True):
    """A repayment, stated again."""


class RepaymentVoided(SaleStepVoiding, frozen=True, kw_only=True):
    """A repayment that was neither made nor missed."""
