"""Commission: what each seller or channel was granted for a sale, what was paid of it, and what went back.

One row for each sale, holder and currency, so that sums are of one currency. The rates that should hold are
in the channels ledger.
"""

import datetime as dt

from events.commissions import CommissionAccrued, CommissionClawedBack, CommissionPaid, CommissionStep
from events.envelope import Entry
from projections.figure import Figure, count_of
from projections.ledger import Key, Ledger, Row, change, latest
from projections.steps import stands
from projections.tally import Tally


class CommissionRow(Row, frozen=True):
    """What one holder got for a sale; `holder` is seller and channel, `due` the latest day on which a part
    falls due; `outstanding_minor` is what is still to be paid out."""

    subject: str
    sale_id: str
    holder: str
    currency: str
    legal_entity: str | None = None
    seller_id: str | None = None
    channel_id: str | None = None
    policy_id: str | None = None
    policy_version: str | None = None
    rate_bp: int | None = None
    accrued_on: dt.date | None = None
    accrued_minor: int = 0
    due: dt.date | None = None
    paid_on: dt.date | None = None
    paid_minor: int = 0
    clawed_back: bool = False
    clawed_back_on: dt.date | None = None
    clawed_back_minor: int = 0
    outstanding_minor: int = 0


def _keys(event: CommissionStep, entry: Entry) -> tuple[Key, ...]:
    holder = f"{event.seller_id or ''}|{event.channel_id or ''}"
    return ((entry.envelope.subject, event.sale_id, holder, event.currency),)


def _accrued(key: Key, row: CommissionRow | None, event: CommissionAccrued, entry: Entry) -> CommissionRow:
    row = _of(key, row, event)
    row = change(row, accrued_minor=row.accrued_minor + event.amount_minor, due=latest(row.due, event.due))
    if stands(entry.occurred_on, row.accrued_on):
        row = change(
            row,
            policy_id=event.policy_id,
            policy_version=event.policy_version,
            rate_bp=event.rate_bp,
            accrued_on=latest(row.accrued_on, entry.occurred_on),
        )
    return _settled(row)


def _paid(key: Key, row: CommissionRow | None, event: CommissionPaid, entry: Entry) -> CommissionRow:
    row = _of(key, row, event)
    return _settled(
        change(
            row,
            paid_minor=row.paid_minor + event.amount_minor,
            paid_on=latest(row.paid_on, entry.occurred_on),
        )
    )


def _clawed_back(
    key: Key, row: CommissionRow | None, event: CommissionClawedBack, entry: Entry
) -> CommissionRow:
    row = _of(key, row, event)
    return _settled(
        change(
            row,
            clawed_back=True,
            clawed_back_minor=row.clawed_back_minor + event.amount_minor,
            clawed_back_on=latest(row.clawed_back_on, entry.occurred_on),
        )
    )


def _of(key: Key, row: CommissionRow | None, event: CommissionStep) -> CommissionRow:
    row = row or change(CommissionRow(*key), seller_id=event.seller_id, channel_id=event.channel_id)
    return change(row, legal_entity=row.legal_entity or event.legal_entity)


def _settled(row: CommissionRow) -> CommissionRow:
    """The row with what is still to be paid: a claw-back strikes out the unpaid part first."""
    return change(row, outstanding_minor=max(0, row.accrued_minor - row.paid_minor - row.clawed_back_minor))


COMMISSIONS = Ledger(
    name="commissions",
    version=1,
    row=CommissionRow,
    key=("subject", "sale_id", "holder", "currency"),
    keys=_keys,
    handlers={CommissionAccrued: _accrued, CommissionPaid: _paid, CommissionClawedBack: _clawed_back},
    indexes=(("sale_id",),),
    about="commission by sale and holder: granted, paid, taken back",
)

COMMISSIONS_CLAWED_BACK = Tally(
    name="commissions_clawed_back",
    ledger=COMMISSIONS,
    by=("legal_entity", "seller_id", "channel_id", "currency", "clawed_back_on"),
    measures=("clawed_back_minor",),
    where="clawed_back",
)

COMMISSION_CLAWED_BACK = Figure(
    name="commission_clawed_back",
    title="Commission taken back",
    unit="minor",
    tally=COMMISSIONS_CLAWED_BACK,
    compute=count_of("clawed_back_minor"),
    by=("legal_entity", "seller_id", "channel_id"),
    always=("currency",),
    day="clawed_back_on",
)
