"""Risk: what the rules saw, by rule, subject and severity; one signal down to its entries; rules in force.

Rules and packs are projections/rules, signals the watch's; this asks and shows.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from events import codec
from events.event_type import EntryRef
from projections.risk import SIGNALS, SIGNALS_FIGURE, SignalRow
from projections.rules.pack import RulePack
from services.api.guard import needs
from services.api.reading import Reading, reading
from services.console import links
from services.console.charts import Caption, Column, columns_over_time
from services.console.language import Language
from services.console.pages import language_of, page, today
from services.console.rule_books import pieces, rule_of, settings_of, shipped_books
from services.console.signal_words import BY_DAY_DOWN, MOODS, words_of
from services.console.view import PREFIX, View
from services.errors import NotFound, WrongUse
from services.store.queries.figures import FigureLine, FigureQuery, read_figure
from services.store.queries.names import names_in
from services.store.queries.rows import Filter, PageQuery, ledger_page, ledger_row, row_of
from services.store.queries.signals import NamedEntry, evidence_entries, signals_naming
from services.watch.publishing import published_packs

router = APIRouter(prefix=f"{PREFIX}/risk", dependencies=[needs("read_risk")])
VIEW = View("risk", "Risk", f"{PREFIX}/risk", "read_risk", router)

PAGE_ROWS = 30
OTHER_ROWS = 10
BUSIEST = 8
SHOWN_ENTRIES = 50
MONTH_DAYS, YEAR_DAYS = 30, 365
MONTHS = 12
SEVERITIES = ("critical", "high", "medium", "low")
EXACT = ("rule", "severity", "legal_entity", "unit_id", "seller_id", "product_id", "channel_id", "subject")
"""Filters that ask for just this value, in the order of the form."""


class RuleLine(NamedTuple):
    """How often a rule saw something: in the last month, in the last year, ever."""

    rule: str
    severity: str
    month: int
    year: int
    ever: int


class EvidenceLine(NamedTuple):
    """An entry that a signal names, and the row of a ledger that it posted where that is worth a link."""

    entry: NamedEntry
    sale_id: str | None


class Tile(NamedTuple):
    """Signals of a severity this month and in the month before, to the same day."""

    severity: str
    now: int
    before: int


@router.get("")
def overview(request: Request, sort: str = "", cursor: str = "") -> Response:
    """Counts by severity and rule, the months of a year, and the signals themselves, the latest first."""
    system: Any = request.app.state.system
    spoken, day = language_of(request), today(request)
    filters = _filters(request)
    with reading(request) as found:
        tiles = _tiles(found, day)
        rules = _rule_lines(found, system.pack, day)
        months = _monthly(found, day)
        rows = ledger_page(
            found.connection,
            found.schema,
            SIGNALS,
            PageQuery(filters, sort or BY_DAY_DOWN, (), cursor or None, PAGE_ROWS),
        )
        entities = _lines(found, FigureQuery(by=("legal_entity",)), day)
        called = names_in(found.connection, found.schema, rows.rows)
    return page(
        request,
        "risk/overview.html",
        called=called,
        tiles=tiles,
        rules=rules,
        busiest=[one for one in rules if one.ever][:BUSIEST],
        pack=system.pack,
        words=words_of(request, called),
        chart=_chart(months, spoken, day),
        signals=[row_of(SIGNALS, one) for one in rows.rows],
        next=rows.next,
        sort=sort or BY_DAY_DOWN,
        asked={name: request.query_params.get(name, "") for name in (*EXACT, "from", "to")},
        entities=[one.dims["legal_entity"] for one in entities if one.dims["legal_entity"]],
        severities=SEVERITIES,
        moods=MOODS,
        first_of_month=day.replace(day=1).isoformat(),
        year_begins=(day - dt.timedelta(days=YEAR_DAYS - 1)).isoformat(),
        filtered=bool(filters),
    )


@router.get("/signals")
def one_signal(request: Request, subject: str, signal_id: str) -> Response:
    """A signal: the rule's words with the values put in, inputs, thresholds, and the entries it stands on."""
    system: Any = request.app.state.system
    with reading(request) as found:
        values = ledger_row(found.connection, found.schema, SIGNALS, (subject, signal_id))
        if values is None:
            raise NotFound(f"no signal {signal_id!r} of {subject!r}: look for it under Risk")
        signal = row_of(SIGNALS, values)
        assert isinstance(signal, SignalRow)
        evidence = _evidence(found, signal)
        others = ledger_page(
            found.connection,
            found.schema,
            SIGNALS,
            PageQuery((Filter("subject", "is", (subject,)),), BY_DAY_DOWN, limit=OTHER_ROWS + 1),
        )
        named = [signal, {f"{name}_id": text for name, text in signal.inputs}]
        called = names_in(found.connection, found.schema, [*named, *others.rows])
    rule = rule_of(system.pack, signal.rule, signal.pack, signal.rule_version)
    return page(
        request,
        "risk/signal.html",
        called=called,
        signal=signal,
        rule=rule,
        settings=[] if rule is None else settings_of(rule),
        evidence=evidence,
        more=max(len(signal.evidence) - SHOWN_ENTRIES, 0),
        others=[one for one in (row_of(SIGNALS, row) for row in others.rows) if _id_of(one) != signal_id][
            :OTHER_ROWS
        ],
        words=words_of(request, called),
        moods=MOODS,
    )


@router.get("/entries")
def of_entry(request: Request, subject: str, source: str, entry_id: str) -> Response:
    """The signals that name an entry (a sale's, say) as evidence: why it was flagged."""
    system: Any = request.app.state.system
    ref = EntryRef(source, entry_id)
    with reading(request) as found:
        signals = signals_naming(found.connection, found.schema, subject, (ref,))
        entry = evidence_entries(found.connection, found.schema, system.journal.volume, (ref,))[0]
    return page(
        request,
        "risk/of_entry.html",
        subject=subject,
        entry=entry,
        signals=signals,
        words=words_of(request),
        moods=MOODS,
    )


@router.get("/rules")
def rules_in_force(request: Request) -> Response:
    """The packs that decide: which version since when, by whom published and approved, and what it says."""
    system: Any = request.app.state.system
    with reading(request, every_unit=True) as found:
        published = published_packs(found.connection, found.schema, system.journal)
        lines = _rule_lines(found, system.pack, today(request))
    return page(
        request,
        "risk/rules.html",
        pack=system.pack,
        counted={one.rule: one for one in lines},
        words=words_of(request),
        published=published,
        books=shipped_books(),
        today=today(request),
        moods=MOODS,
    )


@router.get("/rules/{rule_id}")
def one_rule(request: Request, rule_id: str) -> Response:
    """One rule: its text, its thresholds, whom it named, and how it did on the whole history."""
    system: Any = request.app.state.system
    rule = system.pack.rules.get(rule_id)
    if rule is None:
        raise NotFound(f"pack {system.pack.name} has no rule {rule_id!r}: see the rules in force")
    spoken, day = language_of(request), today(request)
    where = (("rule", rule_id),)
    with reading(request) as found:
        months = _lines(found, FigureQuery(("month", "severity"), where, _months_ago(day)), day)
        whom = {
            name: _most(_lines(found, FigureQuery((name,), where), day), name)
            for name in ("seller_id", "unit_id", "product_id", "channel_id")
        }
        latest = ledger_page(
            found.connection,
            found.schema,
            SIGNALS,
            PageQuery((Filter("rule", "is", (rule_id,)),), BY_DAY_DOWN, limit=PAGE_ROWS),
        )
        counted = [one for one in _rule_lines(found, system.pack, day) if one.rule == rule_id]
        most = [{name: value} for name, lines in whom.items() for value, _ in lines]
        called = names_in(found.connection, found.schema, [*latest.rows, *most])
    return page(
        request,
        "risk/rule.html",
        called=called,
        rule=rule,
        pack=system.pack,
        sentence=pieces(spoken.stated(rule.text.en, rule.text.zh), {}),
        settings=settings_of(rule),
        counted=counted[0],
        chart=_chart(months, spoken, day, rule=rule_id),
        whom={name: lines for name, lines in whom.items() if lines},
        signals=[row_of(SIGNALS, one) for one in latest.rows],
        next=latest.next,
        words=words_of(request, called),
        moods=MOODS,
    )


def _filters(request: Request) -> tuple[Filter, ...]:
    asked = request.query_params
    found = [Filter(name, "is", (asked[name],)) for name in EXACT if asked.get(name)]
    for name, operator in (("from", "gte"), ("to", "lte")):
        if asked.get(name):
            found.append(Filter("detected_on", operator, (asked[name],)))  # type: ignore[arg-type]
    return tuple(found)


def _lines(found: Reading, query: FigureQuery, day: dt.date) -> Sequence[FigureLine]:
    return read_figure(found.connection, found.schema, SIGNALS_FIGURE, query, day)


def _tiles(found: Reading, day: dt.date) -> list[Tile]:
    begins = day.replace(day=1)
    last = begins - dt.timedelta(days=1)
    before = last.replace(day=1)
    until = before + dt.timedelta(days=min(day.day, last.day) - 1)
    now = _count(_lines(found, FigureQuery(("severity",), (), begins, day), day), "severity")
    then = _count(_lines(found, FigureQuery(("severity",), (), before, until), day), "severity")
    return [Tile(one, now.get(one, 0), then.get(one, 0)) for one in SEVERITIES]


def _rule_lines(found: Reading, pack: RulePack, day: dt.date) -> list[RuleLine]:
    """Every rule of the pack, and every other that ever saw something, the busiest of the month first."""
    by = ("rule",)
    month = _count(_lines(found, FigureQuery(by, (), day - dt.timedelta(days=MONTH_DAYS - 1)), day), "rule")
    year = _count(_lines(found, FigureQuery(by, (), day - dt.timedelta(days=YEAR_DAYS - 1)), day), "rule")
    ever = _count(_lines(found, FigureQuery(by), day), "rule")
    lines = [
        RuleLine(
            name,
            pack.rules[name].severity if name in pack.rules else "",
            month.get(name, 0),
            year.get(name, 0),
            ever.get(name, 0),
        )
        for name in sorted({*pack.rules, *ever})
    ]
    return sorted(lines, key=lambda one: (-one.month, -one.year, one.rule))


def _count(lines: Sequence[FigureLine], name: str) -> dict[str, int]:
    return {str(one.dims[name]): int(one.estimate.value or 0) for one in lines if one.dims[name] is not None}


def _most(lines: Sequence[FigureLine], name: str) -> list[tuple[str, int]]:
    """Whom a rule named most often."""
    counted = _count(lines, name)
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:OTHER_ROWS]


def _monthly(found: Reading, day: dt.date) -> Sequence[FigureLine]:
    return _lines(found, FigureQuery(("month", "severity"), (), _months_ago(day)), day)


def _months_ago(day: dt.date) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - MONTHS, 12)
    return dt.date(year, month + 1, 1)


def _chart(lines: Sequence[FigureLine], spoken: Language, day: dt.date, **where: str) -> Markup | None:
    """Signals by month and severity, the worst at the foot of each column; each part opens its rows."""
    if not lines:
        return None
    counted = {(one.dims["month"], one.dims["severity"]): int(one.estimate.value or 0) for one in lines}
    begin = _months_ago(day)
    months = [
        f"{year}-{month + 1:02d}"
        for year, month in (divmod(begin.year * 12 + begin.month - 1 + n, 12) for n in range(MONTHS))
    ]
    columns = [
        Column(
            label=month,
            value=counted.get((month, severity), 0),
            series=spoken.word(severity),
            href=links.rows("signals", {"month": month, "severity": severity, **where}),
        )
        for severity in SEVERITIES
        if any(one.dims["severity"] == severity for one in lines)
        for month in months
    ]
    caption = Caption(title=spoken("Signals by month and severity"), axis=spoken("signals"))
    return Markup(columns_over_time(columns, caption))


def _evidence(found: Reading, signal: SignalRow) -> list[EvidenceLine]:
    """The entries of a signal; of a sale's also which sale it is."""
    system = found.system
    named = evidence_entries(
        found.connection, found.schema, system.journal.volume, signal.evidence[:SHOWN_ENTRIES]
    )
    seen = [one.position for one in named if one.position is not None]
    sales: dict[Any, str | None] = {}
    for position, record in zip(seen, system.journal.fetch(seen), strict=True):
        event = codec.decode(record.value, position, system.zone).event
        sales[position] = getattr(event, "sale_id", None)
    return [EvidenceLine(one, sales.get(one.position)) for one in named]


def _id_of(row: Any) -> str:
    if not isinstance(row, SignalRow):
        raise WrongUse("a row of signals is asked for")
    return row.signal_id
