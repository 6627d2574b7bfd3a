"""What the page of one complaint shows, gathered: desk, register, clocks, file, story, the sale behind it.

views/complaint_case.py asks once a request. A case is shown to whoever sees its row; one that is not posted
yet, only to those who see every unit.
"""

import datetime as dt
from typing import Any, NamedTuple

from babel.numbers import get_currency_precision
from fastapi import Request

from events import codec
from events.complaints import ComplaintAdopted
from projections.complaint_clocks import ComplaintClockRow
from projections.complaints import ComplaintRow
from projections.rules.clock_book import shipped_book
from projections.rules.clock_reason import derivation
from projections.sales import SaleRow
from projections.suitability import SuitabilityCheckRow
from services.api.guard import actor_for, who_of
from services.api.reading import Reading, entries_of, reading
from services.console.clock_words import Told, headline, sentences
from services.console.formats import Formats
from services.console.language import Language
from services.desks.adoption import facts_of
from services.desks.complaints.case_file import CaseFile, about_case, about_row, case_file, items_of
from services.desks.counter import COUNTERS, CaseShown, shown
from services.desks.deciding import Actor
from services.errors import NotFound
from services.store.queries import register as asking
from services.store.queries.behind_complaint import check_before, sales_behind
from services.store.queries.clocks import OPEN_STATES, ClockLine, line_of, rows_of_complaint
from services.store.queries.desk_work import Issue, systemic_issues
from services.store.queries.entries import EntryLine, entries_named
from services.store.queries.names import names_of
from services.store.queries.similar import SimilarCase, similar_cases

COUNTER = next(one for one in COUNTERS if one.desk == "complaints")


class StoryLine(NamedTuple):
    """Something that happened to the complaint. `version` is None for a fact that nobody here decided."""

    on: dt.date | None
    at: dt.datetime | None
    type: str
    line: str
    by: str | None
    position: str | None
    version: int | None
    command_id: str | None


class ClockShown(NamedTuple):
    """A clock with the reason of its due time in words, and how much of its time is gone."""

    line: ClockLine
    title: str
    headline: str
    steps: list[Told]
    gone: float
    mood: str
    waits: bool


class CasePage(NamedTuple):
    """A complaint as its page shows it. `desk` is None for one that is only facts; `row` for one that is not
    posted yet; `allowed` where nobody said who asks."""

    case_id: str
    subject: str
    row: ComplaintRow | None
    desk: CaseShown | None
    allowed: tuple[str, ...] | None
    clocks: ComplaintClockRow | None
    lines: list[ClockLine]
    story: list[StoryLine]
    file: CaseFile
    similar: list[SimilarCase]
    sales: list[SaleRow]
    checks: dict[str, SuitabilityCheckRow]
    issues: list[Issue]
    names: dict[str, str]

    @property
    def product_id(self) -> str | None:
        """What it is about: the product named, else that of the sale."""
        named = self._fact("product_id")
        return named if named is not None or not self.sales else self.sales[0].product_id

    @property
    def customer_id(self) -> str | None:
        return self.subject.removeprefix("customer/") if self.subject.startswith("customer/") else None

    @property
    def product(self) -> str | None:
        """The product by its name, else its id."""
        return self.names.get(self.product_id or "", self.product_id)

    @property
    def currency(self) -> str | None:
        """In which it is likely to be settled."""
        return next((one.currency for one in self.sales if one.currency), None)

    @property
    def seller_id(self) -> str | None:
        seller = self._fact("seller_id")
        return seller if seller is not None or not self.sales else self.sales[0].seller_id

    @property
    def handler_id(self) -> str | None:
        return self._fact("handler_id")

    @property
    def state(self) -> str:
        """Of the desk, which knows first; else of the register."""
        if self.desk is not None:
            return str(self.desk.state["ending"] or "open")
        return self.row.state if self.row is not None else "open"

    def major(self, minor: int) -> str:
        """Minor units as people write an amount."""
        digits = get_currency_precision(self.currency or "EUR")
        return f"{minor / 10**digits:.{digits}f}"

    def _fact(self, name: str) -> str | None:
        if self.desk is not None and self.desk.state.get(name) is not None:
            return str(self.desk.state[name])
        return None if self.row is None else getattr(self.row, name, None)


def row_of(request: Request, found: Reading, case: str) -> ComplaintRow | None:
    """The complaint's row; None if it is not posted yet. NotFound for who may not see it."""
    row = asking.register_row(found.connection, found.schema, case)
    if row is None and who_of(request).units is not None:
        raise NotFound(f"no complaint {case} is posted in your units: see the board of complaints")
    return row


def actor_or_none(request: Request) -> Actor | None:
    """Who asks, if they are an employee who may decide about complaints."""
    who = who_of(request)
    return actor_for(who) if who.employee_id is not None and who.may("decide_complaints") else None


def case_page(request: Request, case: str) -> CasePage:
    """Everything about one complaint; NotFound for one that nobody here knows."""
    system: Any = request.app.state.system
    with reading(request) as found:
        row = row_of(request, found, case)
    desk_case = _at_desk(system, case)
    if desk_case is None and row is None:
        raise NotFound(f"no complaint {case} is known: see the board and the register of complaints")
    about = about_row(row) if desk_case is None and row is not None else about_case(desk_case.state)
    subject = row.subject if row is not None else desk_case.events[0].envelope.subject
    items = items_of(system.desks.complaints.facts(case), about)
    facts = (
        _facts_only(system, case) if desk_case is None else _adopted_facts(desk_case.events[0].event, system)
    )
    own = [] if desk_case is None else [(one.envelope.source, one.envelope.id) for one in desk_case.events]
    names = [*own, *((one.entry.source, one.entry.id) for one in items), *(name for name, _ in facts)]
    with reading(request) as found:
        connection, schema = found.connection, found.schema
        posted = _posted(found, subject, names)
        clocks = next(iter(rows_of_complaint(connection, schema, case)), None)
        product_id = row.product_id if row is not None else desk_case.state.product_id
        sales = sales_behind(connection, schema, subject, about.sale_id, product_id)
        checks = {one.sale_id: check_before(connection, schema, one) for one in sales}
        similar = [] if row is None else similar_cases(connection, schema, row)
        product_id = product_id or (sales[0].product_id if sales else None)
        issues = [one for one in systemic_issues(connection, schema) if one.product_id == product_id]
        products = {product_id, *(one.product_id for one in similar), *(one.product_id for one in sales)}
        named = dict(names_of(connection, schema, "product_id", products))
        units = {one.unit_id for one in sales} | {row.unit_id if row is not None else None}
        named |= names_of(connection, schema, "unit_id", units)
    actor = actor_or_none(request)
    desk = None
    if desk_case is not None:
        desk = shown(system.desks.complaints, COUNTER, desk_case, actor, posted)
    now = system.clock()
    return CasePage(
        case_id=case,
        subject=subject,
        row=row,
        desk=desk,
        allowed=None if desk is None else desk.allowed,
        clocks=clocks,
        lines=[] if clocks is None else [line_of(one, now, shipped_book()) for one in clocks.clocks],
        story=_story(desk, facts, posted),
        file=case_file(case, about, items, posted, None if desk_case is None else desk_case.state),
        similar=similar,
        sales=sales,
        checks={sale: check for sale, check in checks.items() if check is not None},
        issues=issues,
        names=named,
    )


def reasons(now: dt.datetime, case: CasePage, spoken: Language, formats: Formats) -> list[ClockShown]:
    """The clocks, those that run first and by due time; each with why it is due then."""
    if case.clocks is None:
        return []
    milestones, last = case.clocks.milestones, dt.datetime.max.replace(tzinfo=dt.UTC)
    found = []
    for line in case.lines:
        clock = line.clock
        steps = derivation(clock, milestones, shipped_book())
        whole = None if clock.due_at is None else clock.due_at - clock.started_at
        gone = (now - clock.started_at) / whole if whole else 0.0
        waits = line.state in OPEN_STATES
        mood = "bad" if line.state in ("breached", "late") else "warn" if waits and gone >= 0.8 else "good"
        found.append(
            ClockShown(
                line,
                spoken.stated(line.title["en"], line.title["zh"])
                if "zh" in line.title
                else spoken.word(clock.clock),
                headline(steps, spoken, formats, clock.pack),
                sentences(steps, spoken, formats, clock.calendar),
                gone,
                mood,
                waits,
            )
        )
    return sorted(
        found,
        key=lambda one: (not one.line.clock.governs, not one.waits, one.line.clock.due_at or last),
    )


Fact = tuple[tuple[str, str], StoryLine]


def _at_desk(system: Any, case: str) -> Any:
    try:
        return system.desks.complaints.read(case)
    except NotFound:
        return None


def _posted(found: Reading, subject: str, names: list[tuple[str, str]]) -> dict[tuple[str, str], EntryLine]:
    """Where entries stand, as far as they are posted where whoever asks may look."""
    try:
        with entries_of(found, subject):
            return entries_named(found.connection, found.schema, found.system.journal.volume, subject, names)
    except NotFound:
        return {}


def _facts_only(system: Any, case: str) -> list[Fact]:
    """The facts of a complaint that no desk has."""
    return [
        (
            (one.source, one.id),
            StoryLine(
                one.occurred_on,
                one.occurred_at,
                one.envelope.type,
                codec.headline(codec.TYPES[one.envelope.type], one.event),
                one.envelope.authid,
                None,
                None,
                None,
            ),
        )
        for one in facts_of(system.reading, system.journal, system.zone, case)
    ]


def _adopted_facts(event: Any, system: Any) -> list[Fact]:
    """The facts that a desk took over with the case."""
    if not isinstance(event, ComplaintAdopted):
        return []
    return [
        (
            (one.entry.source, one.entry.id),
            StoryLine(one.on or one.date, one.time, one.type, "", None, None, None, None),
        )
        for one in event.facts
    ]


def _story(
    desk: CaseShown | None, facts: list[Fact], posted: dict[tuple[str, str], EntryLine]
) -> list[StoryLine]:
    """What happened, in the order of the journal: facts first, then what the desk decided."""
    told = []
    for name, line in facts:
        entry = posted.get(name)
        if entry is not None:
            line = line._replace(position=entry.position, line=line.line or entry.line)
        told.append(line)
    for one in desk.entries if desk is not None else ():
        told.append(
            StoryLine(one.on, one.at, one.type, one.line, one.by, one.position, one.version, one.command_id)
        )
    return told
