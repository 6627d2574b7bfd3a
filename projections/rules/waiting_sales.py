"""Hard stops on sales whose product, seller or channel nobody knew at the door, judged at the day's close.

The watch's own reference ledgers say by then what was true on the day of the sale; what is unknown still was
a sale of an unknown product, or by an unknown channel. The signal ids are those of a judgement at once.
"""

import datetime as dt
from collections.abc import Iterator

from events.event_type import EntryRef
from events.known import KnownSale
from projections.channels import CHANNELS, ChannelRow
from projections.known import known_channel, known_product, known_seller
from projections.ledger import Ledger
from projections.people import EMPLOYEES, EmployeeRow
from projections.products import PRODUCTS, ProductRow
from projections.rules.classes import ProductClasses
from projections.rules.day_rule import Facts, R
from projections.rules.rule import Hit, Rules
from projections.rules.sale_stops import SaleStopRow, judged, sale_stops_ledger, unknown_at_close


def judge_waiting_sales(rules: Rules, classes: ProductClasses, day: dt.date, facts: Facts) -> Iterator[Hit]:
    """The hard stops that waiting sales of a day break, now that their references can be looked up."""
    ledger = sale_stops_ledger(rules, classes)
    for row in facts.between(ledger, SaleStopRow, "waiting_on", day, day):
        known = _looked_up(row, facts)
        told = {hit.signal_id for hit in row.hits}
        completing = EntryRef(row.source, row.id)
        found = judged(rules, classes, row.subject, completing, row.sold_on, row.about, known)
        for hit in (*found, *unknown_at_close(rules, row, known)):
            if hit.signal_id not in told:
                yield hit


def _looked_up(row: SaleStopRow, facts: Facts) -> KnownSale:
    about, on = row.about, row.sold_on
    product = _one(facts, PRODUCTS, ProductRow, f"product/{about.product_id}")
    seller = channel = None
    if about.seller_id is not None:
        seller = known_seller(_one(facts, EMPLOYEES, EmployeeRow, f"employee/{about.seller_id}"), on)
    if about.channel_id is not None:
        found = _one(facts, CHANNELS, ChannelRow, f"channel/{about.channel_id}")
        channel = known_channel(found, about.product_id, on)
    return KnownSale(product=known_product(product, on), seller=seller, channel=channel)


def _one(facts: Facts, ledger: Ledger, row: type[R], subject: str) -> R | None:
    return facts.rows(ledger, row, [(subject,)]).get((subject,))
