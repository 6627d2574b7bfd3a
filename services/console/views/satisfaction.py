"""Satisfaction: NPS, CSAT, CES and the response rate, over time with intervals, and by whom they are about.

Too few answers are said, never drawn. Every number opens its answers.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from projections.figure import Estimate, Figure
from projections.satisfaction_figures import CES, CSAT, NPS, RESPONSE_RATE
from services.api.guard import needs
from services.api.reading import reading
from services.console.figure_charts import FULL, chart_of
from services.console.formats import Formats
from services.console.pages import language_of, page, today
from services.console.period import period_of
from services.console.view import PREFIX, View
from services.errors import WrongUse
from services.store.queries.choices import values_of
from services.store.queries.figures import FigureLine, FigureQuery
from services.store.queries.names import names_in
from services.store.queries.performance import read_figures

router = APIRouter(prefix=f"{PREFIX}/satisfaction", dependencies=[needs("read_figures")])
VIEW = View("satisfaction", "Satisfaction", f"{PREFIX}/satisfaction", "read_figures", router)

FIGURES: tuple[Figure, ...] = (NPS, CSAT, CES, RESPONSE_RATE)
DIMS = ("channel_id", "product_id", "unit_id", "seller_id", "journey", "survey_id")


@router.get("")
def satisfaction(
    request: Request,
    by: str = "channel_id",
    legal_entity: str = "",
    start: Annotated[str, Query(alias="from")] = "",
    to: str = "",
) -> Response:
    """The four figures of the days asked for: as a whole, month by month, and by one dimension."""
    if by not in DIMS:
        raise WrongUse(f"by={by!r}: choose one of {', '.join(DIMS)}")
    day = today(request)
    days = period_of(start, to, day)
    where = (("legal_entity", legal_entity),) if legal_entity else ()
    with reading(request, every_unit=True) as (_, connection, schema):
        whole, monthly, grouped = (
            read_figures(connection, schema, FIGURES, FigureQuery(dims, where, *days), day)
            for dims in ((), ("month",), (by,))
        )
        entities = values_of(connection, schema, NPS.tally, "legal_entity")
        called = names_in(connection, schema, [line.dims for found in grouped.values() for line in found])
    spoken = language_of(request)
    formats = Formats(spoken, request.app.state.system.zone, called)
    main = {figure.name: _usual(figure, whole[figure.name]) for figure in FIGURES}
    charts = {
        figure.name: chart_of(
            figure,
            _like(figure, monthly[figure.name], main[figure.name]),
            spoken,
            formats,
            where=dict(where),
        )
        for figure in FIGURES
    }
    groups = chart_of(
        NPS, grouped[NPS.name], spoken, formats, query=days.texts, where=dict(where), width=FULL
    )
    return page(
        request,
        "satisfaction/page.html",
        called=called,
        figures=FIGURES,
        whole=main,
        charts=charts,
        groups=groups,
        rows=_rows(grouped, main, by),
        by=by,
        dims=DIMS,
        days=days,
        legal_entity=legal_entity,
        entities=entities,
        where=dict(where),
    )


def _usual(figure: Figure, lines: Sequence[FigureLine]) -> FigureLine:
    """The line with the most answers: scales are never mixed, and most answers are on one."""
    if lines:
        return max(lines, key=lambda line: line.estimate.n)
    nothing = Estimate(value=None, n=0, note="not available: no answers")
    return FigureLine(dict.fromkeys(figure.always), nothing)


def _like(figure: Figure, lines: Sequence[FigureLine], like: FigureLine) -> list[FigureLine]:
    """Lines on the same scale as another."""
    return [
        line for line in lines if all(line.dims.get(name) == like.dims.get(name) for name in figure.always)
    ]


def _rows(
    grouped: dict[str, list[FigureLine]], main: dict[str, FigureLine], by: str
) -> list[tuple[str | None, dict[str, FigureLine]]]:
    """Each value of the dimension with its figures, those with the most answers first."""
    found: dict[str | None, dict[str, FigureLine]] = {}
    answers: Counter[str | None] = Counter()
    for figure in FIGURES:
        for line in _like(figure, grouped[figure.name], main[figure.name]):
            found.setdefault(line.dims[by], {})[figure.name] = line
            answers[line.dims[by]] += line.estimate.n
    return sorted(found.items(), key=lambda item: (-answers[item[0]], item[0] or ""))
