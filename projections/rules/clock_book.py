"""The clock book: every clock pack and calendar that is known, and which of them apply to a complaint.

The shipped ones are read here, once, as data of this package: they decide what rows hold, so their digest is
part of a generation's fingerprint. No other file is read in projections.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import resources
from typing import Any

import msgspec

from events.complaints import RegimeFacts
from projections.rules import clocks as counting
from projections.rules.business_calendar import BusinessCalendar, parse_calendar, sensible
from projections.rules.clock import CLOSES, Clock, Milestones, Receipt
from projections.rules.clock_pack import (
    HOME,
    ClockPack,
    ClockPackError,
    ClockRule,
    DefaultRule,
    StatedDefaults,
    parse_clock_pack,
    parse_defaults,
)
from projections.rules.clocks import Applied

CALENDARS_FOLDER, PACKS_FOLDER = "calendars", "clock_packs"
_DEFAULTS = "defaults-"


@dataclass(frozen=True, eq=False)
class ClockBook:
    """Packs by regime, oldest first; the newest version of each calendar; and the table of defaults."""

    packs: Mapping[str, tuple[ClockPack, ...]]
    calendars: Mapping[str, BusinessCalendar]
    defaults: StatedDefaults
    digest: str
    _lines: dict[tuple[str, str, str | None], DefaultRule | None] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process the shipped book travels by its name, any other by its parts."""
        if self is shipped_book():
            return shipped_book, ()
        packs = tuple(pack for versions in self.packs.values() for pack in versions)
        return make_book, (packs, tuple(self.calendars.values()), self.defaults)

    def clocks(self, milestones: Milestones) -> tuple[Clock, ...]:
        """The clocks of a complaint; none before it is known when it was received."""
        if milestones.receipt is None:
            return ()
        return counting.clocks(milestones, tuple(self._applied(milestones, milestones.receipt)))

    def applied_for(self, clock: Clock, milestones: Milestones) -> Applied | None:
        """The pack, calendar and facts by which a clock of a complaint counts; None if this book would not
        count it so."""
        if milestones.receipt is None:
            return None
        every = self._applied(milestones, milestones.receipt)
        return next((one for one in every if one.pack.name == clock.pack), None)

    def rule_of(self, clock: Clock) -> ClockRule | None:
        """What the pack of a clock says of it; None if this book does not have that version."""
        for pack in self.packs.get(clock.regime, ()):
            if pack.name == clock.pack:
                return next((one for one in pack.stated.clocks if one.id == clock.clock), None)
        return None

    def home_of(self, receipt: Receipt) -> BusinessCalendar | None:
        """The calendar of the place, if the table of defaults knows it."""
        line = self.line_of(receipt)
        return None if line is None else self.calendars[line.home]

    def line_of(self, receipt: Receipt) -> DefaultRule | None:
        """The line of the table of defaults that fits."""
        asked = (receipt.legal_entity, receipt.received_by, receipt.channel_id)
        if asked not in self._lines:
            if len(self._lines) > 10_000:
                self._lines.clear()
            self._lines[asked] = next((one for one in self.defaults.lines if _fits(one, *asked)), None)
        return self._lines[asked]

    def _applied(self, milestones: Milestones, receipt: Receipt) -> Iterator[Applied]:
        line = self.line_of(receipt)
        stated = _stated(milestones)
        facts_of: dict[str, RegimeFacts | None]
        if stated is None:
            facts_of = dict.fromkeys(line.regimes if line is not None else ())
        else:
            facts_of = {one.regime: one for one in stated if one.counts_as_complaint}
        facts_of.update(dict.fromkeys(line.service_levels if line is not None else ()))
        for regime, facts in facts_of.items():
            for pack, governs in self._versions(regime, milestones, receipt):
                name = pack.stated.calendar
                calendar = self.home_of(receipt) if name == HOME else self.calendars[name]
                if calendar is not None:
                    yield Applied(pack, governs, calendar, _facts(milestones, receipt, facts))

    def _versions(
        self, regime: str, milestones: Milestones, receipt: Receipt
    ) -> Iterator[tuple[ClockPack, bool]]:
        """The version that governs the case, and for an open case the newest one if that is another."""
        packs, began = self.packs.get(regime, ()), sensible(receipt.forwarded_on) or sensible(receipt.on)
        if began is None:
            return
        is_open, closed_on = _standing(milestones)
        at_start = [one for one in packs if one.valid_from <= began][-1:]
        governing = at_start
        for one in packs if at_start else ():
            if one.stated.open_cases and one.valid_from > began:
                reached = is_open or (closed_on is not None and closed_on >= one.valid_from)
                governing = [one] if reached else governing
        yield from ((one, True) for one in governing)
        if is_open and governing:
            shown = dict.fromkeys([*at_start, packs[-1]])
            yield from ((one, False) for one in shown if one is not governing[0])


def make_book(
    packs: Iterable[ClockPack], calendars: Iterable[BusinessCalendar], defaults: StatedDefaults
) -> ClockBook:
    """A book of these; ClockPackError where a pack or the table names what is not there."""
    newest: dict[str, BusinessCalendar] = {}
    for calendar in sorted(calendars, key=lambda one: (one.id, one.version)):
        newest[calendar.id] = calendar
    versions: dict[str, list[ClockPack]] = {}
    for pack in sorted(packs, key=lambda one: (one.regime, one.valid_from, one.version)):
        if pack.stated.calendar != HOME and pack.stated.calendar not in newest:
            raise ClockPackError(f"clock pack {pack.name}: there is no calendar {pack.stated.calendar}")
        versions.setdefault(pack.regime, []).append(pack)
    for line in defaults.lines:
        missing = [one for one in (*line.regimes, *line.service_levels) if one not in versions]
        if missing or line.home not in newest:
            raise ClockPackError(f"defaults: there is no pack {missing} or no calendar {line.home}")
    named = [one.digest for group in versions.values() for one in group]
    named += [one.digest for one in newest.values()]
    named.append(msgspec.json.encode(defaults).decode())
    digest = hashlib.sha256("\n".join(named).encode()).hexdigest()
    return ClockBook({name: tuple(group) for name, group in versions.items()}, newest, defaults, digest)


@lru_cache(maxsize=1)
def shipped_book() -> ClockBook:
    """The book of the files that come with Daybook."""
    packs, defaults = [], None
    for name, text in shipped_texts(PACKS_FOLDER):
        if name.startswith(_DEFAULTS):
            defaults = parse_defaults(text)
        else:
            packs.append(parse_clock_pack(text))
    assert defaults is not None, "a table of defaults is shipped"
    return make_book(packs, [parse_calendar(text) for _, text in shipped_texts(CALENDARS_FOLDER)], defaults)


def shipped_texts(folder: str) -> list[tuple[str, str]]:
    """Name and text of the shipped files of a folder, in the order of their names."""
    files = [
        one for one in (resources.files("projections.rules") / folder).iterdir() if one.name.endswith(".yaml")
    ]
    return sorted((one.name, one.read_text("utf-8")) for one in files)


def _stated(milestones: Milestones) -> tuple[RegimeFacts, ...] | None:
    """The regimes of the last triage that states any."""
    return next((one.regimes for one in reversed(milestones.triages) if one.regimes), None)


def _standing(milestones: Milestones) -> tuple[bool, dt.date | None]:
    """Whether the case is open, and the day on which it was closed last. Opened again on the same day counts
    as open."""
    closing = [step for step in milestones.steps if step.kind in CLOSES]
    closed = [step.on for step in closing if step.on is not None]
    opened = [step.on for step in milestones.steps if step.kind == "reopened" and step.on is not None]
    again = bool(opened) and (not closed or max(opened) >= max(closed))
    return not closing or again, max(closed, default=None)


def _facts(
    milestones: Milestones, receipt: Receipt, regime: RegimeFacts | None
) -> Mapping[str, str | bool | None]:
    found: dict[str, str | bool | None] = {
        "legal_entity": receipt.legal_entity,
        "received_by": receipt.received_by,
        "product_id": receipt.product_id,
        "category": receipt.category,
        "issue": receipt.issue,
        "code": milestones.triages[-1].code if milestones.triages else None,
    }
    if regime is not None:
        found.update(msgspec.structs.asdict(regime))
    return found


def _fits(line: DefaultRule, legal_entity: str, received_by: str, channel: str | None) -> bool:
    asked = (
        (line.legal_entity, legal_entity),
        (line.received_by, received_by),
        (line.channel, channel or ""),
    )
    return all(wanted is None or fnmatchcase(value, wanted) for wanted, value in asked)
