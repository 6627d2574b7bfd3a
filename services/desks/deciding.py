"""What every desk is made of: commands, decisions, and a state folded from its own events.

A decision is guard lines, then events; it is given the time, who asks, and what it may look up, and it must
never reach for them itself. `desk.py` runs decisions; each desk's own files hold them.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from events.envelope import EmployeeId, Event
from services.errors import Refused

S = TypeVar("S")


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What somebody asks a desk to do, named in the imperative; fields are in clear. Base of all commands."""


class Actor(NamedTuple):
    """Who asks. `name` is the signed-in name that the event keeps as `authid`."""

    name: str
    employee_id: EmployeeId | None = None
    roles: frozenset[str] = frozenset()


class Setting(NamedTuple):
    """What a decision may know beside the case: the instant, the zone in which days are cut, who asks, and
    the desk's own questions to the ledgers."""

    now: dt.datetime
    zone: dt.tzinfo
    actor: Actor
    facts: Any

    @property
    def today(self) -> dt.date:
        """The business day of `now`."""
        return self.now.astimezone(self.zone).date()


class Draft(NamedTuple):
    """An event that a decision wants. `clear` holds the values of sealed fields, which are None in `event`;
    `on` is set when it happened on an earlier day than the decision was recorded."""

    event: Event
    clear: Mapping[str, Any] = {}
    on: dt.date | None = None


class Moment(NamedTuple):
    """When an event of the case happened, as its envelope says, and under which name it is kept."""

    on: dt.date | None
    at: dt.datetime | None
    source: str
    id: str


class RuleBroken(Refused):
    """A command that a rule forbids. `rule` is a stable name, the message a sentence that a clerk would
    understand, with the way out."""

    code = "rule_broken"

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


class StaleVersion(Refused):
    """The case has moved on since the version that the command was meant for."""

    code = "stale_version"

    def __init__(self, case_id: str, meant: int | None, found: int) -> None:
        what = (
            "others keep deciding about it" if meant is None else f"the command was meant for version {meant}"
        )
        super().__init__(f"{case_id} is at version {found}, and {what}: read the case again, then decide")
        self.version = found


class NotPermitted(Refused):
    """Somebody asks for what their role does not allow."""

    code = "not_permitted"


@dataclass(frozen=True)
class Decision(Generic[S]):
    """One line of a desk's table. `opens` says that the command makes a new case, so there is no state yet;
    `roles` are those of which the actor must have one, none meaning anybody."""

    command: type[Command]
    decide: Callable[[S, Any, Setting], tuple[Draft, ...]]
    about: str
    opens: bool = False
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DeskDeclaration(Generic[S]):
    """A desk: its name, the field by which its events name the case, how its state is folded, and its
    commands by name. `initial` is the state of a case without events."""

    name: str
    case_field: str
    initial: S
    evolve: Callable[[S, Event, Moment], S]
    decisions: Mapping[str, Decision[S]] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The `source` of the desk's entries."""
        return f"urn:daybook:desk:{self.name}"

    @property
    def namespace(self) -> str:
        """The namespace of ids that the desk mints; the door refuses events of others about them."""
        return f"desk.{self.name}"
