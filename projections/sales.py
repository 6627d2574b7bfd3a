"""Sales: from the signature to cancellation, redemption or the state of a loan; one row per sale.

Every step keeps its day, so a cancellation may come before the sale it cancels. Applications and targets
are in projections/applications.py and projections/targets.py.
"""

import datetime as dt
from collections.abc import Sequence
from functools import partial

import msgspec

from events.envelope import Entry, Event
from events.holdings import LoanStatusObserved
from events.sales import (
    CallbackConfirmed,
    ClaimPaid,
    ContractDelivered,
    CoolingOffStarted,
    FundsReceived,
    PolicyLapsed,
    PolicyReinstated,
    PolicySurrendered,
    PremiumDue,
    PremiumPaid,
    ProductActivated,
    SaleCancelled,
    SaleConfirmed,
    SaleMatured,
    SaleRedeemed,
)
from projections.figure import Cell, Estimate, Figure, count_of, proportion, total
from projections.ledger import Handler, Key, Ledger, Row, change, earliest, latest
from projections.premiums import Course, Premium, persistence, with_due, with_payment
from projections.steps import days_after, on_day, stands
from projections.tally import Tally

EARLY_REDEMPTION_DAYS = 90
DEFAULT_CANCEL_WINDOW_DAYS = 30
"""The cancel window of a sale of which no cooling-off period is known: the sale's day and 30 more."""


class SaleRow(Row, frozen=True):
    """A sale. `window_until` is the last day of its cancel window, stated or by default.

    `renewal_judged_on` is the day from which a policy's persistency is known (projections/premiums.py).
    `seller_id` is the seller with the largest share; `unit_id` the unit stated, else the seller's then.
    """

    subject: str
    sale_id: str
    confirmed: bool = False
    confirmed_on: dt.date | None = None
    legal_entity: str | None = None
    product_id: str | None = None
    category: str | None = None
    channel_id: str | None = None
    unit_id: str | None = None
    seller_id: str | None = None
    campaign_id: str | None = None
    application_id: str | None = None
    currency: str | None = None
    amount_minor: int | None = None
    advice_mode: str | None = None
    matures_on: dt.date | None = None
    cooling_until: dt.date | None = None
    window_until: dt.date | None = None
    funds_on: dt.date | None = None
    funds_minor: int = 0
    callback_on: dt.date | None = None
    delivered_on: dt.date | None = None
    activated: bool = False
    activated_on: dt.date | None = None
    cancelled: bool = False
    cancelled_on: dt.date | None = None
    cancelled_in_window: bool = False
    redeemed_minor: int = 0
    redeemed_first_on: dt.date | None = None
    redeemed_wholly_on: dt.date | None = None
    redeemed_early: bool = False
    matured_on: dt.date | None = None
    lapsed_on: dt.date | None = None
    reinstated_on: dt.date | None = None
    surrendered_on: dt.date | None = None
    claimed_on: dt.date | None = None
    premiums: tuple[Premium, ...] = ()
    renewal_judged_on: dt.date | None = None
    persists: bool = False
    persisting_minor: int = 0
    loan_status: str | None = None
    loan_status_on: dt.date | None = None
    days_past_due: int | None = None
    outstanding_minor: int | None = None


def _sale_keys(event: SaleConfirmed, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.sale_id),)


def _confirmed(key: Key, row: SaleRow | None, event: SaleConfirmed, entry: Entry) -> SaleRow:
    row = row or SaleRow(*key)
    on = entry.occurred_on
    if row.confirmed and not stands(on, row.confirmed_on):
        return row
    known = event.known
    unit_id = event.unit_id
    if unit_id is None and known is not None and known.seller is not None:
        unit_id = known.seller.unit_id
    return _windowed(
        change(
            row,
            confirmed=True,
            confirmed_on=latest(row.confirmed_on, on),
            legal_entity=event.legal_entity,
            product_id=event.product_id,
            category=None if known is None else known.product.category,
            channel_id=event.channel_id,
            unit_id=unit_id,
            seller_id=_seller(event),
            campaign_id=event.campaign_id,
            application_id=event.application_id,
            currency=event.currency,
            amount_minor=event.amount_minor,
            advice_mode=event.advice_mode,
            matures_on=event.matures_on,
        )
    )


def _seller(event: SaleConfirmed) -> str | None:
    if event.seller_id is not None or not event.sellers_share:
        return event.seller_id
    return max(event.sellers_share, key=lambda share: (share.share_bp, share.seller_id)).seller_id


def _cooling(key: Key, row: SaleRow | None, event: CoolingOffStarted, entry: Entry) -> SaleRow:
    row = row or SaleRow(*key)
    return _windowed(change(row, cooling_until=latest(row.cooling_until, event.until)))


def _windowed(row: SaleRow) -> SaleRow:
    until = row.cooling_until
    if until is None and row.confirmed_on is not None:
        until = days_after(row.confirmed_on, DEFAULT_CANCEL_WINDOW_DAYS)
    return _judged(change(row, window_until=until))


def _judged(row: SaleRow) -> SaleRow:
    """The row with what follows from its days: early redemption, and persistency where it is a policy."""
    sold_on, redeemed_on = row.confirmed_on, row.redeemed_first_on
    early = (
        sold_on is not None
        and redeemed_on is not None
        and redeemed_on <= days_after(sold_on, EARLY_REDEMPTION_DAYS)
    )
    course = Course(
        sold_on,
        row.premiums,
        row.cancelled,
        row.cancelled_in_window,
        row.matured_on,
        row.claimed_on,
        row.lapsed_on,
        row.surrendered_on,
    )
    found = persistence(course)
    return change(
        row,
        redeemed_early=early,
        renewal_judged_on=found.judged_on,
        persists=found.persists,
        persisting_minor=(row.amount_minor or 0) if found.persists else 0,
    )


def _then_judged(handler: Handler, key: Key, row: SaleRow | None, event: Event, entry: Entry) -> SaleRow:
    posted: SaleRow = handler(key, row, event, entry)
    return _judged(posted)


def _premium_due(key: Key, row: SaleRow | None, event: PremiumDue, entry: Entry) -> SaleRow:
    row = row or SaleRow(*key)
    return _judged(change(row, premiums=with_due(row.premiums, event.n, event.due, event.grace_days)))


def _premium_paid(key: Key, row: SaleRow | None, event: PremiumPaid, entry: Entry) -> SaleRow:
    row = row or SaleRow(*key)
    return _judged(change(row, premiums=with_payment(row.premiums, event.n, entry.occurred_on)))


def _funds(key: Key, row: SaleRow | None, event: FundsReceived, entry: Entry) -> SaleRow:
    row = row or SaleRow(*key)
    return change(
        row,
        funds_on=earliest(row.funds_on, entry.occurred_on),
        funds_minor=row.funds_minor + event.amount_minor,
    )


def _called_back(key: Key, row: SaleRow | None, event: CallbackConfirmed, entry: Entry) -> SaleRow:
    row = row or SaleRow(*key)
    if event.outcome != "confirmed":
        return row
    return change(row, callback_on=earliest(row.callback_on, entry.occurred_on))


def _cancelled(key: Key, row: SaleRow | None, event: SaleCancelled, entry: Entry) -> SaleRow:
    row = row or SaleRow(*key)
    if row.cancelled and not stands(entry.occurred_on, row.cancelled_on):
        return row
    return change(
        row,
        cancelled=True,
        cancelled_on=latest(row.cancelled_on, entry.occurred_on),
        cancelled_in_window=event.within_cooling_off,
    )


def _redeemed(key: Key, row: SaleRow | None, event: SaleRedeemed, entry: Entry) -> SaleRow:
    row = row or SaleRow(*key)
    wholly_on = row.redeemed_wholly_on if event.partial else latest(row.redeemed_wholly_on, entry.occurred_on)
    return change(
        row,
        redeemed_minor=row.redeemed_minor + event.amount_minor,
        redeemed_first_on=earliest(row.redeemed_first_on, entry.occurred_on),
        redeemed_wholly_on=wholly_on,
    )


def _loan_observed(key: Key, row: SaleRow | None, event: LoanStatusObserved, entry: Entry) -> SaleRow:
    row = row or SaleRow(*key)
    if not stands(event.observed_on, row.loan_status_on):
        return row
    return change(
        row,
        loan_status=event.status,
        loan_status_on=event.observed_on,
        days_past_due=event.days_past_due,
        outstanding_minor=event.outstanding_minor,
    )


SALES = Ledger(
    name="sales",
    version=2,
    row=SaleRow,
    key=("subject", "sale_id"),
    keys=_sale_keys,
    handlers={
        SaleConfirmed: _confirmed,
        CoolingOffStarted: _cooling,
        FundsReceived: _funds,
        CallbackConfirmed: _called_back,
        ContractDelivered: on_day(SaleRow, None, "delivered_on", first=True),
        ProductActivated: on_day(SaleRow, "activated", "activated_on", first=True),
        SaleCancelled: partial(_then_judged, _cancelled),
        SaleRedeemed: partial(_then_judged, _redeemed),
        SaleMatured: partial(_then_judged, on_day(SaleRow, None, "matured_on")),
        PolicyLapsed: partial(_then_judged, on_day(SaleRow, None, "lapsed_on")),
        PolicyReinstated: on_day(SaleRow, None, "reinstated_on"),
        PolicySurrendered: partial(_then_judged, on_day(SaleRow, None, "surrendered_on")),
        ClaimPaid: partial(_then_judged, on_day(SaleRow, None, "claimed_on", first=True)),
        PremiumDue: _premium_due,
        PremiumPaid: _premium_paid,
        LoanStatusObserved: _loan_observed,
    },
    indexes=(("product_id", "confirmed_on"),),
    about="every sale with the days of its steps",
)

SALES_BY_DAY = Tally(
    name="sales_by_day",
    ledger=SALES,
    by=(
        "legal_entity",
        "product_id",
        "category",
        "channel_id",
        "unit_id",
        "seller_id",
        "campaign_id",
        "currency",
        "confirmed_on",
        "window_until",
    ),
    measures=("amount_minor", "cancelled", "cancelled_in_window", "redeemed_early"),
    where="confirmed",
)

LOANS_BY_STATUS = Tally(
    name="loans_by_status",
    ledger=SALES,
    by=("legal_entity", "product_id", "unit_id", "currency", "loan_status", "confirmed_on"),
    measures=("outstanding_minor",),
    where="loan_status",
)


def _cancel_rate(cells: Sequence[Cell], as_of: dt.date) -> Estimate:
    """Cancelled in their window ÷ sales whose window has ended; the others are not due and counted apart."""
    ended = [cell for cell in cells if _window_ended(cell, as_of)]
    rate = proportion(total(ended, "cancelled_in_window"), total(ended), "cancelled_in_window", "ended")
    return msgspec.structs.replace(rate, parts={**rate.parts, "not_due": total(cells) - total(ended)})


def _window_ended(cell: Cell, as_of: dt.date) -> bool:
    until: dt.date | None = cell.dims["window_until"]
    return until is not None and until < as_of


def _count_sales(cells: Sequence[Cell], as_of: dt.date) -> Estimate:
    count = total(cells)
    return Estimate(value=count, n=count, parts={"cancelled": total(cells, "cancelled")})


def _amount(cells: Sequence[Cell], as_of: dt.date) -> Estimate:
    """The sum of what sales say they amount to; those that say nothing have no currency and no sum."""
    stated = [cell for cell in cells if cell.dims["currency"] is not None]
    unstated = total(cells) - total(stated)
    if not stated and unstated:
        return Estimate(
            value=None, n=0, note="not available: no amount is stated", parts={"unstated": unstated}
        )
    return Estimate(value=total(stated, "amount_minor"), n=total(stated), parts={"unstated": unstated})


_BY = ("legal_entity", "product_id", "category", "channel_id", "unit_id", "seller_id", "campaign_id")

SALES_FIGURE = Figure(
    name="sales",
    title="Sales",
    unit="count",
    tally=SALES_BY_DAY,
    compute=_count_sales,
    by=_BY,
    day="confirmed_on",
)

BUYERS = Figure(
    name="buyers",
    title="Different buyers; a sale without a customer counts by its case",
    unit="count",
    tally=SALES_BY_DAY,
    compute=count_of(),
    by=_BY,
    day="confirmed_on",
    distinct="subject",
)
SALES_AMOUNT = Figure(
    name="sales_amount",
    title="Amount sold, cancelled sales included",
    unit="minor",
    tally=SALES_BY_DAY,
    compute=_amount,
    by=_BY,
    day="confirmed_on",
    always=("currency",),
)

CANCEL_RATE = Figure(
    name="cancel_rate",
    title="Sales cancelled in their window",
    unit="percent",
    tally=SALES_BY_DAY,
    compute=_cancel_rate,
    by=_BY,
    day="confirmed_on",
    split=("window_until",),
    source="by day of sale, only sales whose window has ended; 30 days where no cooling-off is known",
)

LOANS = Figure(
    name="loans",
    title="Loans by how they stood when last observed",
    unit="count",
    tally=LOANS_BY_STATUS,
    compute=count_of(),
    by=("legal_entity", "product_id", "unit_id", "loan_status"),
    day="confirmed_on",
)
