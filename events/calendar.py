"""The journal's own dates: its opening, and the close of each day. Written by the system only."""

import datetime as dt
from typing import Annotated

from msgspec import Meta

from events.envelope import CalendarId, Event, JournalId


class JournalOpened(Event, frozen=True, kw_only=True):
    """The first entry of its partition: the journal's id, its time zone, and how many partitions it has."""

    journal_id: JournalId
    zone: str
    partitions: Annotated[int, Meta(ge=1, le=10_000)]


class CalendarDayClosed(Event, frozen=True, kw_only=True):
    """A business day is over. `cut` is, per partition, the next offset: what lies before was seen by then."""

    calendar_id: CalendarId
    day: dt.date
    zone: str
    cut: tuple[tuple[int, int], ...]


def calendar_of(zone: str) -> CalendarId:
    """The calendar that cuts days in a time zone: `Europe/Prague` → `daybook:Europe.Prague`."""
    return CalendarId("daybook:" + zone.replace("/", "."))
