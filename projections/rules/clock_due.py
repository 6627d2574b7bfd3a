"""When a limit ends: so many hours, days, weeks or months after a start, by a calendar.

clocks.py asks here. Cases of one day share their due times, so they are worked out once.
"""

import datetime as dt
from functools import lru_cache
from typing import NamedTuple

from projections.rules.business_calendar import DAY, BusinessCalendar
from projections.rules.clock_pack import ClockRule, Limit

Spans = tuple[tuple[dt.date, dt.date], ...]
"""Stretches of days that do not count, first and last included."""


class Due(NamedTuple):
    """When a time ends, and when so much of it is used up that somebody should look."""

    on: dt.date
    at: dt.datetime
    warn_first_at: dt.datetime
    warn_last_at: dt.datetime


def due_of(
    rule: ClockRule,
    limit: Limit,
    calendar: BusinessCalendar,
    started_on: dt.date,
    started_at: dt.datetime,
    skipped: Spans,
) -> Due:
    """When the limit ends for a case that started on that day, at that instant."""
    unit, amount = limit.unit, limit.amount
    if unit == "business_hours":
        return _due_in_hours(rule, calendar, started_at, amount)
    if unit == "months":
        amount = (_months_later(started_on, amount) - started_on).days
    elif unit == "weeks":
        amount *= 7
    return _due_in_days(
        calendar,
        started_on,
        amount,
        unit == "business_days",
        skipped,
        rule.count_start_day,
        rule.roll,
        rule.until,
        rule.warn,
    )


@lru_cache(maxsize=100_000)
def _due_in_days(
    calendar: BusinessCalendar,
    started_on: dt.date,
    number: int,
    business: bool,
    skipped: Spans,
    count_start_day: bool,
    roll: str,
    until: str,
    warn: tuple[int, int],
) -> Due:
    origin = started_on - DAY if count_start_day else started_on
    on = _counted(calendar, origin, number, business, skipped)
    if roll != "none" and not calendar.is_business_day(on):
        on = calendar.add_business_days(on, 1 if roll == "following" else -1)
    at = calendar.close_of_business(on) if until == "close" else calendar.end_of_day(on)

    def used(percent: int) -> dt.datetime:
        """When so much of the days is used up: whole days first, then that part of the next one."""
        whole, rest = divmod(number * percent, 100)
        last = _counted(calendar, origin, whole, business, skipped) if whole else origin
        if rest == 0:
            return min(calendar.end_of_day(last), at)
        day = _counted(calendar, last, 1, business, skipped)
        begin = calendar.start_of_day(day)
        return min(begin + (calendar.end_of_day(day) - begin) * rest / 100, at)

    return Due(on, at, used(warn[0]), used(warn[1]))


def _due_in_hours(rule: ClockRule, calendar: BusinessCalendar, started_at: dt.datetime, hours: int) -> Due:
    at, first, last = (
        calendar.add_business_time(started_at, dt.timedelta(hours=hours) * percent / 100)
        for percent in (100, *rule.warn)
    )
    return Due(calendar.day_of(at), at, first, last)


def _counted(
    calendar: BusinessCalendar,
    day: dt.date,
    number: int,
    business: bool,
    skipped: Spans,
) -> dt.date:
    """The `number`-th day after a day that counts."""
    if not skipped:
        return calendar.add_business_days(day, number) if business and number else day + DAY * number
    while number > 0:
        day += DAY
        inside = next((last for first, last in skipped if first <= day <= last), None)
        if inside is not None:
            day = inside
        elif not business or calendar.is_business_day(day):
            number -= 1
    return day


def _months_later(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.month - 1 + months, 12)
    first = dt.date(day.year + year, month + 1, 1)
    following = (first.replace(day=28) + DAY * 4).replace(day=1)
    return min(first + DAY * (day.day - 1), following - DAY)
