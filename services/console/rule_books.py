"""Rule packs in force, in one form for pages: risk, complaint clocks, suitability, cooling-off.

The Risk view asks here. What a pack means is in projections/rules; nothing is judged here.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from string import Formatter
from typing import Any, Literal, NamedTuple

import msgspec

from projections.rules.clock_book import shipped_texts
from projections.rules.clock_pack import ClockPack, Limit, parse_clock_pack
from projections.rules.pack import RulePack
from projections.rules.rule import Rule
from services.desks.complaints.packs import handling_packs
from services.desks.suitability.packs import cooling_off_packs, suitability_packs

CLOCK_PACKS = "clock_packs"
DEFAULTS = "defaults"

Standing = Literal["in_force", "to_come", "over"]


class Line(NamedTuple):
    """A thing that a pack states, in words; `title` is by language where the pack has both."""

    name: str
    title: Mapping[str, str]
    says: tuple[str, ...]


class Book(NamedTuple):
    """A version of a pack: since when, until when (the day on which the next one begins), by which source."""

    kind: str
    pack: str
    version: str
    begins: dt.date
    ends: dt.date | None
    digest: str
    source: str
    verified: bool
    lines: tuple[Line, ...]

    def standing(self, on: dt.date) -> Standing:
        """Whether the version governs a day."""
        if self.begins > on:
            return "to_come"
        return "over" if self.ends is not None and self.ends <= on else "in_force"


class Setting(NamedTuple):
    """A parameter of a rule: its name, and its values in words, each with what it is for in a table."""

    name: str
    values: tuple[tuple[str, tuple[str, ...]], ...]


class Piece(NamedTuple):
    """A part of a rule's sentence; `input` names the input whose value it is, None for its own words."""

    text: str
    input: str | None


@cache
def shipped_books() -> tuple[Book, ...]:
    """Every shipped pack that desks decide by, newest first within its kind; packs never change."""
    found = [*_clock_books(), *_suitability_books(), *_cooling_off_books(), *_handling_books()]
    following: dict[tuple[str, str], dt.date] = {}
    ended: list[Book] = []
    for book in sorted(found, key=lambda one: (one.begins, one.version), reverse=True):
        ended.append(book._replace(ends=following.get((book.kind, book.pack))))
        following[book.kind, book.pack] = book.begins
    return tuple(sorted(ended, key=lambda one: (_KINDS.index(one.kind), one.pack)))


def settings_of(rule: Rule[Any]) -> list[Setting]:
    """A rule's parameters as its pack states them."""
    stated: dict[str, Any] = rule.parameters.model_dump(mode="json")
    return [Setting(name, tuple(_values(value))) for name, value in stated.items()]


def pieces(sentence: str, inputs: Mapping[str, str]) -> list[Piece]:
    """A rule's sentence with the inputs of a signal put in, each told apart from the rule's own words."""
    found: list[Piece] = []
    for words, name, _, _ in Formatter().parse(sentence):
        if words:
            found.append(Piece(words, None))
        if name is not None:
            found.append(Piece(inputs.get(name, f"{{{name}}}"), name))
    return found


def rule_of(pack: RulePack, rule_id: str, quoted: str, version: str) -> Rule[Any] | None:
    """The rule that a signal quotes, if the active pack still has just this text of it."""
    rule = pack.rules.get(rule_id)
    same = f"{pack.name} {pack.digest[:12]}" == quoted or (rule is not None and rule.version == version)
    return rule if same else None


_KINDS = ("clocks", "suitability", "cooling_off", "handling")


def _clock_books() -> Iterable[Book]:
    for name, text in shipped_texts(CLOCK_PACKS):
        if not name.startswith(DEFAULTS):
            yield _clock_book(parse_clock_pack(text))


def _clock_book(pack: ClockPack) -> Book:
    stated = pack.stated
    lines = tuple(
        Line(
            clock.id,
            {str(code): text for code, text in clock.title.items()},
            (
                *(_limit(limit) for limit in clock.limits),
                *(f"extended: {_limit(more.limit)}" for more in clock.extensions),
            ),
        )
        for clock in stated.clocks
    )
    return Book(
        "clocks",
        stated.pack,
        stated.version,
        stated.valid_from,
        None,
        pack.digest,
        stated.source,
        stated.verified,
        lines,
    )


def _limit(limit: Limit) -> str:
    when = ", ".join(f"{name}: {_plain(value)}" for name, value in limit.when.items())
    return f"{limit.amount} {limit.unit.replace('_', ' ')}" + (f" ({when})" if when else "")


def _suitability_books() -> Iterable[Book]:
    for pack in suitability_packs():
        stated = pack.stated
        lines = [
            Line(
                str(regime),
                {},
                (
                    f"override: {rules.override}".replace("_", " "),
                    *(
                        f"{grade}: up to {max(levels) if levels else '–'}"
                        for grade, levels in rules.matrix.items()
                    ),
                    *(f"{one.duty} {one.when}".replace("_", " ") for one in rules.duties),
                ),
            )
            for regime, rules in stated.regimes.items()
        ]
        yield Book(
            "suitability",
            stated.pack,
            stated.version,
            stated.valid_from,
            None,
            pack.digest,
            stated.source,
            stated.verified,
            tuple(lines),
        )


def _cooling_off_books() -> Iterable[Book]:
    for pack in cooling_off_packs():
        stated = pack.stated
        lines = []
        for one in stated.periods:
            lengths = ((one.hours, "hours"), (one.days, "days"), (one.business_days, "business days"))
            length = next(f"{amount} {unit}" for amount, unit in lengths if amount is not None)
            said = (f"{length} from {one.begins}", f"callback: {one.callback}".replace("_", " "))
            lines.append(Line(one.name, {}, said))
        yield Book(
            "cooling_off",
            stated.pack,
            stated.version,
            stated.valid_from,
            None,
            pack.digest,
            stated.source,
            stated.verified,
            tuple(lines),
        )


def _handling_books() -> Iterable[Book]:
    for pack in handling_packs():
        stated = pack.stated
        lines = (
            Line("approver_roles", {}, (_plain(pack.approver_roles),)),
            Line("senior_roles", {}, (_plain(pack.senior_roles),)),
            Line("head_office_roles", {}, (_plain(pack.head_office_roles),)),
            Line("max_representatives", {}, (str(pack.max_representatives),)),
            Line("review_days", {}, tuple(f"{regime}: {days}" for regime, days in pack.review_days.items())),
            Line(
                "remedies", {}, tuple(f"{regime}: {_plain(names)}" for regime, names in pack.remedies.items())
            ),
        )
        yield Book(
            "handling",
            stated.pack,
            stated.version,
            stated.valid_from,
            None,
            pack.digest,
            stated.source,
            stated.verified,
            lines,
        )


def _values(value: Any) -> Iterable[tuple[str, tuple[str, ...]]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name), _texts(inner)
    else:
        yield "", _texts(value)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, list) and value:
        return tuple(_plain(one) for one in value)
    return (_plain(value),)


def _plain(value: Any) -> str:
    """A stated value in words: lists with commas, tables as `name value`, truths as yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(
            f"{name} {_plain(inner)}" for name, inner in value.items() if inner not in (None, [])
        )
    if isinstance(value, (set, frozenset)):
        return _plain(sorted(value))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(_plain(one) for one in value) if _nested(value) else ", ".join(map(_plain, value))
    if isinstance(value, msgspec.Struct):
        return _plain(msgspec.to_builtins(value))
    return "–" if value is None else str(value)


def _nested(values: Sequence[Any]) -> bool:
    return any(not isinstance(one, (str, int, float)) for one in values)
