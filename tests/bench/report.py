"""Lines of the benchmark: what was measured, beside its baseline of the same run, and what it must reach.

Ratios of rates must be at least their target; ratios of times, marked `at_most`, at most. A run is paired:
the baseline is measured again right before each one, and the median of the ratios counts.
"""

from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

import msgspec


class Target(NamedTuple):
    """From performance.md: what must be reached, and what we aim at."""

    must: float
    aim: float
    at_most: bool = False


class Line(msgspec.Struct, frozen=True):
    """One line of the table."""

    what: str
    measured: float
    unit: str
    ratio: float
    to: str
    must: float | None
    aim: float | None
    at_most: bool
    runs: int

    @property
    def verdict(self) -> str:
        """`ok`, `aim` or `below`; nothing where there is no target."""
        if self.must is None or self.aim is None:
            return ""
        sign = -1 if self.at_most else 1
        if sign * self.ratio >= sign * self.aim:
            return "aim"
        return "ok" if sign * self.ratio >= sign * self.must else "below"


def paired_rate(
    what: str,
    events: int,
    seconds: Callable[[], float],
    baseline: Callable[[], float],
    to: str,
    target: Target | None,
    runs: int,
) -> Line:
    """Events a second against those of a baseline that handles as many, both given in seconds."""
    taken, ratios = [], []
    for _ in range(runs):
        base = baseline()
        taken.append(seconds())
        ratios.append(base / taken[-1])
    return line_of(what, events / median(taken), "events/s", ratios, to, target)


def paired_time(
    what: str,
    seconds: Callable[[], float],
    baseline: Callable[[], float],
    to: str,
    target: Target | None,
    runs: int,
) -> Line:
    """Milliseconds against those of a baseline; less is better."""
    taken, ratios = [], []
    for _ in range(runs):
        base = baseline()
        taken.append(seconds())
        ratios.append(taken[-1] / base)
    return line_of(what, median(taken) * 1_000, "ms", ratios, to, target)


def line_of(
    what: str, measured: float, unit: str, ratios: Sequence[float], to: str, target: Target | None
) -> Line:
    """A line from the ratios of its runs."""
    must, aim, at_most = target or (None, None, unit == "ms")
    return Line(what, measured, unit, median(ratios), to, must, aim, at_most, len(ratios))


def as_text(line: Line) -> str:
    """The line as it is printed."""
    wanted = ""
    if line.must is not None and line.aim is not None:
        sign = "≤" if line.at_most else "≥"
        wanted = f"{sign} {line.must:g} · {line.aim:g}"
    number = f"{line.measured:,.0f}" if line.measured >= 100 else f"{line.measured:.2f}"
    return (
        f"{line.what:<58} {number:>9} {line.unit:<8} {line.ratio:>7.3f} of {line.to:<16} "
        f"{wanted:<14} {line.verdict}"
    )
