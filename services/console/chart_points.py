"""Points as pages give them to charts, and what all charts do with them: links, gaps, runs, room for texts.

charts.py uses it; views take the structs from there. Nothing here draws.
"""

from collections.abc import Sequence

import msgspec

from services.console.chart_axes import FONT_SIZE, SERIES, Number, Ticks, em, nice_ticks
from services.console.chart_svg import MarkLink, Spec

LABEL_EM = 18.0
POINTS_LIMIT = 400


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A value at a place of the axis: `low` and `high` bound its interval, `n` is what it rests on.

    `value` is None where it is not shown; `note` then says why. `said` replaces what a point says of itself.
    """

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    href: str | None = None
    note: str = ""
    said: str = ""
    series: str = ""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A count or sum in a period; columns of one label and several series stand on each other."""

    label: str
    value: float
    href: str | None = None
    said: str = ""
    series: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What was to be reached and what was."""

    label: str
    plan: float
    actual: float
    href: str | None = None
    said: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a waterfall: a `whole` stands on nought, anything else on where the last one ended."""

    label: str
    value: float
    whole: bool = False
    href: str | None = None
    said: str = ""


def drawable(points: Sequence[Point]) -> bool:
    """Whether a chart can show so many points and series; a page with more shows its table alone."""
    return len(points) <= POINTS_LIMIT and len({point.series for point in points}) <= len(SERIES)


def bounded(points: Sequence[object]) -> None:
    assert len(points) <= POINTS_LIMIT, f"{len(points)} points: a chart shows {POINTS_LIMIT} at most"


def labels_of(points: Sequence[Point] | Sequence[Column]) -> list[str]:
    return list(dict.fromkeys(point.label for point in points))


def places_of(labels: Sequence[str]) -> dict[str, int]:
    return {label: place for place, label in enumerate(labels)}


def series_of(points: Sequence[Point] | Sequence[Column]) -> list[str]:
    names = list(dict.fromkeys(point.series for point in points)) or [""]
    assert len(names) <= len(SERIES), f"{len(names)} series: a chart shows {len(SERIES)} at most"
    return names


def row_of(place: int, point: Point, interval: bool) -> Spec:
    row: Spec = {"place": place, "mark": f"m{place}", "value": point.value}
    if point.value is None:
        return {**row, "gap": "\u00d7" if point.n is None else f"n={point.n}"}
    if interval and point.low is not None and point.high is not None:
        row.update(low=point.low, high=point.high)
    return row


def run_of(points: Sequence[Point], place: int) -> str:
    """The stretch without a gap that a point is in; lines and bands are drawn for each alone."""
    series = points[place].series
    gaps = sum(one.value is None for one in points[: place + 1] if one.series == series)
    return f"{series}/{gaps}"


def ticks_of(points: Sequence[Point], *more: float | None) -> Ticks:
    values = [value for one in points if one.value is not None for value in (one.value, one.low, one.high)]
    known = [value for value in (*values, *more) if value is not None]
    return nice_ticks(min(known, default=0.0), max(known, default=1.0))


def link_of(point: Point, number: Number) -> MarkLink:
    if point.said:
        return MarkLink(point.said, point.href)
    label = named(point.label, point.series)
    if point.value is None:
        return MarkLink(f"{label}: {point.note}" if point.note else label, point.href)
    text = f"{label}: {number(point.value)}"
    if point.low is not None and point.high is not None:
        text += f" ({number(point.low)} … {number(point.high)})"
    return MarkLink(text + (f", n = {point.n}" if point.n is not None else ""), point.href)


def named(label: str, series: str) -> str:
    return f"{label}, {series}" if series else label


def signed(step: Step, number: Number) -> str:
    text = number(step.value)
    return f"+{text}" if step.value > 0 and not step.whole else text


def room_for(texts: Sequence[str]) -> int:
    return round(min(16.0, max(map(em, texts), default=1.0)) * FONT_SIZE) + 24


def label_width(points: Sequence[Point] | Sequence[Plan]) -> int:
    return round(min(LABEL_EM, max((em(point.label) for point in points), default=1.0)) * FONT_SIZE) + 12
