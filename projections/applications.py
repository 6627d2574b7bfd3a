"""Applications: asked for, approved, declined, cancelled, activated; one row per application.

`product.activated` counts for an application that it names, so that the rate needs no join.
"""

import datetime as dt

from events.envelope import Entry
from events.pipeline import (
    ApplicationApproved,
    ApplicationCancelled,
    ApplicationDeclined,
    ApplicationSubmitted,
)
from events.sales import ProductActivated
from projections.figure import Figure, count_of, share_of
from projections.ledger import Key, Ledger, Row, change, latest
from projections.steps import on_day, stands
from projections.tally import Tally


class ApplicationRow(Row, frozen=True):
    """An application with the day of each step; no amount means that none was stated."""

    subject: str
    application_id: str
    submitted: bool = False
    submitted_on: dt.date | None = None
    legal_entity: str | None = None
    product_id: str | None = None
    channel_id: str | None = None
    unit_id: str | None = None
    employee_id: str | None = None
    campaign_id: str | None = None
    currency: str | None = None
    amount_minor: int | None = None
    approved: bool = False
    approved_on: dt.date | None = None
    declined: bool = False
    declined_on: dt.date | None = None
    cancelled: bool = False
    cancelled_on: dt.date | None = None
    activated: bool = False
    activated_on: dt.date | None = None


def _application_keys(event: ApplicationSubmitted | ProductActivated, entry: Entry) -> tuple[Key, ...]:
    application_id = event.application_id
    return () if application_id is None else ((entry.envelope.subject, application_id),)


def _submitted(
    key: Key, row: ApplicationRow | None, event: ApplicationSubmitted, entry: Entry
) -> ApplicationRow:
    row = row or ApplicationRow(*key)
    if row.submitted and not stands(entry.occurred_on, row.submitted_on):
        return row
    return change(
        row,
        submitted=True,
        submitted_on=latest(row.submitted_on, entry.occurred_on),
        legal_entity=event.legal_entity,
        product_id=event.product_id,
        channel_id=event.channel_id,
        unit_id=event.unit_id,
        employee_id=event.employee_id,
        campaign_id=event.campaign_id,
        currency=event.currency,
        amount_minor=event.amount_minor,
    )


APPLICATIONS = Ledger(
    name="applications",
    version=1,
    row=ApplicationRow,
    key=("subject", "application_id"),
    keys=_application_keys,
    handlers={
        ApplicationSubmitted: _submitted,
        ApplicationApproved: on_day(ApplicationRow, "approved", "approved_on"),
        ApplicationDeclined: on_day(ApplicationRow, "declined", "declined_on"),
        ApplicationCancelled: on_day(ApplicationRow, "cancelled", "cancelled_on"),
        ProductActivated: on_day(ApplicationRow, "activated", "activated_on", first=True),
    },
    about="every application with the days of its steps",
)

APPLICATIONS_BY_DAY = Tally(
    name="applications_by_day",
    ledger=APPLICATIONS,
    by=("legal_entity", "product_id", "channel_id", "unit_id", "campaign_id", "currency", "submitted_on"),
    measures=("amount_minor", "approved", "declined", "cancelled", "activated"),
    where="submitted",
)

_BY = ("legal_entity", "product_id", "channel_id", "unit_id", "campaign_id")

APPLICATIONS_FIGURE = Figure(
    name="applications",
    title="Applications",
    unit="count",
    tally=APPLICATIONS_BY_DAY,
    compute=count_of(),
    by=_BY,
    day="submitted_on",
)

ACTIVATION_RATE = Figure(
    name="activation_rate",
    title="Applications that ended in an active product",
    unit="percent",
    tally=APPLICATIONS_BY_DAY,
    compute=share_of("activated"),
    by=_BY,
    day="submitted_on",
    source="by day of submission; every application counts from that day on",
)
