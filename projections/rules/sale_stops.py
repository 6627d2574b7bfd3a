"""Hard stops on a sale: R-PROD-01, R-CHAN-01, R-CHAN-06, R-PEOP-03, R-PEOP-04, judged on what was stamped.

A sale that breaks one gets a row and its hits at once. A sale whose reference nobody knew gets a row that
waits: the day's close judges it against the watch's own reference ledgers, under the same signal ids.
"""

import datetime as dt
from collections.abc import Iterator
from functools import partial

from events.envelope import Entry
from events.event_type import EntryRef
from events.known import KnownChannel, KnownProduct, KnownSale
from events.sales import SaleConfirmed
from events.vocabulary import ChannelStatus, ProductStatus
from projections.ledger import Key, Ledger
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

SALE_STOPS = ("R-PROD-01", "R-CHAN-01", "R-CHAN-06", "R-PEOP-03", "R-PEOP-04")


class ProductStatusParameters(Parameters):
    """The states of a product in which it may not be sold."""

    refused: tuple[ProductStatus, ...]


class ChannelStatusParameters(Parameters):
    """The states of a channel in which it may not sell, and whether its licence must be valid."""

    refused: tuple[ChannelStatus, ...]
    licence_needed: bool


class ChannelProductParameters(Parameters):
    """R-CHAN-06 has nothing to set: the channel's own contract says what it may sell."""


class PermissionParameters(Parameters):
    """Per product class, any one of which licences (or certificates) the seller needs; classes left out
    need none."""

    needed: dict[str, tuple[str, ...]]


class SaleStopRow(RuleRow, frozen=True):
    """A stopped sale, or one that waits: `waiting_on` is its day while a reference is unknown."""

    subject: str
    sale_id: str
    source: str
    id: str
    sold_on: dt.date | None
    waiting_on: dt.date | None
    unknown: tuple[str, ...]
    about: About
    hits: tuple[Hit, ...]


def sale_stops_ledger(rules: Rules, classes: ProductClasses) -> Ledger:
    """The ledger of the hard stops that a pack holds."""
    return Ledger(
        "rule_sale_stops",
        1,
        SaleStopRow,
        ("subject", "sale_id"),
        partial(_keys, rules, classes),
        {SaleConfirmed: partial(_post_sale, rules, classes)},
        indexes=(("waiting_on",),),
        about="sales that break a hard stop, and sales whose references nobody knew yet",
    )


def judged(
    rules: Rules,
    classes: ProductClasses,
    subject: str,
    completing: EntryRef,
    on: dt.date | None,
    about: About,
    known: KnownSale,
) -> tuple[Hit, ...]:
    """The hard stops that a sale breaks; what is unknown is not judged."""
    case = _Case(rules, classes, subject, completing, on, about)
    return (*case.product(known.product), *case.channel(known), *case.seller(known))


def unknown_references(known: KnownSale) -> tuple[str, ...]:
    """Which of product, seller and channel was named and not found."""
    named = (("product", known.product), ("seller", known.seller), ("channel", known.channel))
    return tuple(name for name, one in named if one is not None and one.state == "unknown")


class _Case:
    """One sale under judgement."""

    def __init__(
        self,
        rules: Rules,
        classes: ProductClasses,
        subject: str,
        completing: EntryRef,
        on: dt.date | None,
        about: About,
    ) -> None:
        self._rules, self._classes = rules, classes
        self._subject, self._completing, self._on, self._about = subject, completing, on, about

    def product(self, product: KnownProduct) -> Iterator[Hit]:
        rule: Rule[ProductStatusParameters] | None = self._rules.get("R-PROD-01")
        if rule is None or product.state == "unknown" or product.status is None:
            return
        if product.status in rule.parameters.refused:
            yield self._hit(rule, status=product.status)

    def channel(self, known: KnownSale) -> Iterator[Hit]:
        channel = known.channel
        if channel is None or channel.state == "unknown":
            return
        stop: Rule[ChannelStatusParameters] | None = self._rules.get("R-CHAN-01")
        why = None if stop is None else _channel_fault(stop.parameters, channel)
        if stop is not None and why is not None:
            yield self._hit(stop, channel=self._about.channel_id, status=why)
        other = self._rules.get("R-CHAN-06")
        if other is not None and channel.product_authorised is False and known.product.state != "unknown":
            yield self._hit(other, channel=self._about.channel_id)

    def seller(self, known: KnownSale) -> Iterator[Hit]:
        product_class = class_of(self._classes, known.product)
        if known.seller is None or known.seller.state == "unknown" or product_class is None:
            return
        for rule_id, held in (
            ("R-PEOP-03", known.seller.licences),
            ("R-PEOP-04", known.seller.certificates),
        ):
            rule: Rule[PermissionParameters] | None = self._rules.get(rule_id)
            needed = () if rule is None else rule.parameters.needed.get(product_class, ())
            if rule is not None and needed and not set(needed) & set(held):
                yield self._hit(
                    rule,
                    seller=self._about.seller_id,
                    product_class=product_class,
                    needed=needed,
                    held=held,
                )

    def _hit(self, rule: Rule[Parameters], **inputs: object) -> Hit:
        shared = {"product": self._about.product_id, "sold_on": self._on}
        return hit_of_entry(
            rule, self._subject, self._completing, inputs=shared | inputs, on=self._on, about=self._about
        )


def _channel_fault(asked: ChannelStatusParameters, channel: KnownChannel) -> str | None:
    if channel.status in asked.refused:
        return str(channel.status)
    if asked.licence_needed and channel.licence_valid is False:
        return "licence expired"
    return None


def unknown_at_close(rules: Rules, row: SaleStopRow, known: KnownSale) -> tuple[Hit, ...]:
    """A sale whose product is still unknown when its day closes was a sale of an unknown product; the same
    for its channel."""
    hits: list[Hit] = []
    completing = EntryRef(row.source, row.id)
    product, channel = rules.get("R-PROD-01"), rules.get("R-CHAN-01")
    shared = {"product": row.about.product_id, "sold_on": row.sold_on, "status": "unknown"}
    if product is not None and known.product.state == "unknown":
        hits.append(
            hit_of_entry(product, row.subject, completing, inputs=shared, on=row.sold_on, about=row.about)
        )
    if channel is not None and known.channel is not None and known.channel.state == "unknown":
        inputs = shared | {"channel": row.about.channel_id}
        hits.append(
            hit_of_entry(channel, row.subject, completing, inputs=inputs, on=row.sold_on, about=row.about)
        )
    return tuple(hits)


def _keys(rules: Rules, classes: ProductClasses, event: SaleConfirmed, entry: Entry) -> tuple[Key, ...]:
    if event.known is None:
        return ()
    on = entry.occurred_on
    known = event.known
    if unknown_references(known):
        return ((entry.subject, event.sale_id),)
    hits = judged(rules, classes, entry.subject, ref(entry), on, about_of(event), known)
    return ((entry.subject, event.sale_id),) if hits else ()


def _post_sale(
    rules: Rules,
    classes: ProductClasses,
    key: Key,
    row: SaleStopRow | None,
    event: SaleConfirmed,
    entry: Entry,
) -> SaleStopRow:
    assert event.known is not None, "the key function leaves unstamped sales out"
    about, unknown = about_of(event), unknown_references(event.known)
    hits = judged(rules, classes, entry.subject, ref(entry), entry.occurred_on, about, event.known)
    day = entry.occurred_on or entry.admitted_at.date()
    return SaleStopRow(
        key[0],
        key[1],
        entry.source,
        entry.id,
        entry.occurred_on,
        day if unknown else None,
        unknown,
        about,
        added(row.hits if row is not None else (), hits),
    )
