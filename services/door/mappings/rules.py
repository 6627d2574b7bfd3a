"""Event rules: from the declaration of an event to a closure that makes it out of a row.

Compiled by the engine once per file, and once when a mapping is loaded, to check it against the catalogue:
types, fields, constants. Whether a row's values fit is the door's to judge.
"""

import datetime as dt
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from events.codec import TYPES
from events.event_type import Correction, EventType, Voiding
from services.door.mappings.conditions import compile_condition
from services.door.mappings.declaration import EventRule
from services.door.mappings.expressions import compile_expression
from services.door.mappings.scope import CellProblem, Compiled, Evaluate, RowScope, Scope, Test, constant
from services.door.mappings.templates import as_text, compile_template
from services.door.submission import Fields, Problem


@dataclass(frozen=True)
class Rule:
    """One event of a row, ready to be made."""

    event_type: EventType
    when: Test | None
    identify: Evaluate
    happened: str
    moment: Evaluate
    recorded: Evaluate | None
    fields: tuple[tuple[str, Evaluate], ...]
    needed: tuple[str, ...]
    fixed: Mapping[str, Any]
    derived: str | None

    def make(self, row: RowScope, problems: list[Problem]) -> Fields | None:
        """The event of this row; None if its condition does not hold, or with every reason in `problems`."""
        try:
            if self.when is not None and not self.when(row):
                return None
        except CellProblem as problem:
            problems.append(self._problem("when", problem))
            return None
        found = len(problems)
        data: dict[str, Any] = {}
        for name, evaluate in self.fields:
            try:
                value = evaluate(row)
            except CellProblem as problem:
                problems.append(self._problem(f"data.{name}", problem))
                continue
            if value is not None:
                data[name] = value
        envelope = self._envelope(row, data, problems)
        if len(problems) > found:
            return None
        for name in self.needed:
            if name not in data:
                reason = "the event needs it, and the row leaves it blank"
                problems.append(self._problem(f"data.{name}", CellProblem("mapping", reason)))
        return Fields(envelope, data) if len(problems) == found else None

    def _envelope(self, row: RowScope, data: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
        envelope = {**self.fixed}
        for attribute, evaluate in (
            ("id", self.identify),
            (self.happened, self.moment),
            ("recordedtime", self.recorded),
        ):
            if evaluate is None:
                continue
            try:
                value = evaluate(row)
            except CellProblem as problem:
                problems.append(self._problem(attribute, problem))
                continue
            if value is not None:
                envelope[attribute] = as_text(value) if attribute == "id" else value
            elif attribute != "recordedtime":
                reason = "the row leaves it blank: every event has an id and says when it happened"
                problems.append(self._problem(attribute, CellProblem("mapping", reason)))
        for kind, name in self.event_type.subject:
            if data.get(name) is not None:
                envelope["subject"] = f"{kind}/{data[name]}"
                return envelope
        if not problems:
            names = " or ".join(self.event_type.subject_names)
            problems.append(self._problem("subject", CellProblem("mapping", f"the row gives no {names}")))
        return envelope

    def _problem(self, part: str, problem: CellProblem) -> Problem:
        return Problem("mapping", f"{self.event_type.name}.{part}", f"{problem.reason} ({problem.code})")


def compile_rule(scope: Scope, rule: EventRule, path: str, *, source: str, legal_entity: str) -> Rule:
    """Check a declared event against the catalogue and make it ready; MappingError names what is wrong."""
    event_type = _event_type(scope, rule.type, f"{path}.type")
    fields = {
        name: compile_expression(scope, node, f"{path}.data.{name}") for name, node in rule.data.items()
    }
    known = {field.name: field for field in msgspec.structs.fields(event_type.sent)}
    if "legal_entity" in known and "legal_entity" not in fields:
        fields["legal_entity"] = constant(legal_entity)
    for name, part in fields.items():
        if name not in known:
            raise scope.wanted(f"{path}.data", f"field of {event_type.name}", name, known)
        _check_fit(scope, part, known[name].type, f"{path}.data.{name}")
    needed = tuple(name for name, field in known.items() if field.required)
    for name in needed:
        if name not in fields:
            raise scope.wrong(f"{path}.data", f"{event_type.name} needs the field {name!r}")
    happened, moment = _moment(scope, rule, path)
    return Rule(
        event_type,
        None
        if rule.when is None
        else compile_condition(scope, rule.when, f"{path}.when", compile_expression),
        compile_template(scope, rule.id, f"{path}.id").evaluate,
        happened,
        moment,
        None if rule.recorded is None else _instant(scope, rule.recorded, f"{path}.recorded").evaluate,
        tuple((name, part.evaluate) for name, part in fields.items()),
        needed,
        {
            "specversion": "1.0",
            "source": source,
            "type": event_type.name,
            "dataschema": event_type.schema_urn(),
        },
        rule.derived,
    )


def _event_type(scope: Scope, name: str, path: str) -> EventType:
    event_type = TYPES.get(name)
    if event_type is None:
        family = name.partition(".")[0]
        alike = sorted(one for one in TYPES if one.startswith(family + "."))
        raise scope.wrong(
            path, f"no event type {name!r}; of this family there is {', '.join(alike) or 'none'}"
        )
    if not event_type.sent_by_channels:
        raise scope.wrong(path, f"{name} is written by a {event_type.writer} only: a mapping states facts")
    if issubclass(event_type.struct, Correction | Voiding):
        raise scope.wrong(path, f"{name} is no fact of its own: `corrects: true` sends corrections by itself")
    return event_type


def _moment(scope: Scope, rule: EventRule, path: str) -> tuple[str, Evaluate]:
    if rule.undated:
        return "undated", constant(True).evaluate
    if rule.time is not None:
        return "time", _instant(scope, rule.time, f"{path}.time").evaluate
    part = compile_expression(scope, rule.date, f"{path}.date")
    return "date", _converted(scope, part, dt.date.fromisoformat, f"{path}.date", "no date").evaluate


def _instant(scope: Scope, node: Any, path: str) -> Compiled:
    return _converted(scope, compile_expression(scope, node, path), _aware, path, "no time with a zone")


def _aware(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(dt.UTC)


def _converted(
    scope: Scope, part: Compiled, convert: Callable[[str], object], path: str, rule: str
) -> Compiled:
    """A date or time that may still be text; a constant is read when the mapping is loaded."""
    if part.constant and isinstance(part.outcomes[0], str):
        try:
            return constant(convert(part.outcomes[0]))
        except ValueError:
            raise scope.wrong(path, f"{part.outcomes[0]!r} is {rule}") from None
    evaluate = part.evaluate

    def converted(row: RowScope) -> object:
        value = evaluate(row)
        if not isinstance(value, str):
            return value
        try:
            return convert(value)
        except ValueError:
            raise CellProblem("bad_date", f"{part.says} holds {rule}: parse it with date or time") from None

    return Compiled(converted, part.says)


def _check_fit(scope: Scope, part: Compiled, annotation: Any, path: str) -> None:
    """Whether the constants and the shape of an expression fit a field; values of rows are the door's."""
    if part.record is not None:
        _check_record(scope, part.record, annotation, path)
        return
    if part.items is not None and not part.constant:
        _check_items(scope, part.items, annotation, path)
        return
    for outcome in part.outcomes:
        if outcome is None:
            continue
        try:
            msgspec.json.decode(msgspec.json.encode(outcome), type=annotation)
        except (msgspec.MsgspecError, TypeError) as error:
            raise scope.wrong(path, f"{outcome!r} does not fit: {error}") from None


def _check_record(scope: Scope, record: Mapping[str, Compiled], annotation: Any, path: str) -> None:
    structs = [arm for arm in _arms(annotation) if isinstance(arm, type) and issubclass(arm, msgspec.Struct)]
    if not structs:
        raise scope.wrong(path, "this field takes no record")
    known = {field.name: field for field in msgspec.structs.fields(structs[0])}
    for name, part in record.items():
        if name not in known:
            raise scope.wanted(path, "field", name, known)
        _check_fit(scope, part, known[name].type, f"{path}.{name}")
    for name, field in known.items():
        if field.required and name not in record:
            raise scope.wrong(path, f"the record needs the field {name!r}")


def _check_items(scope: Scope, items: tuple[Compiled, ...], annotation: Any, path: str) -> None:
    for arm in _arms(annotation):
        if get_origin(arm) in (tuple, list):
            inner = get_args(arm)
            for item in items:
                if len(inner) == 2 and inner[1] is Ellipsis:
                    _check_fit(scope, item, inner[0], path)
            return
    raise scope.wrong(path, "this field takes no list")


def _arms(annotation: Any) -> list[Any]:
    """What an annotation may be, without its constraints and without None."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _arms(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [arm for part in get_args(annotation) for arm in _arms(part) if arm is not type(None)]
    return [annotation]
