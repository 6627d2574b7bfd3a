"""From a checked event to what will be stored: sealed, hashed, and later stamped.

Admission drafts every event before it looks for duplicates, since a duplicate is told by its stored content.
Nothing here appends, and no clear value outlives the call.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from events.catalogue import CATALOGUE
from events.codec import content_hash, decode_data, encode_json
from events.envelope import Entry, Envelope, Event, Position, business_day
from events.event_type import Correction
from events.known import Known
from events.sealing import DROPPED
from services.door.reading import SentEvent
from services.privacy.sealer import Sealer

for _event_type in CATALOGUE:
    _names = _event_type.struct.__struct_fields__
    assert "known" not in _names[:-1], (
        f"{_event_type.name}: `known` is the last field, it is added at the end"
    )


@dataclass(slots=True, eq=False)
class Draft:
    """An event as it will be stored, but for what the stamper adds. `dropped` says that its subject was
    shredded, so its content cannot be compared; `findable` that it may be found by what was sealed.
    `position` is set once it is appended."""

    sent: SentEvent
    envelope: Envelope
    content: bytes
    dropped: bool = False
    findable: bool = False
    stored_change: Correction | None = None
    position: Position | None = None


def draft_batch(events: Sequence[SentEvent], sealer: Sealer, admitted: dt.datetime) -> list[Draft]:
    """The drafts of these events, in order; one sealing for the whole batch."""
    to_seal = [event for event in events if _needs_sealer(event)]
    sealed = iter(
        sealer.seal_batch([seal_item(event) for event in to_seal], remember=False) if to_seal else ()
    )
    return [
        _sealed_draft(event, next(sealed), admitted)
        if _needs_sealer(event)
        else _plain_draft(event, admitted)
        for event in events
    ]


def draft_unsealed(event: SentEvent, admitted: dt.datetime) -> Draft:
    """A draft for a dry run of an event that is not in the journal: no key is made, sealed fields are left
    out, and `content` tells it from other events of the same dry run only."""
    clear = encode_json([event.sent, event.fact])
    nothing = dict.fromkeys(event.event_type.sealed)
    data = encode_json(msgspec.structs.replace(event.sent, **nothing)) if nothing else encode_json(event.sent)
    return Draft(event, _envelope(event, data, admitted), hashlib.sha256(clear).digest()[:16])


def seal_item(event: SentEvent) -> tuple[Any, str, str, str, Any]:
    """The event as the sealer takes it."""
    envelope = event.envelope
    return event.event_type, envelope.source, envelope.id, envelope.subject, event.sent


def stamped(draft: Draft, known: Known | None) -> Envelope:
    """The envelope to be stored: with `known` in the data, or in the fact of a correction."""
    if known is None:
        return draft.envelope
    if draft.stored_change is not None:
        fact = _with_known(bytes(draft.stored_change.fact), known)
        data = encode_json(msgspec.structs.replace(draft.stored_change, fact=msgspec.Raw(fact)))
    else:
        data = _with_known(bytes(draft.envelope.data), known)
    return msgspec.structs.replace(draft.envelope, data=msgspec.Raw(data))


def entry_of(envelope: Envelope, position: Position, zone: dt.tzinfo) -> Entry:
    """The entry that a stored envelope makes at a position."""
    _, version, event = decode_data(envelope)
    return Entry(position, envelope, event, version, business_day(envelope, zone))


def _needs_sealer(event: SentEvent) -> bool:
    """Whether the stored form differs from the sent one; a correction may hide something in its fact."""
    if event.fact is not None:
        return True
    return any(getattr(event.sent, name) is not None for name in event.event_type.sealed)


def _plain_draft(event: SentEvent, admitted: dt.datetime) -> Draft:
    data = encode_json(event.sent if event.old_data is None else event.old_data)
    envelope = _envelope(event, data, admitted)
    return Draft(event, envelope, content_hash(envelope, stamped=False))


def _sealed_draft(event: SentEvent, stored: Event, admitted: dt.datetime) -> Draft:
    tokens = {name: getattr(stored, name) for name in event.event_type.sealed}
    if event.old_data is None:
        data = encode_json(stored)
    else:
        set_tokens = {name: token for name, token in tokens.items() if token is not None}
        assert set_tokens.keys() <= event.old_data.keys(), "an upcaster never renames a sealed field"
        data = encode_json({**event.old_data, **set_tokens})
    envelope = _envelope(event, data, admitted)
    change = stored if isinstance(stored, Correction) else None
    dropped = DROPPED in tokens.values() or (change is not None and _fact_dropped(event, change))
    content = content_hash(envelope, stamped=change is not None)
    return Draft(event, envelope, content, dropped, findable=True, stored_change=change)


def _fact_dropped(event: SentEvent, change: Correction) -> bool:
    assert event.fact_type is not None
    fact = msgspec.json.decode(change.fact, type=dict[str, Any])
    return any(fact.get(name) == DROPPED for name in event.fact_type.sealed)


def _envelope(event: SentEvent, data: bytes, admitted: dt.datetime) -> Envelope:
    sent = event.envelope
    return Envelope(
        specversion=sent.specversion,
        id=sent.id,
        source=sent.source,
        type=sent.type,
        subject=sent.subject,
        dataschema=sent.dataschema,
        datacontenttype=sent.datacontenttype,
        time=sent.time,
        date=sent.date,
        undated=sent.undated,
        recordedtime=sent.recordedtime,
        sequence=sent.sequence,
        correlationid=sent.correlationid,
        causationid=sent.causationid,
        authid=sent.authid,
        authtype=sent.authtype,
        traceparent=sent.traceparent,
        admittedtime=admitted,
        data=msgspec.Raw(data),
    )


def _with_known(data: bytes, known: Known) -> bytes:
    """JSON of an object with `known` put in as its last member."""
    return b'%b,"known":%b}' % (data[:-1], encode_json(known))
