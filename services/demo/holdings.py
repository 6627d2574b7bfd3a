"""Holdings: what customers hold in wealth products and funds, valued at the end of each month.

A customer has at most one position of each kind; a sale adds to it, a redemption takes from it. The fund
that was sold as safe is valued apart, since it falls.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from services.demo import numbers
from services.demo.chance import Chance
from services.demo.customers import Customer
from services.demo.diary import CORE, Diary
from services.demo.entities import in_cny, minor
from services.demo.products import BY_SLUG, SAFE_FUND
from services.demo.steps import Sale
from services.demo.year import Year

POSITIONS = {"wealth": BY_SLUG["steady-180"].id, "fund": BY_SLUG["mixed"].id}
MONTHLY_DRIFT = {"wealth": 0.0023, "fund": 0.004}
MONTHLY_SIGMA = {"wealth": 0.0005, "fund": 0.025}


def value(
    diary: Diary,
    seed: int,
    year: Year,
    customers: Sequence[Customer],
    sales: Sequence[Sale],
    fall_on: dt.date,
) -> None:
    """Note the value of every position at the end of each month of the year."""
    chance = Chance(seed, "holdings")
    bought: defaultdict[tuple[str, str], list[Sale]] = defaultdict(list)
    for sale in sales:
        if sale.product.kind in POSITIONS and not (sale.planted and sale.product is SAFE_FUND):
            bought[sale.customer.id, sale.product.kind].append(sale)
    markets = {kind: _market(chance, kind, year) for kind in POSITIONS}
    for customer in customers:
        opening = _opening(chance, customer)
        for kind in POSITIONS:
            mine = bought[customer.id, kind]
            if opening[kind] or mine:
                _value_position(diary, year, customer, kind, opening[kind], mine, markets[kind])
    for sale in sales:
        if sale.planted and sale.product is SAFE_FUND:
            _value_safe_fund(diary, year, sale, fall_on)


def _opening(chance: Chance, customer: Customer) -> dict[str, float]:
    """What the customer holds beside what was bought in these two years, in CNY."""
    draws = {"wealth": chance.happens(numbers.HOLDS_WEALTH), "fund": chance.happens(numbers.HOLDS_FUNDS)}
    draws["wealth"] = draws["wealth"] and customer.cap >= 2
    draws["fund"] = draws["fund"] and customer.cap >= 3
    split = {"wealth": 0.8, "fund": 0.2} if all(draws.values()) else {"wealth": 1.0, "fund": 1.0}
    return {kind: customer.wealth_cny * split[kind] * has for kind, has in draws.items()}


def _market(chance: Chance, kind: str, year: Year) -> list[float]:
    """The level of a class at each month's end, one at the beginning."""
    level, levels = 1.0, []
    for _ in year.month_ends:
        level *= 1 + chance.gauss(MONTHLY_DRIFT[kind], MONTHLY_SIGMA[kind])
        levels.append(level)
    return levels


def _value_position(
    diary: Diary,
    year: Year,
    customer: Customer,
    kind: str,
    opening: float,
    sales: Sequence[Sale],
    levels: Sequence[float],
) -> None:
    for day, level in zip(year.month_ends, levels, strict=True):
        if customer.since > day:
            continue
        held = [sale for sale in sales if sale.day <= day and (sale.ended_on is None or sale.ended_on > day)]
        worth = opening + sum(in_cny(sale.amount_minor, customer.entity) for sale in held)
        if not worth and not any(sale.day <= day for sale in sales):
            continue
        diary.note(
            CORE, "holding.valued", day,
            customer_id=customer.id, holding_id=f"{customer.id}/{kind}", product_id=POSITIONS[kind],
            legal_entity=customer.entity.code, currency=customer.entity.currency, as_of=day,
            **_looked_after_by(customer, day),
            value_minor=minor(worth * level, customer.entity) if worth else 0,
        )  # fmt: skip


def _value_safe_fund(diary: Diary, year: Year, sale: Sale, fall_on: dt.date) -> None:
    for day in year.month_ends:
        if day < sale.day:
            continue
        worth = sale.amount_minor * (1 - numbers.SAFE_FUND_FALL if day >= fall_on else 1.002)
        diary.note(
            CORE, "holding.valued", day,
            customer_id=sale.customer.id, holding_id=sale.id, sale_id=sale.id, product_id=sale.product.id,
            legal_entity=sale.customer.entity.code, currency=sale.customer.entity.currency, as_of=day,
            **_looked_after_by(sale.customer, day),
            value_minor=0 if sale.ended_on is not None and sale.ended_on <= day else round(worth),
        )  # fmt: skip


def _looked_after_by(customer: Customer, day: dt.date) -> dict[str, str | None]:
    manager = customer.seat.holder(day)
    return {
        "unit_id": customer.seat.unit.id,
        "relationship_manager": None if manager is None else manager.id,
    }
