"""What day rules look at of sales: the sales themselves, the steps before them, overrides; one ledger each.

Rows are slim and name their entries, because a signal must give its evidence. Nothing here judges.
"""

import datetime as dt
from typing import Any

import msgspec

from events.advice import (
    DisclosureAcknowledged,
    DualRecordingStored,
    NeedRecorded,
    SuitabilityChecked,
    SuitabilityOverrideConfirmed,
)
from events.customers import RiskProfileAssessed
from events.envelope import Entry, Event
from events.event_type import EntryRef
from events.sales import SaleCancelled, SaleConfirmed
from projections.ledger import Key, Ledger, Row, change
from projections.rules.rule import ref

KEPT_STEPS = 80


class SaleSeen(Row, frozen=True):
    """A sale as seller rules and the order of steps count it."""

    subject: str
    sale_id: str
    sold_on: dt.date | None = None
    sold_at: dt.datetime | None = None
    category: str | None = None
    subtype: str | None = None
    risk_level: str | None = None
    legal_entity: str | None = None
    product_id: str | None = None
    seller_id: str | None = None
    unit_id: str | None = None
    channel_id: str | None = None
    currency: str | None = None
    amount_minor: int | None = None
    professional: bool = False
    check_id: str | None = None
    disclosure_ids: tuple[str, ...] = ()
    recording_id: str | None = None
    need_id: str | None = None
    cancelled_on: dt.date | None = None
    source: str = ""
    id: str = ""


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that belongs before a sale: which, about what, and when."""

    kind: str
    name: str | None
    product_id: str | None
    on: dt.date | None
    at: dt.datetime | None
    entry: EntryRef


class StepsRow(Row, frozen=True):
    """The steps of one customer (or application), the last ones."""

    subject: str
    steps: tuple[Step, ...]


class OverrideSeen(Row, frozen=True):
    """A suitability warning that a customer confirmed, and who was there."""

    subject: str
    source: str
    id: str
    confirmed_on: dt.date | None
    employee_id: str | None
    product_id: str


def _sale(key: Key, row: SaleSeen | None, event: SaleConfirmed, entry: Entry) -> SaleSeen:
    product = event.known.product if event.known is not None else None
    unit_id = event.unit_id
    if unit_id is None and event.known is not None and event.known.seller is not None:
        unit_id = event.known.seller.unit_id
    return change(
        row or SaleSeen(*key),
        sold_on=entry.occurred_on,
        sold_at=entry.occurred_at,
        category=None if product is None else product.category,
        subtype=None if product is None else product.subtype,
        risk_level=None if product is None else product.risk_level,
        legal_entity=event.legal_entity,
        product_id=event.product_id,
        seller_id=event.seller_id,
        unit_id=unit_id,
        channel_id=event.channel_id,
        currency=event.currency,
        amount_minor=event.amount_minor,
        professional=event.customer_class == "professional",
        check_id=event.suitability_check_id,
        disclosure_ids=event.disclosure_ids,
        recording_id=event.recording_id,
        need_id=event.need_id,
        source=entry.source,
        id=entry.id,
    )


def _cancelled(key: Key, row: SaleSeen | None, event: SaleCancelled, entry: Entry) -> SaleSeen:
    return change(row or SaleSeen(*key), cancelled_on=entry.occurred_on)


def _sale_keys(event: SaleConfirmed | SaleCancelled, entry: Entry) -> tuple[Key, ...]:
    return ((entry.subject, event.sale_id),)


def _step(key: Key, row: StepsRow | None, event: Any, entry: Entry) -> StepsRow:
    kind, name = _STEP_KINDS[type(event)]
    step = Step(
        kind,
        None if name is None else getattr(event, name),
        getattr(event, "product_id", None),
        entry.occurred_on,
        entry.occurred_at,
        ref(entry),
    )
    row = row or StepsRow(key[0], ())
    return change(row, steps=(*row.steps, step)[-KEPT_STEPS:])


_STEP_KINDS: dict[type[Event], tuple[str, str | None]] = {
    RiskProfileAssessed: ("profile", None),
    NeedRecorded: ("need", "need_id"),
    SuitabilityChecked: ("match", "check_id"),
    DisclosureAcknowledged: ("disclosure", "disclosure_id"),
    DualRecordingStored: ("recording", "recording_id"),
}
"""Events that are steps before a sale, the word that a pack uses, and the field that a sale names it by."""


def _override(
    key: Key, row: OverrideSeen | None, event: SuitabilityOverrideConfirmed, entry: Entry
) -> OverrideSeen:
    return OverrideSeen(key[0], key[1], key[2], entry.occurred_on, event.employee_id, event.product_id)


def _entry_keys(event: Event, entry: Entry) -> tuple[Key, ...]:
    return ((entry.subject, entry.source, entry.id),)


def _subject_key(event: Event, entry: Entry) -> tuple[Key, ...]:
    return ((entry.subject,),)


SALES_SEEN = Ledger(
    "sales_seen",
    1,
    SaleSeen,
    ("subject", "sale_id"),
    _sale_keys,
    {SaleConfirmed: _sale, SaleCancelled: _cancelled},
    indexes=(("sold_on",),),
)
STEPS_SEEN = Ledger("steps_seen", 1, StepsRow, ("subject",), _subject_key, dict.fromkeys(_STEP_KINDS, _step))
OVERRIDES_SEEN = Ledger(
    "overrides_seen",
    1,
    OverrideSeen,
    ("subject", "source", "id"),
    _entry_keys,
    {SuitabilityOverrideConfirmed: _override},
    written_once=True,
    indexes=(("confirmed_on",),),
)
