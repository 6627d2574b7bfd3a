"""From what was sent to what is stored, and back for a permitted read: whole events, batches at a time.

Door, desks and imports call `seal_batch` before they append; API and console call the reads, and publish
who read what. Nothing here may keep or log a clear value.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec

from events.codec import TYPES, decode_data, encode_json
from events.envelope import Envelope, Event
from events.errors import UnknownSchema, Unreadable
from events.event_type import Correction, EventType
from events.sealing import DROPPED, parse_token
from services.errors import CheckFailed
from services.privacy import quarantine_seal, siv
from services.privacy.ciphers import HeldKey, KeyState
from services.privacy.keyring import Keyring
from services.privacy.lookup import Lookups, Remembered, remembered

Item = tuple[EventType, str, str, str, msgspec.Struct]
"""(type, source, event id, subject, event in sent form)."""


class Reading(NamedTuple):
    """A token and where it stands."""

    subject: str
    source: str
    event_id: str
    token: str


class Sealer:
    """Seals and unseals with the keys of one keyring; threads may share it."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._lookups = Lookups(keyring)

    def seal_batch(self, items: Sequence[Item], *, remember: bool = True) -> list[Event]:
        """The stored forms, in order: sealed fields as tokens, or `dropped` for a shredded subject; what the
        door stamps still None. Makes missing keys, and remembers look-ups unless told not to.

        Raises Unreadable or UnknownSchema for a correction whose fact is none: call `read_fact` before.
        """
        parts = [_Part.of(item) for item in items]
        keys = self._keyring.keys_to_seal(part.subject for part in parts if part.hides_something())
        if remember:
            self._lookups.remember(value for part in parts for value in part.lookups())
        return [part.seal(keys.get(part.subject)) for part in parts]

    def remember(self, items: Sequence[Item]) -> None:
        """Make the subjects of sealed events findable, for callers that seal before they know they append."""
        self._lookups.remember(value for item in items for value in _Part.of(item).lookups())

    def unseal_fields(
        self,
        event_type: EventType,
        source: str,
        event_id: str,
        subject: str,
        event: Event,
        *,
        even_restricted: bool = False,
    ) -> dict[str, Any]:
        """The sealed fields of a stored event in clear (those of the fact, for a correction), as plain JSON.

        None for a field that is unset, or whose subject is shredded, or restricted unless told otherwise.
        """
        if isinstance(event, Correction):
            fact_type, fact = _stored_fact(event, subject)
            source, event_id = _fact_names(event)
            return self.unseal_fields(
                fact_type, source, event_id, subject, fact, even_restricted=even_restricted
            )
        tokens = {name: getattr(event, name) for name in event_type.sealed}
        readings = [Reading(subject, source, event_id, token or DROPPED) for token in tokens.values()]
        values = self.reveal(readings, even_restricted=even_restricted)
        return dict(zip(tokens, values, strict=True))

    def reveal(
        self, tokens: Sequence[Reading | tuple[str, str, str, str]], *, even_restricted: bool = False
    ) -> list[Any]:
        """The values behind (subject, source, event id, token), in order; None where nothing may be read.

        One query. Raises CheckFailed for a token that was changed, or moved from another event or subject.
        """
        keys = self._keyring.keys_to_read({subject for subject, _, _, text in tokens if text != DROPPED})
        return [
            _open(keys.get(subject), subject, source, event_id, text, even_restricted)
            for subject, source, event_id, text in tokens
        ]

    def seal_bytes(self, subject: str | None, source: str, day: dt.date, raw: bytes) -> bytes:
        """A raw record for the quarantine, under its subject's key, else under the key of source and day.

        The record of a shredded subject is dropped: what comes back says so and holds nothing of it.
        """
        return quarantine_seal.seal_bytes(self._keyring, subject, source, day, raw)

    def open_bytes(self, sealed: bytes) -> bytes | None:
        """The raw record; None if its key was destroyed or the record was dropped."""
        return quarantine_seal.open_bytes(self._keyring, sealed)


def read_fact(change: Any) -> tuple[EventType, msgspec.Struct]:
    """The type and the sent form of the fact in a correction as sent; the door checks with this.

    Raises UnknownSchema for a type or version not in the catalogue, Unreadable for data that does not fit.
    """
    fact_type = TYPES.get(change.fact_type)
    if fact_type is None or change.fact_schema != fact_type.schema_urn():
        raise UnknownSchema(change.fact_type, change.fact_schema)
    try:
        fact: msgspec.Struct = _sent_decoder(fact_type.name).decode(change.fact)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unreadable(f"fact: {error}", "$.fact") from error
    return fact_type, fact


class _Part(NamedTuple):
    """One item of a batch, with the fact of a correction taken out of it."""

    event_type: EventType
    source: str
    event_id: str
    subject: str
    sent: Any
    fact: "_Part | None"

    @classmethod
    def of(cls, item: Item) -> "_Part":
        event_type, source, event_id, subject, sent = item
        fact: _Part | None = None
        if issubclass(event_type.struct, Correction):
            fact_type, fact_sent = read_fact(sent)
            fact_source, fact_id = _fact_names(sent)
            fact = cls(fact_type, fact_source, fact_id, subject, fact_sent, None)
        return cls(event_type, source, event_id, subject, sent, fact)

    def hides_something(self) -> bool:
        if any(getattr(self.sent, name) is not None for name in self.event_type.sealed):
            return True
        return self.fact is not None and self.fact.hides_something()

    def lookups(self) -> Iterator[Remembered]:
        yield from remembered(self.event_type.name, self.subject, self.sent)
        if self.fact is not None:
            yield from self.fact.lookups()

    def seal(self, key: HeldKey | None) -> Event:
        fields = msgspec.structs.asdict(self.sent)
        for name in self.event_type.sealed:
            value = fields[name]
            if value is not None:
                fields[name] = self._token(name, value, key)
        if self.fact is not None:
            fields["fact"] = msgspec.Raw(encode_json(self.fact.seal(key)))
        return self.event_type.struct(**fields)

    def _token(self, field: str, value: Any, key: HeldKey | None) -> str:
        assert key is not None, "every subject with something to hide was given a key"
        if key.cipher is None:
            return DROPPED
        return siv.seal(
            value,
            key=key.cipher,
            key_id=key.key_id,
            source=self.source,
            event_id=self.event_id,
            type_name=self.event_type.name,
            field=field,
        )


def _fact_names(change: Any) -> tuple[str, str]:
    """Source and id under which the fact of a correction is sealed: those of the entry it corrects, in whose
    place it is folded, so a row's token opens under the entry that the row names."""
    return change.corrects.source, change.corrects.id


def _stored_fact(change: Correction, subject: str) -> tuple[EventType, Event]:
    envelope = Envelope(
        specversion="1.0",
        id=change.corrects.id,
        source=change.corrects.source,
        type=change.fact_type,
        subject=subject,
        dataschema=change.fact_schema,
        data=change.fact,
    )
    fact_type, _, fact = decode_data(envelope)
    return fact_type, fact


@cache
def _sent_decoder(type_name: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(TYPES[type_name].sent)


def _open(
    key: HeldKey | None, subject: str, source: str, event_id: str, text: str, even_restricted: bool
) -> Any:
    try:
        token = parse_token(text)
    except ValueError as error:
        raise CheckFailed(f"a sealed field of event {event_id!r} from {source!r} holds no token") from error
    if token is None:
        return None
    if key is None or token.key_id != key.key_id:
        raise CheckFailed(
            f"{token.type_name}.{token.field} of event {event_id!r} was not sealed for {subject}: the token "
            "was moved, or the keyring is older than the journal; restore the keyring or run "
            "`daybook doctor`"
        )
    if key.cipher is None or (key.state is KeyState.RESTRICTED and not even_restricted):
        return None
    return siv.unseal(token, key=key.cipher, source=source, event_id=event_id)
