"""Customers: search without a name in any address, the card now or as known on a day, the timeline.

Personal data is masked until it is asked for with a purpose, and that is written down before it is shown.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from events.envelope import Position
from projections.customers import CUSTOMERS, CUSTOMERS_BY_PROFILE
from projections.risk import SIGNALS
from services.api.guard import must, needs, who_of
from services.api.reading import Reading, entries_of, must_see, reading
from services.audit.card_as_of import card_as_of
from services.audit.revealing import GROUPS, PURPOSES, Asking, Revealed, Revealer
from services.console import links
from services.console.charts import Caption, Point, cohorts
from services.console.formats import Formats
from services.console.pages import language_of, page
from services.console.period import day_of
from services.console.signal_words import BY_DAY_DOWN, MOODS, words_of
from services.console.view import PREFIX, View
from services.errors import NotFound, WrongUse
from services.privacy.lookup import Lookups
from services.projector.batch import Cut
from services.store.queries.choices import values_of
from services.store.queries.customer_card import CustomerCard, customer_card
from services.store.queries.customer_search import candidates
from services.store.queries.names import names_in
from services.store.queries.rows import Filter, PageQuery, ledger_page, row_of
from services.store.timeline import EVERYTHING, TimelineFilter, TimelineLine, timeline, timeline_choices

router = APIRouter(prefix=f"{PREFIX}/customers", dependencies=[needs("read_customers")])
VIEW = View("customers", "Customers", f"{PREFIX}/customers", "read_customers", router)

FOUND_AT_MOST = 20
TIMELINE_ROWS = 100
RECENT_ROWS = 12
LATER_ROWS = 10
SIGNALS_SHOWN = 5
SCANNED_ENTRIES = 10_000
"""How far back from a day the page looks for what came to be known later."""

NEWEST = TimelineFilter(newest_first=True)
EXACT = ("legal_entity", "unit_id", "rm_id", "grade", "age_band", "region")
"""Filters of the list that ask for just this value, in the order of the form."""

OPEN, QUIET = "open", "quiet"
"""Filters of the list: with a complaint that is open; last contact before a day."""

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
    """Customers to browse, by filters; an id leads to the customer's page."""
    if wanted.strip():
        return RedirectResponse(links.customer(wanted.strip()), 303)
    asked = {name: request.query_params.get(name, "") for name in (*EXACT, OPEN, QUIET)}
    day_of(asked[QUIET], QUIET)
    filters = _filters(asked)
    with reading(request) as (_, connection, schema):
        query = PageQuery(filters, sort or None, ("subject", *COLUMNS), cursor or None, 50)
        rows = ledger_page(connection, schema, CUSTOMERS, query)
        offered = {name: values_of(connection, schema, CUSTOMERS_BY_PROFILE, name) for name in EXACT}
        called = names_in(connection, schema, [*rows.rows, *({"unit_id": one} for one in offered["unit_id"])])
    exported = [(_column(one), value) for one in filters for value in one.values]
    return page(
        request,
        "customers/all.html",
        called=called,
        rows=rows.rows,
        columns=COLUMNS,
        sort=sort,
        next=rows.next,
        kinds=KINDS,
        exact=EXACT,
        offered=offered,
        asked=asked,
        csv=f"/ledgers/{CUSTOMERS.name}?{urlencode([*exported, ('format', 'csv')])}",
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
def entries(
    request: Request,
    customer_id: str,
    of_type: Annotated[str, Query(alias="type", max_length=100)] = "",
    source: Annotated[str, Query(max_length=200)] = "",
    first: Annotated[str, Query(alias="from")] = "",
    last: Annotated[str, Query(alias="to")] = "",
    only: Literal["", "corrections", "late"] = "",
    order: Literal["newest", "oldest"] = "newest",
    cursor: str | None = None,
) -> Response:
    """The entries about a customer, the newest first unless asked otherwise, by filters."""
    subject = f"customer/{customer_id}"
    start = None if not cursor else _position(cursor)
    wanted = TimelineFilter(
        of_type or None,
        source or None,
        day_of(first, "from"),
        day_of(last, "to"),
        only or None,
        order == "newest",
    )
    with reading(request) as found, entries_of(found, subject):
        lines = _entries(found, subject, start, TIMELINE_ROWS + 1, wanted)
        offered = timeline_choices(found.connection, found.schema, subject)
    return page(
        request,
        "customers/timeline.html",
        customer_id=customer_id,
        lines=lines[:TIMELINE_ROWS],
        offered=offered,
        asked={"type": of_type, "source": source, "from": first, "to": last, "only": only, "order": order},
        filtered=wanted._replace(newest_first=False) != EVERYTHING,
        next=str(lines[TIMELINE_ROWS - 1].position) if len(lines) > TIMELINE_ROWS else None,
        late=_late,
    )


def _card_page(request: Request, customer_id: str, past: Past, revealed: Revealed | None = None) -> Response:
    subject = f"customer/{customer_id}"
    with reading(request) as found:
        must_see(found, subject)
        card = _card(request, found, customer_id, past)
        now = card if past.now else _card(request, found, customer_id, Past(None, None))
        with entries_of(found, subject):
            recent = _entries(found, subject, None, RECENT_ROWS, NEWEST) if past.now else []
            days = timeline_choices(found.connection, found.schema, subject).days
            later = _known_later(found, subject, past)
        signals = _signals(request, found, subject) if past.now else []
        called = names_in(found.connection, found.schema, signals)
    if card is None:
        raise NotFound(f"nothing was known of customer {customer_id} on that day: choose a later one")
    return page(
        request,
        "customers/card.html",
        called=called,
        card=card,
        past=past,
        days=days,
        changed=_changed(card, now) if now is not None and not past.now else [],
        later=later,
        revealed=revealed,
        purposes=PURPOSES,
        fields=tuple(GROUPS),
        recent=recent,
        charts=_charts(request, card),
        words=words_of(request, called),
        signals=signals,
        moods=MOODS,
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


def _entries(
    found: Reading, subject: str, start: Position | None, limit: int, wanted: TimelineFilter = EVERYTHING
) -> list[TimelineLine]:
    return timeline(
        found.connection,
        found.schema,
        subject,
        volume=found.system.journal.volume,
        after=start,
        limit=limit,
        wanted=wanted,
    )


def _filters(asked: Mapping[str, str]) -> tuple[Filter, ...]:
    """The filters of the list; those who were never contacted are quiet, too, and have no day."""
    found = [Filter(name, "is", (asked[name],)) for name in EXACT if asked[name]]
    if asked[OPEN]:
        found.append(Filter("open_complaints", "gte", ("1",)))
    if asked[QUIET]:
        found.append(Filter("last_contact_on", "lt", (asked[QUIET],)))
    return tuple(found)


def _column(one: Filter) -> str:
    """A filter's name in an address of the API."""
    return one.column if one.operator == "is" else f"{one.column}.{one.operator}"


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


def _known_later(found: Reading, subject: str, past: Past) -> list[TimelineLine]:
    """What had happened by the day shown and came to be known only after it, the latest first."""
    if past.known_at is None:
        return []
    wanted = TimelineFilter(last=past.as_of or past.known_at, newest_first=True)
    end = _end(past.known_at, found.system.zone)
    assert end is not None, "there is a day"
    lines = _entries(found, subject, None, SCANNED_ENTRIES, wanted)
    return [one for one in lines if one.admitted_at > end][:LATER_ROWS]


def _signals(request: Request, found: Reading, subject: str) -> list[Any]:
    """The latest risk signals about a customer, for whoever may see risk."""
    if not who_of(request).may("read_risk"):
        return []
    query = PageQuery((Filter("subject", "is", (subject,)),), BY_DAY_DOWN, limit=SIGNALS_SHOWN)
    return [row_of(SIGNALS, one) for one in ledger_page(found.connection, found.schema, SIGNALS, query).rows]


def _charts(request: Request, card: CustomerCard) -> list[tuple[str, Markup]]:
    """Answers over time, a chart for each kind of question that was answered more than once."""
    spoken = language_of(request)
    formats = Formats(spoken, request.app.state.system.zone)
    drawn = []
    for kind in dict.fromkeys(one.kind for one in card.satisfaction if one.kind):
        given = [one for one in card.satisfaction if one.kind == kind and one.on is not None]
        scales = {(one.scale_low, one.scale_high) for one in given}
        if len(given) < 2 or len(scales) > 1:
            continue
        low, high = scales.pop()
        points = [
            Point(
                label=formats.day(one.on),
                value=one.score,
                said=f"{formats.day(one.on)}: {one.score}" + (f" / {high}" if high is not None else ""),
                href=links.row("responses", [one.subject, one.response_id]),
            )
            for one in given
        ]
        title = spoken("{kind} over time", kind=spoken.word(kind))
        scale = None if low is None or high is None else (float(low), float(high))
        drawn.append((title, Markup(cohorts(points, Caption(title=title), scale=scale))))
    return drawn


def _late(line: TimelineLine) -> bool:
    """Whether an entry came in more than a day after it happened."""
    return line.occurred_on is not None and (line.admitted_at.date() - line.occurred_on).days > 1


def _position(cursor: str) -> Position:
    try:
        return Position.parse(cursor)
    except ValueError as error:
        raise WrongUse(f"cursor={cursor!r} is no `next` of a page before") from error
