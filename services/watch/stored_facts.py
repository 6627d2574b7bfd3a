"""The facts that day rules ask for, read from the watch's own generation at the cut of a close.

One instance serves all closes that share a cut: rows are loaded once for the whole span of their days and
found by day afterwards, so a close that concerns no rule costs next to nothing.
"""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar, cast

from events.event_type import EntryRef
from projections.fold import Declarations
from projections.ledger import Key, Ledger, Row
from projections.rules.day_rule import Gap, Skew
from services.store.database import Connection
from services.store.queries import watching
from services.store.queries.watching import Offsets
from services.store.writer import load_rows

R = TypeVar("R", bound=Row)
T = TypeVar("T")


class Span(NamedTuple):
    """Days and cuts of a run of closes that share one cut: the first and last day, the cut itself, and the
    cuts before it, the latest first."""

    first: dt.date
    last: dt.date
    cut: Offsets
    earlier: tuple[Offsets, ...]

    @property
    def previous(self) -> Offsets:
        return self.earlier[0]


class _Loaded(NamedTuple):
    first: dt.date
    last: dt.date
    days: list[dt.date]
    rows: list[Row]


class StoredFacts:
    """`Facts` over one schema that has been folded exactly to `span.cut`."""

    def __init__(
        self,
        connection: Connection,
        schema: str,
        declarations: Declarations,
        zone: dt.tzinfo,
        opened_on: dt.date,
        span: Span,
    ) -> None:
        self.opened_on = opened_on
        self.days = (span.first, span.last)
        self._connection = connection
        self._schema = schema
        self._declarations = declarations
        self._zone = zone
        self._span = span
        self._loaded: dict[tuple[str, str], _Loaded] = {}
        self._found: dict[str, dict[Key, Row | None]] = {}
        self._first_days: dict[tuple[str, str], dt.date | None] = {}
        self._memo: dict[Hashable, Any] = {}

    def memo(self, name: Hashable, make: Callable[[], T]) -> T:
        """What `make` gave the first time at this cut."""
        if name not in self._memo:
            self._memo[name] = make()
        return cast(T, self._memo[name])

    def between(
        self, ledger: Ledger, row: type[R], column: str, first: dt.date, last: dt.date
    ) -> Sequence[R]:
        """Rows whose day in `column` lies between two days, in order of that day and key."""
        if not self._declared(ledger):
            return ()
        loaded = self._loaded.get((ledger.name, column))
        if loaded is None or first < loaded.first or last > loaded.last:
            loaded = self._load(ledger, column, first, last, loaded)
        low, high = bisect_left(loaded.days, first), bisect_right(loaded.days, last)
        return cast(Sequence[R], loaded.rows[low:high])

    def rows(self, ledger: Ledger, row: type[R], keys: Collection[Key]) -> Mapping[Key, R]:
        """Rows under these keys."""
        found = self._found.setdefault(ledger.name, {})
        missing = [key for key in keys if key not in found]
        if missing and self._declared(ledger):
            loaded = load_rows(self._connection, self._schema, self._declarations, ledger.name, missing)
            found.update({key: loaded.get(key) for key in missing})
        return cast(Mapping[Key, R], {key: found[key] for key in keys if found.get(key) is not None})

    def matching(self, ledger: Ledger, row: type[R], column: str, value: str) -> Sequence[R]:
        """Rows with this value in a column, in order of their key."""
        if not self._declared(ledger):
            return ()
        found = watching.rows_matching(self._connection, self._schema, ledger, column, value)
        return cast(Sequence[R], found)

    def first_day(self, ledger: Ledger, column: str) -> dt.date | None:
        """The earliest day in a column."""
        name = (ledger.name, column)
        if name not in self._first_days:
            self._first_days[name] = (
                watching.first_day(self._connection, self._schema, ledger, column)
                if self._declared(ledger)
                else None
            )
        return self._first_days[name]

    def gaps(self, grace_closes: int) -> Sequence[Gap]:
        """Holes that were there so many closes ago and still are: what was late had its time to come."""
        since, until = self._span.earlier[grace_closes], self._span.earlier[grace_closes - 1]
        found = watching.sequence_gaps(self._connection, self._schema, since, until)
        return [
            Gap(
                source,
                int(after),
                int(before),
                EntryRef(source, last),
                EntryRef(source, later),
                self._day(at),
            )
            for source, after, before, last, later, at in found
        ]

    def skews(self, tolerance_seconds: int) -> Sequence[Skew]:
        """Entries folded since the close before that claim a time after their admission."""
        span = self._span
        found = watching.skewed_entries(
            self._connection, self._schema, span.previous, span.cut, tolerance_seconds
        )
        return [
            Skew(source, EntryRef(source, name), self._day(at), int(seconds))
            for source, name, at, seconds in found
        ]

    def _load(
        self, ledger: Ledger, column: str, first: dt.date, last: dt.date, old: _Loaded | None
    ) -> _Loaded:
        """Load what the other days of the span will ask for as well, at the same distance from their day."""
        first = min(first, self._span.first - (self._span.last - first), old.first if old else first)
        last = max(last, self._span.last, old.last if old else last)
        rows = watching.rows_between(self._connection, self._schema, ledger, column, first, last)
        days: list[Any] = list(map(attrgetter(column), rows))
        loaded = _Loaded(first, last, days, rows)
        self._loaded[(ledger.name, column)] = loaded
        return loaded

    def _declared(self, ledger: Ledger) -> bool:
        return any(one is ledger or one.name == ledger.name for one in self._declarations.ledgers)

    def _day(self, at: dt.datetime) -> dt.date:
        return at.astimezone(self._zone).date()
