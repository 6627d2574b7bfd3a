"""Day rules: judged when a day is closed, over rows of many subjects, at the cut that the close records.

A judge is pure: it is handed the day and `Facts`, and gives hits. It must ask for nothing after `facts.cut`
was taken; the watch answers from ledgers folded exactly that far.
"""

import datetime as dt
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

from events.event_type import EntryRef
from projections.ledger import Key, Ledger, Row
from projections.rules.classes import ProductClasses
from projections.rules.rule import Hit, Rules

R = TypeVar("R", bound=Row)
T = TypeVar("T")

MOST_GRACE_CLOSES = 14
"""How many closes back a gap may have been seen first."""


class Gap(NamedTuple):
    """Numbers missing in a producer's sequence: the entries on both sides of the hole."""

    source: str
    after: int
    before: int
    last_seen: EntryRef
    next_seen: EntryRef
    on: dt.date


class Skew(NamedTuple):
    """An entry that says it happened after it was admitted."""

    source: str
    entry: EntryRef
    on: dt.date
    seconds: int


class Facts(Protocol):
    """What a day rule may ask, answered at the cut of the close."""

    opened_on: dt.date
    """The day on which the journal was opened; before it there is only history."""

    days: tuple[dt.date, dt.date]
    """The first and last day that are closed at this cut."""

    def memo(self, name: Hashable, make: Callable[[], T]) -> T:
        """What `make` gave the first time at this cut, for work that serves many days."""
        ...

    def between(
        self, ledger: Ledger, row: type[R], column: str, first: dt.date, last: dt.date
    ) -> Sequence[R]:
        """Rows whose day in `column` lies between two days, both included, in order of that day and key."""
        ...

    def rows(self, ledger: Ledger, row: type[R], keys: Collection[Key]) -> Mapping[Key, R]:
        """Rows under these keys."""
        ...

    def matching(self, ledger: Ledger, row: type[R], column: str, value: str) -> Sequence[R]:
        """Rows with this value in a column, in order of their key."""
        ...

    def first_day(self, ledger: Ledger, column: str) -> dt.date | None:
        """The earliest day in a column."""
        ...

    def gaps(self, grace_closes: int) -> Sequence[Gap]:
        """Holes in producers' sequences that were there so many closes ago and still are."""
        ...

    def skews(self, tolerance_seconds: int) -> Sequence[Skew]:
        """Entries folded since the close before that claim a time after their admission."""
        ...


Judge = Callable[[Rules, ProductClasses, dt.date, Facts], Iterator[Hit]]


@dataclass(frozen=True)
class DayRule:
    """A judge, the rules that it applies, and whether it judges a day (or all that came since the last
    close, once per close)."""

    rules: tuple[str, ...]
    judge: Judge
    once_per_close: bool = False
