"""R-CMPL-03: a complaint clock is half used up, nearly used up, or past due.

Judged by the sweep, not by a day close: an alarm's time is the instant itself, so when it is found makes no
difference. What follows from an instant that was never reached is no signal.
"""

import datetime as dt
from collections.abc import Iterator

from events.event_type import EntryRef
from events.risk import Severity
from projections.complaint_clocks import ComplaintClockRow
from projections.rules.clock import Clock, Receipt, alarms
from projections.rules.rule import About, Hit, Parameters, Rule, plain, signal_id


class ClockParameters(Parameters):
    """How grave the two warnings are; the rule's own severity and score are those of a breach."""

    first_severity: Severity
    first_score: int
    last_severity: Severity
    last_score: int


INPUTS = ("complaint", "regime", "clock", "level", "at", "due_on", "due_at", "reason", "pack", "calendar")
SAID = {"50": "half of its time is used", "80": "four fifths of its time are used", "due": "it is past due"}


def judge_clocks(
    rule: Rule[ClockParameters], row: ComplaintClockRow, first: dt.datetime, last: dt.datetime
) -> Iterator[Hit]:
    """An alarm for each instant of a complaint's clocks between two, both included."""
    receipt = row.milestones.receipt
    if receipt is None:
        return
    for clock in row.clocks:
        for level, at in alarms(clock):
            if first <= at <= last:
                yield _hit(rule, row, receipt, clock, level, at)


def _hit(
    rule: Rule[ClockParameters],
    row: ComplaintClockRow,
    receipt: Receipt,
    clock: Clock,
    level: str,
    at: dt.datetime,
) -> Hit:
    assert clock.due_at is not None, "a clock without a due time gives no alarm"
    asked = rule.parameters
    graver: dict[str, tuple[Severity | None, int | None]] = {
        "50": (asked.first_severity, asked.first_score),
        "80": (asked.last_severity, asked.last_score),
    }
    severity, score = graver.get(level, (None, None))
    name = f"{clock.regime}.{clock.clock}"
    return Hit(
        signal_id=signal_id(
            rule, row.subject, row.complaint_id, name, clock.pack, level, clock.due_at.isoformat()
        ),
        rule=rule.id,
        subject=row.subject,
        inputs=plain(
            {
                "complaint": row.complaint_id,
                "regime": clock.regime,
                "clock": clock.clock.replace("_", " "),
                "level": SAID.get(level, level),
                "at": at.isoformat(timespec="minutes"),
                "due_on": clock.due_on,
                "due_at": clock.due_at.isoformat(timespec="minutes"),
                "reason": clock.reason,
                "pack": clock.pack,
                "calendar": clock.calendar,
            }
        ),
        evidence=(EntryRef(receipt.source, receipt.id),),
        on=at.date(),
        at=at,
        about=About(
            customer_id=receipt.customer_id,
            product_id=receipt.product_id,
            seller_id=receipt.seller_id,
            unit_id=receipt.unit_id,
            channel_id=receipt.channel_id,
            legal_entity=receipt.legal_entity,
        ),
        severity=severity,
        score=score,
    )
