"""Performance: why two periods, or plan and actual, differ in amount; several figures in few statements.

API and console ask here. Sums come from tallies; the formulas are in projections/performance.py.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, get_args

import msgspec

from projections.figure import Cell, Figure
from projections.performance import Gap, Volume, gap
from projections.sales import SALES_AMOUNT, SALES_BY_DAY
from projections.tally import Tally
from projections.targets import TARGETS_BY_PERIOD
from services.errors import WrongUse
from services.store.database import Connection
from services.store.queries.figures import (
    FigureLine,
    FigureQuery,
    check_query,
    group_lines,
    read_cells,
    read_figure,
)

Against = Literal["previous", "year_before", "plan"]
LONGEST_DAYS = 3_700
LEVELS = {"product_id": "product", "channel_id": "channel", "unit_id": "team", "seller_id": "person"}
"""What sales are grouped by → the level of the targets that speak of it."""


class Days(msgspec.Struct, frozen=True):
    """From a day through another."""

    first: dt.date
    last: dt.date


class GroupSold(msgspec.Struct, frozen=True, kw_only=True):
    """One group in both: sales and amount."""

    group: str | None
    base_sales: int
    base_minor: int
    actual_sales: int
    actual_minor: int


class GapFound(msgspec.Struct, frozen=True, kw_only=True):
    """A gap in one currency and what it was computed from; no `gap`: `note` says why."""

    currency: str | None
    gap: Gap | None
    note: str | None
    groups: tuple[GroupSold, ...]


class GapAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Gaps by currency. `figure` names the figure whose rows these are, `base` the days held against."""

    figure: str
    by: str
    against: Against
    actual: Days
    base: Days
    source: str
    gaps: tuple[GapFound, ...]


class Wanted(NamedTuple):
    """Which gap is asked for."""

    by: str
    actual: Days
    against: Against = "previous"
    where: tuple[tuple[str, str], ...] = ()


SOURCE = (
    "Q is the number of sales, P the average ticket: volume = (Qa - Qt) x average Pt, "
    "mix = Qa x sum (sa - st) Pt, price = sum Qa (Pa - Pt); a group new to the base takes the average Pt"
)


def read_gap(connection: Connection, schema: str, wanted: Wanted, as_of: dt.date) -> GapAnswer:
    """Volume, mix and price between the days asked for and what they are held against, by currency."""
    base_days = _check(wanted)
    actual = _sold(connection, schema, wanted, wanted.actual, as_of)
    if wanted.against == "plan":
        base = _planned(connection, schema, wanted)
    else:
        base = _sold(connection, schema, wanted, base_days, as_of)
    currencies = sorted({*actual, *base}, key=lambda one: (one is None, one or ""))
    return GapAnswer(
        figure=SALES_AMOUNT.name,
        by=wanted.by,
        against=wanted.against,
        actual=wanted.actual,
        base=base_days,
        source=SOURCE,
        gaps=tuple(_found(one, base.get(one, {}), actual.get(one, {}), wanted.against) for one in currencies),
    )


def read_figures(
    connection: Connection, schema: str, figures: Sequence[Figure], query: FigureQuery, as_of: dt.date
) -> dict[str, list[FigureLine]]:
    """Several figures grouped and filtered alike, by name; those of one tally are read in one statement.

    A figure that lacks a dimension of the query is refused, as it is alone.
    """
    together: dict[tuple[Tally, str | None], list[Figure]] = defaultdict(list)
    found: dict[str, list[FigureLine]] = {}
    for figure in figures:
        check_query(figure, query)
        if figure.base is None and figure.distinct is None:
            together[figure.tally, figure.day].append(figure)
        else:
            found[figure.name] = read_figure(connection, schema, figure, query, as_of)
    for (tally, day), same in together.items():
        needed = (name for one in same for name in (*one.always, *one.split))
        columns = tuple(dict.fromkeys((*query.by, *needed)))
        cells = read_cells(connection, schema, tally, day, columns, query, as_of)
        for figure in same:
            wanted = tuple(dict.fromkeys((*query.by, *figure.always)))
            found[figure.name] = group_lines(figure, wanted, cells, as_of)
    return {figure.name: found[figure.name] for figure in figures}


Groups = dict[str | None, dict[str | None, Volume]]
"""Currency → group → what was sold."""


def _check(wanted: Wanted) -> Days:
    """The days held against; WrongUse where the question cannot be asked."""
    if wanted.against not in get_args(Against):
        raise WrongUse(f"against={wanted.against!r}: write one of {', '.join(get_args(Against))}")
    if wanted.by not in SALES_AMOUNT.by:
        raise WrongUse(f"sales have no dimension {wanted.by!r}; they have {', '.join(SALES_AMOUNT.by)}")
    check_query(SALES_AMOUNT, FigureQuery(where=wanted.where))
    first, last = wanted.actual.first, wanted.actual.last
    length = (last - first).days + 1
    if not 1 <= length <= LONGEST_DAYS:
        raise WrongUse(f"from {first} to {last} is {length} days: ask for 1 to {LONGEST_DAYS}")
    if wanted.against == "plan":
        return wanted.actual
    try:
        if wanted.against == "year_before":
            return Days(_year_before(first), _year_before(last))
        return Days(first - dt.timedelta(days=length), first - dt.timedelta(days=1))
    except (OverflowError, ValueError) as error:
        raise WrongUse(f"there is nothing before {first} to hold it against") from error


def _year_before(day: dt.date) -> dt.date:
    leap = day.month == 2 and day.day == 29
    return day.replace(year=day.year - 1, day=28 if leap else day.day)


def _sold(connection: Connection, schema: str, wanted: Wanted, days: Days, as_of: dt.date) -> Groups:
    query = FigureQuery(where=wanted.where, start=days.first, end=days.last)
    columns = (wanted.by, "currency")
    cells = read_cells(connection, schema, SALES_BY_DAY, "confirmed_on", columns, query, as_of)
    groups: Groups = defaultdict(dict)
    for cell in cells:
        if cell.dims["currency"] is not None:
            groups[cell.dims["currency"]][cell.dims[wanted.by]] = Volume(cell.rows, cell.sums["amount_minor"])
    return groups


def _planned(connection: Connection, schema: str, wanted: Wanted) -> Groups:
    """Targets of the level, those whose period lies within the days; both number and amount must be set."""
    level = LEVELS.get(wanted.by)
    if level is None:
        raise WrongUse(f"there are no targets by {wanted.by}; there are by {', '.join(LEVELS)}")
    if other := sorted(name for name, _ in wanted.where if name != "legal_entity"):
        raise WrongUse(f"targets cannot be filtered by {', '.join(other)}: only by legal_entity")
    columns = ("of", "metric", "currency", "period_from", "period_to")
    query = FigureQuery(where=(("level", level), *wanted.where))
    cells = read_cells(connection, schema, TARGETS_BY_PERIOD, None, columns, query)
    within = [cell for cell in cells if _within(cell, wanted.actual)]
    counts: dict[str | None, int] = defaultdict(int)
    for cell in _of_metric(within, "sales_count"):
        counts[cell.dims["of"]] += cell.sums["value"]
    amounts: dict[tuple[str | None, str | None], int] = defaultdict(int)
    for cell in _of_metric(within, "sales_amount"):
        amounts[cell.dims["currency"], cell.dims["of"]] += cell.sums["value"]
    groups: Groups = defaultdict(dict)
    for (currency, of), amount in amounts.items():
        groups[currency][of] = Volume(counts.get(of, 0), amount)
    return groups


def _within(cell: Cell, days: Days) -> bool:
    begins, ends = cell.dims["period_from"], cell.dims["period_to"]
    return begins is not None and ends is not None and days.first <= begins and ends <= days.last


def _of_metric(cells: Iterable[Cell], metric: str) -> list[Cell]:
    return [cell for cell in cells if cell.dims["metric"] == metric]


def _found(
    currency: str | None,
    base: dict[str | None, Volume],
    actual: dict[str | None, Volume],
    against: Against,
) -> GapFound:
    names = sorted({*base, *actual}, key=lambda one: (one is None, one or ""))
    nothing = Volume(0, 0)
    groups = tuple(
        GroupSold(
            group=name,
            base_sales=base.get(name, nothing).sales,
            base_minor=base.get(name, nothing).amount_minor,
            actual_sales=actual.get(name, nothing).sales,
            actual_minor=actual.get(name, nothing).amount_minor,
        )
        for name in names
    )
    note = _why_not(base, against)
    found = None if note else gap(_keyed(base), _keyed(actual))
    return GapFound(currency=currency, gap=found, note=note, groups=groups)


def _why_not(base: dict[str | None, Volume], against: Against) -> str | None:
    if against == "plan" and any(one.sales == 0 and one.amount_minor for one in base.values()):
        return "not available: the targets say amounts and no number of sales"
    if sum(one.sales for one in base.values()) == 0:
        return "not available: no target" if against == "plan" else "not available: no sales to hold against"
    return None


def _keyed(groups: dict[str | None, Volume]) -> dict[str, Volume]:
    return {f"={name}" if name is not None else "": one for name, one in groups.items()}
