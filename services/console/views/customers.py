"""Customers: search without a name in any address, the card now or as known on a day, the timeline.

Personal data is masked until it is asked for with a purpose, and that is written down before it is shown.
"""

import datetime as dt
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from events.envelope import Position
from projections.customers import CUSTOMERS
from services.api.guard import must, needs, who_of
from services.api.reading import Reading, entries_of, must_see, reading
from services.audit.card_as_of import card_as_of
from services.audit.revealing import GROUPS, PURPOSES, Asking, Revealed, Revealer
from services.console import links
from services.console.pages import page
from services.console.period import day_of
from services.console.view import PREFIX, View
from services.errors import NotFound, WrongUse
from services.privacy.lookup import Lookups
from services.projector.batch import Cut
from services.store.queries.customer_card import CustomerCard, customer_card
from services.store.queries.customer_search import candidates
from services.store.queries.rows import PageQuery, ledger_page
from services.store.timeline import TimelineLine, timeline

router = APIRouter(prefix=f"{PREFIX}/customers", dependencies=[needs("read_customers")])
VIEW = View("customers", "Customers", f"{PREFIX}/customers", "read_customers", router)

FOUND_AT_MOST = 20
TIMELINE_ROWS = 100
SLIDER_ENTRIES = 1_000
KINDS = ("name", "phone", "email", "document")
COLUMNS = (
    "legal_entity",
    "customer_class",
    "age_band",
    "unit_id",
    "rm_id",
    "grade",
    "open_complaints",
    "last_contact_on",
)


class Past(NamedTuple):
    """The day that a card is shown for, as it was and as it was known; None is now."""

    as_of: dt.date | None
    known_at: dt.date | None

    @property
    def now(self) -> bool:
        """Whether no past is asked for."""
        return self.as_of is None and self.known_at is None


@router.get("")
def customers(
    request: Request,
    wanted: Annotated[str, Query(alias="id")] = "",
    sort: str = "",
    cursor: str | None = None,
) -> Response:
    """Customers to browse; an id leads to the customer's page."""
    if wanted.strip():
        return RedirectResponse(links.customer(wanted.strip()), 303)
    with reading(request) as (_, connection, schema):
        query = PageQuery((), sort or None, ("subject", *COLUMNS), cursor, 50)
        rows = ledger_page(connection, schema, CUSTOMERS, query)
    return page(
        request, "customers/all.html", rows=rows.rows, columns=COLUMNS, sort=sort, next=rows.next, kinds=KINDS
    )


@router.post("/search")
def search(request: Request, by: Annotated[str, Form()], value: Annotated[str, Form()]) -> Response:
    """Who gave this name, number, address or document; the value stands in no address and in no log."""
    if by not in KINDS:
        raise WrongUse(f"by={by!r}: choose one of {', '.join(KINDS)}")
    system: Any = request.app.state.system
    subjects = Lookups(system.keyring).find(by, value)
    with reading(request) as (_, connection, schema):
        found = candidates(connection, schema, subjects, FOUND_AT_MOST + 1)
    return page(
        request,
        "customers/found.html",
        found=found[:FOUND_AT_MOST],
        more=len(found) > FOUND_AT_MOST,
        kinds=KINDS,
        by=by,
    )


@router.get("/{customer_id}")
def one_customer(request: Request, customer_id: str, as_of: str = "", known_at: str = "") -> Response:
    """The card: now, or as it was on a day, as far as it was known on another."""
    return _card_page(request, customer_id, Past(day_of(as_of, "as_of"), day_of(known_at, "known_at")))


@router.post("/{customer_id}/personal", dependencies=[needs("read_personal")])
def personal(
    request: Request,
    customer_id: str,
    purpose: Annotated[str, Form()],
    fields: Annotated[list[str], Form()],
    reference: Annotated[str, Form()] = "",
) -> Response:
    """Personal data in clear, on this answer only; the journal is told first who looks and why."""
    asking = Asking(purpose=purpose, fields=tuple(fields), reference=reference or None)
    with reading(request) as found:
        must_see(found, f"customer/{customer_id}")
        system = found.system
        revealer = Revealer(
            system.door, system.keyring, system.sealer, system.journal, system.zone, system.clock
        )
        shown = revealer.reveal(found.connection, found.schema, who_of(request), customer_id, asking)
    return _card_page(request, customer_id, Past(None, None), shown)


@router.get("/{customer_id}/timeline")
def entries(request: Request, customer_id: str, family: str = "", cursor: str | None = None) -> Response:
    """Every entry about a customer, in the journal's order, of one family of events or of all."""
    subject = f"customer/{customer_id}"
    start = None if cursor is None else _position(cursor)
    with reading(request) as found, entries_of(found, subject):
        every = _entries(found, subject, None, SLIDER_ENTRIES)
        lines = _entries(found, subject, start, TIMELINE_ROWS) if not family else every
    families = sorted({one.type.partition(".")[0] for one in every})
    shown = [one for one in lines if not family or one.type.partition(".")[0] == family]
    return page(
        request,
        "customers/timeline.html",
        customer_id=customer_id,
        lines=shown,
        families=families,
        family=family,
        next=str(lines[-1].position) if not family and len(lines) == TIMELINE_ROWS else None,
        late=_late,
    )


def _card_page(request: Request, customer_id: str, past: Past, revealed: Revealed | None = None) -> Response:
    subject = f"customer/{customer_id}"
    with reading(request) as found:
        must_see(found, subject)
        card = _card(request, found, customer_id, past)
        now = card if past.now else _card(request, found, customer_id, Past(None, None))
        with entries_of(found, subject):
            every = _entries(found, subject, None, SLIDER_ENTRIES)
    if card is None:
        raise NotFound(f"nothing was known of customer {customer_id} on that day: choose a later one")
    days = sorted({one.occurred_on for one in every if one.occurred_on is not None})
    return page(
        request,
        "customers/card.html",
        card=card,
        past=past,
        days=days,
        changed=_changed(card, now) if now is not None and not past.now else [],
        later=[] if past.known_at is None else _known_later(every, past),
        revealed=revealed,
        purposes=PURPOSES,
        fields=tuple(GROUPS),
        recent=list(reversed(every))[:12] if past.now else [],
    )


def _card(request: Request, found: Reading, customer_id: str, past: Past) -> CustomerCard | None:
    system, connection, schema = found
    risk = who_of(request).may("read_risk")
    must(who_of(request), "read_customers")
    if past.now:
        at = system.clock().astimezone(system.zone)
        return customer_card(connection, schema, customer_id, at, volume=system.journal.volume, risk=risk)
    cut = Cut(_end(past.as_of, system.zone), _end(past.known_at, system.zone))
    at = (cut.as_of or cut.known_at or system.clock()).astimezone(system.zone)
    return card_as_of(
        connection,
        schema,
        system.journal,
        system.declarations,
        system.zone,
        customer_id,
        cut,
        at,
        risk=risk,
    )


def _end(day: dt.date | None, zone: dt.tzinfo) -> dt.datetime | None:
    """The end of a business day: its last microsecond."""
    if day is None:
        return None
    return dt.datetime.combine(day, dt.time.max, tzinfo=zone)


def _entries(found: Reading, subject: str, start: Position | None, limit: int) -> list[TimelineLine]:
    return timeline(
        found.connection,
        found.schema,
        subject,
        volume=found.system.journal.volume,
        after=start,
        limit=limit,
    )


def _changed(then: CustomerCard, now: CustomerCard) -> list[tuple[str, Any, Any]]:
    """What the card says otherwise today: name, then, now."""
    facts = [
        ("grade", then.grade.grade if then.grade else None, now.grade.grade if now.grade else None),
        ("unit", _id(then.profile.unit), _id(now.profile.unit)),
        ("rm_id", then.profile.rm_id, now.profile.rm_id),
        ("vulnerable", then.vulnerable, now.vulnerable),
        ("consented", _given(then), _given(now)),
        ("sales", len(then.sales) + len(then.ended_sales), len(now.sales) + len(now.ended_sales)),
        ("complaints", len(then.complaints), len(now.complaints)),
        ("checks", len(then.checks), len(now.checks)),
    ]
    return [fact for fact in facts if fact[1] != fact[2]]


def _given(card: CustomerCard) -> tuple[str, ...]:
    return tuple(sorted(one.purpose for one in card.consents if one.given))


def _id(named: Any) -> str | None:
    return None if named is None else str(named.id)


def _known_later(every: list[TimelineLine], past: Past) -> list[TimelineLine]:
    """What had happened by the day shown and came to be known only after it."""
    until, known = past.as_of or past.known_at, past.known_at
    assert until is not None, "a past has a day"
    assert known is not None, "asked for"
    return [
        one
        for one in every
        if one.occurred_on is not None and one.occurred_on <= until and one.admitted_at.date() > known
    ]


def _late(line: TimelineLine) -> bool:
    """Whether an entry came in more than a day after it happened."""
    return line.occurred_on is not None and (line.admitted_at.date() - line.occurred_on).days > 1


def _position(cursor: str) -> Position:
    try:
        return Position.parse(cursor)
    except ValueError as error:
        raise WrongUse(f"cursor={cursor!r} is no `next` of a page before") from error
