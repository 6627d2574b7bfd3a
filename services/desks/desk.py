"""A desk at work: load the case, check who may, decide, seal, keep; each step once, whoever runs it.

API, CLI and demo hand commands in here; `deciding.py` says what a desk is made of. It must hold no rule of
any desk, and nothing here appends to the journal: the relay does.
"""

import datetime as dt
import threading
import uuid
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from events import codec
from events.envelope import Envelope, Event, business_day
from events.errors import Unreadable
from events.event_type import EventType
from services.desks.deciding import (
    Actor,
    Command,
    Decision,
    DeskDeclaration,
    Draft,
    Moment,
    NotPermitted,
    Setting,
    StaleVersion,
)
from services.desks.storage import CaseEvent, DeskStorage, VersionTaken
from services.errors import NotFound, WrongUse
from services.privacy.sealer import Sealer

S = TypeVar("S")

COMMAND_IDS = uuid.UUID("5b2f3c1e-6d0a-4d8b-9f57-0d7a1b0c4e11")
"""Name space in which the id of a case follows from the id of the command that opened it."""

TRIES = 20
"""A command that loses its version to another process is taken again so often. One that names its version
gives up at once; those that name none take turns within a process."""


@dataclass(frozen=True)
class Case(Generic[S]):
    """A case as its desk sees it: its version is the number of its events."""

    case_id: str
    version: int
    state: S
    events: tuple[CaseEvent, ...]

    def answered(self, command_id: str) -> int | None:
        """The version to which a command has brought the case before; None if it has not been here."""
        done = [one.originator_version for one in self.events if one.envelope.causationid == command_id]
        return done[-1] if done else None


class Answer(NamedTuple):
    """What became of a command: the case's version after it, and the entries that it made, as (type, id).

    `repeated` says that the command had been carried out before; no entry and not repeated: there was
    nothing left to do.
    """

    case_id: str
    version: int
    entries: tuple[tuple[str, str], ...] = ()
    repeated: bool = False


Stamp = Callable[[Event], Event]
"""Fills in `known`: what is true of other subjects when the event happens."""


class Desk(Generic[S]):
    """One desk. Threads and processes may share its tables: a version of a case has one winner."""

    def __init__(
        self,
        declaration: DeskDeclaration[S],
        storage: DeskStorage,
        sealer: Sealer,
        clock: Callable[[], dt.datetime],
        zone: dt.tzinfo,
        facts_for: Callable[[str], Any],
        stamp: Stamp,
    ) -> None:
        self.declaration = declaration
        self.storage = storage
        self._sealer = sealer
        self._clock = clock
        self._zone = zone
        self._facts_for = facts_for
        self._stamp = stamp
        self._turns = threading.Lock()

    def read(self, case_id: str) -> Case[S]:
        """The case; NotFound if this desk does not have it."""
        case = self._load(case_id)
        if not case.events:
            raise NotFound(
                f"{case_id} is no case of the {self.declaration.name} desk: cases that came in as facts are "
                "adopted first"
            )
        return case

    def handle(
        self,
        name: str,
        command: Command,
        actor: Actor,
        *,
        case_id: str | None = None,
        expected_version: int | None = None,
        command_id: str | None = None,
    ) -> Answer:
        """Carry a command out once, however often it is sent under one `command_id`.

        Raises RuleBroken with the rule's name, StaleVersion if the case is not at `expected_version`,
        NotPermitted, NotFound, or WrongUse for a command that this desk does not know.
        """
        decision = self._decision(name, command)
        command_id = command_id or str(uuid.uuid4())
        if decision.opens:
            case_id = f"{self.declaration.namespace}:{uuid.uuid5(COMMAND_IDS, command_id)}"
        elif case_id is None:
            raise WrongUse(f"{name} is about a case: name it")
        turn = self._turns if expected_version is None else nullcontext()
        with turn:
            for _ in range(TRIES):
                answer = self._try(decision, name, command, actor, case_id, expected_version, command_id)
                if answer is not None:
                    return answer
        raise StaleVersion(case_id, expected_version, self._load(case_id).version)

    def keep(self, case_id: str, drafts: Sequence[Draft], actor: Actor, command_id: str) -> Answer:
        """Open a case with events decided elsewhere: an adoption. StaleVersion if it is open already."""
        case = self._load(case_id)
        done = case.answered(command_id)
        if done is not None:
            return Answer(case_id, done, repeated=True)
        if case.events:
            raise StaleVersion(case_id, 0, case.version)
        events = self._written(case, drafts, actor, command_id, self._clock())
        try:
            self.storage.save(events)
        except VersionTaken as error:
            raise StaleVersion(case_id, 0, self._load(case_id).version) from error
        return _answer(case_id, events)

    def allowed(self, case: Case[S], actor: Actor, may: Callable[[S, Setting], Sequence[str]]) -> list[str]:
        """The names of the commands that the case's state allows this actor now."""
        names = may(case.state, self._setting(case.case_id, actor))
        return [
            name
            for name in names
            if not (needed := self.declaration.decisions[name].roles) or needed & actor.roles
        ]

    def facts(self, case_id: str) -> Any:
        """The desk's questions to the ledgers, about a case."""
        return self._facts_for(case_id)

    def fold(self, events: Sequence[CaseEvent]) -> S:
        """The state that these events make."""
        state = self.declaration.initial
        for one in events:
            state = self.declaration.evolve(state, one.event, self._moment(one.envelope))
        return state

    def _try(
        self,
        decision: Decision[S],
        name: str,
        command: Command,
        actor: Actor,
        case_id: str,
        expected_version: int | None,
        command_id: str,
    ) -> Answer | None:
        """One attempt; None if another took the version first."""
        case = self._load(case_id) if decision.opens else self.read(case_id)
        done = case.answered(command_id)
        if done is not None:
            return Answer(case_id, done, repeated=True)
        if expected_version is not None and case.version != expected_version:
            raise StaleVersion(case_id, expected_version, case.version)
        _check_permitted(decision, name, actor)
        setting = self._setting(case_id, actor)
        drafts = decision.decide(case.state, command, setting)
        if not drafts:
            return Answer(case_id, case.version)
        events = self._written(case, drafts, actor, command_id, setting.now)
        try:
            self.storage.save(events)
        except VersionTaken:
            return None
        return _answer(case_id, events)

    def _load(self, case_id: str) -> Case[S]:
        events = tuple(self.storage.events_of(case_id))
        return Case(case_id, len(events), self.fold(events), events)

    def _decision(self, name: str, command: Command) -> Decision[S]:
        decision = self.declaration.decisions.get(name)
        if decision is None:
            known = ", ".join(self.declaration.decisions)
            raise WrongUse(f"the {self.declaration.name} desk has no command {name!r}; it knows {known}")
        if type(command) is not decision.command:
            raise WrongUse(f"{name} takes a {decision.command.__name__}, not a {type(command).__name__}")
        return decision

    def _setting(self, case_id: str, actor: Actor) -> Setting:
        return Setting(self._clock(), self._zone, actor, self._facts_for(case_id))

    def _moment(self, envelope: Envelope) -> Moment:
        return Moment(business_day(envelope, self._zone), envelope.time, envelope.source, envelope.id)

    def _written(
        self, case: Case[S], drafts: Sequence[Draft], actor: Actor, command_id: str, now: dt.datetime
    ) -> list[CaseEvent]:
        """The events that the drafts become at the case's next versions: sealed, stamped, enveloped. `now` is
        the instant that the decision was given."""
        source = self.declaration.source
        items, names = [], []
        for version, draft in enumerate(drafts, case.version + 1):
            event_type = codec.TYPE_OF[type(draft.event)]
            subject = event_type.subject_of(draft.event)
            assert subject is not None, f"{event_type.name} names its subject"
            names.append((version, draft, event_type, f"{case.case_id}/{version}", subject))
            items.append((event_type, source, names[-1][3], subject, sent_of(event_type, draft)))
        written = []
        for (version, draft, event_type, event_id, subject), stored in zip(
            names, self._sealer.seal_batch(items), strict=True
        ):
            envelope = Envelope(
                specversion="1.0",
                id=event_id,
                source=source,
                type=event_type.name,
                subject=subject,
                dataschema=event_type.schema_urn(),
                time=now if draft.on is None else None,
                date=draft.on,
                correlationid=case.case_id,
                causationid=command_id,
                authid=actor.name,
                authtype="user",
                admittedtime=now,
                data=codec.raw_json(self._stamp(stored)),
            )
            value = codec.encode_json(envelope)
            written.append(CaseEvent(case.case_id, version, value, envelope, stored))
        return written


def sent_of(event_type: EventType, draft: Draft) -> msgspec.Struct:
    """The sent form of a draft, checked as the door checks what a channel sends.

    Raises WrongUse, naming the field, for a value that the type does not allow.
    """
    fields = {
        field.name: draft.clear.get(field.name, getattr(draft.event, field.name))
        for field in msgspec.structs.fields(event_type.sent)
    }
    try:
        return msgspec.json.decode(codec.encode_json(event_type.sent(**fields)), type=event_type.sent)
    except (msgspec.MsgspecError, Unreadable, ValueError) as error:
        raise WrongUse(f"{event_type.name}: {error}") from error


def read_command(decision: Decision[Any], body: bytes) -> Command:
    """The command in a JSON body; WrongUse, naming the field, for one that does not fit."""
    try:
        return msgspec.json.decode(body or b"{}", type=decision.command)
    except msgspec.MsgspecError as error:
        raise WrongUse(
            f"the command does not fit its form: {error}; GET /desks has the form of every command"
        ) from error


def _check_permitted(decision: Decision[Any], name: str, actor: Actor) -> None:
    if decision.roles and not decision.roles & actor.roles:
        needed = " or ".join(sorted(decision.roles))
        raise NotPermitted(f"{name} needs the role {needed}, which {actor.name} does not have")


def _answer(case_id: str, events: Sequence[CaseEvent]) -> Answer:
    entries = tuple((one.envelope.type, one.envelope.id) for one in events)
    return Answer(case_id, events[-1].originator_version, entries)
