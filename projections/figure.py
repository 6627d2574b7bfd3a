"""Figure: a named number that people look at, as a pure function of tally cells and an as-of day.

The reading side (services/store/queries) fetches the cells; functions here turn them into an Estimate. A
figure must never read a clock: what is due or mature is judged against the `as_of` that it is given.
"""

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import msgspec

from projections.tally import Tally

Unit = Literal["count", "minor", "percent", "points", "score", "days", "per_thousand"]
PERIODS = ("day", "month", "quarter", "year")
"""Groupings that every figure with a `day` column offers beside its own dimensions."""

Z95 = 1.959964
"""Two-sided 95 % quantile of the standard normal distribution."""


class Cell(NamedTuple):
    """One group of a tally: its dimensions, how many rows, and the sums of its measures."""

    dims: Mapping[str, Any]
    rows: int
    sums: Mapping[str, int]


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A figure's value. `value` is None where it is not available, and `note` then says why.

    `n` is what the value rests on; `low` and `high` bound a 95 % interval where the figure is a sample.
    `parts` are the counts that the value was made from, by name.
    """

    value: float | int | None
    n: int
    low: float | None = None
    high: float | None = None
    note: str | None = None
    parts: dict[str, int] = {}


Compute = Callable[[Sequence[Cell], dt.date], Estimate]
Against = Callable[[Sequence[Cell], Sequence[Cell], dt.date], Estimate]
"""Cells of a figure's own tally, cells of its `base`, the as-of day."""


@dataclass(frozen=True, eq=False)
class Figure:
    """What a figure is called, what it is counted over and how.

    `by` are dimensions a reader may group or filter by; `split` are columns that `compute` needs to see
    (due dates, answers' dates); `always` are columns it is always grouped by (a currency); `day` is the
    tally column that `--from`, `--to` and periods cut on; the reader counts no row of a day after `as_of`.
    Below `minimum_n` the value is withheld. `distinct` names a ledger column of which each value counts once:
    its cells hold, as `rows`, how many different ones the tally's rows have; such counts never add up.

    A figure that holds one tally against another (complaints per thousand customers, plan and actual) names
    the other as `base` and computes with `against`. The base is grouped and filtered by those dimensions of
    `by` that it has too (`shared`), never cut by the days asked for; `against` sees its `base_split` columns.
    """

    name: str
    title: str
    unit: Unit
    tally: Tally
    by: tuple[str, ...]
    compute: Compute | None = None
    day: str | None = None
    split: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    base: Tally | None = None
    base_split: tuple[str, ...] = ()
    against: Against | None = None
    distinct: str | None = None
    minimum_n: int = 0
    source: str = ""

    def __post_init__(self) -> None:
        used = {*self.by, *self.split, *self.always, *([self.day] if self.day else [])}
        missing = used - {*self.tally.groups, *self.tally.parts}
        assert not missing, f"figure {self.name}: {sorted(missing)} are no groups of {self.tally.name}"
        assert not (self.distinct and (self.split or self.base)), (
            f"figure {self.name}: distinct counts stand alone"
        )
        assert (self.compute is None) == (self.base is not None), f"figure {self.name}: compute or base"
        assert (self.against is None) == (self.base is None), f"figure {self.name}: base and against"
        missing = set(self.base_split) - set(self.base.groups if self.base else ())
        assert not missing, f"figure {self.name}: {sorted(missing)} are no groups of its base"

    @property
    def shared(self) -> tuple[str, ...]:
        """The dimensions by which a reader may group or filter that the base has too."""
        return tuple(name for name in self.by if self.base is not None and name in self.base.groups)

    def estimate(self, cells: Sequence[Cell], as_of: dt.date, base: Sequence[Cell] = ()) -> Estimate:
        """The figure over these cells; withheld, with the reason, where n is under its minimum."""
        if self.against is not None:
            result = self.against(cells, base, as_of)
        else:
            assert self.compute is not None
            result = self.compute(cells, as_of)
        if result.value is not None and result.n < self.minimum_n:
            note = f"withheld: n = {result.n} is under the minimum of {self.minimum_n}"
            return msgspec.structs.replace(result, value=None, low=None, high=None, note=note)
        return result


def total(cells: Sequence[Cell], measure: str | None = None) -> int:
    """Sum of a measure over cells; the number of rows without one."""
    if measure is None:
        return sum(cell.rows for cell in cells)
    return sum(cell.sums[measure] for cell in cells)


def count_of(measure: str | None = None) -> Compute:
    """A figure that is a plain count or sum."""

    def compute(cells: Sequence[Cell], as_of: dt.date) -> Estimate:
        return Estimate(value=total(cells, measure), n=total(cells))

    return compute


def share_of(part: str, whole: str | None = None) -> Compute:
    """A figure that is part ÷ whole in percent, with a Wilson interval; `whole` defaults to all rows."""

    def compute(cells: Sequence[Cell], as_of: dt.date) -> Estimate:
        return proportion(total(cells, part), total(cells, whole), part, whole or "rows")

    return compute


def proportion(successes: int, n: int, part: str = "part", whole: str = "whole") -> Estimate:
    """successes ÷ n in percent with its Wilson score interval (Wilson 1927); not available for n = 0."""
    parts = {part: successes, whole: n}
    if n == 0:
        return Estimate(value=None, n=0, note="not available: nothing to divide by", parts=parts)
    low, high = wilson(successes, n)
    return Estimate(value=100 * successes / n, n=n, low=100 * low, high=100 * high, parts=parts)


def wilson(successes: int, n: int, z: float = Z95) -> tuple[float, float]:
    """Wilson score interval of a proportion, as shares between 0 and 1; n > 0."""
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)
