"""The customer's card as the view topic carries it: only what changes with an entry, and nothing personal.

What the card says of a day (is a consent good, is a promise overdue) a reader works out from the dates here;
what stands under other subjects is an id. No signal, no sealed value. The view worker asks for many at once.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from events.envelope import Position
from projections.complaint_clocks import COMPLAINT_CLOCKS, ComplaintClockRow
from projections.complaints import COMPLAINTS, ComplaintRow
from projections.contacts import (
    CONTACT_PREFERENCES,
    FOLLOW_UPS,
    INTERACTIONS,
    ContactPreferenceRow,
    FollowUpRow,
    InteractionRow,
)
from projections.customer_records import (
    HOLDINGS,
    REPRESENTATIVES,
    RISK_PROFILES,
    HoldingRow,
    RepresentativeRow,
)
from projections.customers import CUSTOMERS, CustomerRow
from projections.sales import SALES, SaleRow
from projections.satisfaction import RESPONSES, ResponseRow
from projections.suitability import SUITABILITY_CHECKS, SuitabilityCheckRow
from services.store.database import Connection
from services.store.queries.customer_card import Held, newest, rows_in
from services.store.queries.customer_lines import ContactPreference, SaleState, preference_line, sale_state
from services.store.queries.customer_rows import (
    CARD,
    KIND,
    MERGES_AT_MOST,
    last_positions,
    latest_rows,
    with_absorbed,
)
from services.store.snapshot import one_snapshot

_LEDGERS = (
    CUSTOMERS,
    RISK_PROFILES,
    HOLDINGS,
    REPRESENTATIVES,
    INTERACTIONS,
    CONTACT_PREFERENCES,
    FOLLOW_UPS,
    SALES,
    RESPONSES,
    COMPLAINTS,
    COMPLAINT_CLOCKS,
    SUITABILITY_CHECKS,
)


class ViewGrade(msgspec.Struct, frozen=True):
    """The risk grade; after `until` it has run out."""

    grade: str
    since: dt.date | None
    until: dt.date | None
    professional: bool


class ViewConsent(msgspec.Struct, frozen=True):
    """A purpose; a consent is good while it is `on` and `until` has not passed."""

    purpose: str
    on: bool
    since: dt.date | None
    until: dt.date | None


class ViewRepresentative(msgspec.Struct, frozen=True):
    """Somebody who may act for the customer, up to `until`."""

    representative_id: str
    kind: str | None
    scope: str | None
    until: dt.date | None


class ViewHolding(msgspec.Struct, frozen=True):
    """The latest value of something held, in minor units of its currency."""

    holding_id: str
    product_id: str | None
    currency: str | None
    value_minor: int
    valued_on: dt.date | None
    sale_id: str | None


class ViewSale(msgspec.Struct, frozen=True, kw_only=True):
    """A sale as the days of its steps say."""

    sale_id: str
    state: SaleState
    product_id: str | None
    confirmed_on: dt.date | None
    currency: str | None
    amount_minor: int | None
    channel_id: str | None
    unit_id: str | None
    seller_id: str | None
    cancel_until: dt.date | None
    ended_on: dt.date | None


class ViewAnswer(msgspec.Struct, frozen=True):
    """An answer with a score, on the scale of its question."""

    response_id: str
    survey_id: str | None
    question_id: str
    kind: str | None
    score: int
    on: dt.date | None


class ViewComplaint(msgspec.Struct, frozen=True, kw_only=True):
    """A complaint; `next_due_at` is the earliest due time that still runs."""

    complaint_id: str
    state: str
    received_on: dt.date | None
    issue: str | None
    severity: str | None
    product_id: str | None
    sale_id: str | None
    handler_id: str | None
    outcome: str | None
    closed_on: dt.date | None
    next_due_at: dt.datetime | None


class ViewFollowUp(msgspec.Struct, frozen=True):
    """Something promised to the customer and not done yet."""

    follow_up_id: str
    what: str | None
    owner_id: str | None
    promised_on: dt.date | None
    due: dt.date | None


class ViewCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One of the latest suitability checks."""

    check_id: str
    product_id: str | None
    outcome: str | None
    override_state: str
    checked_on: dt.date | None
    valid_until: dt.date | None
    sale_id: str | None


class CustomerView(msgspec.Struct, frozen=True, kw_only=True):
    """A customer, with the records that were merged into theirs.

    `position` is the last entry about them. Of a customer whose processing is restricted there is only who
    it is and that it is so: every list is empty.
    """

    schema: Literal["urn:daybook:view:customer:1"] = "urn:daybook:view:customer:1"
    customer_id: str
    position: str | None
    absorbed: tuple[str, ...]
    restricted: bool
    legal_entity: str | None = None
    customer_type: str | None = None
    customer_class: str | None = None
    age_band: str | None = None
    region: str | None = None
    unit_id: str | None = None
    rm_id: str | None = None
    registered_on: dt.date | None = None
    active: bool = False
    died: bool = False
    ended_on: dt.date | None = None
    vulnerable: bool = False
    preferred_channel: str | None = None
    language: str | None = None
    last_contact_on: dt.date | None = None
    grade: ViewGrade | None = None
    consents: tuple[ViewConsent, ...] = ()
    representatives: tuple[ViewRepresentative, ...] = ()
    contact_preferences: tuple[ContactPreference, ...] = ()
    holdings: tuple[ViewHolding, ...] = ()
    sales: tuple[ViewSale, ...] = ()
    satisfaction: tuple[ViewAnswer, ...] = ()
    complaints: tuple[ViewComplaint, ...] = ()
    follow_ups: tuple[ViewFollowUp, ...] = ()
    checks: tuple[ViewCheck, ...] = ()


def customer_views(
    connection: Connection, schema: str, ids: Iterable[str], volume: int
) -> dict[str, CustomerView | None]:
    """The view of each record; None for one that is unknown, merged into another, or shredded.

    A few statements for all of them, in one snapshot.
    """
    wanted = sorted(set(ids))
    with one_snapshot(connection):
        groups = with_absorbed(connection, schema, wanted)
        subjects = sorted({KIND + one for group in groups.values() for one in group})
        reads = [one for one in CARD if one.ledger in _LEDGERS]
        rows = {one.ledger.name: latest_rows(connection, schema, one, subjects) for one in reads}
        last = last_positions(connection, schema, [KIND + one for one in wanted])
    by_subject: dict[str, dict[str, list[object]]] = {}
    for name, found in rows.items():
        for row in found:
            by_subject.setdefault(row.subject, {}).setdefault(name, []).append(row)  # type: ignore[attr-defined]
    views: dict[str, CustomerView | None] = {}
    for one, group in groups.items():
        held = {
            name: [row for member in group for row in by_subject.get(KIND + member, {}).get(name, ())]
            for name in rows
        }
        place = last.get(KIND + one)
        position = None if place is None else str(Position(volume, *place))
        views[one] = _view(one, held, position)  # type: ignore[arg-type]
    return views


def survivors_of(connection: Connection, schema: str, ids: Iterable[str]) -> set[str]:
    """The records that these were merged into, link after link; none for those that were not."""
    found: set[str] = set()
    looking = set(ids)
    for _ in range(MERGES_AT_MOST):
        rows = connection.execute(
            f"SELECT DISTINCT merged_into FROM {schema}.customers "
            "WHERE subject = ANY(%s) AND merged_into IS NOT NULL".encode(),
            (sorted(KIND + one for one in looking),),
        ).fetchall()
        looking = {str(row[0]) for row in rows} - found
        if not looking:
            break
        found |= looking
    return found


def _view(customer_id: str, held: Held, position: str | None) -> CustomerView | None:
    customers = rows_in(held, CUSTOMERS, CustomerRow)
    row = next((one for one in customers if one.subject == KIND + customer_id), None)
    if row is None or row.merged_into is not None or row.shredded:
        return None
    who = CustomerView(
        customer_id=customer_id, position=position, absorbed=row.absorbed, restricted=row.restricted
    )
    if row.restricted:
        return who
    days = [one.last_contact_on for one in customers if one.last_contact_on]
    days += [one.contact_on for one in rows_in(held, INTERACTIONS, InteractionRow) if one.contact_on]
    return msgspec.structs.replace(
        who,
        legal_entity=row.legal_entity,
        customer_type=row.customer_type,
        customer_class=row.customer_class,
        age_band=row.age_band,
        region=row.region,
        unit_id=row.unit_id,
        rm_id=row.rm_id,
        registered_on=row.registered_on,
        active=row.active,
        died=row.died,
        ended_on=row.ended_on,
        vulnerable=row.vulnerable,
        preferred_channel=row.preferred_channel,
        language=row.language,
        last_contact_on=max(days, default=None),
        grade=ViewGrade(row.grade, row.grade_since, row.grade_until, row.professional) if row.grade else None,
        consents=tuple(
            ViewConsent(one.name, one.on, one.since, one.until) for one in row.marks if one.kind == "consent"
        ),
        representatives=tuple(
            ViewRepresentative(one.representative_id, one.kind, one.scope, one.until)
            for one in rows_in(held, REPRESENTATIVES, RepresentativeRow)
            if one.in_force
        ),
        contact_preferences=tuple(
            preference_line(one) for one in rows_in(held, CONTACT_PREFERENCES, ContactPreferenceRow)
        ),
        holdings=tuple(_holding(one) for one in rows_in(held, HOLDINGS, HoldingRow)),
        sales=tuple(_sale(one) for one in newest(held, SALES, SaleRow, "confirmed_on")),
        satisfaction=tuple(
            ViewAnswer(
                one.response_id, one.survey_id, answer.question_id, answer.kind, answer.score, one.answered_on
            )
            for one in newest(held, RESPONSES, ResponseRow, "answered_on")
            for answer in one.answers
            if answer.score is not None
        ),
        complaints=_complaints(held),
        follow_ups=tuple(
            ViewFollowUp(one.follow_up_id, one.what, one.owner_id, one.promised_on, one.due)
            for one in rows_in(held, FOLLOW_UPS, FollowUpRow)
            if not one.done
        ),
        checks=tuple(
            _check(one) for one in newest(held, SUITABILITY_CHECKS, SuitabilityCheckRow, "checked_on")
        ),
    )


def _holding(row: HoldingRow) -> ViewHolding:
    return ViewHolding(
        row.holding_id, row.product_id, row.currency, row.value_minor, row.valued_on, row.sale_id
    )


def _sale(row: SaleRow) -> ViewSale:
    state, ended_on = sale_state(row)
    return ViewSale(
        sale_id=row.sale_id,
        state=state,
        product_id=row.product_id,
        confirmed_on=row.confirmed_on,
        currency=row.currency,
        amount_minor=row.amount_minor,
        channel_id=row.channel_id,
        unit_id=row.unit_id,
        seller_id=row.seller_id,
        cancel_until=row.window_until,
        ended_on=ended_on,
    )


def _complaints(held: Held) -> tuple[ViewComplaint, ...]:
    due: Mapping[tuple[str, str], dt.datetime | None] = {
        (one.subject, one.complaint_id): one.next_due_at
        for one in rows_in(held, COMPLAINT_CLOCKS, ComplaintClockRow)
    }
    return tuple(
        ViewComplaint(
            complaint_id=one.complaint_id,
            state=one.state,
            received_on=one.received_on,
            issue=one.issue,
            severity=one.severity,
            product_id=one.product_id,
            sale_id=one.sale_id,
            handler_id=one.handler_id,
            outcome=one.outcome,
            closed_on=one.closed_on,
            next_due_at=due.get((one.subject, one.complaint_id)),
        )
        for one in newest(held, COMPLAINTS, ComplaintRow, "received_on")
    )


def _check(row: SuitabilityCheckRow) -> ViewCheck:
    return ViewCheck(
        check_id=row.check_id,
        product_id=row.product_id,
        outcome=row.outcome,
        override_state=row.override_state,
        checked_on=row.checked_on,
        valid_until=row.valid_until,
        sale_id=row.sale_id,
    )
