"""A figure's lines as a chart: over time where a period groups them, else as bars; each mark opens its rows.

Views of figures share this. It draws what `read_figure` gave and computes nothing.
"""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from projections.figure import PERIODS, Figure
from services.console import links
from services.console.charts import Caption, Point, bars, drawable, line_with_band
from services.console.formats import Formats
from services.console.language import Language
from services.store.queries.figures import FigureLine

BARS_AT_MOST = 25
HALF, FULL = 640, 1_060
"""Widths of a chart in a column, and of one across the page."""


def chart_of(
    figure: Figure,
    lines: Sequence[FigureLine],
    spoken: Language,
    formats: Formats,
    *,
    title: str | None = None,
    query: Mapping[str, str | None] | None = None,
    where: Mapping[str, str] | None = None,
    width: int = HALF,
) -> Markup | None:
    """A chart of lines that are grouped by one period, by one dimension, or by both; None for a single line.

    A value that is withheld is not drawn, and its place says why. `where` and `query` go to the addresses of
    the rows.
    Amounts of several currencies stand on no common axis: None, as where there are too many lines.
    """
    wanted = [dim for dim in (lines[0].dims if lines else {}) if dim not in figure.always]
    periods = [dim for dim in wanted if dim in PERIODS]
    others = [dim for dim in wanted if dim not in PERIODS]
    if not wanted or len(periods) > 1 or len(others) > 1:
        return None
    kinds = {tuple(line.dims[dim] for dim in figure.always) for line in lines}
    if len(kinds) > 1 and (others or figure.unit == "minor"):
        return None
    called = formats.called
    caption = Caption(title=title or spoken(figure.title), axis=spoken.unit(figure.unit))

    number = formats.compact if figure.unit == "minor" else formats.number

    def point(line: FigureLine, label: str, series: str = "") -> Point:
        found = line.estimate
        scale = 100 if figure.unit == "minor" else 1
        return Point(
            label=label,
            series=series,
            value=None if found.value is None else found.value / scale,
            low=found.low,
            high=found.high,
            n=found.n,
            note=spoken("n = {n}, too few", n=found.n) if found.value is None else "",
            href=links.rows(figure.name, {**(where or {}), **line.dims}, **(query or {})),
        )

    if periods:
        series = others or (figure.always if len(kinds) > 1 else ())
        points = [
            point(
                line, line.dims[periods[0]] or "–", " · ".join(called(line.dims[dim], dim) for dim in series)
            )
            for line in lines
        ]
        if not drawable(points):
            return None
        return Markup(line_with_band(points, caption, number=number))
    points = [point(line, called(line.dims[others[0]], others[0])) for line in lines[:BARS_AT_MOST]]
    return Markup(bars(points, caption, number=number, width=width))
