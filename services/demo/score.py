"""The score: what the watch said, held against what is true. Found, missed, falsely raised, per rule.

A signal about an innocent look-alike is false; one that names what was planted, or an ordinary fault, is
true; any other of a scored rule is false. Rules themselves are none of its business.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from events.event_type import EntryRef
from projections.risk import SIGNALS, SIGNALS_FIGURE, SignalRow
from services.demo.truth import BASE_RULES, CASES, Expected, Innocent, Truth
from services.store.database import Connection
from services.store.queries.figures import FigureQuery, rows_behind

PAGE_ROWS = 1_000


class Seen(NamedTuple):
    """A signal as far as the score needs it."""

    rule: str
    names: frozenset[str]
    evidence: frozenset[EntryRef]
    text: str


class RuleScore(NamedTuple):
    """How one rule did. `tested` is False where the bank is too small for it."""

    rule: str
    cases: tuple[int, ...]
    expected: int
    found: int
    false: int
    tested: bool

    @property
    def missed(self) -> int:
        return self.expected - self.found


class Score(NamedTuple):
    """The score of a year; `missed` and `false` say in words what went wrong."""

    rules: tuple[RuleScore, ...]
    missed: tuple[str, ...]
    false: tuple[str, ...]
    not_covered: tuple[str, ...]

    @property
    def tested(self) -> tuple[RuleScore, ...]:
        """The rules that count."""
        return tuple(rule for rule in self.rules if rule.tested)


def read_signals(connection: Connection, schema: str) -> list[Seen]:
    """Every signal of the live generation."""
    return [_seen(row) for row in _rows(connection, schema)]


def score(truth: Truth, signals: Sequence[Seen], rules: frozenset[str]) -> Score:
    """Hold signals against the truth; `rules` are those that the pack has."""
    wanted = {one.rule for one in truth.expected if one.required} & rules
    by_rule: defaultdict[str, list[Seen]] = defaultdict(list)
    for signal in signals:
        by_rule[signal.rule].append(signal)
    scores, missed, false = [], [], []
    for rule in sorted(wanted):
        mine = [one for one in truth.expected if one.rule == rule]
        one, lacking, wrong = _score_rule(rule, truth, mine, by_rule[rule])
        scores.append(one)
        if one.tested:
            missed += lacking
            false += wrong
    return Score(tuple(scores), tuple(missed), tuple(false), _not_covered(truth, rules))


def _score_rule(
    rule: str, truth: Truth, expected: Sequence[Expected], signals: Sequence[Seen]
) -> tuple[RuleScore, list[str], list[str]]:
    innocents = [one for one in truth.innocent if rule in one.rules]
    found: set[int] = set()
    wrong: list[str] = []
    for signal in signals:
        innocent = next((one for one in innocents if _names_innocent(one, signal)), None)
        hits = [place for place, one in enumerate(expected) if _belongs(one, signal)]
        if innocent is not None and not hits:
            wrong.append(f"{rule}: {innocent.what} · {signal.text}")
        elif not hits:
            wrong.append(f"{rule}: {signal.text}")
        found.update(hits)
    required = [place for place, one in enumerate(expected) if one.required]
    tested = truth.large_enough or not any(expected[place].scales for place in required)
    lacking = [
        f"{rule}: {expected[place].what} · {expected[place].subjects[0]}"
        for place in required
        if place not in found
    ]
    cases = tuple(sorted({one.case for one in expected if one.case is not None}))
    counts = (len(required), len(required) - len(lacking), len(wrong))
    return RuleScore(rule, cases, *counts, tested), lacking, wrong


def _belongs(expected: Expected, signal: Seen) -> bool:
    """By its evidence where the truth names entries, else by whom it speaks of."""
    if expected.entries and signal.evidence:
        return not signal.evidence.isdisjoint(expected.entries)
    return not signal.names.isdisjoint(expected.subjects)


def _names_innocent(innocent: Innocent, signal: Seen) -> bool:
    if innocent.entries:
        return not signal.evidence.isdisjoint(innocent.entries)
    return not signal.names.isdisjoint(innocent.subjects)


def _not_covered(truth: Truth, rules: frozenset[str]) -> tuple[str, ...]:
    told = [
        f"case {number}, {CASES[number - 1].title}: {reason}"
        for number, reason in sorted(truth.not_planted.items())
    ]
    return (
        *told,
        *(f"ordinary faults of {rule}: the rule pack lacks it" for rule in BASE_RULES if rule not in rules),
    )


def _seen(row: SignalRow) -> Seen:
    named = {
        "customer": row.customer_id,
        "product": row.product_id,
        "channel": row.channel_id,
        "unit": row.unit_id,
        "employee": row.seller_id,
    }
    names = {row.subject, *(f"{kind}/{identifier}" for kind, identifier in named.items() if identifier)}
    return Seen(row.rule, frozenset(names), frozenset(row.evidence), row.text)


def _rows(connection: Connection, schema: str) -> Iterator[SignalRow]:
    after: tuple[str, ...] | None = None
    while True:
        rows = rows_behind(connection, schema, SIGNALS_FIGURE, FigureQuery(), after=after, limit=PAGE_ROWS)
        for row in rows:
            assert isinstance(row, SignalRow), "the signals figure is counted over signals"
            yield row
        if len(rows) < PAGE_ROWS:
            return
        after = tuple(getattr(rows[-1], name) for name in SIGNALS.key)
