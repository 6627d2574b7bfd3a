"""The diary: facts as they happened in the bank, before any system reports them.

Every concern keeps a diary of its own; the feed later says when each fact was recorded and when it reached
the door. An id depends on the concern and its counter alone, so that a second play sends the same events.
"""

import datetime as dt
from typing import Any, NamedTuple

import msgspec

from events.codec import TYPES
from events.event_type import EntryRef

APP = "urn:demo:app"
BRANCH = "urn:demo:branch"
CALL = "urn:demo:call-centre"
CORE = "urn:demo:core-banking"
CRM = "urn:demo:crm"
STAFF = "urn:demo:staff"
CATALOGUE = "urn:demo:product-catalogue"
SURVEYS = "urn:demo:survey-platform"
COMPLAINTS = "urn:demo:complaint-office"
PARTNER_LETTERS = "urn:demo:partner-letters"
COMMISSIONS = "urn:demo:commission-system"
PLANNING = "urn:demo:planning"
PARTNERS = {
    "north": "urn:demo:partner-north",
    "river": "urn:demo:partner-river",
    "harbour": "urn:demo:partner-harbour",
}
NAMESPACE = "demo"

_encode = msgspec.json.Encoder().encode


class Fact(NamedTuple):
    """One thing that happened; `dated` says that only its day is known. `data` is JSON."""

    at: dt.datetime
    dated: bool
    source: str
    id: str
    type: str
    subject: str
    data: bytes

    @property
    def ref(self) -> EntryRef:
        return EntryRef(self.source, self.id)


class Diary:
    """The facts of one concern, in the order in which it thought of them."""

    def __init__(self, concern: str) -> None:
        self.concern = concern
        self.facts: list[Fact] = []

    def note(self, source: str, type_name: str, at: dt.datetime | dt.date, **data: Any) -> EntryRef:
        """Write down a fact; fields that are None are left out. Gives back the name of its event.

        `at` is an instant, or a day for what is only dated.
        """
        dated = not isinstance(at, dt.datetime)
        instant = at if isinstance(at, dt.datetime) else end_of(at)
        fact = Fact(
            instant,
            dated,
            source,
            f"{self.concern}-{len(self.facts) + 1:06d}",
            type_name,
            _subject(type_name, data),
            _encode({name: value for name, value in data.items() if value is not None}),
        )
        self.facts.append(fact)
        return fact.ref


def named(kind: str, number: int | str) -> str:
    """An id of the demo bank: `demo:sale-17`."""
    return f"{NAMESPACE}:{kind}-{number}"


SURVEY = named("survey", "relationship")
SURVEY_VERSION = "2"
"""The bank's one questionnaire; whoever asks names it."""
DESK_METHOD = "sms"
"""How the complaint desk asks."""


def end_of(day: dt.date) -> dt.datetime:
    """When the nightly run of a day writes: its evening, UTC."""
    return dt.datetime(day.year, day.month, day.day, 14, tzinfo=dt.UTC)


def _subject(type_name: str, data: dict[str, Any]) -> str:
    for kind, field in TYPES[type_name].subject:
        if data.get(field) is not None:
            return f"{kind}/{data[field]}"
    raise AssertionError(f"{type_name} names no subject")
