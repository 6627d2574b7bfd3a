"""Targets: what was set to be reached, by whom, in what period; the latest value of each counts."""

import datetime as dt

from events.envelope import Entry
from events.plans import SalesTargetRevised, SalesTargetSet
from projections.ledger import Key, Ledger, Row, change, latest
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
    value_since: dt.date | None = None
    revisions: int = 0


def _target_keys(event: SalesTargetSet | SalesTargetRevised, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.target_id),)


def _set(key: Key, row: TargetRow | None, event: SalesTargetSet, entry: Entry) -> TargetRow:
    row = row or TargetRow(*key)
    on = entry.occurred_on
    revised_since = row.value_since is not None and (on is None or row.value_since >= on)
    kept = row.revisions > 0 and revised_since
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
        value=row.value if kept else event.value,
        value_since=latest(row.value_since, on),
    )


def _revised(key: Key, row: TargetRow | None, event: SalesTargetRevised, entry: Entry) -> TargetRow:
    row = row or TargetRow(*key)
    row = change(row, revisions=row.revisions + 1)
    if not stands(entry.occurred_on, row.value_since):
        return row
    return change(row, value=event.value, value_since=latest(row.value_since, entry.occurred_on))


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
