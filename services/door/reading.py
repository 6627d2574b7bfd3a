"""From what was sent to a checked event in its sent form: everything that one event alone can get wrong.

Admission reads each event of a submission here, before it looks anything up. Pure: no key, no journal, no
database; a problem is a value, never an exception.
"""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, NamedTuple

import msgspec

from events.codec import TYPES, encode_json, entry_id
from events.envelope import SUBJECT_PATTERN, SentEnvelope, split_subject
from events.errors import UnknownSchema, Unreadable
from events.event_type import Correction, EventType, Voiding
from services.door.limits import Limits
from services.door.submission import Code, Fields, Problem
from services.privacy.sealer import read_fact

DESK_NAMESPACE = "desk."
"""Ids whose namespace begins so were minted by a desk, and only that desk writes about their case."""

DESK_SOURCES = "urn:daybook:desk:"
"""How the sources of desks begin: no channel corrects or voids what stands under one."""

_CASE_FIELDS = {
    "complaint": "complaint_id",
    "application": "application_id",
    "lead": "lead_id",
    "opportunity": "lead_id",
    "service_request": "service_request_id",
    "suitability": "check_id",
    "risk_profile": "check_id",
    "cooling_off": "check_id",
    "callback": "check_id",
}
"""Families whose events belong to a case, and the field that names it."""


@dataclass(slots=True, eq=False)
class SentEvent:
    """An event as sent, checked; `fact_type` and `fact` are what a correction states anew."""

    event_type: EventType
    version: int
    envelope: SentEnvelope
    sent: Any
    fact_type: EventType | None = None
    fact: Any = None
    old_data: dict[str, Any] | None = None
    source_id: bytes = field(init=False)
    entry_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        envelope = self.envelope
        self.entry_id = entry_id(envelope.source, envelope.id, envelope.subject)
        self.source_id = self.entry_id[:10]


@dataclass(slots=True, eq=False)
class Unacceptable:
    """An event that was refused on its own account, with whatever could be read of its envelope."""

    problems: tuple[Problem, ...]
    id: str | None = None
    source: str | None = None
    type: str | None = None
    subject: str | None = None


def read_event(event: bytes | Fields, limits: Limits) -> SentEvent | Unacceptable:
    """The checked event, or every reason why there is none."""
    envelope = _envelope_of_fields(event) if isinstance(event, Fields) else _envelope_of_json(event, limits)
    if isinstance(envelope, Unacceptable):
        return envelope
    problems: list[Problem] = []
    read = _read_data(event, envelope, problems)
    if holds_nul(event if isinstance(event, bytes) else encode_json(event)):
        problems.append(_NUL_CHARACTER)
    if (envelope.time is not None) + (envelope.date is not None) + envelope.undated != 1:
        problems.append(_TIME_RULE)
    if read is not None:
        _check_subject(read.event_type, read.sent, envelope.subject, "$.data", problems)
        rule = _rule(read.event_type.name)
        _check_desk_case(read, rule.case_field, rule.names, problems)
        if rule.corrects:
            _read_correction(read, problems)
    if problems or read is None:
        return Unacceptable(tuple(problems), envelope.id, envelope.source, envelope.type, envelope.subject)
    return read


def envelope_glimpse(raw: bytes) -> dict[str, str]:
    """id, source, type and a well-formed subject of bytes that may be anything, as far as they are read."""
    try:
        found = _decode_glimpse(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    values = msgspec.structs.asdict(found)
    texts = {name: value[:200] for name, value in values.items() if isinstance(value, str)}
    if not re.fullmatch(SUBJECT_PATTERN, texts.get("subject", "")):
        texts.pop("subject", None)
    return texts


def holds_nul(encoded: bytes) -> bool:
    """Whether JSON text holds the character U+0000, which no database column can."""
    return b"\\u0000" in encoded and _NUL.search(encoded) is not None


class _Glimpse(msgspec.Struct):
    id: Any = None
    source: Any = None
    type: Any = None
    subject: Any = None


_decode_sent = msgspec.json.Decoder(SentEnvelope).decode
_decode_glimpse = msgspec.json.Decoder(_Glimpse).decode
_NO_DATA = msgspec.Raw(b"{}")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_PATH = re.compile(r" - at `(\$.*)`$")
_NUL_CHARACTER = Problem(
    "nul_character", "$", "it holds the character U+0000, which no ledger can: leave it out"
)
_TIME_RULE = Problem(
    "time_rule",
    "$",
    "exactly one of `time`, `date` and `undated: true` says when it happened: send one, leave the others out",
)


def _envelope_of_json(raw: bytes, limits: Limits) -> SentEnvelope | Unacceptable:
    if not raw.strip():
        return Unacceptable((Problem("empty", "$", "there is nothing in it: send one CloudEvent as JSON"),))
    if len(raw) > limits.event_bytes:
        reason = (
            f"{len(raw)} bytes: an event has at most {limits.event_bytes}; keep documents elsewhere and refer"
        )
        return Unacceptable((Problem("too_large", "$", reason),))
    if _deeper_than(raw, limits.event_depth):
        reason = f"nested deeper than {limits.event_depth} levels: flatten it"
        return Unacceptable((Problem("too_deep", "$", reason),))
    try:
        return _decode_sent(raw)
    except msgspec.ValidationError as error:
        return Unacceptable((_problem("bad_envelope", error, "$"),), **envelope_glimpse(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Unacceptable((Problem("bad_json", "$", f"no JSON object: {error}"),))


def _envelope_of_fields(event: Fields) -> SentEnvelope | Unacceptable:
    try:
        return msgspec.convert({**event.envelope, "data": _NO_DATA}, SentEnvelope)
    except msgspec.ValidationError as error:
        known = {
            name: value
            for name in ("id", "source", "type", "subject")
            if isinstance(value := event.envelope.get(name), str)
        }
        return Unacceptable((_problem("bad_envelope", error, "$"),), **known)


def _read_data(event: bytes | Fields, envelope: SentEnvelope, problems: list[Problem]) -> SentEvent | None:
    event_type = TYPES.get(envelope.type)
    if event_type is None:
        reason = f"no type {envelope.type!r} in the catalogue: {_nearest(envelope.type)}"
        problems.append(Problem("unknown_type", "$.type", reason))
        return None
    if not event_type.sent_by_channels:
        reason = f"{envelope.type} is written by a {event_type.writer} only: a channel publishes facts"
        problems.append(Problem("wrong_writer", "$.type", reason))
        return None
    version = _version(event_type, envelope.dataschema)
    if version is None:
        reason = f"{envelope.dataschema!r} is no version of {envelope.type}: send {event_type.schema_urn()}"
        problems.append(Problem("unknown_version", "$.dataschema", reason))
        return None
    try:
        if version != event_type.version:
            return _read_old(event, event_type, version, envelope)
        if isinstance(event, Fields):
            return SentEvent(event_type, version, envelope, msgspec.convert(event.data, event_type.sent))
        return SentEvent(event_type, version, envelope, _rule(event_type.name).decode(envelope.data))
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError) as error:
        problems.append(_problem("schema", error, "$.data"))
        return None


def _read_old(
    event: bytes | Fields, event_type: EventType, version: int, envelope: SentEnvelope
) -> SentEvent:
    """An event of an older version: checked as the current one that its upcasters make of it, and stored as
    it was sent, its fields in the order of their names."""
    data = event.data if isinstance(event, Fields) else msgspec.json.decode(envelope.data)
    if not isinstance(data, dict):
        raise msgspec.ValidationError("Expected `object`")
    upcast: dict[str, Any] = data
    for step in event_type.upcasters[version - 1 :]:
        upcast = step(upcast)
    sent = msgspec.convert(upcast, event_type.sent)
    return SentEvent(event_type, version, envelope, sent, old_data=dict(sorted(data.items())))


def _check_subject(
    event_type: EventType, sent: Any, subject: str, path: str, problems: list[Problem]
) -> None:
    expected = event_type.subject_of(sent)
    if expected == subject:
        return
    names = " or ".join(event_type.subject_names)
    if expected is None:
        reason = (
            f"none of {names} is set, so nothing says what it is about: set the one that the subject names"
        )
    else:
        reason = f"by its {names} it is about {expected!r}, its subject says {subject!r}: make them equal"
    problems.append(Problem("subject_mismatch", path, reason))


def _check_desk_case(
    read: SentEvent, case_field: str | None, names: str | None, problems: list[Problem]
) -> None:
    """No event in a desk's name or about a desk's case, and no change of an entry that a desk wrote."""
    if read.envelope.source.startswith(DESK_SOURCES):
        reason = "this source is a desk, and only the desk writes in its name: send your system's own source"
        problems.append(Problem("desk_case", "$.source", reason))
        return
    case_id = getattr(read.sent, case_field) if case_field is not None else None
    minted = case_id is not None and case_id.startswith(DESK_NAMESPACE)
    if minted or split_subject(read.envelope.subject)[1].startswith(DESK_NAMESPACE):
        reason = "this case was opened at a desk, and only that desk decides it: use its commands"
        problems.append(Problem("desk_case", "$.subject", reason))
        return
    named = getattr(read.sent, names) if names is not None else None
    if named is not None and named.source.startswith(DESK_SOURCES):
        reason = "it changes an entry that a desk wrote, and only that desk takes it back: use its commands"
        problems.append(Problem("desk_case", f"$.data.{names}", reason))


def _read_correction(read: SentEvent, problems: list[Problem]) -> None:
    """The fact of a correction must be one that its sender could have sent in the first place."""
    change, path = read.sent, "$.data.fact"
    try:
        fact_type, fact = read_fact(change)
    except UnknownSchema as error:
        code: Code = "unknown_version" if change.fact_type in TYPES else "unknown_type"
        problems.append(Problem(code, "$.data.fact_schema", str(error)))
        return
    except Unreadable as error:
        problems.append(_problem("schema", error, path))
        return
    if fact_type.family != read.event_type.family:
        reason = f"{read.event_type.name} corrects {read.event_type.family} facts, not {fact_type.name}"
        problems.append(Problem("fact_family", "$.data.fact_type", f"{reason}: use that family's correction"))
    elif not fact_type.sent_by_channels or issubclass(fact_type.struct, Correction | Voiding):
        reason = f"{fact_type.name} is no fact that a channel may state: correct the fact itself"
        problems.append(Problem("wrong_writer", "$.data.fact_type", reason))
    _check_subject(fact_type, fact, read.envelope.subject, path, problems)
    if change.fact_time is not None and change.fact_date is not None:
        problems.append(
            Problem("time_rule", "$.data", "fact_time and fact_date exclude each other: send one")
        )
    read.fact_type, read.fact = fact_type, fact


def _version(event_type: EventType, dataschema: str) -> int | None:
    if dataschema == _rule(event_type.name).schema:
        return event_type.version
    for version in range(1, event_type.version):
        if dataschema == event_type.schema_urn(version):
            return version
    return None


def _problem(code: Code, error: Exception, root: str) -> Problem:
    """A refusal from a decoder's message: its path made whole, the value that was sent left out of it."""
    text = str(error)
    found = _PATH.search(text)
    path = root + found.group(1)[1:] if found else root
    reason = text[: found.start()] if found else text
    if reason.startswith("Invalid enum value"):
        reason = "not one of the values that the schema lists"
    if "unknown field `admittedtime`" in reason:
        return Problem("admittedtime_sent", path, "`admittedtime` is stamped by the door: leave it out")
    if "unknown field `known`" in reason:
        return Problem("known_sent", path, "`known` is stamped by the door: leave it out")
    way_out = "see the schema of its type" if code == "schema" else "see CloudEvents 1.0 and our attributes"
    return Problem(code, path, f"{reason}: {way_out}")


@lru_cache(maxsize=256)
def _nearest(name: str) -> str:
    """The way out for a type that there is not: the one that is written most like it."""
    near = difflib.get_close_matches(name[:100], TYPES, 1, 0.8)
    return f"{near[0]} is written most like it" if near else "see the schemas for the types there are"


def _deeper_than(raw: bytes, depth: int) -> bool:
    """Whether brackets nest deeper than `depth`; text with few brackets is not scanned."""
    if raw.count(b"{") + raw.count(b"[") <= depth:
        return False
    level, quoted = 0, False
    for token in _TOKENS.finditer(raw):
        sign = token.group()
        if sign == b'"':
            quoted = not quoted
        elif quoted or len(sign) > 1:
            continue
        elif sign in b"{[":
            level += 1
            if level > depth:
                return True
        else:
            level -= 1
    return False


_TOKENS = re.compile(rb'\\.|["{}\[\]]', re.DOTALL)


class _Rule(NamedTuple):
    """What the catalogue says of a type, looked up once."""

    decode: Callable[[msgspec.Raw], Any]
    schema: str
    case_field: str | None
    corrects: bool
    names: str | None
    """The field that names the entry which it changes."""


@cache
def _rule(type_name: str) -> _Rule:
    event_type = TYPES[type_name]
    case_field = _CASE_FIELDS.get(event_type.family)
    corrects = issubclass(event_type.struct, Correction)
    voids = issubclass(event_type.struct, Voiding)
    return _Rule(
        msgspec.json.Decoder(event_type.sent).decode,
        event_type.schema_urn(),
        case_field if case_field in event_type.struct.__struct_fields__ else None,
        corrects,
        "corrects" if corrects else "voids" if voids else None,
    )
