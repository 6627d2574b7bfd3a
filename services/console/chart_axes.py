"""Parts that every chart's specification is put together from: axes, ticks, labels, the area one points at.

charts.py uses them. Positions along the ordinal axis are the places of points, so equal labels stay apart;
labels and tick texts are made here, in the page's language, and only looked up by Vega.
"""

import json
import math
import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple

from services.console.chart_svg import Spec, plain

INK, MUTED, LINE = "var(--ink)", "var(--ink-soft)", "var(--line)"
GOOD, BAD = "var(--good)", "var(--bad)"
SERIES = tuple(f"var(--chart-{number})" for number in range(1, 7))
"""Colours are the page's; it sets them for light and dark."""

FONT_SIZE = 12

Number = Callable[[float], str]
"""How a value is written in the page's language."""


class Size(NamedTuple):
    """Pixels of the area that is drawn on, without its axes."""

    width: int
    height: int


class Ticks(NamedTuple):
    """The range of a value axis and what stands on it."""

    low: float
    high: float
    values: tuple[float, ...]


def number_text(value: float) -> str:
    """A value as it is: whole numbers whole, others with one digit; a real minus."""
    text = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:,.1f}"
    return text.replace("-", "\u2212")


def nice_ticks(low: float, high: float, about: int = 5) -> Ticks:
    """Round values from at or below `low` to at or above `high`, some `about` of them."""
    if low == high:
        low, high = min(low, 0.0), max(high, 0.0) or 1.0
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    values = tuple(round(place * step, 10) for place in range(first, last + 1))
    return Ticks(values[0], values[-1], values)


def specified(size: Size, rows: Sequence[Spec], layers: Sequence[Spec]) -> Spec:
    """A whole specification over rows."""
    return {
        "width": size.width,
        "height": size.height,
        "data": {"values": list(rows)},
        "layer": list(layers),
        "background": None,
        "config": {
            "view": {"stroke": None},
            "axis": {
                "aria": False,
                "domainColor": LINE,
                "gridColor": LINE,
                "tickColor": LINE,
                "labelColor": MUTED,
                "titleColor": MUTED,
                "labelFontSize": FONT_SIZE,
                "titleFontSize": FONT_SIZE,
                "titleFontWeight": "normal",
            },
            "legend": {
                "aria": False,
                "labelColor": INK,
                "labelFontSize": FONT_SIZE,
                "orient": "top",
                "title": None,
                "labelLimit": 240,
            },
            "text": {"fontSize": FONT_SIZE, "color": INK},
        },
    }


def value_axis(ticks: Ticks, number: Number, title: str = "", *, grid: bool = True) -> Spec:
    """The encoding parts `scale` and `axis` of a quantitative channel."""
    return {
        "type": "quantitative",
        "scale": {"domain": [ticks.low, ticks.high], "nice": False, "zero": False},
        "axis": {
            "title": plain(title) or None,
            "values": list(ticks.values),
            "labelExpr": lookup([number(value) for value in ticks.values], "datum.index", len(ticks.values)),
            "grid": grid,
            "ticks": False,
            "domain": False,
            "labelPadding": 6,
        },
    }


def label_axis(labels: Sequence[str], *, limit_em: float | None = None, padding: float = 0.25) -> Spec:
    """The encoding of the ordinal channel `place`, with the label of each place."""
    shown = [shortened(label, limit_em) for label in labels]
    extent = {} if limit_em is None else {"minExtent": math.ceil(max(map(em, shown), default=1) * FONT_SIZE)}
    return {
        "field": "place",
        "type": "ordinal",
        "scale": {"domain": list(range(len(labels))), "paddingInner": padding, "paddingOuter": padding / 2},
        "axis": {
            "title": None,
            "labelExpr": lookup(shown, "datum.value", 1),
            "labelAngle": 0,
            "labelLimit": 0,
            "labelOverlap": "parity" if limit_em is None else False,
            "values": shown_places(shown) if limit_em is None else list(range(len(labels))),
            "grid": False,
            "ticks": False,
            "labelPadding": 6,
            **extent,
        },
    }


def shown_places(labels: Sequence[str], width: int = 620) -> list[int]:
    """The places whose labels fit side by side: every one, every second, and so on."""
    room = max((em(label) + 1) * FONT_SIZE for label in labels) if labels else 1
    step = max(1, math.ceil(len(labels) * room / width))
    return list(range(0, len(labels), step))


def lookup(texts: Sequence[str], by: str, scale: int) -> str:
    """A Vega expression that gives the text at a place; an axis counts `index` from 0 to 1."""
    place = by if scale == 1 else f"round({by} * {scale - 1})"
    return f"{json.dumps([plain(text) for text in texts])}[{place}]"


def hits(along: str, across: str, axis: Spec, *, to: int | None = None) -> Spec:
    """The last layer: one see-through area for each place, named by `mark`, over the whole height or width,
    or to where texts beside it end."""
    return {
        "mark": {"type": "bar", "fill": "transparent", "stroke": None},
        "encoding": {
            along: axis,
            across: {"value": 0},
            f"{across}2": {"value": to or ("height" if across == "y" else "width")},
            "description": {"field": "mark"},
        },
        "transform": [{"filter": "isValid(datum.mark)"}],
    }


def shortened(text: str, limit_em: float | None) -> str:
    """A label cut to a width, with an ellipsis."""
    if limit_em is None or em(text) <= limit_em:
        return text
    while text and em(text) > limit_em - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def em(text: str) -> float:
    """About how wide a text is, in font sizes: a Chinese character is one, a Latin letter over a half."""
    return sum(1.0 if unicodedata.east_asian_width(character) in "WF" else 0.56 for character in text)


def series_colours(names: Sequence[str]) -> Spec:
    """Colours by series; with a legend where there are several."""
    if len(names) == 1:
        return {"value": SERIES[0]}
    scale: Spec = {"domain": [plain(name) for name in names], "range": list(SERIES[: len(names)])}
    wide = max(em(name) - 0.56 * len(name) for name in names)
    legend: Spec = {"columnPadding": 14 + round(wide * FONT_SIZE)}
    return {"field": "series", "type": "nominal", "scale": scale, "legend": legend}


def colours_as_given() -> Spec:
    return {"field": "colour", "type": "nominal", "scale": None, "legend": None}


def reference_line(level: float | None, axis: Spec, along: str = "x") -> list[Spec]:
    if level is None:
        return []
    across = "y" if along == "x" else "x"
    return [
        {
            "mark": {"type": "rule", "aria": False, "color": MUTED, "strokeDash": [5, 4]},
            "data": {"values": [{"level": level}]},
            "encoding": {across: {**axis, "field": "level"}},
        }
    ]


def whiskers(along: str, places: Spec, values: Spec, *, colour: str = SERIES[0], opacity: float = 1) -> Spec:
    across = "y" if along == "x" else "x"
    return {
        "mark": {"type": "rule", "aria": False, "color": colour, "strokeWidth": 1.5, "opacity": opacity},
        "transform": [{"filter": "isValid(datum.low)"}],
        "encoding": {along: places, across: {**values, "field": "low"}, f"{across}2": {"field": "high"}},
    }


def gap_notes(axis: Spec, size: Size) -> Spec:
    """Where no point is drawn: the n that was too small, or a cross, at the foot."""
    return {
        "mark": {"type": "text", "aria": False, "color": MUTED, "fontSize": 10, "baseline": "bottom"},
        "transform": [{"filter": "isValid(datum.gap)"}],
        "encoding": {"x": axis, "y": {"value": size.height - 4}, "text": {"field": "gap"}},
    }


def texts_beside(axis: Spec, size: Size) -> Spec:
    """A column of texts right of the bars."""
    return {
        "mark": {"type": "text", "aria": False, "align": "left", "dx": 10, "color": INK},
        "encoding": {"y": axis, "x": {"value": size.width}, "text": {"field": "text"}},
    }
