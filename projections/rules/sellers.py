"""Rules about sellers: R-SUIT-06 override outlier, R-PEOP-05 top earner, R-PEOP-01 orphaned customers.

Counts are compared with the rate of all others through an exact tail, never as raw ratios; a signal is
raised once per seller and quarter.
"""

import calendar
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from events.event_type import EntryRef
from projections.people import EMPLOYEES, EmployeeRow
from projections.rules.classes import ProductClasses
from projections.rules.day_rule import Facts
from projections.rules.rule import About, Hit, Parameters, Rule, Rules, hit_of_window
from projections.rules.seen import BOOKS_SEEN, COMPLAINTS_SEEN, BookRow, ComplaintSeen
from projections.rules.seen_sales import OVERRIDES_SEEN, SALES_SEEN, OverrideSeen, SaleSeen
from projections.rules.tails import binomial_upper, poisson_upper


class OverrideParameters(Parameters):
    """`minimum_count` overrides of one seller in `days`, and a chance below `alpha` at the others' rate."""

    days: int
    minimum_count: int
    alpha: float


class TopEarnerParameters(Parameters):
    """Sellers among the highest `top_bp` by amount sold in `days`, with complaints or cancellations that
    others' rates make less likely than `alpha`, at least `minimum_count` of them."""

    days: int
    top_bp: int
    minimum_sellers: int
    minimum_count: int
    alpha: float


class OrphanParameters(Parameters):
    """`customers` or more of a leaver who have nobody `days` after the last day."""

    days: int
    customers: int


OVERRIDE_INPUTS = ("seller", "overrides", "sales", "expected", "chance", "days")
EARNER_INPUTS = ("seller", "what", "count", "sales", "expected", "chance", "rank", "sellers", "days")
ORPHAN_INPUTS = ("seller", "customers", "last_day", "days")


def judge_overrides(rules: Rules, classes: ProductClasses, day: dt.date, facts: Facts) -> Iterator[Hit]:
    """Sellers with an override on this day and far more of them than others."""
    rule: Rule[OverrideParameters] = rules["R-SUIT-06"]
    asked = rule.parameters
    today = facts.between(OVERRIDES_SEEN, OverrideSeen, "confirmed_on", day, day)
    sellers = sorted({row.employee_id for row in today if row.employee_id is not None})
    if not sellers:
        return
    begin = day - dt.timedelta(days=asked.days - 1)
    overrides = facts.between(OVERRIDES_SEEN, OverrideSeen, "confirmed_on", begin, day)
    counts = Counter(row.employee_id for row in overrides if row.employee_id is not None)
    if max(counts[seller] for seller in sellers) < asked.minimum_count:
        return
    rated = [
        row
        for row in facts.between(SALES_SEEN, SaleSeen, "sold_on", begin, day)
        if row.risk_level not in (None, "R1") and row.seller_id is not None
    ]
    sales = Counter(row.seller_id for row in rated)
    for seller in sellers:
        count, own = counts[seller], max(sales[seller], counts[seller])
        others = max(sales.total() - sales[seller], 1)
        expected = own * (counts.total() - count + 1) / others
        chance = poisson_upper(count, expected)
        if count < asked.minimum_count or chance >= asked.alpha:
            continue
        mine = [row for row in overrides if row.employee_id == seller]
        yield hit_of_window(
            rule,
            f"employee/{seller}",
            (_quarter(day), day),
            inputs={
                "seller": seller,
                "overrides": count,
                "sales": sales[seller],
                "expected": expected,
                "chance": chance,
                "days": asked.days,
            },
            about=About(seller_id=seller, product_id=mine[-1].product_id),
            evidence=tuple(EntryRef(row.source, row.id) for row in mine),
        )


def judge_top_earners(rules: Rules, classes: ProductClasses, day: dt.date, facts: Facts) -> Iterator[Hit]:
    """At a month's end: those who sell most, and of whom customers complain or cancel far more often."""
    rule: Rule[TopEarnerParameters] = rules["R-PEOP-05"]
    asked = rule.parameters
    if day.day != calendar.monthrange(day.year, day.month)[1]:
        return
    begin = day - dt.timedelta(days=asked.days - 1)
    groups: dict[tuple[str, str], list[SaleSeen]] = defaultdict(list)
    for row in facts.between(SALES_SEEN, SaleSeen, "sold_on", begin, day):
        if row.seller_id is not None and row.amount_minor is not None and row.currency is not None:
            groups[row.legal_entity or "", row.currency].append(row)
    if not groups:
        return
    complaints = facts.between(COMPLAINTS_SEEN, ComplaintSeen, "received_on", begin, day)
    for _, sales in sorted(groups.items()):
        yield from _top_of(rule, sales, complaints, day)


def judge_orphans(rules: Rules, classes: ProductClasses, day: dt.date, facts: Facts) -> Iterator[Hit]:
    """Customers of somebody who left, still without anyone when the days of grace have passed."""
    rule: Rule[OrphanParameters] = rules["R-PEOP-01"]
    asked = rule.parameters
    last_day = day - dt.timedelta(days=asked.days)
    for leaver in facts.between(EMPLOYEES, EmployeeRow, "last_day", last_day, last_day):
        if leaver.employee_id is None:
            continue
        orphans = _orphans(facts, leaver.employee_id, day)
        if len(orphans) < asked.customers:
            continue
        yield hit_of_window(
            rule,
            leaver.subject,
            (last_day, day),
            inputs={
                "seller": leaver.employee_id,
                "customers": len(orphans),
                "last_day": last_day,
                "days": asked.days,
            },
            about=About(
                seller_id=leaver.employee_id, unit_id=leaver.unit_id, legal_entity=leaver.legal_entity
            ),
            evidence=tuple(EntryRef(row.source, row.id) for row in orphans),
        )


def _orphans(facts: Facts, employee_id: str, day: dt.date) -> list[BookRow]:
    """Customers who were the leaver's on that day, whoever has them since."""
    still = facts.matching(BOOKS_SEEN, BookRow, "manager_id", employee_id)
    since = facts.matching(BOOKS_SEEN, BookRow, "previous_id", employee_id)
    mine = [row for row in still if row.since is None or row.since <= day]
    mine += [row for row in since if row.since is not None and row.since > day]
    return [row for row in mine if row.ended_on is None or row.ended_on > day]


def _top_of(
    rule: Rule[TopEarnerParameters],
    sales: Sequence[SaleSeen],
    complaints: Sequence[ComplaintSeen],
    day: dt.date,
) -> Iterator[Hit]:
    asked = rule.parameters
    amounts: Counter[str] = Counter()
    of_seller: dict[str, list[SaleSeen]] = defaultdict(list)
    for row in sales:
        assert row.seller_id is not None
        assert row.amount_minor is not None
        amounts[row.seller_id] += row.amount_minor
        of_seller[row.seller_id].append(row)
    if len(amounts) < asked.minimum_sellers:
        return
    ranked = sorted(amounts, key=lambda seller: (-amounts[seller], seller))
    top = ranked[: max(1, len(ranked) * asked.top_bp // 10_000)]
    complained = [row for row in complaints if row.seller_id in amounts and not row.duplicate]
    cancelled = [row for row in sales if row.cancelled_on is not None and row.cancelled_on <= day]
    for rank, seller in enumerate(top, start=1):
        own = len(of_seller[seller])
        share = own / len(sales)
        for what, rows in (("complaints", complained), ("cancellations", cancelled)):
            mine = [row for row in rows if row.seller_id == seller]
            expected = (len(rows) - len(mine) + 1) * share / (1 - share) if share < 1 else float(len(mine))
            chance = binomial_upper(len(mine), len(rows), share)
            chance = max(chance, poisson_upper(len(mine), expected))
            if len(mine) < asked.minimum_count or chance >= asked.alpha:
                continue
            yield hit_of_window(
                rule,
                f"employee/{seller}",
                (_quarter(day), day),
                inputs={
                    "seller": seller,
                    "what": what,
                    "count": len(mine),
                    "sales": own,
                    "expected": expected,
                    "chance": chance,
                    "rank": rank,
                    "sellers": len(ranked),
                    "days": asked.days,
                },
                about=About(
                    seller_id=seller,
                    unit_id=of_seller[seller][-1].unit_id,
                    legal_entity=of_seller[seller][-1].legal_entity,
                ),
                evidence=tuple(EntryRef(row.source, row.id) for row in mine),
                cell=(what,),
            )


def _quarter(day: dt.date) -> dt.date:
    return dt.date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
