"""The counter: what HTTP and the command line share in serving the people of a desk.

They say who asks and bring a command as JSON; it is carried out, carried to the journal, and answered with
what the case allows now. It must hold no rule of any desk; `COUNTERS` has a line for each.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from events import codec
from events.envelope import ID_PATTERN, EmployeeId, Text
from services.desks.complaints import declaration as complaints
from services.desks.deciding import Actor, DeskDeclaration, Setting
from services.desks.desk import Case, Desk, read_command
from services.desks.opening import Desks
from services.desks.storage import CaseEvent
from services.desks.suitability import declaration as suitability
from services.errors import WrongUse
from services.store.queries.entries import EntryLine

ROLES_AT_MOST = 20
_ID = re.compile(ID_PATTERN)
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Counter(NamedTuple):
    """A desk as people find it: its name, its path in the API, its word on the command line, the command that
    `POST` on the path means, and what its state allows."""

    desk: str
    path: str
    word: str
    opens: str
    allowed: Callable[[Any, Setting], Sequence[str]]


COUNTERS: tuple[Counter, ...] = (
    Counter("complaints", "/complaints", "complaint", complaints.OPENS, complaints.allowed),
    Counter("suitability", "/suitability-checks", "suitability", "check", suitability.allowed),
)


class EntryMade(msgspec.Struct, frozen=True):
    """An entry that a command made."""

    type: str
    id: str


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a command. `relayed` is false if the decision stands but the journal gave no answer: the
    relay carries it as soon as it does. `repeated`: the command had been carried out before."""

    case_id: str
    version: int
    entries: tuple[EntryMade, ...]
    repeated: bool
    relayed: bool
    allowed: tuple[str, ...]
    state: Mapping[str, Any]


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a case; `data` is as stored, sealed fields as tokens. `position` once it is posted."""

    version: int
    type: str
    source: str
    id: str
    on: dt.date | None
    at: dt.datetime | None
    admitted_at: dt.datetime | None
    by: str | None
    command_id: str | None
    line: str
    data: Mapping[str, Any]
    position: str | None = None


class CaseShown(msgspec.Struct, frozen=True, kw_only=True):
    """A case at its desk. `adopted`: it came in as facts. `allowed` is None where nobody said who asks."""

    case_id: str
    desk: str
    at_desk: bool
    adopted: bool
    version: int
    state: Mapping[str, Any]
    allowed: tuple[str, ...] | None
    entries: tuple[CaseLine, ...]


def actor_of(employee_id: str, roles: Iterable[str] = ()) -> Actor:
    """Who asks; WrongUse for what is no employee id or no role."""
    if _ID.fullmatch(employee_id) is None:
        raise WrongUse(f"{employee_id!r} is no employee id: write it with its namespace, such as bank:e17")
    named = [role for role in roles if role]
    wrong = [role for role in named if _ROLE.fullmatch(role) is None]
    if wrong or len(named) > ROLES_AT_MOST:
        raise WrongUse(
            f"{', '.join(wrong) or len(named)}: name at most {ROLES_AT_MOST} roles, in small letters, such "
            "as complaint_handler"
        )
    return Actor(employee_id, EmployeeId(employee_id), frozenset(named))


def counter_of(word: str) -> Counter:
    """The counter of a command group."""
    return next(one for one in COUNTERS if one.word == word)


def take(
    desks: Desks,
    counter: Counter,
    name: str,
    body: bytes,
    actor: Actor,
    *,
    case_id: str | None = None,
    expected_version: int | None = None,
    command_id: str | None = None,
) -> Done:
    """Carry out a command that came as JSON, and carry its entries to the journal.

    Raises what `Desk.handle` raises; WrongUse for a body or a command id that does not fit.
    """
    desk = desks.of(counter.desk)
    decision = desk.declaration.decisions.get(name)
    if decision is None:
        known = ", ".join(desk.declaration.decisions)
        raise WrongUse(f"the {counter.desk} desk has no command {name!r}; it knows {known}")
    answer = desk.handle(
        name,
        read_command(decision, body),
        actor,
        case_id=case_id,
        expected_version=expected_version,
        command_id=command_id_of(command_id),
    )
    return done(desks, counter, answer, actor)


def done(desks: Desks, counter: Counter, answer: Any, actor: Actor) -> Done:
    """An answer of the desk as people get it, after the relay has carried it."""
    relayed = desks.carrier.carried()
    desk = desks.of(counter.desk)
    case = desk.read(answer.case_id)
    return Done(
        case_id=answer.case_id,
        version=answer.version,
        entries=tuple(EntryMade(*one) for one in answer.entries),
        repeated=answer.repeated,
        relayed=relayed,
        allowed=tuple(desk.allowed(case, actor, counter.allowed)),
        state=plain_state(case.state),
    )


def shown(
    desk: Desk[Any],
    counter: Counter,
    case: Case[Any],
    actor: Actor | None,
    posted: Mapping[tuple[str, str], EntryLine],
) -> CaseShown:
    """A case as a screen needs it; `posted` says where its entries stand."""
    return CaseShown(
        case_id=case.case_id,
        desk=counter.desk,
        at_desk=True,
        adopted=case.events[0].envelope.type.endswith(".adopted"),
        version=case.version,
        state=plain_state(case.state),
        allowed=None if actor is None else tuple(desk.allowed(case, actor, counter.allowed)),
        entries=tuple(_line(one, posted) for one in case.events),
    )


def described(counter: Counter, declaration: DeskDeclaration[Any]) -> dict[str, Any]:
    """A desk for those who write to it: its commands, with the JSON schema of each body."""
    return {
        "desk": counter.desk,
        "path": counter.path,
        "case": declaration.case_field,
        "commands": [
            {
                "name": name,
                "about": decision.about,
                "opens": decision.opens,
                "path": _path(counter, name, decision.opens),
                "roles": sorted(decision.roles),
                "body": msgspec.json.schema(decision.command),
            }
            for name, decision in declaration.decisions.items()
        ],
    }


def plain_state(state: msgspec.Struct) -> dict[str, Any]:
    """A state as JSON values, its sets in order."""
    return {name: _plain(getattr(state, name)) for name in state.__struct_fields__}


def command_id_of(text: str | None) -> str | None:
    """A command id that the journal can keep; WrongUse for another."""
    try:
        return None if text is None else msgspec.convert(text, Text)
    except msgspec.ValidationError as error:
        raise WrongUse("a command id is one line of 1 to 200 characters, such as a UUID") from error


def _path(counter: Counter, name: str, opens: bool) -> str:
    if not opens:
        return f"{counter.path}/{{case}}/{name}"
    return counter.path if name == counter.opens else f"{counter.path}/{name}"


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted((_plain(one) for one in value), key=str)
    return msgspec.to_builtins(value)


def _line(one: CaseEvent, posted: Mapping[tuple[str, str], EntryLine]) -> CaseLine:
    envelope = one.envelope
    place = posted.get((envelope.source, envelope.id))
    return CaseLine(
        version=one.originator_version,
        type=envelope.type,
        source=envelope.source,
        id=envelope.id,
        on=envelope.date,
        at=envelope.time,
        admitted_at=envelope.admittedtime,
        by=envelope.authid,
        command_id=envelope.causationid,
        line=codec.headline(codec.TYPES[envelope.type], one.event),
        data=msgspec.json.decode(codec.encode_json(one.event), type=dict[str, Any]),
        position=None if place is None else place.position,
    )
