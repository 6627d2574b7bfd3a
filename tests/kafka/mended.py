"""The shop's declarations as they are after a handler was mended: the same fingerprint, no exception."""

from events.envelope import Entry
from events.sales import SaleCancelled, SaleConfirmed
from projections.fold import Declarations
from projections.ledger import Key, Ledger, change
from projections.tally import Tally
from tests.projector import shop


def post_sale(key: Key, row: shop.SaleRow | None, event: SaleConfirmed, entry: Entry) -> shop.SaleRow:
    """As the shop's, for every amount."""
    row = row or shop.SaleRow(key[0], key[1], None, None, None, None, None)
    return change(
        row,
        product_id=event.product_id,
        currency=event.currency,
        amount_minor=event.amount_minor,
        confirmed_on=entry.occurred_on,
    )


sales = Ledger(
    "sales",
    1,
    shop.SaleRow,
    ("subject", "sale_id"),
    shop.sale_key,
    {SaleConfirmed: post_sale, SaleCancelled: shop.post_cancelled},
)
sales_by_day = Tally(
    "sales_by_day",
    sales,
    by=("product_id", "currency", "confirmed_on"),
    measures=("amount_minor", "cancelled_on"),
    where="confirmed_on",
)
MENDED = Declarations((shop.customers, sales), (sales_by_day, shop.customers_by_entity))
