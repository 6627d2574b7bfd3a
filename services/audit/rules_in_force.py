"""Rules in force on a day: the house pack, complaint clocks, suitability, cooling-off, complaint handling.

API, console and command line ask here. Packs are files with a digest; which of them governs a day is said by
their own modules, and here only told.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import msgspec

from projections.rules import handling_pack, suitability_pack
from projections.rules.clock_book import shipped_book
from projections.rules.clock_pack import ClockPack
from projections.rules.cooling_off import CoolingOffPack
from projections.rules.handling_pack import HandlingRules
from projections.rules.pack import RulePack
from projections.rules.rule import Rule
from projections.rules.suitability_pack import SuitabilityPack
from services.desks.complaints.packs import handling_packs
from services.desks.suitability.packs import cooling_off_packs, suitability_packs
from services.watch.publishing import Published, find_published

Kind = Literal["signals", "clocks", "suitability", "cooling_off", "handling"]


class RuleInForce(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a pack: a risk rule, a clock, the rules of a regime, a period, a duty. `inputs` are its
    thresholds; `title` and `text` by language, as far as the pack has words."""

    id: str
    version: str
    title: dict[str, str]
    text: dict[str, str]
    severity: str | None
    principle: str | None
    applies_to: str | None
    inputs: Any


class PackInForce(msgspec.Struct, frozen=True, kw_only=True):
    """A pack, which text it is, and whether it governs the day that was asked about. `verified` says that
    somebody held it against its source; `published` is the entry that put it in force, for the house pack."""

    kind: Kind
    pack: str
    version: str
    valid_from: dt.date
    in_force: bool
    verified: bool
    source: str
    about: str | None
    digest: str
    published: Published | None
    rules: tuple[RuleInForce, ...]


class RulesInForce(msgspec.Struct, frozen=True):
    """Every pack that is there, and which of them govern a day."""

    day: dt.date
    packs: tuple[PackInForce, ...]


def rules_in_force(house: RulePack, published: Sequence[Published], day: dt.date) -> RulesInForce:
    """The active house pack and every other pack, the house's first, then by kind and name."""
    packs = [
        _house(house, published, day),
        *_clocks(day),
        *_suitability(suitability_packs(), day),
        *_cooling_off(cooling_off_packs(), day),
        *_handling(handling_packs(), day),
    ]
    return RulesInForce(day, tuple(packs))


def _house(pack: RulePack, published: Sequence[Published], day: dt.date) -> PackInForce:
    return PackInForce(
        kind="signals",
        pack=pack.id,
        version=pack.version,
        valid_from=pack.valid_from,
        in_force=pack.valid_from <= day,
        verified=pack.verified,
        source=pack.source,
        about=None,
        digest=pack.digest,
        published=find_published(published, pack),
        rules=tuple(_risk_rule(rule) for rule in pack.rules.values()),
    )


def _risk_rule(rule: Rule[Any]) -> RuleInForce:
    return RuleInForce(
        id=rule.id,
        version=rule.version,
        title=rule.title.model_dump(),
        text=rule.text.model_dump(),
        severity=rule.severity,
        principle=rule.principle,
        applies_to=rule.applies_to,
        inputs=rule.parameters.model_dump(mode="json"),
    )


def _clocks(day: dt.date) -> Iterator[PackInForce]:
    for _, versions in sorted(shipped_book().packs.items()):
        newest = max((one.valid_from for one in versions if one.valid_from <= day), default=None)
        for pack in versions:
            yield _clock_pack(pack, pack.valid_from == newest)


def _clock_pack(pack: ClockPack, in_force: bool) -> PackInForce:
    stated = pack.stated
    rules = [
        _rule(
            clock.id,
            stated.version,
            msgspec.to_builtins(clock),
            title={str(k): v for k, v in clock.title.items()},
        )
        for clock in stated.clocks
    ]
    return _pack("clocks", stated, pack.digest, in_force, rules, about=stated.about)


def _suitability(packs: Iterable[SuitabilityPack], day: dt.date) -> Iterator[PackInForce]:
    every = tuple(packs)
    for pack in every:
        stated = pack.stated
        rules = [
            _rule(regime, stated.version, rules.model_dump(mode="json"))
            for regime, rules in stated.regimes.items()
        ]
        governs = any(suitability_pack.in_force(every, regime, day) is pack for regime in stated.regimes)
        yield _pack("suitability", stated, pack.digest, governs, rules)


def _cooling_off(packs: Iterable[CoolingOffPack], day: dt.date) -> Iterator[PackInForce]:
    every = sorted(packs, key=lambda one: one.stated.valid_from)
    newest = [one for one in every if one.stated.valid_from <= day][-1:]
    for pack in every:
        rules = [
            _rule(one.name, pack.stated.version, one.model_dump(mode="json")) for one in pack.stated.periods
        ]
        yield _pack("cooling_off", pack.stated, pack.digest, pack in newest, rules)


def _handling(packs: Iterable[HandlingRules], day: dt.date) -> Iterator[PackInForce]:
    every = tuple(packs)
    governing = handling_pack.in_force(every, day)
    for pack in every:
        duties = msgspec.to_builtins(pack.stated)
        head = ("pack", "version", "valid_from", "source", "verified")
        rules = [
            _rule(name, pack.stated.version, value) for name, value in duties.items() if name not in head
        ]
        yield _pack("handling", pack.stated, pack.digest, pack is governing, rules)


def _pack(
    kind: Kind,
    stated: Any,
    digest: str,
    in_force: bool,
    rules: Sequence[RuleInForce],
    about: str | None = None,
) -> PackInForce:
    """Every stated pack opens with the same fields."""
    return PackInForce(
        kind=kind,
        pack=stated.pack,
        version=stated.version,
        valid_from=stated.valid_from,
        in_force=in_force,
        verified=stated.verified,
        source=stated.source,
        about=about,
        digest=digest,
        published=None,
        rules=tuple(rules),
    )


def _rule(identifier: str, version: str, inputs: Any, title: dict[str, str] | None = None) -> RuleInForce:
    return RuleInForce(
        id=identifier,
        version=version,
        title=title or {},
        text={},
        severity=None,
        principle=None,
        applies_to=None,
        inputs=inputs,
    )
