"""The job that stream engines are measured with: one row per customer, one row per product and month.

It runs through the product's own projector, so `entries` (duplicate memory, timeline) is written as well. The
second ledger is kept per partition, as a tally is: its key begins with product and partition, not a subject.
"""

import datetime as dt

from events.envelope import Entry
from events.sales import SaleConfirmed
from projections.fold import Declarations
from projections.ledger import Key, Ledger, Row


class BuyerRow(Row, frozen=True):
    subject: str
    purchases: int
    amount_minor: int
    first_on: dt.date | None
    last_on: dt.date | None


class TurnoverRow(Row, frozen=True):
    subject: str
    month: str
    purchases: int
    amount_minor: int


def post_buyer(key: Key, row: BuyerRow | None, event: SaleConfirmed, entry: Entry) -> BuyerRow:
    amount = event.amount_minor or 0
    if row is None:
        return BuyerRow(key[0], 1, amount, entry.occurred_on, entry.occurred_on)
    return BuyerRow(
        row.subject, row.purchases + 1, row.amount_minor + amount, row.first_on, entry.occurred_on
    )


def post_turnover(key: Key, row: TurnoverRow | None, event: SaleConfirmed, entry: Entry) -> TurnoverRow:
    amount = event.amount_minor or 0
    if row is None:
        return TurnoverRow(key[0], key[1], 1, amount)
    return TurnoverRow(row.subject, row.month, row.purchases + 1, row.amount_minor + amount)


def buyer_key(event: SaleConfirmed, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject,),)


def turnover_key(event: SaleConfirmed, entry: Entry) -> tuple[Key, ...]:
    assert entry.occurred_on is not None
    month = entry.occurred_on.isoformat()[:7]
    return ((f"{event.product_id}@{entry.position.partition}", month),)


TWO_TABLES = Declarations(
    (
        Ledger("buyers", 1, BuyerRow, ("subject",), buyer_key, {SaleConfirmed: post_buyer}),
        Ledger(
            "turnover", 1, TurnoverRow, ("subject", "month"), turnover_key, {SaleConfirmed: post_turnover}
        ),
    )
)
