"""R-SALE-01: the steps that a product's class asks for before a sale, in their order.

Judged when the sale's day is closed, so that a step that came late, but happened in time, still counts. A
step that the sale names by id must be on record; one that must be there and is nowhere breaks the order too.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from events.channels import ChannelType
from events.event_type import EntryRef
from events.known import KnownProduct
from events.vocabulary import ProductCategory
from projections.channels import CHANNELS, ChannelRow
from projections.rules.classes import ProductClasses, class_of
from projections.rules.day_rule import Facts
from projections.rules.rule import About, Hit, Parameters, Rule, Rules, hit_of_entry
from projections.rules.seen_sales import SALES_SEEN, STEPS_SEEN, SaleSeen, Step, StepsRow

StepKind = Literal["profile", "need", "match", "disclosure", "recording"]


class ExpectedStep(BaseModel):
    """A step; `must` says that a sale without it breaks the order, `must_in` that one through a channel of
    these types does; else only a late step does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: StepKind
    must: bool = False
    must_in: tuple[ChannelType, ...] = ()


class StepOrderParameters(Parameters):
    """Per product class the steps in their order, looked for within `look_back_days` (profiles: ever). A step
    counts as missing once `wait_days` have passed: files come late."""

    orders: dict[str, tuple[ExpectedStep, ...]]
    look_back_days: int
    wait_days: int


INPUTS = ("sale", "product", "product_class", "sold_on", "broken", "expected", "found")


def judge_step_order(rules: Rules, classes: ProductClasses, day: dt.date, facts: Facts) -> Iterator[Hit]:
    """Sales of a day whose steps stand after what they should come before; and sales of which, after the
    days of waiting, steps are missing still."""
    rule: Rule[StepOrderParameters] = rules["R-SALE-01"]
    wait = dt.timedelta(days=rule.parameters.wait_days)
    waited = facts.between(SALES_SEEN, SaleSeen, "sold_on", day - wait, day - wait) if wait else ()
    concerned = [
        (row, order)
        for row in (*facts.between(SALES_SEEN, SaleSeen, "sold_on", day, day), *waited)
        if (order := _expected(rule.parameters, classes, row))
    ]
    steps = facts.rows(STEPS_SEEN, StepsRow, [(row.subject,) for row, _ in concerned]) if concerned else {}
    for row, (product_class, expected) in concerned:
        found = steps.get((row.subject,))
        assert row.sold_on is not None, "rows are found by this day"
        is_over = row.sold_on + wait <= facts.days[1]
        needed = frozenset(
            one.step for one in expected if is_over and (_is_named(one.step, row) or _must(one, row, facts))
        )
        hit = _judged(rule, row, product_class, expected, needed, found.steps if found is not None else ())
        if hit is not None:
            yield hit


def _expected(
    asked: StepOrderParameters, classes: ProductClasses, row: SaleSeen
) -> tuple[str, tuple[ExpectedStep, ...]] | None:
    if row.category is None:
        return None
    category: ProductCategory = row.category  # type: ignore[assignment]  # stamped from this set
    product = KnownProduct(state="known", category=category, subtype=row.subtype)
    product_class = class_of(classes, product)
    if product_class is None or product_class not in asked.orders:
        return None
    return product_class, asked.orders[product_class]


def _must(one: ExpectedStep, row: SaleSeen, facts: Facts) -> bool:
    if one.must or not one.must_in or row.channel_id is None:
        return one.must
    key = (f"channel/{row.channel_id}",)
    channel = facts.rows(CHANNELS, ChannelRow, [key]).get(key)
    return channel is not None and channel.channel_type in one.must_in


def _judged(
    rule: Rule[StepOrderParameters],
    row: SaleSeen,
    product_class: str,
    expected: Sequence[ExpectedStep],
    needed: frozenset[StepKind],
    steps: Sequence[Step],
) -> Hit | None:
    broken: list[str] = []
    taken: list[Step] = []
    for one in expected:
        candidates = [step for step in steps if _belongs(rule.parameters, one.step, step, row)]
        in_time = [step for step in candidates if _before_sale(step, row)]
        in_order = [step for step in in_time if not taken or _not_before(step, taken[-1])]
        if in_order:
            taken.append(min(in_order, key=_moment))
        elif one.step not in needed and not _is_named(one.step, row):
            continue  # what is there may belong to another sale of the same product
        elif in_time:
            broken.append(f"{one.step} before {taken[-1].kind}")
        elif candidates:
            broken.append(f"{one.step} after the sale")
        elif one.step in needed:
            broken.append(f"{one.step} missing")
    if not broken:
        return None
    return hit_of_entry(
        rule,
        row.subject,
        EntryRef(row.source, row.id),
        inputs={
            "sale": row.sale_id,
            "product": row.product_id,
            "product_class": product_class,
            "sold_on": row.sold_on,
            "broken": tuple(broken),
            "expected": tuple(one.step for one in expected),
            "found": tuple(step.kind for step in sorted(taken, key=_moment)),
        },
        on=row.sold_on,
        about=about_sale(row),
        evidence=tuple(step.entry for step in taken),
    )


def _belongs(asked: StepOrderParameters, kind: StepKind, step: Step, row: SaleSeen) -> bool:
    """Whether a step is one for this sale: named by it, else about its product, or about none."""
    if step.kind != kind:
        return False
    named = _names(kind, row)
    if named:
        return step.name in named
    if step.product_id is not None and step.product_id != row.product_id:
        return False
    if kind == "profile" or step.on is None or row.sold_on is None:
        return True
    return abs((row.sold_on - step.on).days) <= asked.look_back_days


def _names(kind: StepKind, row: SaleSeen) -> tuple[str, ...]:
    if kind == "match":
        return () if row.check_id is None else (row.check_id,)
    if kind == "disclosure":
        return row.disclosure_ids
    if kind == "recording":
        return () if row.recording_id is None else (row.recording_id,)
    if kind == "need":
        return () if row.need_id is None else (row.need_id,)
    return ()


def _is_named(kind: StepKind, row: SaleSeen) -> bool:
    return bool(_names(kind, row))


def _before_sale(step: Step, row: SaleSeen) -> bool:
    if step.at is not None and row.sold_at is not None:
        return step.at <= row.sold_at
    return step.on is None or row.sold_on is None or step.on <= row.sold_on


def _not_before(step: Step, other: Step) -> bool:
    if step.at is not None and other.at is not None:
        return step.at >= other.at
    return step.on is None or other.on is None or step.on >= other.on


def _moment(step: Step) -> tuple[dt.date, dt.datetime, str]:
    at = step.at or dt.datetime.min.replace(tzinfo=dt.UTC)
    return step.on or dt.date.min, at, step.entry.id


def about_sale(row: SaleSeen) -> About:
    """Whom and what a sale concerns."""
    kind, _, identifier = row.subject.partition("/")
    return About(
        customer_id=identifier if kind == "customer" else None,
        product_id=row.product_id,
        seller_id=row.seller_id,
        unit_id=row.unit_id,
        channel_id=row.channel_id,
        legal_entity=row.legal_entity,
    )
