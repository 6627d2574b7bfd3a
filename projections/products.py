"""Products: the catalogue as it was on any day, and the price book.

The door's stamper asks it through projections/known.py what was true when a sale happened, so every part
that can change is a dated history.
"""

import datetime as dt

import msgspec

from events.envelope import Entry
from events.products import (
    PriceSet,
    ProductApprovalRevoked,
    ProductApproved,
    ProductPositioned,
    ProductRegistered,
    ProductRiskLevelChanged,
    ProductSpecified,
    ProductWithdrawn,
)
from events.vocabulary import ProductCategory, SuitabilityRegime
from projections.ledger import Key, Ledger, Row, change, latest
from projections.steps import Dated, by_subject, put, stands


class Price(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the price book, in force from `since`."""

    since: dt.date | None
    price_version: str
    fee_minor: int | None = None
    currency: str | None = None
    rate_bp: int | None = None


class Approval(msgspec.Struct, frozen=True, omit_defaults=True):
    """A version approved, or its approval taken back."""

    since: dt.date | None
    product_version: str
    approved: bool


class ProductRow(Row, frozen=True):
    """A product; `status` and `risk_level` are the latest, the histories say what was in force before."""

    subject: str
    product_id: str | None = None
    name: str | None = None
    category: ProductCategory | None = None
    subtype: str | None = None
    issuer: str | None = None
    legal_entity: str | None = None
    suitability_regime: SuitabilityRegime | None = None
    principal_at_risk: bool = False
    complex_flag: bool = False
    recording_required: bool = False
    currency: str | None = None
    term_days: int | None = None
    cooling_off_kind: str | None = None
    cooling_off_days: int | None = None
    issuer_rating: str | None = None
    seller_rating: str | None = None
    registered_on: dt.date | None = None
    status: str = "not_yet"
    risk_level: str | None = None
    product_version: str | None = None
    statuses: tuple[Dated, ...] = ()
    risk_levels: tuple[Dated, ...] = ()
    versions: tuple[Dated, ...] = ()
    approvals: tuple[Approval, ...] = ()
    positions: tuple[Dated, ...] = ()
    prices: tuple[Price, ...] = ()


def _registered(key: Key, row: ProductRow | None, event: ProductRegistered, entry: Entry) -> ProductRow:
    row = row or ProductRow(*key)
    on = entry.occurred_on
    level = event.risk_level or _higher(event.issuer_rating, event.seller_rating)
    if level is not None:
        row = change(row, risk_levels=put(row.risk_levels, Dated(on, level)))
    row = change(
        row,
        statuses=put(row.statuses, Dated(on, "on_sale")),
        versions=put(row.versions, Dated(on, event.product_version)),
    )
    if row.product_id is None or stands(on, row.registered_on):
        row = change(
            row,
            product_id=event.product_id,
            name=event.name,
            category=event.category,
            subtype=event.subtype,
            issuer=event.issuer,
            legal_entity=event.legal_entity,
            suitability_regime=event.suitability_regime,
            principal_at_risk=event.principal_at_risk,
            complex_flag=event.complex_flag,
            recording_required=event.recording_required,
            currency=event.currency,
            term_days=event.term_days,
            cooling_off_kind=None if event.cooling_off is None else event.cooling_off.kind,
            cooling_off_days=None if event.cooling_off is None else event.cooling_off.days,
            issuer_rating=event.issuer_rating,
            seller_rating=event.seller_rating,
            registered_on=latest(row.registered_on, on),
        )
    return _latest(row)


def _rated(key: Key, row: ProductRow | None, event: ProductRiskLevelChanged, entry: Entry) -> ProductRow:
    row = row or ProductRow(*key)
    return _latest(change(row, risk_levels=put(row.risk_levels, Dated(entry.occurred_on, event.to_level))))


def _withdrawn(key: Key, row: ProductRow | None, event: ProductWithdrawn, entry: Entry) -> ProductRow:
    row = row or ProductRow(*key)
    return _latest(change(row, statuses=put(row.statuses, Dated(entry.occurred_on, "withdrawn"))))


def _specified(key: Key, row: ProductRow | None, event: ProductSpecified, entry: Entry) -> ProductRow:
    row = row or ProductRow(*key)
    return _latest(change(row, versions=put(row.versions, Dated(entry.occurred_on, event.product_version))))


def _positioned(key: Key, row: ProductRow | None, event: ProductPositioned, entry: Entry) -> ProductRow:
    row = row or ProductRow(*key)
    return change(row, positions=put(row.positions, Dated(entry.occurred_on, event.product_version)))


def _approved(key: Key, row: ProductRow | None, event: ProductApproved, entry: Entry) -> ProductRow:
    row = row or ProductRow(*key)
    approval = Approval(entry.occurred_on, event.product_version, True)
    return change(row, approvals=put(row.approvals, approval))


def _revoked(key: Key, row: ProductRow | None, event: ProductApprovalRevoked, entry: Entry) -> ProductRow:
    row = row or ProductRow(*key)
    approval = Approval(entry.occurred_on, event.product_version, False)
    return change(row, approvals=put(row.approvals, approval))


def _priced(key: Key, row: ProductRow | None, event: PriceSet, entry: Entry) -> ProductRow:
    row = row or ProductRow(*key)
    price = Price(event.valid_from, event.price_version, event.fee_minor, event.currency, event.rate_bp)
    return change(row, prices=put(row.prices, price))


def _latest(row: ProductRow) -> ProductRow:
    return change(
        row,
        status=row.statuses[-1].value if row.statuses else "not_yet",
        risk_level=row.risk_levels[-1].value if row.risk_levels else None,
        product_version=row.versions[-1].value if row.versions else None,
    )


def _higher(a: str | None, b: str | None) -> str | None:
    """The higher of two risk levels (R1 … R5); the one that is known."""
    return max((level for level in (a, b) if level is not None), default=None)


PRODUCTS = Ledger(
    name="products",
    version=1,
    row=ProductRow,
    key=("subject",),
    keys=by_subject,
    handlers={
        ProductRegistered: _registered,
        ProductRiskLevelChanged: _rated,
        ProductWithdrawn: _withdrawn,
        ProductSpecified: _specified,
        ProductPositioned: _positioned,
        ProductApproved: _approved,
        ProductApprovalRevoked: _revoked,
        PriceSet: _priced,
    },
    about="the product catalogue with its histories",
)
