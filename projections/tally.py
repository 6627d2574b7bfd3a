"""Tally: integer counts and sums over a ledger, grouped, kept incrementally.

A declaration gives three things that must agree: what a row adds (here), the SQL of a full recount and the
drill-down to rows (services/store). A tally is always equal to its GROUP BY.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from projections.ledger import Ledger, Row

PART = "|"
"""Between the parts of an element that is made of several."""

Group = tuple[Any, ...]
"""Values of a tally's `by` columns for one group."""

Post = Callable[[dict[Group, list[int]], Row | None, int], None]


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts and sums over the rows of `ledger`, grouped by the columns `by`.

    Each measure is a column: an integer is summed, a boolean counted where true, any other value counted
    where present. The row count is always kept. `where` names a column that must be present (or true) for a
    row to count. `each` names a tuple column: the row counts once per element, which appears as the last
    group column. Where its elements are texts made of several, joined by PART, `parts` names these in order,
    and a reader may group and filter by each.
    """

    name: str
    ledger: Ledger
    by: tuple[str, ...]
    measures: tuple[str, ...] = ()
    where: str | None = None
    each: str | None = None
    parts: tuple[str, ...] = ()
    groups: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        used = (*self.by, *self.measures, *filter(None, (self.where, self.each)))
        missing = [name for name in used if name not in self.ledger.columns]
        assert not missing, f"tally {self.name}: {missing} are no columns of {self.ledger.name}"
        assert self.each or not self.parts, f"tally {self.name}: parts are those of an `each` column"
        object.__setattr__(self, "groups", (*self.by, self.each) if self.each else self.by)

    def contributions(self, row: Row) -> Iterator[tuple[Group, tuple[int, ...]]]:
        """(group, (1, *measures)) for each time that a row counts."""
        if self.where is not None and getattr(row, self.where) in (None, False):
            return
        group = tuple(getattr(row, name) for name in self.by)
        amounts = (1, *(_amount(getattr(row, name)) for name in self.measures))
        if self.each is None:
            yield group, amounts
        else:
            for element in getattr(row, self.each):
                yield (*group, element), amounts


def poster(tally: Tally) -> Post:
    """A fast `post(deltas, row, sign)` that adds sign × contributions of a row to `deltas` in place."""
    if tally.each is not None or not tally.by:
        return _general_poster(tally)
    by = tally.by
    get_group: Callable[[Row], Group]
    if len(by) == 1:
        only = attrgetter(by[0])
        get_group = lambda row: (only(row),)  # noqa: E731
    else:
        get_group = attrgetter(*by)
    where = attrgetter(tally.where) if tally.where is not None else None
    measures = tuple((index, attrgetter(name)) for index, name in enumerate(tally.measures, start=1))
    width = len(tally.measures) + 1

    def post(deltas: dict[Group, list[int]], row: Row | None, sign: int) -> None:
        if row is None or (where is not None and where(row) in (None, False)):
            return
        group = get_group(row)
        sums = deltas.get(group)
        if sums is None:
            sums = deltas[group] = [0] * width
        sums[0] += sign
        for index, get in measures:
            value = get(row)
            if value is not None and value is not False:
                sums[index] += sign * (value if type(value) is int else 1)

    return post


def _general_poster(tally: Tally) -> Post:
    width = len(tally.measures) + 1

    def post(deltas: dict[Group, list[int]], row: Row | None, sign: int) -> None:
        if row is None:
            return
        for group, amounts in tally.contributions(row):
            sums = deltas.setdefault(group, [0] * width)
            for index, amount in enumerate(amounts):
                sums[index] += sign * amount

    return post


def _amount(value: object) -> int:
    if value is None or value is False:
        return 0
    return value if type(value) is int else 1
