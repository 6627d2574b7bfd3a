"""R-CMPL-01: a customer was not content in a contact, and no complaint was recorded in the days allowed."""

import datetime as dt
from collections.abc import Iterator

from events.event_type import EntryRef
from projections.rules.classes import ProductClasses
from projections.rules.day_rule import Facts
from projections.rules.rule import About, Hit, Parameters, Rule, Rules, hit_of_entry
from projections.rules.seen import COMPLAINTS_SEEN, DISSATISFIED_SEEN, ComplaintSeen, DissatisfiedSeen

WEEKEND = (5, 6)


class UnrecordedParameters(Parameters):
    """Working days, Monday to Friday, after the day of the contact."""

    business_days: int


INPUTS = ("interaction", "contact_on", "due_on")


def judge_unrecorded(rules: Rules, classes: ProductClasses, day: dt.date, facts: Facts) -> Iterator[Hit]:
    """Contacts whose complaint was due to be recorded by this day, or that were heard of late."""
    rule: Rule[UnrecordedParameters] = rules["R-CMPL-01"]
    asked = rule.parameters
    earliest = day - dt.timedelta(days=asked.business_days + 2 * (asked.business_days // 5 + 1))
    for row in facts.between(DISSATISFIED_SEEN, DissatisfiedSeen, "on", earliest, day):
        assert row.on is not None, "rows are found by this day"
        due_on = business_day_after(row.on, asked.business_days)
        is_due = due_on == day or (row.on == day and due_on <= facts.days[1])
        if not is_due or _recorded(facts, row, due_on):
            continue
        kind, _, identifier = row.subject.partition("/")
        yield hit_of_entry(
            rule,
            row.subject,
            EntryRef(row.source, row.id),
            inputs={"interaction": row.interaction_id, "contact_on": row.on, "due_on": due_on},
            on=due_on,
            about=About(
                customer_id=identifier if kind == "customer" else None,
                seller_id=row.employee_id,
                unit_id=row.unit_id,
                legal_entity=row.legal_entity,
            ),
        )


def business_day_after(day: dt.date, number: int) -> dt.date:
    """The `number`-th day from Monday to Friday after a day."""
    while number > 0:
        day += dt.timedelta(days=1)
        number -= day.weekday() not in WEEKEND
    return day


def _recorded(facts: Facts, row: DissatisfiedSeen, due_on: dt.date) -> bool:
    """Whether the customer has a complaint on record from the contact on, or an open one from just before."""
    assert row.on is not None
    since = row.on - dt.timedelta(days=30)
    complaints = facts.matching(COMPLAINTS_SEEN, ComplaintSeen, "subject", row.subject)
    return any(one.received_on is None or since <= one.received_on <= due_on for one in complaints)
