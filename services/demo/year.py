"""The played year: its days, how busy each one is, and moments within them in an entity's own time zone.

Sales, contacts and surveys ask it for days. The year is the 365 days that end on `last`; before it lies the
back book.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from zoneinfo import ZoneInfo

from services.demo import numbers
from services.demo.chance import Chance

DAY = dt.timedelta(days=1)
HOURS = {"branch": (9, 17), "call": (8, 20), "app": (7, 23), "partner": (9, 18)}


class Year:
    """365 days and the fourteen months before them."""

    def __init__(self, last: dt.date) -> None:
        self.last = last
        self.first = last - 364 * DAY
        self.book_from = self.first - numbers.BACK_BOOK_DAYS * DAY

    @cached_property
    def days(self) -> list[dt.date]:
        """The days of the played year."""
        return [self.first + n * DAY for n in range(365)]

    @cached_property
    def book_days(self) -> list[dt.date]:
        """The days of the back book."""
        return [self.book_from + n * DAY for n in range(numbers.BACK_BOOK_DAYS)]

    @cached_property
    def month_ends(self) -> list[dt.date]:
        """The last days of months within the year, and its own last day."""
        return [day for day in self.days if (day + DAY).day == 1 or day == self.last]

    def anchor(self, month: int, day: int, after: int, before: int) -> dt.date:
        """The date of that name if it lies between so many days into the year, else the middle of them."""
        for one in self.days[after:before]:
            if (one.month, one.day) == (month, day):
                return one
        return self.days[(after + before) // 2]

    def day(self, chance: Chance, channel: str, *, insurance: bool = False, book: bool = False) -> dt.date:
        """A day of the year, or of the back book, as busy as the channel is on it."""
        days, weights = self._busy(channel, insurance, book)
        return chance.choices(days, cum_weights=weights)[0]

    @cached_property
    def _busy_days(self) -> dict[tuple[str, bool, bool], tuple[Sequence[dt.date], list[float]]]:
        return {}

    def _busy(self, channel: str, insurance: bool, book: bool) -> tuple[Sequence[dt.date], list[float]]:
        key = (channel, insurance, book)
        if key not in self._busy_days:
            days = self.book_days if book else self.days
            self._busy_days[key] = (days, list(accumulate(day_weights(days, channel, insurance))))
        return self._busy_days[key]


def day_weights(days: Sequence[dt.date], channel: str, insurance: bool) -> list[float]:
    """How much of a period's business falls on each day: the month's index, the end of a quarter,
    weekends."""
    raw = [_day_factor(day, channel) for day in days]
    months: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
    for day, factor in zip(days, raw, strict=True):
        months[day.year, day.month].append(factor)
    mean = {month: sum(factors) / len(factors) for month, factors in months.items()}
    index = _insurance_index if insurance else _month_index
    return [
        index(day.month) * factor / mean[day.year, day.month] for day, factor in zip(days, raw, strict=True)
    ]


def moment(chance: Chance, day: dt.date, zone: str, channel: str) -> dt.datetime:
    """An instant of the day in the channel's hours, UTC."""
    opens, closes = HOURS[channel]
    local = dt.datetime(day.year, day.month, day.day, opens, tzinfo=ZoneInfo(zone))
    return (local + dt.timedelta(seconds=chance.randrange((closes - opens) * 3600))).astimezone(dt.UTC)


def business_days_later(day: dt.date, count: int) -> dt.date:
    """The `count`-th weekday after `day`; holidays are left out of the demo."""
    while count:
        day += DAY
        count -= day.weekday() < 5
    return day


def next_working(day: dt.date) -> dt.date:
    """The day itself, or the Monday after a weekend."""
    while day.weekday() >= 5:
        day += DAY
    return day


def _day_factor(day: dt.date, channel: str) -> float:
    if day.weekday() >= 5:
        return numbers.WEEKENDS[channel]
    return numbers.QUARTER_END_FACTOR if _closes_quarter(day) else 1.0


def _closes_quarter(day: dt.date) -> bool:
    if day.month % 3 or day.day < 20:
        return False
    left, later = 0, day + DAY
    while later.month == day.month:
        left += later.weekday() < 5
        later += DAY
    return left < numbers.QUARTER_END_DAYS


def _month_index(month: int) -> float:
    return numbers.MONTH_INDEX[month - 1]


def _insurance_index(month: int) -> float:
    """The same shape, with the first quarter's share raised to what insurance sells in it."""
    first = sum(numbers.MONTH_INDEX[:3])
    share = numbers.INSURANCE_FIRST_QUARTER
    scale = 12 * share / first if month <= 3 else 12 * (1 - share) / (12 - first)
    return numbers.MONTH_INDEX[month - 1] * scale
