"""Deeds: what people of the bank ask the desks to do, with the moment of the played year at which they do.

Concerns write deeds as they write facts into a diary; desk_play.py hands them to the desks. Ids follow from
the deed's own, so that a second play sends the same commands.
"""

import datetime as dt
import uuid
from typing import Any, NamedTuple

from events.envelope import EmployeeId
from events.event_type import EntryRef
from services.demo.people import Employee
from services.desks.complaints.declaration import COMPLAINTS
from services.desks.deciding import Actor, Command, DeskDeclaration
from services.desks.desk import COMMAND_IDS

ADOPT = "adopt"
"""The one thing that is asked of a desk without being a command of its table."""
NEEDS_POSTED = frozenset((ADOPT, "link", "pay-redress", "declare-systemic-issue", "check"))
"""What rests on facts of these very days; everything else may look at ledgers of last week."""


class Deed(NamedTuple):
    """Something that is done at a desk; `command` is None for an adoption."""

    at: dt.datetime
    order: int
    desk: str
    case_id: str
    name: str
    command: Command | None
    actor: Actor
    command_id: str

    @property
    def needs_posted(self) -> bool:
        """Whether everything before it has to be posted first."""
        return self.name in NEEDS_POSTED


class Agenda:
    """The deeds of the year, in the order in which they were thought of."""

    def __init__(self) -> None:
        self.deeds: list[Deed] = []

    def note(
        self,
        desk: DeskDeclaration[Any],
        case_id: str,
        name: str,
        at: dt.datetime,
        actor: Actor,
        fields: dict[str, Any],
        command_id: str | None = None,
    ) -> None:
        """Write down a command of a desk."""
        command = None if name == ADOPT else desk.decisions[name].command(**fields)
        number = len(self.deeds)
        identifier = command_id or f"demo {name} {number:06d}"
        self.deeds.append(Deed(at, number, desk.name, case_id, name, command, actor, identifier))

    def until(self, ends: dt.datetime) -> list[Deed]:
        """What is done by then, in order of time."""
        return sorted((one for one in self.deeds if one.at <= ends), key=lambda one: (one.at, one.order))


def case_of(desk: DeskDeclaration[Any], command_id: str) -> str:
    """The id of the case that this command opens."""
    return f"{desk.namespace}:{uuid.uuid5(COMMAND_IDS, command_id)}"


def opening_entry(case_id: str) -> EntryRef:
    """The first entry of a case of the complaint desk."""
    return EntryRef(COMPLAINTS.source, f"{case_id}/1")


def as_actor(employee: Employee, *roles: str) -> Actor:
    """An employee at a desk, signed in under a name of their own."""
    name = employee.id.rpartition(":")[2]
    return Actor(name, EmployeeId(employee.id), frozenset(roles or (employee.role,)))
