"""Systemic issues: what went wrong for more than one customer, declared in a complaint, with all whom it hit.

The complaint desk's list of other customers is read here; whom to write to is in the row itself.
"""

import datetime as dt

from events.complaints import ComplaintSystemicIssueDeclared
from events.envelope import Entry
from projections.ledger import Key, Ledger, Row, latest
from projections.steps import stands


class SystemicIssueRow(Row, frozen=True):
    """An issue as one complaint declared it; `affected_customers` are the others, not the complainant."""

    subject: str
    complaint_id: str
    issue_id: str
    scope: str | None = None
    product_id: str | None = None
    seller_id: str | None = None
    sold_from: dt.date | None = None
    sold_through: dt.date | None = None
    affected_customers: tuple[str, ...] = ()
    declared_on: dt.date | None = None


def _keys(event: ComplaintSystemicIssueDeclared, entry: Entry) -> tuple[Key, ...]:
    return ((entry.envelope.subject, event.complaint_id, event.issue_id),)


def _declared(
    key: Key, row: SystemicIssueRow | None, event: ComplaintSystemicIssueDeclared, entry: Entry
) -> SystemicIssueRow:
    on = entry.occurred_on
    if row is not None and not stands(on, row.declared_on):
        return row
    return SystemicIssueRow(
        key[0],
        key[1],
        key[2],
        scope=event.scope,
        product_id=event.product_id,
        seller_id=event.seller_id,
        sold_from=event.sold_from,
        sold_through=event.sold_through,
        affected_customers=event.affected_customers,
        declared_on=on if row is None else latest(row.declared_on, on),
    )


SYSTEMIC_ISSUES = Ledger(
    name="systemic_issues",
    version=1,
    row=SystemicIssueRow,
    key=("subject", "complaint_id", "issue_id"),
    keys=_keys,
    handlers={ComplaintSystemicIssueDeclared: _declared},
    indexes=(("issue_id",),),
    about="what went wrong for several customers, and for whom",
)
