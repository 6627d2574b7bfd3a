"""R-SUIT-08: a sale that names a suitability check which does not cover it.

Judged when the sale's day is closed, so that a check or an override that came late, but happened in time,
still counts. What R-SUIT-01 or -02 has told of the sale is not told twice; a check on record nowhere is for
R-SALE-01.
"""

import datetime as dt
from collections.abc import Iterator

from events.advice import SuitabilityChecked, SuitabilityOverrideConfirmed, SuitabilityOverrideRequested
from events.envelope import Entry, Event
from events.event_type import EntryRef
from projections.ledger import Key, Ledger, Row, change
from projections.rules.classes import ProductClasses
from projections.rules.day_rule import Facts
from projections.rules.rule import Hit, Parameters, Rule, Rules, hit_of_entry, ref
from projections.rules.seen_sales import SALES_SEEN, SaleSeen
from projections.rules.step_order import about_sale
from projections.rules.suitability import SuitabilityRow, suitability_ledger
from projections.steps import days_after, stands


class CheckParameters(Parameters):
    """`valid_days`: how long a check holds that does not say it itself."""

    valid_days: int


class CheckSeen(Row, frozen=True):
    """A check as sales name it, with the entries of the check and of its confirmed override."""

    subject: str
    check_id: str
    product_id: str | None = None
    outcome: str | None = None
    checked_on: dt.date | None = None
    valid_until: dt.date | None = None
    own_initiative: bool = False
    confirmed: bool = False
    confirmed_on: dt.date | None = None
    checked: EntryRef | None = None
    override: EntryRef | None = None


INPUTS = ("sale", "product", "sold_on", "check", "checked_on", "outcome", "fault")

TOLD = ("R-SUIT-01", "R-SUIT-02")
"""Rules that judge the same mismatch by grade and level."""


def judge_checks(rules: Rules, classes: ProductClasses, day: dt.date, facts: Facts) -> Iterator[Hit]:
    """Sales of a day whose check is about another product, too old, or no permission to sell."""
    rule: Rule[CheckParameters] = rules["R-SUIT-08"]
    sales = [row for row in facts.between(SALES_SEEN, SaleSeen, "sold_on", day, day) if row.check_id]
    if not sales:
        return
    keys = [(row.subject, row.check_id) for row in sales]
    checks = facts.rows(CHECKS_SEEN, CheckSeen, keys)
    for row in sales:
        check = checks.get((row.subject, row.check_id))
        if check is None or check.outcome is None:
            continue
        fault, of_grade = _fault(rule.parameters, row, check)
        if fault is None or (of_grade and _is_told(rules, row, facts)):
            continue
        yield _hit(rule, row, check, fault)


def _fault(asked: CheckParameters, sale: SaleSeen, check: CheckSeen) -> tuple[str | None, bool]:
    """What is wrong, in words, and whether grade and level may have told it already."""
    if check.product_id != sale.product_id:
        return f"it was made for {check.product_id}", False
    until = check.valid_until
    if until is None and check.checked_on is not None:
        until = days_after(check.checked_on, asked.valid_days)
    if until is not None and sale.sold_on is not None and sale.sold_on > until:
        return f"it held until {until}", False
    if sale.professional or check.outcome == "match":
        return None, False
    if check.outcome == "blocked":
        return "it blocks the sale", True
    if check.outcome == "insufficient_information" and not check.confirmed:
        return "it could not be finished", True
    if check.outcome == "mismatch" and not (check.confirmed and check.own_initiative):
        return "it is a mismatch without a confirmed override", True
    if check.confirmed_on is not None and sale.sold_on is not None and check.confirmed_on > sale.sold_on:
        return f"its override was confirmed after the sale, on {check.confirmed_on}", False
    return None, False


def _is_told(rules: Rules, sale: SaleSeen, facts: Facts) -> bool:
    if not any(name in rules for name in TOLD):
        return False
    key = (sale.subject,)
    row = facts.rows(suitability_ledger(rules), SuitabilityRow, [key]).get(key)
    named = EntryRef(sale.source, sale.id)
    return row is not None and any(hit.rule in TOLD and named in hit.evidence for hit in row.hits)


def _hit(rule: Rule[CheckParameters], sale: SaleSeen, check: CheckSeen, fault: str) -> Hit:
    return hit_of_entry(
        rule,
        sale.subject,
        EntryRef(sale.source, sale.id),
        inputs={
            "sale": sale.sale_id,
            "product": sale.product_id,
            "sold_on": sale.sold_on,
            "check": check.check_id,
            "checked_on": check.checked_on,
            "outcome": check.outcome,
            "fault": fault,
        },
        on=sale.sold_on,
        about=about_sale(sale),
        evidence=tuple(one for one in (check.checked, check.override) if one is not None),
    )


def _keys(event: Event, entry: Entry) -> tuple[Key, ...]:
    return ((entry.subject, event.check_id),)  # type: ignore[attr-defined]


def _checked(key: Key, row: CheckSeen | None, event: SuitabilityChecked, entry: Entry) -> CheckSeen:
    row = row or CheckSeen(*key)
    if row.outcome is not None and not stands(entry.occurred_on, row.checked_on):
        return row
    return change(
        row,
        product_id=event.product_id,
        outcome=event.outcome,
        checked_on=entry.occurred_on,
        valid_until=event.valid_until,
        checked=ref(entry),
    )


def _requested(
    key: Key, row: CheckSeen | None, event: SuitabilityOverrideRequested, entry: Entry
) -> CheckSeen:
    row = row or CheckSeen(*key)
    return change(row, own_initiative=row.own_initiative or event.own_initiative)


def _confirmed(
    key: Key, row: CheckSeen | None, event: SuitabilityOverrideConfirmed, entry: Entry
) -> CheckSeen:
    row = row or CheckSeen(*key)
    if not (event.warning_shown and event.written_ack):
        return row
    if row.confirmed and not _is_earlier(entry.occurred_on, row.confirmed_on):
        return row
    return change(row, confirmed=True, confirmed_on=entry.occurred_on, override=ref(entry))


def _is_earlier(on: dt.date | None, known: dt.date | None) -> bool:
    return on is not None and (known is None or on < known)


CHECKS_SEEN = Ledger(
    "checks_seen",
    1,
    CheckSeen,
    ("subject", "check_id"),
    _keys,
    {
        SuitabilityChecked: _checked,
        SuitabilityOverrideRequested: _requested,
        SuitabilityOverrideConfirmed: _confirmed,
    },
)
