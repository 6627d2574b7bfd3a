"""A rule as a pack states it, and a hit: what it saw, in which entries, with which inputs.

Rule ledgers and day rules make hits; the watch turns each into one `risk.signal_detected`. Everything here is
pure, and a hit's `signal_id` depends on nothing but the facts, so that a second look adds nothing.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict

from events.complaints import ComplaintReceived
from events.envelope import Entry
from events.event_type import EntryRef
from events.risk import Severity
from events.sales import SaleConfirmed
from projections.ledger import Ledger, Row

Principle = Literal[
    "suitability", "legality", "honesty", "fair_competition", "prudence", "service", "privacy", "integrity"
]
"""Which duty of the standard a rule serves (8.3.1)."""

EVIDENCE_LIMIT = 200
"""A signal names at most this many entries; its inputs still say how many there were."""


class Parameters(BaseModel):
    """Base of every rule's parameters; a name that the rule does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Wording(BaseModel):
    """The same sentence in English and in Chinese; {names} are filled from a hit's inputs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    en: str
    zh: str


P_co = TypeVar("P_co", bound=Parameters, covariant=True)


@dataclass(frozen=True)
class Rule(Generic[P_co]):
    """One rule of a pack with its parameters parsed."""

    id: str
    version: str
    title: Wording
    text: Wording
    principle: Principle
    severity: Severity
    score: int
    live_only: bool
    applies_to: str
    parameters: P_co


Rules = Mapping[str, Rule[Any]]
"""Rules of one pack by id."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Whom and what a hit concerns, as far as the facts say."""

    customer_id: str | None = None
    product_id: str | None = None
    seller_id: str | None = None
    unit_id: str | None = None
    channel_id: str | None = None
    legal_entity: str | None = None


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule saw. `on` is the business day of the facts, None if they are undated; `at` is the instant,
    where it is about one; `severity` and `score` are the rule's own unless given."""

    signal_id: str
    rule: str
    subject: str
    inputs: tuple[tuple[str, str], ...]
    evidence: tuple[EntryRef, ...]
    on: dt.date | None
    about: About
    window_from: dt.date | None = None
    window_to: dt.date | None = None
    severity: Severity | None = None
    score: int | None = None
    at: dt.datetime | None = None


class RuleRow(Row, frozen=True):
    """Base of the rows of rule ledgers: key columns, whatever the rule must remember, and last
    `hits: tuple[Hit, ...]`, which only ever grows while entries are folded in order."""


def about_of(event: SaleConfirmed | ComplaintReceived) -> About:
    """Whom and what a sale or a complaint concerns."""
    return About(
        customer_id=event.customer_id,
        product_id=event.product_id,
        seller_id=event.seller_id,
        unit_id=event.unit_id,
        channel_id=event.channel_id,
        legal_entity=event.legal_entity,
    )


def signal_id(rule: Rule[Any], *parts: str) -> str:
    """32 hex digits from the rule, its version and what makes this hit the one it is."""
    named = "\n".join((rule.id, rule.version, *parts))
    return hashlib.sha256(named.encode()).hexdigest()[:32]


def ref(entry: Entry) -> EntryRef:
    """How evidence names an entry."""
    return EntryRef(entry.source, entry.id)


def hit_of_entry(
    rule: Rule[Any],
    subject: str,
    completing: EntryRef,
    *,
    inputs: Mapping[str, object],
    on: dt.date | None,
    about: About,
    evidence: tuple[EntryRef, ...] = (),
) -> Hit:
    """A hit of a rule about one subject, completed by one entry."""
    others = tuple(one for one in evidence if one != completing)
    return Hit(
        signal_id=signal_id(rule, subject, completing.source, completing.id),
        rule=rule.id,
        subject=subject,
        inputs=plain(inputs),
        evidence=(*others, completing)[-EVIDENCE_LIMIT:],
        on=on,
        about=about,
    )


def hit_of_window(
    rule: Rule[Any],
    subject: str,
    window: tuple[dt.date, dt.date],
    *,
    inputs: Mapping[str, object],
    about: About,
    evidence: tuple[EntryRef, ...],
    cell: tuple[str, ...] = (),
) -> Hit:
    """A hit of a rule about many subjects over a window; `cell` tells windows of one subject apart."""
    begin, end = window
    return Hit(
        signal_id=signal_id(rule, subject, *cell, begin.isoformat()),
        rule=rule.id,
        subject=subject,
        inputs=plain(inputs),
        evidence=evidence[:EVIDENCE_LIMIT],
        on=end,
        about=about,
        window_from=begin,
        window_to=end,
    )


def plain(inputs: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Inputs as they are shown: days in ISO, numbers short, lists with commas."""
    return tuple((name, _shown(value)) for name, value in inputs.items())


def explain(wording: str, hit_inputs: tuple[tuple[str, str], ...]) -> str:
    """A rule's sentence with the inputs of a hit put in."""
    return wording.format_map(dict(hit_inputs))


def added(old: tuple[Hit, ...], new: tuple[Hit, ...]) -> tuple[Hit, ...]:
    """`old` with those of `new` that are not among them yet."""
    if not new:
        return old
    have = {hit.signal_id for hit in old}
    return (*old, *(hit for hit in new if hit.signal_id not in have))


def is_rule_ledger(ledger: Ledger) -> bool:
    """Whether a ledger's rows hold hits."""
    return issubclass(ledger.row, RuleRow)


def _shown(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, tuple):
        return ", ".join(_shown(one) for one in value) or "none"
    return str(value)
