"""Facts of a small bank as stored records, stamped as the door would stamp them."""

import datetime as dt

import msgspec

from events import codec
from events.customers import RiskProfileAssessed
from events.envelope import Envelope, Event
from events.known import KnownChannel, KnownProduct, KnownSale, KnownSeller
from events.sales import SaleConfirmed
from services.journal.port import Record

ZONE = "Asia/Shanghai"
SOURCE = "urn:test:branch"
START = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
"""Noon of a Monday in Shanghai; every `day` counts from here."""

FUND = {"category": "investment", "subtype": "equity_fund", "suitability_regime": "cn_csrc"}
WEALTH = {"category": "wealth", "subtype": "wealth_product", "suitability_regime": "cn_wealth"}


def at(day: float) -> dt.datetime:
    return START + dt.timedelta(days=day)


def on(day: int) -> dt.date:
    return START.date() + dt.timedelta(days=day)


def record(
    event: Event,
    identifier: str,
    day: float = 0,
    *,
    source: str = SOURCE,
    admitted: dt.datetime | None = None,
    sequence: str | None = None,
) -> Record:
    """A record that happened at noon of the day `day` and was admitted a second later."""
    event_type = codec.TYPE_OF[type(event)]
    subject = event_type.subject_of(event)
    assert subject is not None
    envelope = Envelope(
        specversion="1.0",
        id=identifier,
        source=source,
        type=event_type.name,
        subject=subject,
        dataschema=event_type.schema_urn(),
        time=at(day),
        sequence=sequence,
        admittedtime=admitted or at(day) + dt.timedelta(seconds=1),
        data=codec.raw_json(event),
    )
    return Record(subject.encode(), codec.encode_json(envelope))


def profile(
    customer: str, grade: str, *, until: dt.date | None = None, change: str | None = None
) -> RiskProfileAssessed:
    fields = {
        "customer_id": f"b:{customer}",
        "questionnaire_version": "1",
        "grade": grade,
        "valid_until": (until or on(365)).isoformat(),
    }
    made = msgspec.convert(fields, RiskProfileAssessed)
    return msgspec.structs.replace(made, material_change=change)


def known(
    *,
    level: str | None = "R2",
    status: str = "on_sale",
    product: dict[str, str] | None = None,
    channel: KnownChannel | None = None,
    seller: KnownSeller | None = None,
) -> KnownSale:
    stamped = {"state": "known", "status": status} | (WEALTH if product is None else product)
    if level is not None:
        stamped["risk_level"] = level
    return KnownSale(product=msgspec.convert(stamped, KnownProduct), channel=channel, seller=seller)


def sale(
    number: str, customer: str | None = "1", stamped: KnownSale | None = None, **more: object
) -> SaleConfirmed:
    fields: dict[str, object] = {
        "sale_id": f"b:{number}",
        "legal_entity": "CN",
        "product_id": "b:p1",
        "amount_minor": 8_000_000,
        "currency": "CNY",
    }
    if customer is not None:
        fields["customer_id"] = f"b:{customer}"
    event = msgspec.convert(fields | more, SaleConfirmed)
    return msgspec.structs.replace(event, known=known() if stamped is None else stamped)


def event(struct: type[Event], **fields: object) -> Event:
    """An event from plain values."""
    return msgspec.convert(fields, struct)
