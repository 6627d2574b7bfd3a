"""Personal data in clear, for a person with a purpose: first the journal is told who looks, then they see it.

API and console call `Revealer.reveal`; nothing else may show a sealed value to anybody. Where the journal
does not acknowledge the entry, no value is read. Clear values are never logged nor kept.
"""

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

import msgspec

from events import codec
from events.envelope import Entry, Position
from events.event_type import Correction
from events.privacy import PersonalDataAccessed
from services.audit.as_of import subject_entries
from services.door.admission import Door
from services.door.submission import Submission
from services.errors import NotFound, Refused, WrongUse
from services.identity.who import Who
from services.journal.port import Journal
from services.privacy.ciphers import KeyState
from services.privacy.keyring import Keyring
from services.privacy.lookup import ATTRIBUTE_KINDS
from services.privacy.sealer import Reading, Sealer
from services.projector.batch import Cut
from services.store.database import Connection
from services.store.queries.personal_reads import READ, reads_of
from services.store.timeline import positions_of

Purpose = Literal["servicing", "complaint", "suitability", "legal_request", "audit"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
SOURCE = "urn:daybook:api"
REFERENCE_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._:/#-]{0,79}"
"""A case or a ticket: no spaces, so that nobody writes about the person into an entry that stays for ever."""

GROUPS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "name": (("customer.registered", "name"), ("lead.captured", "name")),
    "birth_date": (("customer.registered", "birth_date"),),
    "gender": (("customer.registered", "gender"),),
    "phone": (("customer.registered", "phone"),),
    "email": (("customer.registered", "email"),),
    "contact": (("lead.captured", "contact"),),
    "address": (("customer.registered", "address"),),
    "document": (("customer.identified", "doc_number"),),
    "death": (("customer.died", "died_on"),),
    "attributes": (("customer.attribute_recorded", "value"), ("customer.attribute_corrected", "value")),
    "vulnerability": (
        ("vulnerability.recorded", "driver"),
        ("vulnerability.recorded", "need"),
        ("complaint.triaged", "vulnerable_drivers"),
    ),
    "risk_answers": (("risk_profile.assessed", "answers"),),
    "credit": (("credit_record.obtained", "summary"),),
    "needs": (("need.recorded", "text"),),
    "advice": (("advice.given", "rationale"), ("suitability.override_requested", "text")),
    "notes": (("customer.interviewed", "notes"), ("interaction.ended", "notes")),
    "messages": (
        ("message.sent", "text"),
        ("message.received", "text"),
        ("message.received_on_social", "text"),
        ("service_request.opened", "text"),
        ("enquiry.received", "text"),
    ),
    "complaints": (("complaint.received", "text"),),
    "comments": (
        ("survey.answered", "comment"),
        ("feedback.rating_posted", "comment"),
        ("feedback.interview_recorded", "comment"),
    ),
    "requests": (("data_subject_request.received", "text"),),
}
"""What can be asked for, and the sealed fields behind it. A test holds it against the catalogue."""


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to see of whom, and why. `reference` names a case or a ticket."""

    purpose: str
    fields: tuple[str, ...]
    reference: str | None = None


class ClearValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value in clear and the entry it stands in. `name` is the attribute's name, else the field's. `latest`
    is the last one said of its kind. None where it was never kept, or may not be read."""

    group: str
    name: str
    value: Any
    latest: bool
    type: str
    source: str
    id: str
    on: dt.date | None
    position: str


class Revealed(msgspec.Struct, frozen=True, kw_only=True):
    """What was shown, and the entry that says so: `position` is where the journal keeps that."""

    customer_id: str
    purpose: str
    reference: str | None
    fields: tuple[str, ...]
    read_id: str
    position: str | None
    values: tuple[ClearValue, ...]


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody looked."""

    position: str
    at: dt.datetime | None
    by: str
    employee_id: str | None
    purpose: str
    reference: str | None
    fields: tuple[str, ...]
    source: str
    id: str


class Revealer(NamedTuple):
    """The parts of a system that a read in clear needs."""

    door: Door
    keyring: Keyring
    sealer: Sealer
    journal: Journal
    zone: dt.tzinfo
    clock: Callable[[], dt.datetime]

    def reveal(
        self, connection: Connection, schema: str, who: Who, customer_id: str, asking: Asking
    ) -> Revealed:
        """The values asked for, once the journal has acknowledged who reads them and why.

        Raises WrongUse for a purpose or a field that is none, NotFound for a customer whom the connection may
        not see, Refused for one who is shredded, or restricted unless compliance asks; and whatever the door
        raises where it cannot tell the journal, with nothing read.
        """
        fields = _checked(asking)
        subject = f"customer/{customer_id}"
        if not positions_of(connection, schema, subject, self.journal.volume):
            raise NotFound(f"no customer {customer_id} is posted, or none of your units: search for them")
        even_restricted = "compliance" in who.roles
        self._refuse_unreadable(subject, even_restricted)
        read_id = str(uuid.uuid4())
        position = self._tell(who, customer_id, asking, fields, read_id)
        entries = subject_entries(connection, schema, self.journal, self.zone, subject, Cut())
        return Revealed(
            customer_id=customer_id,
            purpose=asking.purpose,
            reference=asking.reference,
            fields=fields,
            read_id=read_id,
            position=position,
            values=tuple(self._values(subject, entries, fields, even_restricted)),
        )

    def reads(
        self,
        connection: Connection,
        schema: str,
        customer_id: str,
        *,
        before: Position | None = None,
        limit: int = 100,
    ) -> list[Read]:
        """Who looked at a customer's personal data, the newest first, from before a position."""
        subject = f"customer/{customer_id}"
        positions = reads_of(connection, schema, self.journal.volume, subject, before=before, limit=limit)
        return [
            _read(codec.decode(record.value, position, self.zone))
            for position, record in zip(positions, self.journal.fetch(positions), strict=True)
        ]

    def _refuse_unreadable(self, subject: str, even_restricted: bool) -> None:
        state = self.keyring.state(subject)
        if state is KeyState.SHREDDED:
            raise Refused(
                f"the key of {subject} was destroyed: nothing personal of them can be read any more "
                f"by anybody"
            )
        if state is KeyState.RESTRICTED and not even_restricted:
            raise Refused(
                f"{subject} is restricted: what we hold may be kept and not used; compliance may look, or "
                f"lift it with `daybook privacy restrict {subject} --lift`"
            )

    def _tell(
        self, who: Who, customer_id: str, asking: Asking, fields: Sequence[str], read_id: str
    ) -> str | None:
        """Append who reads; gives back its position. Nothing may be read unless this returns."""
        data = {
            "customer_id": customer_id,
            "by": who.employee_id or who.subject,
            "purpose": asking.purpose
            if asking.reference is None
            else f"{asking.purpose}: {asking.reference}",
            "fields": list(fields),
        }
        if who.employee_id is not None:
            data["employee_id"] = who.employee_id
        envelope = {
            "specversion": "1.0",
            "id": read_id,
            "source": SOURCE,
            "type": READ,
            "subject": f"customer/{customer_id}",
            "time": self.clock().isoformat(),
            "dataschema": codec.TYPES[READ].schema_urn(),
            "data": data,
        }
        raw = msgspec.json.encode(envelope)
        outcome = self.door.admit([Submission(raw, (raw,), SOURCE)], keep_refused=False)[0]
        if outcome.status != "admitted":
            reasons = "; ".join(one.reason for one in outcome.reasons())
            raise Refused(f"the journal was not told who reads, so nothing is shown: {reasons}")
        return outcome.events[0].position

    def _values(
        self, subject: str, entries: Sequence[Entry], fields: Sequence[str], even_restricted: bool
    ) -> Iterator[ClearValue]:
        found = [place for entry in entries for place in _sealed(entry) if place.groups & set(fields)]
        readings = [Reading(subject, one.entry.source, one.entry.id, one.token) for one in found]
        values = self.sealer.reveal(readings, even_restricted=even_restricted)
        last = {one.kind: index for index, one in enumerate(found)}
        for index, (one, value) in enumerate(zip(found, values, strict=True)):
            yield ClearValue(
                group=next(group for group in GROUPS if group in one.groups and group in fields),
                name=one.name,
                value=value,
                latest=last[one.kind] == index,
                type=one.entry.envelope.type,
                source=one.entry.source,
                id=one.entry.id,
                on=one.entry.occurred_on,
                position=str(one.entry.position),
            )


class _Sealed(NamedTuple):
    """A token of an entry, and the groups it is shown in."""

    entry: Entry
    name: str
    token: str
    groups: set[str]

    @property
    def kind(self) -> tuple[str, str]:
        """What supersedes it: the same attribute, or the same field of a type."""
        named = self.entry.envelope.type.startswith("customer.attribute_")
        return ("attribute" if named else self.entry.envelope.type, self.name)


def _sealed(entry: Entry) -> Iterator[_Sealed]:
    event: Any = entry.event
    if isinstance(event, Correction):
        return
    event_type = codec.TYPES[entry.envelope.type]
    for field in event_type.sealed:
        token = getattr(event, field)
        if token is None:
            continue
        groups = {group for group, places in GROUPS.items() if (event_type.name, field) in places}
        named = "attributes" in groups
        if named and event.name in ATTRIBUTE_KINDS:
            groups.add(ATTRIBUTE_KINDS[event.name])
        yield _Sealed(entry, event.name if named else field, token, groups)


def _checked(asking: Asking) -> tuple[str, ...]:
    """The fields asked for, each once, in the order of GROUPS."""
    if asking.purpose not in PURPOSES:
        raise WrongUse(f"purpose {asking.purpose!r}: personal data is shown for one of {', '.join(PURPOSES)}")
    if asking.reference is not None and re.fullmatch(REFERENCE_PATTERN, asking.reference) is None:
        raise WrongUse(
            "reference: name a case or a ticket, such as cmp-881: letters, digits and . _ : / # -, at most "
            "80, no words about the person"
        )
    unknown = sorted(set(asking.fields) - set(GROUPS))
    if unknown or not asking.fields:
        asked = f"no field is called {', '.join(unknown)}" if unknown else "say which fields"
        raise WrongUse(f"{asked}: choose among {', '.join(GROUPS)}")
    return tuple(group for group in GROUPS if group in asking.fields)


def _read(entry: Entry) -> Read:
    event = entry.event
    assert isinstance(event, PersonalDataAccessed), "asked for by type"
    purpose, _, reference = event.purpose.partition(": ")
    return Read(
        position=str(entry.position),
        at=entry.envelope.time,
        by=event.by,
        employee_id=event.employee_id,
        purpose=purpose,
        reference=reference or None,
        fields=event.fields,
        source=entry.source,
        id=entry.id,
    )
