"""Performance: persistency, early redemption, concentration; and why two periods differ in amount.

Figures are declared here over sales; `gap` is a pure function that services/store/queries/performance.py
feeds with two sets of groups. Attainment is in projections/targets.py, cancel rate in projections/sales.py.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import msgspec

from projections.figure import Cell, Estimate, Figure, proportion, total
from projections.sales import EARLY_REDEMPTION_DAYS, SALES, SALES_BY_DAY
from projections.steps import days_after
from projections.tally import Tally

MINIMUM_POLICIES = 5


class Volume(NamedTuple):
    """How much of something was sold: Q is the number of sales, P the average ticket amount / Q."""

    sales: int
    amount_minor: int


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Why amounts differ, in minor units: `volume + mix + price == actual_minor - base_minor`, exactly.

    Volume: more or fewer sales at the base's average ticket. Mix: other shares of groups at the base's
    tickets. Price: other tickets for the same sales.
    """

    base_minor: int
    actual_minor: int
    base_sales: int
    actual_sales: int
    volume_minor: int
    mix_minor: int
    price_minor: int


def gap(base: Mapping[str, Volume], actual: Mapping[str, Volume]) -> Gap | None:
    """The gap between two sets of groups; None where the base has no sales, as it then has no ticket.

    volume = (Qa - Qt) P̄t, mix = Qa Σ(sa - st) Pt, price = Σ Qa (Pa - Pt), with t the base and a the actual.
    A group that the base has not takes the base's average ticket, so that what is new shows as price. Volume
    and mix are rounded to minor units, price is what remains.
    """
    base_sales = sum(one.sales for one in base.values())
    base_minor = sum(one.amount_minor for one in base.values())
    actual_sales = sum(one.sales for one in actual.values())
    actual_minor = sum(one.amount_minor for one in actual.values())
    if base_sales == 0:
        return None
    average = Fraction(base_minor, base_sales)
    at_base_tickets = sum(
        (one.sales * _ticket(base.get(name), average) for name, one in actual.items()), Fraction()
    )
    volume = round((actual_sales - base_sales) * average)
    mix = round(at_base_tickets - actual_sales * average)
    return Gap(
        base_minor=base_minor,
        actual_minor=actual_minor,
        base_sales=base_sales,
        actual_sales=actual_sales,
        volume_minor=volume,
        mix_minor=mix,
        price_minor=actual_minor - base_minor - volume - mix,
    )


def _ticket(one: Volume | None, average: Fraction) -> Fraction:
    return average if one is None or one.sales == 0 else Fraction(one.amount_minor, one.sales)


PERSISTENCY_BY_COHORT = Tally(
    name="persistency_by_cohort",
    ledger=SALES,
    by=(
        "legal_entity",
        "product_id",
        "category",
        "channel_id",
        "unit_id",
        "seller_id",
        "currency",
        "confirmed_on",
        "renewal_judged_on",
    ),
    measures=("amount_minor", "persists", "persisting_minor"),
    where="renewal_judged_on",
)


def _persistency(cells: Sequence[Cell], as_of: dt.date) -> Estimate:
    """Policies in force ÷ policies of cohorts whose renewal is due with its days of grace."""
    due = _due(cells, as_of)
    rate = proportion(total(due, "persists"), total(due), "in_force", "issued")
    return msgspec.structs.replace(rate, parts={**rate.parts, "not_due": total(cells) - total(due)})


def _persistency_by_premium(cells: Sequence[Cell], as_of: dt.date) -> Estimate:
    """The same by first-year premium: an exact share of money, no sample of it, so without an interval."""
    due = _due(cells, as_of)
    premium, kept = total(due, "amount_minor"), total(due, "persisting_minor")
    parts = {"in_force_minor": kept, "issued_minor": premium, "not_due": total(cells) - total(due)}
    if premium == 0:
        return Estimate(value=None, n=0, note="not available: nothing to divide by", parts=parts)
    return Estimate(value=100 * kept / premium, n=total(due), parts=parts)


def _due(cells: Sequence[Cell], as_of: dt.date) -> list[Cell]:
    return [cell for cell in cells if cell.dims["renewal_judged_on"] < as_of]


def _early_redemption(cells: Sequence[Cell], as_of: dt.date) -> Estimate:
    """Redeemed within 90 days ÷ sales that are older than that."""
    old = [cell for cell in cells if _over(cell.dims["confirmed_on"], as_of)]
    rate = proportion(total(old, "redeemed_early"), total(old), "redeemed_early", "sold")
    return msgspec.structs.replace(rate, parts={**rate.parts, "not_due": total(cells) - total(old)})


def _over(sold_on: dt.date | None, as_of: dt.date) -> bool:
    return sold_on is not None and days_after(sold_on, EARLY_REDEMPTION_DAYS) < as_of


def _concentration(cells: Sequence[Cell], as_of: dt.date) -> Estimate:
    """HHI = Σ share² · 10,000 over products, by amount: 10,000 where all is one product."""
    amounts: Counter[object] = Counter()
    for cell in cells:
        amounts[cell.dims["product_id"]] += cell.sums["amount_minor"]
    whole = amounts.total()
    parts = {"products": len(amounts), "amount_minor": whole}
    if whole == 0:
        return Estimate(value=None, n=total(cells), note="not available: no amount is stated", parts=parts)
    squares = sum(amount * amount for amount in amounts.values())
    return Estimate(value=round(10_000 * squares / (whole * whole)), n=total(cells), parts=parts)


_BY = ("legal_entity", "product_id", "category", "channel_id", "unit_id", "seller_id")

PERSISTENCY = Figure(
    name="persistency",
    title="Policies in force after 13 months",
    unit="percent",
    tally=PERSISTENCY_BY_COHORT,
    compute=_persistency,
    by=_BY,
    day="confirmed_on",
    split=("renewal_judged_on",),
    minimum_n=MINIMUM_POLICIES,
    source="by day of sale; renewal premium paid by due day and grace / issued, of cohorts that are due; "
    "without cancellations in the window, claims and maturities; Wilson interval",
)

PERSISTENCY_BY_PREMIUM = Figure(
    name="persistency_by_premium",
    title="First-year premium in force after 13 months",
    unit="percent",
    tally=PERSISTENCY_BY_COHORT,
    compute=_persistency_by_premium,
    by=_BY,
    always=("currency",),
    day="confirmed_on",
    split=("renewal_judged_on",),
    minimum_n=MINIMUM_POLICIES,
    source="as persistency, each policy with the amount of its sale",
)

EARLY_REDEMPTION = Figure(
    name="early_redemption",
    title="Sales redeemed within 90 days",
    unit="percent",
    tally=SALES_BY_DAY,
    compute=_early_redemption,
    by=(*_BY, "campaign_id"),
    day="confirmed_on",
    split=("confirmed_on",),
    source="by day of sale, only sales of more than 90 days ago; wholly or in part; Wilson interval",
)

CONCENTRATION = Figure(
    name="concentration",
    title="Concentration of the amount sold on few products",
    unit="count",
    tally=SALES_BY_DAY,
    compute=_concentration,
    by=("legal_entity", "category", "channel_id", "unit_id", "seller_id"),
    always=("currency",),
    day="confirmed_on",
    split=("product_id",),
    source="Herfindahl-Hirschman index: sum of squared shares of products by amount, times 10,000",
)
