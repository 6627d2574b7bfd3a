"""Performance: where we are against plan, what was sold by whom, why the amount changed, and what stays.

Figures come from tallies, formulas from projections/performance.py. Every number opens its rows.
"""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple, cast, get_args

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from projections.figure import Figure
from projections.performance import PERSISTENCY, PERSISTENCY_BY_PREMIUM
from projections.sales import CANCEL_RATE, SALES_AMOUNT, SALES_FIGURE
from projections.targets import ATTAINMENT
from services.api.guard import needs
from services.api.reading import reading
from services.console import links
from services.console.charts import Caption, Step, waterfall
from services.console.figure_charts import FULL, chart_of
from services.console.formats import Formats
from services.console.language import Language
from services.console.pages import language_of, page, today
from services.console.period import Period, period_of
from services.console.view import PREFIX, View
from services.console.views.figures import BY_NAME
from services.errors import WrongUse
from services.store.queries.choices import values_of
from services.store.queries.figures import FigureLine, FigureQuery, read_figure
from services.store.queries.names import names_in
from services.store.queries.performance import Against, Days, GapFound, Wanted, read_gap

router = APIRouter(prefix=f"{PREFIX}/performance", dependencies=[needs("read_figures")])
VIEW = View("performance", "Performance", f"{PREFIX}/performance", "read_figures", router)

DIMS = ("product_id", "channel_id", "unit_id", "seller_id", "category")
AUM = BY_NAME["aum"]
KEPT: tuple[Figure, ...] = (CANCEL_RATE, PERSISTENCY, PERSISTENCY_BY_PREMIUM)
"""What becomes of what was sold, by the month of the sale."""


class Asked(NamedTuple):
    """What the page is asked for."""

    by: str
    currency: str
    against: Against
    days: Period


@router.get("")
def performance(
    request: Request,
    by: str = "unit_id",
    currency: str = "",
    against: str = "previous",
    start: Annotated[str, Query(alias="from")] = "",
    to: str = "",
) -> Response:
    """Plan and actual, sales by a dimension, the gap by volume, mix and price, and what stays of it."""
    if by not in DIMS:
        raise WrongUse(f"by={by!r}: choose one of {', '.join(DIMS)}")
    if against not in get_args(Against):
        raise WrongUse(f"against={against!r}: choose one of {', '.join(get_args(Against))}")
    day = today(request)
    days = period_of(start, to, day)
    spoken = language_of(request)
    with reading(request, every_unit=True) as (_, connection, schema):

        def read(figure: Figure, dims: tuple[str, ...], *, cut: bool = True) -> list[FigureLine]:
            query = FigureQuery(dims, (), *days) if cut else FigureQuery(dims)
            return read_figure(connection, schema, figure, query, day)

        currencies = values_of(connection, schema, SALES_AMOUNT.tally, "currency")
        amounts = read(SALES_AMOUNT, ())
        chosen = currency or _largest(amounts)
        asked = Asked(by, chosen, cast(Against, against), days)
        plan = _with_value(
            one for one in read(ATTAINMENT, ("level", "of")) if one.dims["currency"] in (chosen, None)
        )
        sold = [one for one in read(SALES_AMOUNT, (by,)) if one.dims["currency"] == chosen]
        counts = {one.dims[by]: one for one in read(SALES_FIGURE, (by,))}
        monthly = [one for one in read(SALES_AMOUNT, ("month",)) if one.dims["currency"] == chosen]
        kept = {one.name: read(one, ("month",), cut=False) for one in KEPT}
        whole = {
            "sales": read(SALES_FIGURE, ())[0],
            "amount": next((one for one in amounts if one.dims["currency"] == chosen), None),
            "aum": next((one for one in read(AUM, (), cut=False) if one.dims["currency"] == chosen), None),
        }
        rates = {one.name: _main(read(one, (), cut=one is CANCEL_RATE), chosen) for one in KEPT}
        found = read_gap(
            connection,
            schema,
            Wanted("product_id" if by == "category" else by, Days(*days), asked.against),
            day,
        )
        called = names_in(connection, schema, [line.dims for line in (*sold, *plan)])
    formats = Formats(spoken, request.app.state.system.zone, called)
    gap = next((one for one in found.gaps if one.currency == chosen), None)
    return page(
        request,
        "performance/page.html",
        called=called,
        asked=asked,
        dims=DIMS,
        currencies=currencies,
        whole=whole,
        rates=rates,
        kept_figures=KEPT,
        sales_figure=SALES_FIGURE,
        amount_figure=SALES_AMOUNT,
        attainment=ATTAINMENT,
        aum_figure=AUM,
        plan=plan,
        sold=sorted(sold, key=lambda one: -(one.estimate.value or 0)),
        counts=counts,
        monthly=chart_of(SALES_AMOUNT, monthly, spoken, formats),
        kept={one.name: chart_of(one, _of(kept[one.name], chosen), spoken, formats) for one in KEPT},
        sellers=chart_of(SALES_AMOUNT, _top(sold), spoken, formats, query=days.texts, width=FULL),
        gap=gap,
        gap_answer=found,
        gap_chart=_gap_chart(gap, asked, spoken, formats),
        gap_against=get_args(Against),
    )


def _gap_chart(found: GapFound | None, asked: Asked, spoken: Language, formats: Formats) -> Markup | None:
    """From what it is held against to what was sold, by volume, mix and price."""
    if found is None or found.gap is None:
        return None
    gap = found.gap
    where: dict[str, str | None] = {"currency": asked.currency}
    here = links.rows(SALES_AMOUNT.name, where, **asked.days.texts)
    steps = (
        Step(label=spoken.against(asked.against), value=gap.base_minor / 100, whole=True),
        Step(label=spoken("Volume"), value=gap.volume_minor / 100),
        Step(label=spoken("Mix"), value=gap.mix_minor / 100),
        Step(label=spoken("Price"), value=gap.price_minor / 100),
        Step(label=spoken("Sold"), value=gap.actual_minor / 100, whole=True, href=here),
    )
    caption = Caption(title=spoken("Why the amount changed"), axis=asked.currency)
    return Markup(waterfall(steps, caption, number=lambda value: formats.compact(value)))


def _largest(amounts: Sequence[FigureLine]) -> str:
    """The currency of the most sales."""
    if not amounts:
        return ""
    return max(amounts, key=lambda one: one.estimate.n).dims["currency"] or ""


def _with_value(lines: Any) -> list[FigureLine]:
    return [one for one in lines if one.estimate.value is not None]


def _of(lines: Sequence[FigureLine], currency: str) -> list[FigureLine]:
    """Lines in a currency, where they have one, that say a value."""
    return [one for one in lines if one.dims.get("currency", currency) == currency and one.estimate.n]


def _main(lines: Sequence[FigureLine], currency: str) -> FigureLine | None:
    return next((one for one in lines if one.dims.get("currency", currency) == currency), None)


def _top(lines: Sequence[FigureLine], most: int = 12) -> list[FigureLine]:
    return sorted(lines, key=lambda one: -(one.estimate.value or 0))[:most]
