"""The customer card: all that a person looks for before a conversation, in one struct.

API, console and the view topic ask here; as-of folds its own rows and calls `card_of`. What stands under
other subjects (the name of a product, a unit, a survey) is joined at reading (customer_rows.py). No sealed
value is ever in a card.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar, cast

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
    ATTRIBUTES,
    HOLDINGS,
    REPRESENTATIVES,
    RISK_PROFILES,
    AttributeRow,
    HoldingRow,
    RepresentativeRow,
    RiskProfileRow,
)
from projections.customers import CUSTOMERS, CustomerRow
from projections.ledger import Ledger, Row
from projections.risk import SIGNALS, SignalRow
from projections.rules.clock_book import ClockBook, shipped_book
from projections.sales import SALES, SaleRow
from projections.satisfaction import RESPONSES, ResponseRow
from projections.suitability import ADVICE_LOG, SUITABILITY_CHECKS, AdviceRow, SuitabilityCheckRow
from services.store.database import Connection
from services.store.queries import customer_cases as cases
from services.store.queries import customer_lines as lines
from services.store.queries.customer_lines import OPEN_SALES, Named, Names
from services.store.queries.customer_rows import (
    CARD,
    KIND,
    READ_RESPONSES,
    READ_SIGNALS,
    last_positions,
    latest_rows,
    names_for,
    survivor_of,
    with_absorbed,
)
from services.store.snapshot import one_snapshot

SHOWN_CHECKS = 5
SHOWN_ENDED_SALES = 20
Held = Mapping[str, Sequence[Row]]
"""Rows by the name of their ledger."""

R = TypeVar("R", bound=Row)


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Who the customer is, as far as it is not personal. `known` is False where nobody registered them."""

    known: bool
    legal_entity: str | None
    customer_type: str | None
    customer_class: str | None
    age_band: str | None
    region: str | None
    unit: Named | None
    rm_id: str | None
    rm_since: dt.date | None
    registered_on: dt.date | None
    active: bool
    left_on: dt.date | None
    died: bool
    ended_on: dt.date | None
    preferred_channel: str | None
    language: str | None
    restricted: bool
    shredded: bool
    shredded_on: dt.date | None
    holds: int


class Representative(msgspec.Struct, frozen=True):
    """Somebody who may act for the customer now."""

    representative_id: str
    kind: str | None
    scope: str | None
    until: dt.date | None


class CustomerCard(msgspec.Struct, frozen=True, kw_only=True):
    """A customer at an instant, with the records that were merged into theirs.

    `asked_for` is the id asked for where that record was merged into this one. `position` is the customer's
    last entry; a card with an earlier one is older. Lines say under which `subject` they were posted.
    `signals` is None for a reader who may not see risk. `held_back` counts ended sales that are not shown.
    """

    customer_id: str
    asked_for: str | None
    at: dt.datetime
    position: str | None
    merged_into: str | None
    merged_on: dt.date | None
    absorbed: tuple[str, ...]
    profile: Profile
    personal: tuple[lines.PersonalField, ...]
    grade: lines.Grade | None
    consents: tuple[lines.Consent, ...]
    vulnerable: bool
    representatives: tuple[Representative, ...]
    worth: tuple[lines.Worth, ...]
    holdings: tuple[lines.HoldingLine, ...]
    sales: tuple[lines.SaleLine, ...]
    ended_sales: tuple[lines.SaleLine, ...]
    held_back: int
    contact_preferences: tuple[lines.ContactPreference, ...]
    last_contact_on: dt.date | None
    last_contact: lines.ContactLine | None
    satisfaction: tuple[lines.AnswerLine, ...]
    complaints: tuple[cases.ComplaintLine, ...]
    open_complaints: int
    follow_ups: tuple[cases.FollowUpLine, ...]
    checks: tuple[cases.CheckLine, ...]
    advice: tuple[cases.AdviceLine, ...]
    signals: tuple[cases.SignalLine, ...] | None


def customer_card(
    connection: Connection,
    schema: str,
    customer_id: str,
    at: dt.datetime,
    *,
    volume: int = 0,
    risk: bool = False,
    book: ClockBook | None = None,
) -> CustomerCard | None:
    """The card of a customer, or of the record that theirs was merged into; one snapshot.

    `at` is in the journal's zone: its day decides what is overdue and valid. None if nothing is known of
    them, or nothing that whom the connection is scoped to may see.
    """
    with one_snapshot(connection):
        survivor = survivor_of(connection, schema, customer_id)
        found = customer_cards(connection, schema, [survivor], at, volume=volume, risk=risk, book=book).get(
            survivor
        )
    if found is None or survivor == customer_id:
        return found
    return msgspec.structs.replace(found, asked_for=customer_id)


def customer_cards(
    connection: Connection,
    schema: str,
    customer_ids: Iterable[str],
    at: dt.datetime,
    *,
    volume: int = 0,
    risk: bool = False,
    book: ClockBook | None = None,
) -> dict[str, CustomerCard]:
    """The cards of several records, each with what was merged into it; merges are not followed upwards.

    A few statements for all of them, which the caller keeps in one snapshot. Unknown ids are left out.
    """
    wanted = sorted(set(customer_ids))
    with one_snapshot(connection):
        records = with_absorbed(connection, schema, wanted)
        subjects = sorted({KIND + one for group in records.values() for one in group})
        wanted_rows = [one for one in CARD if risk or one is not READ_SIGNALS]
        rows = {one.ledger.name: latest_rows(connection, schema, one, subjects) for one in wanted_rows}
        last = last_positions(connection, schema, subjects)
        names = names_for(connection, schema, [row for held in rows.values() for row in held])
    cards = {}
    for one, group in records.items():
        members = {KIND + member for member in group}
        held = {name: [row for row in found if _subject(row) in members] for name, found in rows.items()}
        if KIND + one in last or any(held.values()):
            place = last.get(KIND + one)
            position = None if place is None else Position(volume, *place)
            cards[one] = card_of(one, held, names, at, position=position, risk=risk, book=book)
    return cards


def card_of(
    customer_id: str,
    held: Held,
    names: Names,
    at: dt.datetime,
    *,
    position: Position | None,
    risk: bool,
    book: ClockBook | None = None,
) -> CustomerCard:
    """The card of a record from the rows of it and of what was merged into it, wherever they come from."""
    day, subject = at.date(), KIND + customer_id
    row = next((one for one in rows_in(held, CUSTOMERS, CustomerRow) if one.subject == subject), None)
    known = row or CustomerRow(subject)
    own = [one for one in rows_in(held, ATTRIBUTES, AttributeRow) if one.subject == subject]
    profiles = [one for one in rows_in(held, RISK_PROFILES, RiskProfileRow) if one.subject == subject]
    sales = [lines.sale_line(one, names) for one in newest(held, SALES, SaleRow, "confirmed_on")]
    ended = [one for one in sales if one.state not in OPEN_SALES]
    contacts = newest(held, INTERACTIONS, InteractionRow, "contact_on")
    complaints = _complaint_lines(held, names, at, book or shipped_book())
    holdings = rows_in(held, HOLDINGS, HoldingRow)
    follow_ups = sorted(
        (one for one in rows_in(held, FOLLOW_UPS, FollowUpRow) if not one.done),
        key=lambda one: (one.due or dt.date.max, one.follow_up_id),
    )
    days = [one.last_contact_on for one in rows_in(held, CUSTOMERS, CustomerRow) if one.last_contact_on]
    return CustomerCard(
        customer_id=customer_id,
        asked_for=None,
        at=at,
        position=None if position is None else str(position),
        merged_into=known.merged_into,
        merged_on=known.merged_on,
        absorbed=known.absorbed,
        profile=_profile(row, known, names),
        personal=lines.personal_of(known, own),
        grade=lines.grade_of(known, profiles, day),
        consents=lines.consents_of(known, day),
        vulnerable=known.vulnerable,
        representatives=tuple(
            Representative(one.representative_id, one.kind, one.scope, one.until)
            for one in rows_in(held, REPRESENTATIVES, RepresentativeRow)
            if one.in_force and (one.until is None or one.until >= day)
        ),
        worth=lines.worth_of(holdings),
        holdings=tuple(lines.holding_line(one, names) for one in holdings),
        sales=tuple(one for one in sales if one.state in OPEN_SALES),
        ended_sales=tuple(ended[:SHOWN_ENDED_SALES]),
        held_back=max(0, len(ended) - SHOWN_ENDED_SALES),
        contact_preferences=tuple(
            lines.preference_line(one) for one in rows_in(held, CONTACT_PREFERENCES, ContactPreferenceRow)
        ),
        last_contact_on=max(days, default=None),
        last_contact=lines.contact_line(contacts[0]) if contacts else None,
        satisfaction=tuple(_answers(held, names)),
        complaints=tuple(complaints),
        open_complaints=sum(one.state == "open" for one in complaints),
        follow_ups=tuple(cases.follow_up_line(one, day) for one in follow_ups),
        checks=tuple(
            cases.check_line(one, names)
            for one in newest(held, SUITABILITY_CHECKS, SuitabilityCheckRow, "checked_on")[:SHOWN_CHECKS]
        ),
        advice=tuple(
            cases.advice_line(one, names) for one in newest(held, ADVICE_LOG, AdviceRow, "on")[:SHOWN_CHECKS]
        ),
        signals=tuple(
            cases.signal_line(one, names) for one in newest(held, SIGNALS, SignalRow, "detected_on")
        )
        if risk
        else None,
    )


def satisfaction_over_time(connection: Connection, schema: str, customer_id: str) -> list[lines.AnswerLine]:
    """Every answer of a customer with its day and scale, the first one first; merged records included."""
    with one_snapshot(connection):
        survivor = survivor_of(connection, schema, customer_id)
        group = with_absorbed(connection, schema, [survivor])[survivor]
        rows = {
            RESPONSES.name: latest_rows(connection, schema, READ_RESPONSES, [KIND + one for one in group])
        }
        names = names_for(connection, schema, rows[RESPONSES.name])
    return _answers(rows, names)


def _profile(row: CustomerRow | None, known: CustomerRow, names: Names) -> Profile:
    return Profile(
        known=row is not None and row.legal_entity is not None,
        legal_entity=known.legal_entity,
        customer_type=known.customer_type,
        customer_class=known.customer_class,
        age_band=known.age_band,
        region=known.region,
        unit=names.unit(known.unit_id),
        rm_id=known.rm_id,
        rm_since=known.rm_since,
        registered_on=known.registered_on,
        active=known.active,
        left_on=known.left_on,
        died=known.died,
        ended_on=known.ended_on,
        preferred_channel=known.preferred_channel,
        language=known.language,
        restricted=known.restricted,
        shredded=known.shredded,
        shredded_on=known.shredded_on,
        holds=sum(one.kind == "hold" and one.on for one in known.marks),
    )


def _complaint_lines(held: Held, names: Names, at: dt.datetime, book: ClockBook) -> list[cases.ComplaintLine]:
    """Open complaints first, then the newest first."""
    clocks = {
        (one.subject, one.complaint_id): one for one in rows_in(held, COMPLAINT_CLOCKS, ComplaintClockRow)
    }
    found = [
        cases.complaint_line(
            one, cases.urgent_clock(clocks.get((one.subject, one.complaint_id)), at, book), names
        )
        for one in newest(held, COMPLAINTS, ComplaintRow, "received_on")
    ]
    return sorted(found, key=lambda one: one.state != "open")


def _answers(held: Held, names: Names) -> list[lines.AnswerLine]:
    found = [
        line
        for row in rows_in(held, RESPONSES, ResponseRow)
        if row.answered
        for line in lines.answer_lines(row, names)
    ]
    return sorted(found, key=lambda one: (one.on or dt.date.min, one.response_id))


def rows_in(held: Held, ledger: Ledger, row: type[R]) -> list[R]:
    """The rows of a ledger, as their type."""
    return cast("list[R]", held.get(ledger.name, []))


def newest(held: Held, ledger: Ledger, row: type[R], day: str) -> list[R]:
    """Rows by a day, the newest first; undated ones last, ties in key order."""
    found = sorted(rows_in(held, ledger, row), key=ledger.key_of)
    return sorted(found, key=lambda one: getattr(one, day) or dt.date.min, reverse=True)


def _subject(row: Row) -> str:
    subject: str = row.subject  # type: ignore[attr-defined] # every key begins with it
    return subject
