"""The headline figures of the played year, read like anybody reads them, beside what the bank was designed
for.

run_demo shows them. They come from the tallies alone; nothing is taken from the simulation but the design.
"""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from projections.catalogue import FIGURES
from projections.figure import Estimate
from services.demo import numbers
from services.demo.year import Year
from services.store.database import Connection
from services.store.queries.figures import FigureLine, FigureQuery, read_figure

Row = tuple[str, str, int | None, str, str]
"""What, value, n, interval, by design."""


class Wanted(NamedTuple):
    """A figure to show. `yearly` cuts it to the played year; `design` is what demo-bank numbers say."""

    name: str
    title: str
    by: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    yearly: bool = False
    design: str = ""


HEADLINES: tuple[Wanted, ...] = (
    Wanted("customers", "Customers"),
    Wanted(
        "sales",
        "Sales in the year",
        yearly=True,
        design=f"{numbers.SALES / numbers.PER:.1f} a customer, and what is planted",
    ),
    Wanted("sales_amount", "Amount sold", yearly=True),
    Wanted("aum", "Assets under management"),
    Wanted("attainment", "Attainment", where=(("level", "org"),), design=f"{numbers.ATTAINMENT:.0%}"),
    Wanted(
        "cancel_rate",
        "Cancelled within cooling-off",
        yearly=True,
        design=f"insurance {numbers.CANCEL_INSURANCE:.0%}, else none",
    ),
    Wanted("activation_rate", "Loan applications activated", design=f"{numbers.ACTIVATED:.1%}"),
    Wanted("nps", "NPS", yearly=True, design=f"+{numbers.NPS_BANK}"),
    Wanted("csat", "CSAT", yearly=True, design=f"{numbers.CSAT:.0%}"),
    Wanted("ces", "CES", yearly=True, design=f"{numbers.CES_MEAN} of 7"),
    Wanted("response_rate", "Response rate", yearly=True, design="16 %"),
    Wanted("complaints", "Complaints", yearly=True),
    Wanted("complaint_clocks_on_time", "Complaint clocks met in time", yearly=True, design="97 %"),
    Wanted("upheld_rate", "Complaints upheld", yearly=True, design=f"{numbers.UPHELD:.0%}"),
    Wanted("complaints_per_thousand_customers", "Complaints per thousand customers", yearly=True),
    Wanted("signals", "Risk signals", yearly=True),
)
BY_CHANNEL = Wanted("nps", "NPS", by=("channel_id",), yearly=True)


def headline_rows(connection: Connection, schema: str, year: Year) -> list[Row]:
    """The headlines; a figure with several currencies has a line for each."""
    rows: list[Row] = []
    for wanted in HEADLINES:
        for line in _read(connection, schema, wanted, year):
            rows.append(_row(wanted.title, line, wanted.design))
    return rows


def channel_rows(connection: Connection, schema: str, year: Year) -> list[Row]:
    """NPS by channel; what a sample of this size can say is in the interval."""
    rows = []
    for line in _read(connection, schema, BY_CHANNEL, year):
        channel = (line.dims["channel_id"] or "none").rpartition(":")[2].removeprefix("channel-")
        level = numbers.NPS[channel.partition("-")[0]]
        rows.append(_row(channel, FigureLine({}, line.estimate), f"{level:+d}"))
    return rows


def _read(connection: Connection, schema: str, wanted: Wanted, year: Year) -> Sequence[FigureLine]:
    figure = next(figure for figure in FIGURES if figure.name == wanted.name)
    span: tuple[dt.date | None, dt.date | None] = (year.first, year.last) if wanted.yearly else (None, None)
    query = FigureQuery(wanted.by, wanted.where, *span)
    return [
        line
        for line in read_figure(connection, schema, figure, query, year.last)
        if line.estimate.value is not None or line.estimate.n
    ]


def _row(title: str, line: FigureLine, design: str) -> Row:
    currency = line.dims.get("currency")
    label = f"{title}, {currency}" if currency else title
    return (
        label,
        _value(line.estimate, minor=currency is not None),
        line.estimate.n,
        _interval(line.estimate),
        design,
    )


def _value(estimate: Estimate, *, minor: bool) -> str:
    value = estimate.value
    if value is None:
        return estimate.note or "–"
    if isinstance(value, int):
        return f"{value / 100:,.0f}" if minor else f"{value:,}"
    return f"{value:,.1f}"


def _interval(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{estimate.low:,.1f} … {estimate.high:,.1f}"
