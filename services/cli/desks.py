"""Commands for those who work at a desk: bring a command as JSON or KEY=VALUE, and see the case.

What every desk's group shares, and the options of who asks; complaints.py and the other groups use it. It
must hold no rule of any desk.
"""

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec
import typer

from services.bootstrap import System
from services.cli.opening import opened
from services.cli.output import Data, out, plain, print_json, print_table
from services.desks.complaints.case_file import CaseFile
from services.desks.counter import Counter, Done, actor_of, plain_state, shown, take
from services.desks.deciding import Actor, Decision
from services.errors import WrongUse
from services.store.queries.entries import entries_named

Words = Annotated[
    list[str] | None, typer.Argument(help="KEY=VALUE of the command; a value may be JSON, a key may repeat.")
]
Body = Annotated[
    str | None, typer.Option("--body", help="The command as JSON; @FILE reads a file, - standard input.")
]
ActorOption = Annotated[
    str | None,
    typer.Option("--actor", envvar="DAYBOOK_ACTOR", help="Employee id of who asks: bank:e17."),
]
Roles = Annotated[
    list[str] | None, typer.Option("--role", envvar="DAYBOOK_ROLES", help="A role of who asks; may repeat.")
]
Version = Annotated[
    int | None, typer.Option("--if-version", min=0, help="Only if the case is at this version.")
]
CommandId = Annotated[
    str | None, typer.Option("--command-id", help="Sent again under one id, a command is not done again.")
]


def who(actor: str | None, roles: Sequence[str] | None) -> Actor:
    """Who asks; WrongUse if nobody said."""
    if actor is None:
        raise WrongUse(
            "a desk must know who asks: say --actor bank:e17 (or DAYBOOK_ACTOR), and --role for each role"
        )
    return actor_of(actor, roles or ())


def hand_in(
    data: Data,
    counter: Counter,
    name: str,
    words: Sequence[str] | None,
    body: str | None,
    actor: Actor,
    json: bool,
    **given: Any,
) -> None:
    """Bring a command to a desk, and print what became of it."""
    with opened(data, post=True) as system:
        desk = system.desks.of(counter.desk)
        decision = desk.declaration.decisions.get(name)
        if decision is None:
            known = ", ".join(desk.declaration.decisions)
            raise WrongUse(f"the {counter.desk} desk has no command {name!r}; it knows {known}")
        encoded = command_json(decision, words or (), body)
        done = take(system.desks, counter, name, encoded, actor, **given)
        system.settle()
    print_done(done, json)


def print_done(done: Done, json: bool) -> None:
    """What became of a command."""
    if json:
        print_json(done)
        return
    made = ", ".join(one.type for one in done.entries) or "nothing was left to do"
    again = "had been done before" if done.repeated else made
    out.print(f"{done.case_id} is at version {done.version}: {again}", highlight=False)
    if not done.relayed:
        out.print("The journal gave no answer: `daybook worker relay` carries the decision when it does.")
    out.print(f"It allows now: {', '.join(done.allowed) or 'nothing to you'}", highlight=False)


def print_case(system: System, counter: Counter, case_id: str, actor: Actor | None, json: bool) -> None:
    """A case of a desk; NotFound if the desk does not have it."""
    desk = system.desks.of(counter.desk)
    case = desk.read(case_id)
    names = [(one.envelope.source, one.envelope.id) for one in case.events]
    with system.reading() as (connection, schema):
        subject = case.events[0].envelope.subject
        posted = entries_named(connection, schema, system.journal.volume, subject, names)
    found = shown(desk, counter, case, actor, posted)
    if json:
        print_json(found)
        return
    state = [
        (name, value) for name, value in plain_state(case.state).items() if value not in (None, [], (), False)
    ]
    print_table(f"{case_id} at version {case.version}", ("state", "value"), state)
    entries = [
        (one.version, one.position, one.on or one.at or "undated", one.type, one.by, one.line)
        for one in found.entries
    ]
    print_table("Entries", ("version", "position", "happened", "type", "by", "line"), entries)
    if found.allowed is not None:
        out.print(f"It allows now: {', '.join(found.allowed) or 'nothing to you'}", highlight=False)


def print_file(file: CaseFile, json: bool) -> None:
    """The file of a complaint."""
    if json:
        print_json(file)
        return
    lines = [
        (one.item, None if one.entry is None else one.entry.position, one.id, one.on_file, one.recording_ref)
        for one in file.entries
    ]
    print_table(f"File of {file.case_id}", ("item", "position", "entry", "on file", "recording"), lines)
    checks = [(one.item, one.have, one.position) for one in file.evidence_checklist]
    print_table("Evidence checklist", ("item", "have", "entry"), checks)


def command_json(decision: Decision[Any], words: Sequence[str], body: str | None) -> bytes:
    """A command from KEY=VALUE words, or from JSON; WrongUse for both or for a word that does not fit."""
    if body is not None and words:
        raise WrongUse("bring the command as --body or as KEY=VALUE, not as both")
    if body is not None:
        return _text_of(body)
    return msgspec.json.encode(_from_words(decision, words))


def _text_of(body: str) -> bytes:
    if body == "-":
        return sys.stdin.buffer.read()
    if not body.startswith("@"):
        return body.encode()
    path = Path(body[1:])
    if not path.is_file():
        raise WrongUse(f"there is no file {path}")
    return path.read_bytes()


def _from_words(decision: Decision[Any], words: Sequence[str]) -> dict[str, Any]:
    texts: dict[str, list[str]] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise WrongUse(f"{word!r}: write KEY=VALUE")
        texts.setdefault(name, []).append(value)
    types = get_type_hints(decision.command, include_extras=True)
    unknown = [name for name in texts if name not in types]
    if unknown:
        raise WrongUse(f"{decision.command.__name__} has no {', '.join(unknown)}; it has {', '.join(types)}")
    return {name: _value(name, types[name], found) for name, found in texts.items()}


def _value(name: str, wanted: Any, texts: Sequence[str]) -> Any:
    """The words of a key as what its field wants: text, else JSON, else a list of texts."""
    said = ""
    for reading in _readings(texts):
        try:
            return msgspec.convert(reading, wanted, strict=False)
        except msgspec.ValidationError as error:
            said = said or str(error)
    raise WrongUse(f"{name}={plain(texts[0])}: {said}")


def _readings(texts: Sequence[str]) -> list[Any]:
    readings: list[Any] = []
    if len(texts) == 1:
        readings.append(texts[0])
        with suppress(msgspec.DecodeError):
            readings.append(msgspec.json.decode(texts[0]))
    return [*readings, list(texts)]
