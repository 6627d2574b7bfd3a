"""Clock packs: dated, versioned files that say how long a regime allows for what, from when.

Parsing only. A pack that names an unknown step, or a clock without a limit, is refused whole with the reason.
What the clocks of a complaint are is in clocks.py.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeVar

import msgspec
import yaml

from events.errors import DaybookError
from projections.rules.business_calendar import canonical_digest

RECEIVED = "received"
STEPS = (
    "acknowledged",
    "declined",
    "forwarded",
    "handler_assigned",
    "investigation_started",
    "information_requested",
    "information_received",
    "resolution_approved",
    "progress_update_sent",
    "holding_response_sent",
    "final_response_sent",
    "summary_resolution_sent",
    "provisional_credit_given",
    "redress_accepted",
    "redress_paid",
    "answer_accepted",
    "review_requested",
    "review_decided",
    "closed",
    "withdrawn",
    "reopened",
)
"""Steps of a complaint that may start or stop a clock: the part of the event's name after `complaint.`."""

HOME = "home"
"""Stands for the calendar of the place, as the table of defaults names it."""

F = TypeVar("F", bound=msgspec.Struct)
FactValues = dict[str, list[str | bool | None]]
"""Facts of a triage, or of what was received, and the values that will do; null means not stated."""


class ClockPackError(DaybookError):
    """A clock pack that cannot be used; the message names the pack, the clock and what would be right."""

    code = "clock_pack_error"


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, dict=True):
    """How long: exactly one of these, and for which facts. Weeks and months are calendar ones."""

    business_hours: int | None = None
    business_days: int | None = None
    days: int | None = None
    weeks: int | None = None
    months: int | None = None
    when: FactValues = {}

    @cached_property
    def amount(self) -> int:
        return next(value for value in self._all() if value is not None)

    @cached_property
    def unit(self) -> str:
        return next(name for name, value in zip(_UNITS, self._all(), strict=True) if value is not None)

    @cached_property
    def words(self) -> str:
        """`15 business days`, `1 business day`."""
        name = {"days": "calendar days"}.get(self.unit, self.unit).replace("_", " ")
        return f"{self.amount} {name[:-1] if self.amount == 1 else name}"

    def _all(self) -> tuple[int | None, ...]:
        return self.business_hours, self.business_days, self.days, self.weeks, self.months


_UNITS = ("business_hours", "business_days", "days", "weeks", "months")


class ExtensionRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """More time: up to `limit`, counted from the same start, if the facts allow it and it is decided before
    the time runs out that it extends.

    `granted` asks for an extension event that names its approver, and `tell_customer` that it told the
    customer; without `granted` the triage that states the facts is the decision.
    """

    limit: Limit
    when: FactValues = {}
    granted: bool = False
    who_may_approve: list[str] = []
    tell_customer: bool = False


class ClockRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One clock of a pack.

    A clock that is no `duty` offers an easier way if it is met, and nothing is late if not; `waived_by` names
    such a clock. `judged` says that the judgement kept with the closing is about this clock.
    """

    id: str
    title: dict[Literal["en", "zh"], str]
    start: str = RECEIVED
    stop: list[str]
    limits: list[Limit]
    when: FactValues = {}
    extensions: list[ExtensionRule] = []
    duty: bool = True
    waived_by: str | None = None
    until: Literal["day", "close"] = "day"
    count_start_day: bool = False
    roll: Literal["none", "following", "preceding"] = "none"
    cut_off: bool = False
    pause: bool = False
    judged: bool = False
    warn: tuple[int, int] = (50, 80)


class Suspension(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Days, both included, on which time does not run for a cohort, which facts of the case make out."""

    cohort: str
    first: dt.date = msgspec.field(name="from")
    last: dt.date = msgspec.field(name="to")
    when: FactValues
    source: str = ""


class StatedClockPack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file. A case has the version in force on the day on which it started; `open_cases` says that this
    version also governs cases that were open when it came into force."""

    pack: str
    version: str
    valid_from: dt.date
    about: str
    source: str
    verified: bool
    calendar: str
    open_cases: bool = False
    suspensions: list[Suspension] = []
    clocks: list[ClockRule]
    notes: list[str] = []


@dataclass(frozen=True, eq=False)
class ClockPack:
    """A pack that was read and checked. `regime` is the pack's own name: a regime that triage may state, or
    a service level of the house."""

    stated: StatedClockPack
    digest: str

    @cached_property
    def regime(self) -> str:
        return self.stated.pack

    @cached_property
    def version(self) -> str:
        return self.stated.version

    @cached_property
    def valid_from(self) -> dt.date:
        return self.stated.valid_from

    @cached_property
    def name(self) -> str:
        """`<pack> <version>`, as clocks quote it."""
        return f"{self.regime} {self.version}"


class DefaultRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which regimes a case has until its triage states some, which service levels it has whatever the triage
    states, and whose calendar is `home`. A value may end in `*`."""

    legal_entity: str | None = None
    received_by: str | None = None
    channel: str | None = None
    regimes: list[str] = []
    service_levels: list[str] = []
    home: str


class StatedDefaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file of defaults; the first line that fits counts."""

    defaults: str
    version: str
    about: str
    lines: list[DefaultRule]


def parse_clock_pack(text: str) -> ClockPack:
    """Read a pack from YAML text; ClockPackError with the reason where it cannot be used."""
    stated = _read(text, StatedClockPack)
    for clock in stated.clocks:
        for problem in _problems(stated, clock):
            raise ClockPackError(f"clock pack {stated.pack} {stated.version}, clock {clock.id}: {problem}")
    names = [clock.id for clock in stated.clocks]
    if len(names) != len(set(names)):
        raise ClockPackError(f"clock pack {stated.pack} {stated.version}: a clock stands there twice")
    return ClockPack(stated, canonical_digest(stated))


def parse_defaults(text: str) -> StatedDefaults:
    """Read the table of defaults from YAML text."""
    return _read(text, StatedDefaults)


def _read(text: str, form: type[F]) -> F:
    try:
        content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return msgspec.convert(content, form)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ClockPackError(f"the clock pack does not fit its form: {error}") from error


def _problems(stated: StatedClockPack, clock: ClockRule) -> Iterator[str]:
    for step in (clock.start, *clock.stop):
        if step not in STEPS and step != RECEIVED:
            yield f"{step} is no step of a complaint; steps are {', '.join((RECEIVED, *STEPS))}"
    if not clock.limits or clock.limits[-1].when:
        yield "the last of `limits` must be for all other cases, without `when`"
    for limit in (*clock.limits, *(more.limit for more in clock.extensions)):
        if sum(value is not None for value in limit._all()) != 1 or limit.amount < 1:
            yield f"a limit has exactly one of {', '.join(_UNITS)}, and it is at least 1"
        elif limit.unit == "business_hours" and (clock.pause or clock.extensions or stated.suspensions):
            yield "hours can be neither paused, suspended nor extended: allow days"
    if clock.waived_by is not None and clock.waived_by not in [
        one.id for one in stated.clocks if not one.duty
    ]:
        yield f"waived_by {clock.waived_by} is no clock of this pack with `duty: false`"
    if not 0 < clock.warn[0] < clock.warn[1] < 100:
        yield "warn takes two percentages in order, such as [50, 80]"
    for more in clock.extensions:
        if more.granted and not more.who_may_approve:
            yield "an extension that must be granted says who may approve it"
