"""Charts: figures as SVG, drawn on the server, for pages of the console. Views call the functions here.

Each takes points as the page says them (labels, addresses and numbers in its language) and gives a finished
`<svg>`. A point is a link to its rows; one without a value is never drawn, and says why. Nothing is computed
here that a reader could take for a figure. `warm_up` starts the drawing engine before the first page asks.
"""

from collections.abc import Sequence

from services.console.chart_axes import (
    BAD,
    GOOD,
    INK,
    MUTED,
    SERIES,
    Number,
    Size,
    colours_as_given,
    gap_notes,
    hits,
    label_axis,
    nice_ticks,
    number_text,
    reference_line,
    series_colours,
    shortened,
    specified,
    texts_beside,
    value_axis,
    whiskers,
)
from services.console.chart_points import (
    LABEL_EM,
    Column,
    Plan,
    Point,
    Step,
    bounded,
    drawable,
    label_width,
    labels_of,
    link_of,
    named,
    places_of,
    room_for,
    row_of,
    run_of,
    series_of,
    signed,
    ticks_of,
)
from services.console.chart_svg import Caption, MarkLink, Spec, drawn, plain

__all__ = [
    "Caption",
    "Column",
    "Plan",
    "Point",
    "Size",
    "Step",
    "bars",
    "cohorts",
    "columns_over_time",
    "drawable",
    "line_with_band",
    "number_text",
    "plan_and_actual",
    "sparkline",
    "warm_up",
    "waterfall",
]

WIDE = Size(640, 220)
ROW_HEIGHT = 30


def line_with_band(
    points: Sequence[Point],
    caption: Caption,
    *,
    number: Number = number_text,
    reference: float | None = None,
    size: Size = WIDE,
) -> str:
    """A figure over time with its 95 % interval; a point without a value is a gap with its n.

    Points come in order of time. With several `series` each is a line and no bands are drawn. `reference` is
    a level to compare with (a target, the whole bank).
    """
    bounded(points)
    labels, names = labels_of(points), series_of(points)
    ticks = ticks_of(points, reference)
    places, axis = places_of(labels), label_axis(labels, padding=0)
    y = value_axis(ticks, number, caption.axis)
    band = len(names) == 1
    rows = [
        {
            **row_of(place, point, band),
            "place": places[point.label],
            "series": point.series,
            "run": run_of(points, place),
        }
        for place, point in enumerate(points)
    ]
    detail: Spec = {"detail": [{"field": "run"}], "color": series_colours(names)}
    layers: list[Spec] = [*reference_line(reference, y)]
    if band:
        layers.append(
            {
                "mark": {"type": "area", "opacity": 0.18, "color": SERIES[0], "aria": False},
                "transform": [{"filter": "isValid(datum.low)"}],
                "encoding": {
                    "x": axis,
                    "y": {**y, "field": "low"},
                    "y2": {"field": "high"},
                    "detail": {"field": "run"},
                },
            }
        )
        layers.append(whiskers("x", axis, y, opacity=0.45))
    layers += [
        {
            "mark": {"type": "line", "strokeWidth": 2, "aria": False},
            "transform": [{"filter": "isValid(datum.value)"}],
            "encoding": {"x": axis, "y": {**y, "field": "value"}, **detail},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 46, "opacity": 1, "aria": not band},
            "transform": [{"filter": "isValid(datum.value)"}],
            "encoding": {
                "x": axis,
                "y": {**y, "field": "value"},
                "color": series_colours(names),
                "description": {"field": "mark"},
            },
        },
        gap_notes(axis, size),
    ]
    if band:
        layers.append(hits("x", "y", axis))
    return drawn(specified(size, rows, layers), caption, [link_of(one, number) for one in points], "line")


def cohorts(
    points: Sequence[Point],
    caption: Caption,
    *,
    number: Number = number_text,
    reference: float | None = None,
    scale: tuple[float, float] | None = None,
    size: Size = WIDE,
) -> str:
    """Single values, each with its interval, which no line joins: a share by month of issue, one person's
    answers. `scale` are the ends of the axis where the values have a scale of their own."""
    bounded(points)
    labels = [point.label for point in points]
    axis = label_axis(labels)
    ticks = ticks_of(points, reference) if scale is None else nice_ticks(*scale)
    y = value_axis(ticks, number, caption.axis)
    rows = [row_of(place, point, True) for place, point in enumerate(points)]
    layers: list[Spec] = [
        *reference_line(reference, y),
        whiskers("x", axis, y),
        {
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1, "aria": False},
            "transform": [{"filter": "isValid(datum.value)"}],
            "encoding": {"x": axis, "y": {**y, "field": "value"}, "color": {"value": SERIES[0]}},
        },
        gap_notes(axis, size),
        hits("x", "y", axis),
    ]
    return drawn(specified(size, rows, layers), caption, [link_of(one, number) for one in points], "cohorts")


def bars(
    points: Sequence[Point],
    caption: Caption,
    *,
    number: Number = number_text,
    reference: float | None = None,
    width: int = WIDE.width,
) -> str:
    """One bar for each label, in the order given, with the interval as a whisker and the value beside it."""
    bounded(points)
    texts = [number(point.value) if point.value is not None else point.note for point in points]
    axis, room = label_axis([point.label for point in points], limit_em=LABEL_EM), room_for(texts)
    size = Size(max(120, width - room - label_width(points)), max(1, len(points)) * ROW_HEIGHT)
    x = value_axis(ticks_of(points, reference, 0.0), number, caption.axis)
    rows = [
        {**row_of(place, point, True), "zero": 0, "text": shortened(plain(texts[place]), 16)}
        for place, point in enumerate(points)
    ]
    layers: list[Spec] = [
        {
            "mark": {"type": "bar", "aria": False, "color": SERIES[0], "cornerRadiusEnd": 2},
            "transform": [{"filter": "isValid(datum.value)"}],
            "encoding": {"y": axis, "x": {**x, "field": "value"}, "x2": {"field": "zero"}},
        },
        *reference_line(reference, x, along="y"),
        whiskers("y", axis, x, colour=INK),
        texts_beside(axis, size),
        hits("y", "x", axis, to=size.width + room),
    ]
    return drawn(specified(size, rows, layers), caption, [link_of(one, number) for one in points], "bars")


def plan_and_actual(
    plans: Sequence[Plan], caption: Caption, *, number: Number = number_text, width: int = WIDE.width
) -> str:
    """Actual as a bar, plan as a mark across it, both numbers beside; reached ones in the good colour."""
    bounded(plans)
    texts = [f"{number(one.actual)} / {number(one.plan)}" for one in plans]
    axis, room = label_axis([one.label for one in plans], limit_em=LABEL_EM), room_for(texts)
    size = Size(max(120, width - room - label_width(plans)), max(1, len(plans)) * ROW_HEIGHT)
    values = [value for one in plans for value in (one.plan, one.actual)]
    x = value_axis(nice_ticks(min([0.0, *values]), max([0.0, *values])), number, caption.axis)
    rows: list[Spec] = [
        {
            "place": place,
            "mark": f"m{place}",
            "value": one.actual,
            "plan": one.plan,
            "zero": 0,
            "colour": GOOD if one.actual >= one.plan else SERIES[0],
            "text": texts[place],
        }
        for place, one in enumerate(plans)
    ]
    layers: list[Spec] = [
        {
            "mark": {"type": "bar", "aria": False, "cornerRadiusEnd": 2},
            "encoding": {
                "y": axis,
                "x": {**x, "field": "value"},
                "x2": {"field": "zero"},
                "color": colours_as_given(),
            },
        },
        {
            "mark": {
                "type": "tick",
                "aria": False,
                "thickness": 3,
                "color": INK,
                "bandSize": ROW_HEIGHT * 0.8,
            },
            "encoding": {"y": axis, "x": {**x, "field": "plan"}},
        },
        texts_beside(axis, size),
        hits("y", "x", axis, to=size.width + room),
    ]
    marks = [
        MarkLink(one.said or f"{one.label}: {texts[place]}", one.href) for place, one in enumerate(plans)
    ]
    return drawn(specified(size, rows, layers), caption, marks, "plan")


def waterfall(
    steps: Sequence[Step], caption: Caption, *, number: Number = number_text, size: Size = WIDE
) -> str:
    """From one whole to another by what lies between (volume, mix, price): ups and downs stand on each other.

    The caller's steps add up; what they add to is not checked here.
    """
    bounded(steps)
    spans, level = [], 0.0
    for step in steps:
        begin = 0.0 if step.whole else level
        level = step.value if step.whole else level + step.value
        spans.append((begin, level))
    edges = [edge for span in spans for edge in span]
    axis = label_axis([step.label for step in steps], padding=0.35)
    y = value_axis(nice_ticks(min([0.0, *edges]), max([0.0, *edges])), number, caption.axis)
    rows: list[Spec] = [
        {
            "place": place,
            "next": min(place + 1, len(steps) - 1),
            "mark": f"m{place}",
            "begin": begin,
            "end": end,
            "top": max(begin, end),
            "colour": SERIES[0] if step.whole else GOOD if step.value >= 0 else BAD,
            "text": signed(step, number),
        }
        for place, (step, (begin, end)) in enumerate(zip(steps, spans, strict=True))
    ]
    layers: list[Spec] = [
        {
            "mark": {"type": "rule", "aria": False, "color": MUTED, "strokeDash": [3, 3]},
            "encoding": {"x": axis, "x2": {"field": "next"}, "y": {**y, "field": "end"}},
        },
        {
            "mark": {"type": "bar", "aria": False},
            "encoding": {
                "x": axis,
                "y": {**y, "field": "begin"},
                "y2": {"field": "end"},
                "color": colours_as_given(),
            },
        },
        {
            "mark": {"type": "text", "aria": False, "dy": -8, "color": INK},
            "encoding": {"x": axis, "y": {**y, "field": "top"}, "text": {"field": "text"}},
        },
        hits("x", "y", axis),
    ]
    marks = [MarkLink(step.said or f"{step.label}: {signed(step, number)}", step.href) for step in steps]
    return drawn(specified(size, rows, layers), caption, marks, "waterfall")


def columns_over_time(
    columns: Sequence[Column], caption: Caption, *, number: Number = number_text, size: Size = WIDE
) -> str:
    """Counts or sums by period; with several series they stand on each other, each a link of its own."""
    bounded(columns)
    labels, names = labels_of(columns), series_of(columns)
    places, axis = places_of(labels), label_axis(labels)
    heights = dict.fromkeys(labels, 0.0)
    for one in columns:
        heights[one.label] += one.value
    edges = [0.0, *heights.values()]
    y = value_axis(nice_ticks(min(edges), max(edges)), number, caption.axis)
    rows: list[Spec] = [
        {
            "place": places[one.label],
            "mark": f"m{place}",
            "value": one.value,
            "series": one.series,
            "order": names.index(one.series),
        }
        for place, one in enumerate(columns)
    ]
    alone = len(names) == 1
    layers: list[Spec] = [
        {
            "mark": {"type": "bar", "aria": not alone},
            "encoding": {
                "x": axis,
                "y": {**y, "field": "value", "stack": "zero"},
                "order": {"field": "order"},
                "color": series_colours(names),
                "description": {"field": "mark"},
            },
        },
        *([hits("x", "y", axis)] if alone else []),
    ]
    marks = [
        MarkLink(one.said or f"{named(one.label, one.series)}: {number(one.value)}", one.href)
        for one in columns
    ]
    return drawn(specified(size, rows, layers), caption, marks, "columns")


def sparkline(values: Sequence[float | None], caption: Caption, *, size: Size | None = None) -> str:
    """A line without axes, for a cell or a card: its title says what it is; the last value is a dot."""
    bounded(values)
    size = size or Size(120, 28)
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    y: Spec = {
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [low, high if high > low else low + 1], "nice": False, "zero": False},
    }
    x: Spec = {"field": "place", "type": "quantitative", "axis": None}
    x["scale"] = {"domain": [0, max(1, len(values) - 1)], "nice": False, "zero": False}
    points = [Point(label="", value=value) for value in values]
    rows: list[Spec] = [
        {"place": place, "value": value, "run": run_of(points, place)}
        for place, value in enumerate(values)
        if value is not None
    ]
    layers: list[Spec] = [
        {
            "mark": {"type": "line", "aria": False, "strokeWidth": 1.5, "color": SERIES[0]},
            "encoding": {"x": x, "y": {**y, "field": "value"}, "detail": {"field": "run"}},
        },
        {
            "mark": {
                "type": "point",
                "aria": False,
                "filled": True,
                "size": 22,
                "color": SERIES[0],
                "opacity": 1,
            },
            "transform": [{"filter": f"datum.place === {rows[-1]['place'] if rows else -1}"}],
            "encoding": {"x": x, "y": {**y, "field": "value"}},
        },
    ]
    return drawn(specified(size, rows, layers), caption, [], "spark")


def warm_up() -> None:
    """Start the drawing engine (a second or two); a process calls it beside its start, not in a request."""
    sparkline((0.0, 1.0), Caption(title=""))
