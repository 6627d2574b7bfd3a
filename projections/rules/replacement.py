"""R-SALE-02: money taken out early and put at once into another product by the same seller (churning).

One ledger per customer. An early redemption alone is no hit: people buy houses. Only one that a replacement
follows, or goes just before, is; or a sale that itself names what it replaces.
"""

import datetime as dt
from collections.abc import Iterator
from functools import partial

import msgspec

from events.envelope import Entry
from events.event_type import EntryRef
from events.sales import PolicySurrendered, SaleConfirmed, SaleRedeemed
from projections.ledger import Key, Ledger, change
from projections.rules.classes import ProductClasses, class_of
from projections.rules.rule import (
    About,
    Hit,
    Parameters,
    Rule,
    RuleRow,
    Rules,
    about_of,
    added,
    hit_of_entry,
    ref,
)

KEPT = 60
"""Purchases and redemptions remembered per customer."""


class ReplacementParameters(Parameters):
    """Out within `early_days` of the purchase; in again within `replacement_days`, before or after; at least
    `proceeds_share_bp` of the money; the same seller, unless `any_seller`."""

    classes: tuple[str, ...]
    early_days: int
    replacement_days: int
    proceeds_share_bp: int
    any_seller: bool
    innocent_reasons: tuple[str, ...]


class Bought(msgspec.Struct, frozen=True):
    sale_id: str
    on: dt.date | None
    amount_minor: int | None
    currency: str | None
    replaces: tuple[str, ...]
    entry: EntryRef
    about: About


class Redeemed(msgspec.Struct, frozen=True):
    sale_id: str
    on: dt.date | None
    amount_minor: int | None
    currency: str | None
    reason: str | None
    entry: EntryRef


class ReplacementRow(RuleRow, frozen=True):
    subject: str
    bought: tuple[Bought, ...]
    redeemed: tuple[Redeemed, ...]
    hits: tuple[Hit, ...]


INPUTS = (
    "old_sale",
    "old_product",
    "bought_on",
    "redeemed_on",
    "days_held",
    "new_sale",
    "new_product",
    "new_bought_on",
    "seller",
    "pairs",
)


def replacement_ledger(rules: Rules, classes: ProductClasses) -> Ledger:
    """Purchases and redemptions of one customer, and the pairs in which one replaced the other."""
    rule: Rule[ReplacementParameters] = rules["R-SALE-02"]
    return Ledger(
        "rule_replacement",
        1,
        ReplacementRow,
        ("subject",),
        partial(_keys, rule, classes),
        {
            SaleConfirmed: partial(_post_sale, rule),
            SaleRedeemed: partial(_post_redeemed, rule),
            PolicySurrendered: partial(_post_redeemed, rule),
        },
        about="purchases and early redemptions of a customer, as the churning rule reads them",
    )


def _keys(
    rule: Rule[ReplacementParameters],
    classes: ProductClasses,
    event: SaleConfirmed | SaleRedeemed | PolicySurrendered,
    entry: Entry,
) -> tuple[Key, ...]:
    if event.customer_id is None:
        return ()
    if isinstance(event, SaleConfirmed):
        product = event.known.product if event.known is not None else None
        if class_of(classes, product) not in rule.parameters.classes:
            return ()
    return ((entry.subject,),)


def _post_sale(
    rule: Rule[ReplacementParameters],
    key: Key,
    row: ReplacementRow | None,
    event: SaleConfirmed,
    entry: Entry,
) -> ReplacementRow:
    about = about_of(event)
    bought = Bought(
        event.sale_id,
        entry.occurred_on,
        event.amount_minor,
        event.currency,
        event.replaces_sale_ids,
        ref(entry),
        about,
    )
    row = row or ReplacementRow(key[0], (), (), ())
    return _judged(rule, change(row, bought=(*row.bought, bought)[-KEPT:]), ref(entry))


def _post_redeemed(
    rule: Rule[ReplacementParameters],
    key: Key,
    row: ReplacementRow | None,
    event: SaleRedeemed | PolicySurrendered,
    entry: Entry,
) -> ReplacementRow:
    redeemed = Redeemed(
        event.sale_id, entry.occurred_on, event.amount_minor, event.currency, event.reason, ref(entry)
    )
    row = row or ReplacementRow(key[0], (), (), ())
    return _judged(rule, change(row, redeemed=(*row.redeemed, redeemed)[-KEPT:]), ref(entry))


def _judged(rule: Rule[ReplacementParameters], row: ReplacementRow, completing: EntryRef) -> ReplacementRow:
    """One hit per replaced sale, completed by whichever of its entries came last."""
    pairs = list(_pairs(rule.parameters, row))
    seen = {value for hit in row.hits for name, value in hit.inputs if name == "old_sale"}
    hits = row.hits
    for old, out, new in pairs:
        if old.sale_id not in seen:
            seen.add(old.sale_id)
            hits = added(hits, (_hit(rule, row, old, out, new, len(pairs), completing),))
    return change(row, hits=hits)


def _pairs(asked: ReplacementParameters, row: ReplacementRow) -> Iterator[tuple[Bought, Redeemed, Bought]]:
    for old in sorted(row.bought, key=lambda one: (str(one.on), one.sale_id)):
        for out in row.redeemed:
            if out.sale_id == old.sale_id and _early(asked, old, out):
                new = _replacement(asked, row, old, out)
                if new is not None:
                    yield old, out, new
                    break


def _early(asked: ReplacementParameters, old: Bought, out: Redeemed) -> bool:
    if old.on is None or out.on is None or out.reason in asked.innocent_reasons:
        return False
    return 0 <= (out.on - old.on).days <= asked.early_days


def _replacement(
    asked: ReplacementParameters, row: ReplacementRow, old: Bought, out: Redeemed
) -> Bought | None:
    """The purchase that took the place of `old`, the nearest in time if there are several."""
    near = [one for one in row.bought if _replaces(asked, old, out, one)]
    assert out.on is not None
    day = out.on
    return min(near, key=lambda one: (abs((one.on or day) - day), one.sale_id), default=None)


def _replaces(asked: ReplacementParameters, old: Bought, out: Redeemed, new: Bought) -> bool:
    if new.sale_id == old.sale_id or new.on is None or out.on is None or old.on is None:
        return False
    if old.sale_id in new.replaces:
        return True
    if new.on <= old.on or abs((new.on - out.on).days) > asked.replacement_days:
        return False
    same = old.about.seller_id is not None and new.about.seller_id == old.about.seller_id
    if not (asked.any_seller or same) or new.currency != out.currency:
        return False
    if new.amount_minor is None or out.amount_minor is None:
        return True
    return new.amount_minor * 10_000 >= out.amount_minor * asked.proceeds_share_bp


def _hit(
    rule: Rule[ReplacementParameters],
    row: ReplacementRow,
    old: Bought,
    out: Redeemed,
    new: Bought,
    pairs: int,
    completing: EntryRef,
) -> Hit:
    assert old.on is not None
    assert out.on is not None
    days = [one.on for one in (out, new) if one.on is not None]
    return hit_of_entry(
        rule,
        row.subject,
        completing,
        inputs={
            "old_sale": old.sale_id,
            "old_product": old.about.product_id,
            "bought_on": old.on,
            "redeemed_on": out.on,
            "days_held": (out.on - old.on).days,
            "new_sale": new.sale_id,
            "new_product": new.about.product_id,
            "new_bought_on": new.on,
            "seller": new.about.seller_id,
            "pairs": pairs,
        },
        on=max(days),
        about=new.about,
        evidence=(old.entry, out.entry, new.entry),
    )
