"""The day close: `calendar.day_closed` says that a business day is over and where every partition then stood.

Workers, the embedded loop and the import call it. The close holds its lock alone from before it looks at the
ends until the append is acknowledged, so the watch can never fold past the cut of a close in flight.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable

from events.calendar import CalendarDayClosed, calendar_of
from events.envelope import Position
from services.journal.partition import partition_of
from services.journal.port import Journal
from services.journal.system_events import system_record
from services.store.database import connect
from services.store.queries.watching import close_lock
from services.watch.signals import Clock

SOURCE = "urn:daybook:calendar"


class DayCloser:
    """Closes days of one journal; any process may, one at a time does."""

    def __init__(self, journal: Journal, conninfo: str, zone_name: str, clock: Clock) -> None:
        self._journal = journal
        self._zone_name = zone_name
        self._clock = clock
        self._connection = connect(conninfo, autocommit=True)
        self._calendar = calendar_of(zone_name)

    def close_days(self, days: Iterable[dt.date]) -> list[Position]:
        """Close these days in their order, all at one cut: where the journal ends now.

        A day may be closed again later: what came since is judged then.
        """
        wanted = sorted(set(days))
        if not wanted:
            return []
        with close_lock(self._connection, shared=False):
            ends = self._journal.ends()
            cut = tuple(sorted(ends.items()))
            named = hashlib.sha256(repr(cut).encode()).hexdigest()[:12]
            now = self._clock()
            records = [
                system_record(
                    CalendarDayClosed(calendar_id=self._calendar, day=day, zone=self._zone_name, cut=cut),
                    source=SOURCE,
                    identifier=f"{self._calendar}:{day.isoformat()}:{named}",
                    now=now,
                    date=day,
                )
                for day in wanted
            ]
            return self._journal.append(records)

    def close(self) -> None:
        """Release the connection."""
        self._connection.close()


def calendar_partition(zone_name: str, partitions: int) -> int:
    """The partition in which the closes of a zone's calendar stand."""
    return partition_of(f"calendar/{calendar_of(zone_name)}".encode(), partitions)


def days_due(last_closed: dt.date | None, today: dt.date) -> list[dt.date]:
    """The days to close now that `today` has begun: all that ended since the last close."""
    if last_closed is None:
        return [today - dt.timedelta(days=1)]
    return [last_closed + dt.timedelta(days=number) for number in range(1, (today - last_closed).days)]
