"""R-CMPL-05: many complaints about one thing in a short time, against that thing's own history.

A cell is one product and issue, product and unit, or seller. Its last `days` are compared with up to a year
before them by an exact conditional test (given all of a cell's complaints, how many fall in the window), and
also with the growth of everything else of the same legal entity, so that a busy month alone is no cluster.
"""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from events.event_type import EntryRef
from projections.rules.classes import ProductClasses
from projections.rules.day_rule import Facts
from projections.rules.rule import About, Hit, Parameters, Rule, Rules, hit_of_window
from projections.rules.seen import COMPLAINTS_SEEN, ComplaintSeen
from projections.rules.tails import binomial_upper

Dimension = Literal["product_id", "issue", "seller_id", "unit_id", "channel_id"]


class ClusterParameters(Parameters):
    """At least `minimum_count` in `days`, `ratio_bp` times the rate of up to `history_days` before (of which
    there must be `minimum_history_days`), at a chance below `alpha`. An episode ends after `quiet_days`."""

    cells: tuple[tuple[Dimension, ...], ...]
    days: int
    history_days: int
    minimum_history_days: int
    minimum_count: int
    ratio_bp: int
    alpha: float
    quiet_days: int


INPUTS = (
    "cell",
    "complaints",
    "days",
    "history",
    "history_days",
    "expected",
    "chance",
    "first_on",
    "last_on",
)

Cell = tuple[tuple[str, str], ...]
"""(dimension, value) pairs, the legal entity first."""


class _Test(NamedTuple):
    complaints: int
    history: int
    history_days: int
    expected: float
    chance: float


def judge_clusters(rules: Rules, classes: ProductClasses, day: dt.date, facts: Facts) -> Iterator[Hit]:
    """Clusters whose episode begins on this day; of several that share most complaints, the first or the
    least likely one."""
    rule: Rule[ClusterParameters] = rules["R-CMPL-05"]
    asked = rule.parameters
    if not facts.between(COMPLAINTS_SEEN, ComplaintSeen, "received_on", day, day):
        return
    look_back = dt.timedelta(days=asked.days + asked.history_days + 2 * asked.quiet_days)

    def make() -> _Board:
        first, last = facts.days
        begin = min(first, day) - look_back
        rows = facts.between(COMPLAINTS_SEEN, ComplaintSeen, "received_on", begin, max(last, day))
        first_day = facts.first_day(COMPLAINTS_SEEN, "received_on")
        assert first_day is not None, "there is a complaint on this day"
        return _Board(asked, [row for row in rows if not row.duplicate], first_day)

    board = facts.memo(("clusters", min(facts.days[0], day)), make)
    fresh = {cell for row in board.on(day) for cell in _cells(asked, row)}
    beginning = [cell for cell in sorted(fresh) if board.begins(cell, day)]
    if not beginning:
        return
    running = [cell for cell in board.cells() if cell not in beginning and board.test(cell, day) is not None]
    told = [board.window_of(cell, day) for cell in running]
    for cell in sorted(beginning, key=lambda one: (board.chance(one, day), one)):
        window = board.window_of(cell, day)
        names = {(row.source, row.id) for row in window}
        if any(_shares_most(names, other) for other in told):
            continue
        told.append(window)
        yield _hit(rule, cell, day, window, board)


class _Board:
    """Complaints by cell, with their days sorted; made once for all days that are judged at one cut."""

    def __init__(self, asked: ClusterParameters, rows: Sequence[ComplaintSeen], first_day: dt.date) -> None:
        self._asked = asked
        self._first_day = first_day
        self._on: dict[dt.date, list[ComplaintSeen]] = defaultdict(list)
        self._by_cell: dict[Cell, list[ComplaintSeen]] = defaultdict(list)
        for row in rows:
            self._on[_received(row)].append(row)
            for cell in _cells(asked, row):
                self._by_cell[cell].append(row)
            self._by_cell[_entity(row)].append(row)
        self._days = {cell: [_received(row) for row in found] for cell, found in self._by_cell.items()}
        self._tests: dict[tuple[Cell, dt.date], _Test | None] = {}

    def on(self, day: dt.date) -> list[ComplaintSeen]:
        return self._on.get(day, [])

    def cells(self) -> list[Cell]:
        """Every cell that could be active at all."""
        enough = self._asked.minimum_count
        return sorted(cell for cell, days in self._days.items() if len(cell) > 1 and len(days) >= enough)

    def begins(self, cell: Cell, day: dt.date) -> bool:
        """Whether the cell stands out on this day and did not in the quiet days before."""
        if self.test(cell, day) is None:
            return False
        earlier = day - dt.timedelta(days=self._asked.quiet_days)
        days = self._days[cell]
        before = set(days[bisect_left(days, earlier) : bisect_left(days, day)])
        return all(self.test(cell, one) is None for one in before)

    def chance(self, cell: Cell, day: dt.date) -> float:
        found = self.test(cell, day)
        return 1.0 if found is None else found.chance

    def window_of(self, cell: Cell, day: dt.date) -> list[ComplaintSeen]:
        days = self._days[cell]
        begin = day - dt.timedelta(days=self._asked.days - 1)
        return self._by_cell[cell][bisect_left(days, begin) : bisect_right(days, day)]

    def test(self, cell: Cell, day: dt.date) -> _Test | None:
        """The cell's test on a day; None where it does not stand out."""
        name = (cell, day)
        if name not in self._tests:
            self._tests[name] = self._tested(cell, day)
        return self._tests[name]

    def _tested(self, cell: Cell, day: dt.date) -> _Test | None:
        asked = self._asked
        window_begin = day - dt.timedelta(days=asked.days - 1)
        history_begin = max(self._first_day, window_begin - dt.timedelta(days=asked.history_days))
        history_days = (window_begin - history_begin).days
        if history_days < asked.minimum_history_days:
            return None
        count = self._count(cell, window_begin, day)
        if count < asked.minimum_count:
            return None
        before = window_begin - dt.timedelta(days=1)
        history = self._count(cell, history_begin, before)
        others_now = self._count(cell[:1], window_begin, day) - count
        others_then = self._count(cell[:1], history_begin, before) - history
        by_time = asked.days / history_days
        by_growth = others_now / others_then if others_then else 0.0
        rate = max(by_time, by_growth)
        expected = history * rate
        if count * 10_000 < expected * asked.ratio_bp:
            return None
        chance = binomial_upper(count, count + history, rate / (1 + rate))
        if chance >= asked.alpha:
            return None
        return _Test(count, history, history_days, expected, chance)

    def _count(self, cell: Cell, first: dt.date, last: dt.date) -> int:
        days = self._days.get(cell, [])
        return bisect_right(days, last) - bisect_left(days, first)


def _cells(asked: ClusterParameters, row: ComplaintSeen) -> Iterator[Cell]:
    for dimensions in asked.cells:
        values = [getattr(row, one) for one in dimensions]
        if None not in values:
            yield (*_entity(row), *zip(dimensions, values, strict=True))


def _entity(row: ComplaintSeen) -> Cell:
    return (("legal_entity", row.legal_entity or ""),)


def _received(row: ComplaintSeen) -> dt.date:
    assert row.received_on is not None, "rows are found by this day"
    return row.received_on


def _shares_most(names: set[tuple[str, str]], other: Sequence[ComplaintSeen]) -> bool:
    shared = sum((row.source, row.id) in names for row in other)
    return 2 * shared >= len(names)


_SUBJECT_KINDS = (
    ("seller_id", "employee"),
    ("product_id", "product"),
    ("unit_id", "unit"),
    ("channel_id", "channel"),
)


def _hit(
    rule: Rule[ClusterParameters],
    cell: Cell,
    day: dt.date,
    window: Sequence[ComplaintSeen],
    board: _Board,
) -> Hit:
    found = board.test(cell, day)
    assert found is not None
    values: dict[str, Any] = dict(cell)
    subject = next(
        (f"{kind}/{values[name]}" for name, kind in _SUBJECT_KINDS if name in values),
        "risk/daybook:complaints",
    )
    return hit_of_window(
        rule,
        subject,
        (_received(window[0]), day),
        inputs={
            "cell": tuple(f"{name} {value}" for name, value in cell[1:]),
            "complaints": found.complaints,
            "days": rule.parameters.days,
            "history": found.history,
            "history_days": found.history_days,
            "expected": found.expected,
            "chance": found.chance,
            "first_on": _received(window[0]),
            "last_on": day,
        },
        about=About(
            product_id=values.get("product_id"),
            seller_id=values.get("seller_id"),
            unit_id=values.get("unit_id"),
            channel_id=values.get("channel_id"),
            legal_entity=values["legal_entity"] or None,
        ),
        evidence=tuple(EntryRef(row.source, row.id) for row in window),
        cell=tuple(f"{name}={value}" for name, value in cell),
    )
