"""The envelope: CloudEvents 1.0 in structured JSON, and an event at its position in the journal.

The bytes of an encoded envelope are the record that is hashed, archived and replayed; nothing that
matters lives outside them. Everybody reads this module; it must never look at the contents of `data`.
"""

import datetime as dt
from typing import Annotated, Literal, NamedTuple, NewType
from zoneinfo import ZoneInfo

import msgspec

CustomerId = NewType("CustomerId", str)
ProductId = NewType("ProductId", str)
ChannelId = NewType("ChannelId", str)
EmployeeId = NewType("EmployeeId", str)
UnitId = NewType("UnitId", str)
SaleId = NewType("SaleId", str)
ApplicationId = NewType("ApplicationId", str)
ComplaintId = NewType("ComplaintId", str)
InteractionId = NewType("InteractionId", str)
SurveyId = NewType("SurveyId", str)
InvitationId = NewType("InvitationId", str)
CampaignId = NewType("CampaignId", str)
PlanId = NewType("PlanId", str)
LeadId = NewType("LeadId", str)
CourseId = NewType("CourseId", str)
ServiceRequestId = NewType("ServiceRequestId", str)
ProducerId = NewType("ProducerId", str)
CalendarId = NewType("CalendarId", str)
JournalId = NewType("JournalId", str)
RulePackId = NewType("RulePackId", str)
QuarantineId = NewType("QuarantineId", str)
QuestionnaireId = NewType("QuestionnaireId", str)

SUBJECT_KINDS = (
    "customer",
    "complaint",
    "application",
    "lead",
    "interaction",
    "service_request",
    "sale",
    "product",
    "channel",
    "employee",
    "unit",
    "course",
    "survey",
    "campaign",
    "plan",
    "questionnaire",
    "producer",
    "rulepack",
    "risk",
    "calendar",
    "quarantine",
    "journal",
)
"""What an event can be about; the part of `subject` before the slash."""

ID_PATTERN = r"[a-z0-9][a-z0-9._-]{0,39}:[^\s/]{1,120}"
"""Every id carries the namespace of the system that minted it: `uci-bank:17`."""

END = r"$(?!\n)"
"""End of a pattern: a bare `$` would let a line break through."""

SUBJECT_PATTERN = r"^(" + "|".join(SUBJECT_KINDS) + r")/" + ID_PATTERN + END

TYPE_NAME_PATTERN = r"^[a-z][a-z_]*\.[a-z][a-z0-9_]*" + END
"""`<family>.<rest>`, both in snake_case."""

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*" + END)]
Instant = Annotated[dt.datetime, msgspec.Meta(tz=True)]

SENT_PATTERN = "sent_pattern"
"""Marks a pattern that only the sent form checks: matching costs a reader half a microsecond a field."""

Currency = Annotated[str, msgspec.Meta(min_length=3, max_length=3, extra={SENT_PATTERN: "^[A-Z]{3}" + END})]


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A business fact or decision: the `data` of an envelope. Every event type is a subclass."""


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """CloudEvents 1.0 attributes and our extensions, as stored; `data` stays JSON until its type is known.

    Exactly one of `time` (an instant), `date` (a whole day) and `undated` says when the event happened.
    `recordedtime` is when the producer wrote it down, as sent; `admittedtime` is stamped by door or desk.
    """

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    dataschema: str
    datacontenttype: str | None = None
    time: dt.datetime | None = None
    date: dt.date | None = None
    undated: bool = False
    recordedtime: dt.datetime | None = None
    sequence: str | None = None
    correlationid: str | None = None
    causationid: str | None = None
    authid: str | None = None
    authtype: str | None = None
    traceparent: str | None = None
    admittedtime: dt.datetime | None = None
    data: msgspec.Raw


class SentEnvelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The envelope as a sender fills it in, with every constraint; read at the door only, so that readers
    of the journal need not check again what was checked there."""

    specversion: Literal["1.0"]
    id: Text
    source: Text
    type: Annotated[str, msgspec.Meta(pattern=TYPE_NAME_PATTERN, max_length=80)]
    subject: Annotated[str, msgspec.Meta(pattern=SUBJECT_PATTERN)]
    dataschema: Annotated[str, msgspec.Meta(pattern=r"^urn:daybook:[a-z_.0-9]+:[1-9][0-9]*" + END)]
    datacontenttype: Literal["application/json"] | None = None
    time: Instant | None = None
    date: dt.date | None = None
    undated: bool = False
    recordedtime: Instant | None = None
    sequence: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,20}" + END)] | None = None
    correlationid: Text | None = None
    causationid: Text | None = None
    authid: Text | None = None
    authtype: Text | None = None
    traceparent: Text | None = None
    data: msgspec.Raw


class Position(NamedTuple):
    """Where an entry stands in the journal; written `volume/partition/offset`."""

    volume: int
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.volume}/{self.partition}/{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Read `volume/partition/offset`, or `partition/offset` in volume 0; ValueError otherwise."""
        parts = [int(part) for part in text.split("/")]
        if len(parts) == 2:
            parts.insert(0, 0)
        if len(parts) != 3 or min(parts) < 0:
            raise ValueError(f"{text!r} is no position: write volume/partition/offset, such as 0/7/1250")
        return cls(*parts)


class Entry(msgspec.Struct, frozen=True):
    """An event at its position. `occurred_on` is its business day in the journal's zone, None if undated."""

    position: Position
    envelope: Envelope
    event: Event
    version: int
    occurred_on: dt.date | None

    @property
    def subject(self) -> str:
        return self.envelope.subject

    @property
    def source(self) -> str:
        return self.envelope.source

    @property
    def id(self) -> str:
        return self.envelope.id

    @property
    def occurred_at(self) -> dt.datetime | None:
        return self.envelope.time

    @property
    def admitted_at(self) -> dt.datetime:
        """When door or desk took it; UTC."""
        admitted = self.envelope.admittedtime
        assert admitted is not None, "a stored entry was admitted"
        return admitted


def business_day(envelope: Envelope, zone: dt.tzinfo) -> dt.date | None:
    """The day on which an event happened: its own `date`, or its instant cut in the journal's zone."""
    if envelope.date is not None:
        return envelope.date
    if envelope.time is not None:
        return envelope.time.astimezone(zone).date()
    return None


def happened_by(entry: Entry, as_of: dt.datetime, zone: ZoneInfo | dt.tzinfo) -> bool:
    """Whether an entry counts at the instant `as_of`: a dated one from the end of its day, an undated
    one from its admission."""
    envelope = entry.envelope
    if envelope.time is not None:
        return envelope.time <= as_of
    if envelope.date is not None:
        end = dt.datetime.combine(envelope.date + dt.timedelta(days=1), dt.time(), tzinfo=zone)
        return end <= as_of
    return entry.admitted_at <= as_of


def split_subject(subject: str) -> tuple[str, str]:
    """`customer/ns:1` → (`customer`, `ns:1`)."""
    kind, _, identifier = subject.partition("/")
    return kind, identifier
