"""Business calendars: which days are worked, in which periods, in whose zone; versioned data files.

Complaint clocks and service levels count on them. Parsing and arithmetic only, everything total: years that a
file does not know are weekdays without holidays, and `knows` says so.
"""

import datetime as dt
import hashlib
import json
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, fields
from functools import cache, cached_property
from zoneinfo import ZoneInfo

import msgspec
import yaml

from events.errors import DaybookError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = dt.timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 1900, 9000
"""A day outside of these is a slip of the pen; nothing is counted from it."""

Periods = tuple[tuple[dt.time, dt.time], ...]


class CalendarError(DaybookError):
    """A calendar that cannot be used; the message names the calendar, the field and what would be right."""

    code = "calendar_error"


class StatedCalendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file. Days are written MM-DD under their year; a make-up day is worked although it is a weekend."""

    calendar: str
    version: str
    about: str
    zone: str
    source: str
    verified: bool
    known_until: dt.date
    cut_off: str
    periods: dict[str, list[tuple[str, str]]]
    make_up_periods: list[tuple[str, str]] = []
    holidays: dict[int, list[str]]
    make_up_days: dict[int, list[str]] = {}


@dataclass(frozen=True, eq=False)
class BusinessCalendar:
    """A calendar that was read and checked; `digest` is SHA-256 of its canonical form."""

    id: str
    version: str
    zone_name: str
    digest: str
    known_until: dt.date
    cut_off: dt.time
    periods: tuple[Periods, ...]
    make_up_periods: Periods
    holidays: frozenset[dt.date]
    make_up_days: frozenset[dt.date]
    years: tuple[int, int]
    _starts: dict[dt.date, dt.datetime] = field(default_factory=dict, repr=False)

    def __getstate__(self) -> dict[str, object]:
        """What travels to another process: the calendar, and nothing that was worked out from it."""
        return {**{one.name: getattr(self, one.name) for one in fields(self)}, "_starts": {}}

    @cached_property
    def name(self) -> str:
        """`<id> <version>`, as clocks quote it."""
        return f"{self.id} {self.version}"

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone_name)

    def knows(self, day: dt.date) -> bool:
        """Whether holidays and make-up days of that day had been announced when the file was made."""
        return self.years[0] <= day.year and day <= self.known_until

    def is_business_day(self, day: dt.date) -> bool:
        """Whether the day is worked."""
        if day in self.make_up_days:
            return True
        return bool(self.periods[day.weekday()]) and day not in self.holidays

    def add_business_days(self, day: dt.date, number: int) -> dt.date:
        """The `number`-th business day after a day; 0 gives the day itself if worked, else the next one."""
        worked = self._worked
        if self._inside(day):
            at = bisect_left(worked, day) if number == 0 else bisect_right(worked, day) + number - 1
            if 0 <= at < len(worked):
                return worked[at]
        return self._walk(day, number)

    def business_days_between(self, after: dt.date, until: dt.date) -> int:
        """Business days after one day up to and including another; negative if they stand the other way."""
        if until < after:
            return -self.business_days_between(until, after)
        if self._inside(after) and self._inside(until):
            return bisect_right(self._worked, until) - bisect_right(self._worked, after)
        return sum(
            self.is_business_day(after + DAY * number) for number in range(1, (until - after).days + 1)
        )

    def day_of(self, instant: dt.datetime) -> dt.date:
        """The day of an instant in the calendar's zone."""
        return instant.astimezone(self.zone).date()

    def start_of_day(self, day: dt.date) -> dt.datetime:
        """The midnight with which a day begins, in UTC."""
        found = self._starts.get(day)
        if found is None:
            found = self._starts[day] = dt.datetime.combine(day, dt.time(), self.zone).astimezone(dt.UTC)
        return found

    def end_of_day(self, day: dt.date) -> dt.datetime:
        """The midnight with which a day ends: the first instant that is too late, in UTC."""
        return self.start_of_day(day + DAY)

    def close_of_business(self, day: dt.date) -> dt.datetime:
        """The end of a day's last working period; of a day that is not worked, its midnight."""
        periods = self.periods_of(day)
        return self._at(day, periods[-1][1]) if periods else self.end_of_day(day)

    def periods_of(self, day: dt.date) -> Periods:
        """The working periods of a day, in order; none if it is not worked."""
        if day in self.make_up_days:
            return self.make_up_periods or self.periods[0]
        return self.periods[day.weekday()] if day not in self.holidays else ()

    def business_time_between(self, begin: dt.datetime, end: dt.datetime) -> dt.timedelta:
        """Working time from one instant to a later one; nothing if they stand the other way."""
        total, day, last = dt.timedelta(), self.day_of(begin), self.day_of(end)
        while day <= last:
            for opens, closes in self._instants(day):
                total += max(min(closes, end) - max(opens, begin), dt.timedelta())
            day += DAY
        return total

    def add_business_time(self, begin: dt.datetime, amount: dt.timedelta) -> dt.datetime:
        """The instant at which so much working time has passed."""
        day, left = self.day_of(begin), amount
        for _ in range(3660):
            for opens, closes in self._instants(day):
                there = max(closes - max(opens, begin), dt.timedelta())
                if there > dt.timedelta() and left <= there:
                    return max(opens, begin) + left
                left -= there
            day += DAY
        raise CalendarError(f"calendar {self.name}: {amount} of working time do not pass within ten years")

    def _instants(self, day: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
        return [(self._at(day, opens), self._at(day, closes)) for opens, closes in self.periods_of(day)]

    def _at(self, day: dt.date, time: dt.time) -> dt.datetime:
        return dt.datetime.combine(day, time, self.zone).astimezone(dt.UTC)

    def _inside(self, day: dt.date) -> bool:
        return self.years[0] <= day.year <= self.years[1]

    @cached_property
    def _worked(self) -> list[dt.date]:
        day, found = dt.date(self.years[0], 1, 1), []
        while day.year <= self.years[1]:
            if self.is_business_day(day):
                found.append(day)
            day += DAY
        return found

    def _walk(self, day: dt.date, number: int) -> dt.date:
        if number == 0:
            day, number = day - DAY, 1
        step = DAY if number > 0 else -DAY
        while number != 0:
            day += step
            if self.is_business_day(day):
                number -= 1 if step > dt.timedelta() else -1
        return day


def parse_calendar(text: str) -> BusinessCalendar:
    """Read a calendar from YAML text; CalendarError with the reason where it cannot be used."""
    try:
        content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        stated = msgspec.convert(content, StatedCalendar)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise CalendarError(f"the calendar does not fit its form: {error}") from error
    unknown = sorted(set(stated.periods) - set(WEEKDAYS))
    if unknown:
        raise CalendarError(f"calendar {stated.calendar}: {', '.join(unknown)} are no weekdays")
    if not any(stated.periods.values()):
        raise CalendarError(f"calendar {stated.calendar} has no working period: name some under `periods`")
    years = sorted(stated.holidays)
    if not years or years != list(range(years[0], years[-1] + 1)):
        raise CalendarError(
            f"calendar {stated.calendar}: holidays lack a year between the first and the last"
        )
    return BusinessCalendar(
        id=stated.calendar,
        version=stated.version,
        zone_name=stated.zone,
        digest=canonical_digest(stated),
        known_until=stated.known_until,
        cut_off=_time(stated, stated.cut_off),
        periods=tuple(_periods(stated, stated.periods.get(name, [])) for name in WEEKDAYS),
        make_up_periods=_periods(stated, stated.make_up_periods),
        holidays=_days(stated, stated.holidays),
        make_up_days=_days(stated, stated.make_up_days),
        years=(years[0], years[-1]),
    )


def canonical_digest(stated: msgspec.Struct) -> str:
    """SHA-256 of a file's canonical JSON: comments, order of keys and layout make no difference."""
    plain = msgspec.to_builtins(stated, str_keys=True)
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def sensible(day: dt.date | None) -> dt.date | None:
    """The day, or None if it is one that nothing can be counted from."""
    return day if day is not None and FIRST_YEAR <= day.year <= LAST_YEAR else None


def _periods(stated: StatedCalendar, given: list[tuple[str, str]]) -> Periods:
    periods = tuple((_time(stated, opens), _time(stated, closes)) for opens, closes in given)
    edges = [edge for period in periods for edge in period]
    if edges != sorted(set(edges)):
        raise CalendarError(f"calendar {stated.calendar}: periods {given} overlap or run backwards")
    return periods


def _days(stated: StatedCalendar, years: dict[int, list[str]]) -> frozenset[dt.date]:
    try:
        return frozenset(_day(year, text) for year, texts in years.items() for text in texts)
    except ValueError as error:
        raise CalendarError(f"calendar {stated.calendar}: {error}; write days as MM-DD") from error


@cache
def _day(year: int, text: str) -> dt.date:
    return dt.date(year, int(text[:2]), int(text[3:]))


def _time(stated: StatedCalendar, text: str) -> dt.time:
    try:
        return dt.time.fromisoformat(text)
    except ValueError as error:
        raise CalendarError(f"calendar {stated.calendar}: {text!r} is no time; write it as HH:MM") from error
