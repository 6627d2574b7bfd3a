"""From which day to which: what the views over figures ask for, with the last twelve months where nothing is
said."""

import datetime as dt
from typing import NamedTuple

from services.errors import WrongUse

MONTHS = 12


class Period(NamedTuple):
    """From a day through another."""

    first: dt.date
    last: dt.date

    @property
    def texts(self) -> dict[str, str | None]:
        """As it stands in the address of a figure's rows."""
        return {"from_": self.first.isoformat(), "to": self.last.isoformat()}


def period_of(start: str, to: str, today: dt.date) -> Period:
    """The days asked for; without them, the twelve months that end today. WrongUse if they are none."""
    last = day_of(to, "to") or today
    first = day_of(start, "from") or _months_before(last, MONTHS)
    if first > last:
        raise WrongUse(f"from={first} is after to={last}")
    return Period(first, last)


def day_of(text: str, name: str) -> dt.date | None:
    """A day from a query parameter; None for an empty one."""
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise WrongUse(f"{name}={text!r} is no day: write 2026-05-04") from error


def _months_before(day: dt.date, months: int) -> dt.date:
    """The first day of the month that lies so many months before."""
    place = day.year * 12 + day.month - 1 - months
    return dt.date(place // 12, place % 12 + 1, 1)
