"""What becomes of a sale: cancelled, redeemed, matured, its premiums paid or not.

Ordinary sales and planted ones pass through here. A seller whose customers were badly advised has a habit:
more cancellations, fewer premiums.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from services.demo import numbers
from services.demo.chance import Chance
from services.demo.diary import CORE, CRM, Diary
from services.demo.steps import Sale
from services.demo.truth import Truth
from services.demo.year import DAY, Year

GRACE_DAYS = 60
EARLY_DAYS = 90
REASONS = ("needs the money", "better offer", "change of plans", "price fell")


class Habit(NamedTuple):
    """How a seller's sales fare: share cancelled, share of policies whose second premium is paid."""

    cancelled: float
    persistent: float


def care(
    diary: Diary,
    seed: int,
    year: Year,
    sales: Sequence[Sale],
    truth: Truth,
    habits: Mapping[str, Habit],
) -> None:
    """Note the later life of these sales up to the end of the year."""
    chance = Chance(seed, "aftercare")
    premiums = sorted(sale.amount_minor for sale in sales if sale.product.cooling_off_days)
    median = premiums[len(premiums) // 2] if premiums else 0
    for sale in sales:
        seller = sale.order.seller
        habit = None if seller is None else habits.get(seller.id)
        if _cancel(diary, chance, sale, year, habit):
            continue
        if sale.product.kind == "fund":
            _redeem(diary, chance, sale, year, truth)
        elif sale.product.kind == "wealth":
            _mature(diary, sale, year)
        elif sale.product.cooling_off_days:
            _premiums(diary, chance, sale, year, _persistence(sale, habit, median))


def step_of(sale: Sale) -> dict[str, Any]:
    """What every later step of a sale says."""
    return {
        "sale_id": sale.id,
        "customer_id": sale.customer.id,
        "application_id": sale.order.application_id,
    }


def redeem(diary: Diary, sale: Sale, at: dt.datetime, reason: str, *, partial: bool = False) -> Any:
    """Note that a customer took the money out, and give back the name of the event."""
    amount = sale.amount_minor // 2 if partial else sale.amount_minor
    if not partial:
        sale.ended_on = at.date()
    return diary.note(
        CORE, "sale.redeemed", at, **step_of(sale), amount_minor=amount,
        currency=sale.customer.entity.currency, partial=partial, reason=reason,
    )  # fmt: skip


def _cancel(diary: Diary, chance: Chance, sale: Sale, year: Year, habit: Habit | None) -> bool:
    insured = bool(sale.product.cooling_off_days)
    share = numbers.CANCEL_INSURANCE if insured else numbers.CANCEL_OTHER
    if habit is not None:
        share = habit.cancelled
    if sale.planted or not chance.happens(share):
        return False
    at = sale.order.at + dt.timedelta(days=chance.randint(3, 12) if insured else chance.randint(1, 9))
    if at.date() > year.last:
        return False
    sale.ended_on = at.date()
    diary.note(
        CRM, "sale.cancelled", at, **step_of(sale), within_cooling_off=insured, by="customer",
        reason=chance.choice(REASONS),
    )  # fmt: skip
    return True


def _redeem(diary: Diary, chance: Chance, sale: Sale, year: Year, truth: Truth) -> None:
    draw = chance.random()
    if sale.planted or draw > numbers.EARLY_REDEMPTION + numbers.LATER_REDEMPTION:
        return
    early = draw < numbers.EARLY_REDEMPTION
    days = chance.randint(15, EARLY_DAYS - 1) if early else chance.randint(EARLY_DAYS + 5, 400)
    at = sale.order.at + days * DAY
    if at.date() > year.last:
        return
    ref = redeem(diary, sale, at, chance.choice(REASONS), partial=not early and chance.happens(0.4))
    if early:
        truth.base(
            "R-SALE-02", "fund redeemed within 90 days", f"customer/{sale.customer.id}",
            entries=(ref, sale.ref), required=False,
        )  # fmt: skip


def _mature(diary: Diary, sale: Sale, year: Year) -> None:
    term = sale.product.term_days
    assert term is not None, "wealth products have a term"
    on = sale.day + term * DAY
    if on > year.last:
        return
    sale.ended_on = on
    diary.note(
        CORE, "sale.matured", on, **step_of(sale), amount_minor=sale.amount_minor,
        currency=sale.customer.entity.currency,
    )  # fmt: skip


def _persistence(sale: Sale, habit: Habit | None, median: int) -> float:
    """Larger premiums persist more often, so that more premium persists than policies do."""
    if habit is not None:
        return habit.persistent
    if sale.amount_minor >= median:
        return numbers.PERSISTENCY_OF_LARGE
    return 2 * numbers.PERSISTENCY - numbers.PERSISTENCY_OF_LARGE


def _premiums(diary: Diary, chance: Chance, sale: Sale, year: Year, persistence: float) -> None:
    """The first premium with the contract, the second a year later, paid or not within the days of grace."""
    money = {"amount_minor": sale.amount_minor, "currency": sale.customer.entity.currency}
    diary.note(CORE, "premium.paid", sale.order.at + DAY, **step_of(sale), n=1, **money)
    due = sale.day + 365 * DAY
    if due > year.last:
        return
    diary.note(
        CORE, "premium.due", due - 30 * DAY, **step_of(sale), n=2, due=due, grace_days=GRACE_DAYS, **money
    )
    if chance.happens(persistence):
        paid = due + chance.randint(-20, 35) * DAY
        if paid <= year.last:
            diary.note(CORE, "premium.paid", paid, **step_of(sale), n=2, **money)
    elif due + (GRACE_DAYS + 1) * DAY <= year.last:
        sale.ended_on = due + (GRACE_DAYS + 1) * DAY
        diary.note(CORE, "policy.lapsed", sale.ended_on, **step_of(sale), reason="second premium unpaid")
