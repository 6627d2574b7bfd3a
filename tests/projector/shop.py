"""A small set of ledgers over real events, so that the projector's own tests do not follow the business."""

import datetime as dt

from events import codec
from events.customers import CustomerDied, CustomerRegistered
from events.envelope import Entry, Envelope, Event
from events.sales import SaleCancelled, SaleConfirmed
from projections.fold import Declarations
from projections.ledger import Key, Ledger, Row, change
from projections.tally import Tally
from services.journal.port import Record

NOON = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)


class CustomerRow(Row, frozen=True):
    subject: str
    legal_entity: str | None
    registered_on: dt.date | None
    sales: int
    cancelled: int


class SaleRow(Row, frozen=True):
    subject: str
    sale_id: str
    product_id: str | None
    currency: str | None
    amount_minor: int | None
    confirmed_on: dt.date | None
    cancelled_on: dt.date | None


def post_registered(
    key: Key, row: CustomerRow | None, event: CustomerRegistered, entry: Entry
) -> CustomerRow | None:
    row = row or CustomerRow(key[0], None, None, 0, 0)
    return change(row, legal_entity=event.legal_entity, registered_on=entry.occurred_on)


def post_died(key: Key, row: CustomerRow | None, event: CustomerDied, entry: Entry) -> CustomerRow | None:
    return None


def count_sale(key: Key, row: CustomerRow | None, event: SaleConfirmed, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(key[0], None, None, 0, 0)
    return change(row, sales=row.sales + 1)


def count_cancelled(key: Key, row: CustomerRow | None, event: SaleCancelled, entry: Entry) -> CustomerRow:
    row = row or CustomerRow(key[0], None, None, 0, 0)
    return change(row, cancelled=row.cancelled + 1)


def post_sale(key: Key, row: SaleRow | None, event: SaleConfirmed, entry: Entry) -> SaleRow:
    if event.amount_minor == 666:
        raise ValueError("a bug in a handler")
    row = row or SaleRow(key[0], key[1], None, None, None, None, None)
    return change(
        row,
        product_id=event.product_id,
        currency=event.currency,
        amount_minor=event.amount_minor,
        confirmed_on=entry.occurred_on,
    )


def post_cancelled(key: Key, row: SaleRow | None, event: SaleCancelled, entry: Entry) -> SaleRow:
    row = row or SaleRow(key[0], key[1], None, None, None, None, None)
    return change(row, cancelled_on=entry.occurred_on)


def subject_key(event: Event, entry: Entry) -> tuple[Key, ...]:
    return ((entry.subject,),)


def sale_key(event: SaleConfirmed | SaleCancelled, entry: Entry) -> tuple[Key, ...]:
    return ((entry.subject, event.sale_id),)


customers = Ledger(
    "customers",
    1,
    CustomerRow,
    ("subject",),
    subject_key,
    {
        CustomerRegistered: post_registered,
        CustomerDied: post_died,
        SaleConfirmed: count_sale,
        SaleCancelled: count_cancelled,
    },
)
sales = Ledger(
    "sales",
    1,
    SaleRow,
    ("subject", "sale_id"),
    sale_key,
    {SaleConfirmed: post_sale, SaleCancelled: post_cancelled},
)
sales_by_day = Tally(
    "sales_by_day",
    sales,
    by=("product_id", "currency", "confirmed_on"),
    measures=("amount_minor", "cancelled_on"),
    where="confirmed_on",
)
customers_by_entity = Tally("customers_by_entity", customers, by=("legal_entity",), measures=("sales",))
SHOP = Declarations((customers, sales), (sales_by_day, customers_by_entity))


def record(
    event: Event,
    subject: str,
    identifier: str,
    *,
    day: int = 0,
    source: str = "urn:test:branch",
    admitted: dt.datetime | None = None,
) -> Record:
    """A stored record as a door would have written it, `day` days after 4 May 2026."""
    event_type = codec.TYPE_OF[type(event)]
    happened = NOON + dt.timedelta(days=day)
    envelope = Envelope(
        specversion="1.0",
        id=identifier,
        source=source,
        type=event_type.name,
        subject=subject,
        dataschema=event_type.schema_urn(),
        time=happened,
        admittedtime=admitted or happened + dt.timedelta(seconds=1),
        data=codec.raw_json(event),
    )
    return Record(subject.encode(), codec.encode_json(envelope))
