"""Targets: what was set to be reached, by whom, in what period; the latest value of each counts."""

import datetime as dt
from collections.abc import Sequence

from events.envelope import Entry
from events.plans import SalesTargetRevised, SalesTargetSet
from projections.figure import Cell, Estimate, Figure, total
from projections.ledger import Key, Ledger, Row, change, latest
from projections.sales import SALES_BY_DAY
from projections.steps import stands
from projections.tally import Tally


class TargetRow(Row, frozen=True):
    """A target: `of` is the id that `level` speaks of, None for the whole."""

    subject: str
    target_id: str
    level: str | None = None
    of: str | None = None
    legal_entity: str | None = None
    metric: str | None = None
    currency: str | None = None
    period_from: dt.date | None = None
    period_to: dt.date | None = None
    parent_target_id: str | None = None
    value: int = 0
    set_on: dt.date | None = None
    revisions: int = 0
    revised_on: dt.date | None = None


def _target_keys(event: SalesTargetSet | SalesTargetRevised, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.target_id),)


def _set(key: Key, row: TargetRow | None, event: SalesTargetSet, entry: Entry) -> TargetRow:
    row = row or TargetRow(*key)
    on = entry.occurred_on
    if row.metric is not None and not stands(on, row.set_on):
        return row
    revised = row.revisions > 0 and stands(row.revised_on, on)
    return change(
        row,
        level=event.level,
        of=event.of,
        legal_entity=event.legal_entity,
        metric=event.metric,
        currency=event.currency,
        period_from=event.period_from,
        period_to=event.period_to,
        parent_target_id=event.parent_target_id,
        value=row.value if revised else event.value,
        set_on=latest(row.set_on, on),
    )


def _revised(key: Key, row: TargetRow | None, event: SalesTargetRevised, entry: Entry) -> TargetRow:
    row = row or TargetRow(*key)
    on = entry.occurred_on
    stated = stands(on, row.revised_on) and stands(on, row.set_on)
    return change(
        row,
        value=event.value if stated else row.value,
        revisions=row.revisions + 1,
        revised_on=latest(row.revised_on, on),
    )


TARGETS = Ledger(
    name="targets",
    version=1,
    row=TargetRow,
    key=("subject", "target_id"),
    keys=_target_keys,
    handlers={SalesTargetSet: _set, SalesTargetRevised: _revised},
    about="sales targets and their latest values",
)

TARGETS_BY_PERIOD = Tally(
    name="targets_by_period",
    ledger=TARGETS,
    by=("subject", "legal_entity", "level", "of", "metric", "currency", "period_from", "period_to"),
    measures=("value",),
    where="metric",
)


def _attainment(cells: Sequence[Cell], base: Sequence[Cell], as_of: dt.date) -> Estimate:
    """Actual ÷ target over targets of one level, the highest that the cells hold: nothing counts twice.

    A target's actual are the sales of its own period, legal entity, currency and of whom or what it names.
    """
    level = next((name for name in _COLUMN_OF if any(cell.dims["level"] == name for cell in cells)), None)
    targets = [cell for cell in cells if cell.dims["level"] == level]
    measure = _measure(targets)
    if level is None or measure is None:
        return Estimate(value=None, n=0, note="not available: no target that sales can be held against")
    of = _COLUMN_OF[level]
    sales: dict[object, list[Cell]] = {}
    for cell in base:
        sales.setdefault(cell.dims[of] if of else None, []).append(cell)
    actual = n = 0
    for target in targets:
        counted = [cell for cell in sales.get(target.dims["of"] if of else None, ()) if _counts(cell, target)]
        n += total(counted)
        actual += total(counted, "amount_minor") if measure == "sales_amount" else total(counted)
    goal = total(targets, "value")
    parts = {"actual": actual, "target": goal}
    if goal == 0:
        return Estimate(value=None, n=n, note="not available: the target is nought", parts=parts)
    return Estimate(value=100 * actual / goal, n=n, parts=parts)


def _measure(targets: Sequence[Cell]) -> str | None:
    """`sales_amount` or `sales_count` if all targets are of that one metric."""
    metrics = {str(cell.dims["metric"]) for cell in targets}
    return next(iter(metrics)) if metrics in ({"sales_amount"}, {"sales_count"}) else None


def _counts(sale: Cell, target: Cell) -> bool:
    day = sale.dims["confirmed_on"]
    entity, currency = target.dims["legal_entity"], target.dims["currency"]
    return (
        day is not None
        and target.dims["period_from"] <= day <= target.dims["period_to"]
        and (entity is None or sale.dims["legal_entity"] == entity)
        and (currency is None or sale.dims["currency"] == currency)
    )


_COLUMN_OF: dict[str, str | None] = {
    "org": None,
    "team": "unit_id",
    "person": "seller_id",
    "channel": "channel_id",
    "product": "product_id",
}
"""Level of a target, highest first → the column of a sale that holds the id it speaks of."""

ATTAINMENT = Figure(
    name="attainment",
    title="Actual sales against target",
    unit="percent",
    tally=TARGETS_BY_PERIOD,
    by=("legal_entity", "subject", "level", "of"),
    day="period_from",
    split=("level", "of", "legal_entity", "period_from", "period_to"),
    always=("metric", "currency"),
    base=SALES_BY_DAY,
    base_split=(
        "legal_entity",
        "product_id",
        "channel_id",
        "unit_id",
        "seller_id",
        "currency",
        "confirmed_on",
    ),
    against=_attainment,
    source="actual / target, each target over its own period; cancelled sales included",
)
