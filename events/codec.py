"""Bytes to entries and back: the only place where stored JSON becomes a typed event.

The projector, the watch, the desks and the auditor decode here; the door encodes here. Only `decode`
upcasts, so the journal keeps the version that was sent.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from events.catalogue import CATALOGUE
from events.envelope import Entry, Envelope, Event, Position, business_day
from events.errors import UnknownSchema, Unreadable
from events.event_type import Correction, EventType, Upcaster

encode_json = msgspec.json.Encoder().encode
"""The one JSON encoder for stored records: field order is struct order, so equal events are equal bytes."""


def raw_json(event: Event) -> msgspec.Raw:
    """The stored `data` of an event."""
    return msgspec.Raw(encode_json(event))


_decode_envelope = msgspec.json.Decoder(Envelope).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class _Stamps(msgspec.Struct):
    """The parts of stored data that a stamp may be in; empty where they are absent."""

    known: msgspec.Raw = msgspec.Raw(b"")
    fact: msgspec.Raw = msgspec.Raw(b"")


_decode_stamps = msgspec.json.Decoder(_Stamps).decode

_ReadData = Callable[[msgspec.Raw], Event]

TYPES: dict[str, EventType] = {event_type.name: event_type for event_type in CATALOGUE}
TYPE_OF: dict[type[Event], EventType] = {event_type.struct: event_type for event_type in CATALOGUE}


def _reader(event_type: EventType, version: int) -> _ReadData:
    """A function from the stored data of one version to the current struct."""
    if version == event_type.version:
        return msgspec.json.Decoder(event_type.struct).decode
    chain: tuple[Upcaster, ...] = event_type.upcasters[version - 1 :]

    def read_old(raw: msgspec.Raw) -> Event:
        data: dict[str, Any] = msgspec.json.decode(raw, type=dict[str, Any])
        for upcast in chain:
            data = upcast(data)
        return msgspec.convert(data, event_type.struct)

    return read_old


_SCHEMAS: dict[str, tuple[EventType, int, _ReadData]] = {
    event_type.schema_urn(version): (event_type, version, _reader(event_type, version))
    for event_type in CATALOGUE
    for version in range(1, event_type.version + 1)
}


CATALOGUE_LEVEL = len(_SCHEMAS)
"""How many schemas this catalogue can read. Versions are only ever added, so more is newer."""


def decode_envelope(value: bytes | None) -> Envelope:
    """The stored envelope in a record's value; Unreadable if it is none."""
    if value is None:
        raise Unreadable("the record's value is null")
    try:
        return _decode_envelope(value)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error


def decode_data(envelope: Envelope) -> tuple[EventType, int, Event]:
    """Type, stored version and typed event of an envelope.

    Raises UnknownSchema for a type or version that this catalogue does not hold, Unreadable for data that
    does not fit its own schema.
    """
    known = _SCHEMAS.get(envelope.dataschema)
    if known is None or known[0].name != envelope.type:
        raise UnknownSchema(envelope.type, envelope.dataschema)
    event_type, version, read = known
    try:
        return event_type, version, read(envelope.data)
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError) as error:
        raise Unreadable(f"{envelope.type}: {error}") from error


def decode(value: bytes | None, position: Position, zone: dt.tzinfo) -> Entry:
    """A record's bytes as an entry, upcast to the current version; days are cut in `zone`."""
    envelope = decode_envelope(value)
    _, version, event = decode_data(envelope)
    if envelope.admittedtime is None:
        raise Unreadable("no admittedtime: this record did not come through a door or a desk", "admittedtime")
    return Entry(position, envelope, event, version, business_day(envelope, zone))


def corrected(original: Entry, correction: Entry, zone: dt.tzinfo) -> Entry:
    """The entry that stands in the place of `original` once `correction` has been folded."""
    change = correction.event
    assert isinstance(change, Correction)
    first = original.envelope
    time, date, undated = first.time, first.date, first.undated
    if change.fact_time is not None:
        time, date, undated = change.fact_time, None, False
    elif change.fact_date is not None:
        time, date, undated = None, change.fact_date, False
    envelope = msgspec.structs.replace(
        first,
        type=change.fact_type,
        dataschema=change.fact_schema,
        data=change.fact,
        time=time,
        date=date,
        undated=undated,
    )
    _, version, event = decode_data(envelope)
    return Entry(original.position, envelope, event, version, business_day(envelope, zone))


def entry_id(source: str, identifier: str, subject: str) -> bytes:
    """16 bytes that name an event: 10 of SHA-256(source, id), 6 of SHA-256(subject).

    Equal ids are the same event; an equal `source_id` alone means that an id was used again.
    """
    return source_id(source, identifier) + _subject_hash(subject)


def source_id(source: str, identifier: str) -> bytes:
    """The first 10 bytes of an entry id: SHA-256 over source and id, which hold no control characters."""
    return hashlib.sha256(f"{source}\n{identifier}".encode()).digest()[:10]


@lru_cache(maxsize=65_536)
def _subject_hash(subject: str) -> bytes:
    return hashlib.sha256(subject.encode()).digest()[:6]


def content_hash(envelope: Envelope, *, stamped: bool) -> bytes:
    """16 bytes of SHA-256 over what the sender said: the stored event without `known` and `admittedtime`.

    `stamped` says that the type has something the door filled in: a `known` field, or a corrected `fact`
    that has one. White space between tokens makes no difference.
    """
    data = bytes(envelope.data)
    if stamped:
        data = _unstamped(data)
    data = msgspec.json.format(data, indent=-1)
    time, date, recorded = envelope.time, envelope.date, envelope.recordedtime
    head = (
        f"{envelope.id}\n{envelope.source}\n{envelope.type}\n{envelope.subject}\n{envelope.dataschema}\n"
        f"{'' if time is None else _instant(time)}\n"
        f"{'' if date is None else date.isoformat()}\n"
        f"{'' if recorded is None else _instant(recorded)}\n"
        f"{envelope.sequence or ''}\n{envelope.correlationid or ''}\n{envelope.causationid or ''}\n"
        f"{envelope.authid or ''}\n{envelope.authtype or ''}\n"
    )
    return hashlib.sha256(head.encode() + data).digest()[:16]


def _instant(time: dt.datetime) -> str:
    """What `time.isoformat()` gives; for UTC by way of the JSON encoder, which needs a fifth of the time."""
    if time.tzinfo is dt.UTC:
        return encode_json(time)[1:-2].decode() + "+00:00"
    return time.isoformat()


def _unstamped(data: bytes) -> bytes:
    """Stored data without `known`, also inside the `fact` of a correction."""
    stamps = _decode_stamps(data)
    known, fact = bytes(stamps.known), bytes(stamps.fact)
    if not fact:
        if not known:
            return data
        tail = b',"known":' + known + b"}"
        if data.endswith(tail):  # as our encoder leaves it: the last field
            return data[: -len(tail)] + b"}"
    fields = _decode_fields(data)
    fields.pop("known", None)
    if fact:
        fields["fact"] = msgspec.Raw(_unstamped(fact))
    return encode_json(fields)


def headline(event_type: EventType, event: Event) -> str:
    """The one-line summary of an entry: its headline fields in order, absent ones left out."""
    parts: list[str] = []
    for name in event_type.headline:
        value = getattr(event, name)
        if value is not None:
            parts.append(value if type(value) is str else _plain(value))
    return " · ".join(parts)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)
