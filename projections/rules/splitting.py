"""R-SALE-03 and R-AML-02: one amount cut into parts that each stay just under a limit.

The same look at two kinds of parts: sales to one customer, and cash paid in by one customer. One ledger each.
"""

import datetime as dt
from functools import partial

import msgspec

from events.envelope import Entry
from events.event_type import EntryRef
from events.holdings import TransactionPosted
from events.sales import SaleConfirmed
from projections.ledger import Key, Ledger, change
from projections.rules.rule import (
    About,
    Hit,
    Parameters,
    Rule,
    RuleRow,
    about_of,
    added,
    hit_of_entry,
    ref,
)


class SplittingParameters(Parameters):
    """`parts` or more within `days`, each below the currency's limit and at least `near_bp` of it."""

    limits_minor: dict[str, int]
    near_bp: int
    parts: int
    days: int


class Part(msgspec.Struct, frozen=True):
    on: dt.date
    amount_minor: int
    currency: str
    entry: EntryRef
    about: About


class SplittingRow(RuleRow, frozen=True):
    subject: str
    parts: tuple[Part, ...]
    hits: tuple[Hit, ...]


INPUTS = ("parts", "currency", "total_minor", "limit_minor", "first_on", "last_on", "amounts_minor")


def sale_splitting_ledger(rule: Rule[SplittingParameters]) -> Ledger:
    """Sales to one customer just under the limit."""
    return Ledger(
        "rule_sale_splitting",
        1,
        SplittingRow,
        ("subject",),
        partial(_sale_keys, rule),
        {SaleConfirmed: partial(_post_sale, rule)},
        about="sales just under a limit, and the runs of them",
    )


def cash_splitting_ledger(rule: Rule[SplittingParameters]) -> Ledger:
    """Cash paid in by one customer just under the limit."""
    return Ledger(
        "rule_cash_splitting",
        1,
        SplittingRow,
        ("subject",),
        partial(_cash_keys, rule),
        {TransactionPosted: partial(_post_cash, rule)},
        about="cash just under a limit, and the runs of it",
    )


def _sale_keys(rule: Rule[SplittingParameters], event: SaleConfirmed, entry: Entry) -> tuple[Key, ...]:
    if event.customer_id is None or entry.occurred_on is None:
        return ()
    return ((entry.subject,),) if _near(rule.parameters, event.amount_minor, event.currency) else ()


def _cash_keys(rule: Rule[SplittingParameters], event: TransactionPosted, entry: Entry) -> tuple[Key, ...]:
    if not event.cash or event.direction != "in" or entry.occurred_on is None:
        return ()
    return ((entry.subject,),) if _near(rule.parameters, event.amount_minor, event.currency) else ()


def _near(asked: SplittingParameters, amount_minor: int | None, currency: str | None) -> bool:
    limit = asked.limits_minor.get(currency or "")
    if limit is None or amount_minor is None:
        return False
    return amount_minor < limit and amount_minor * 10_000 >= limit * asked.near_bp


def _post_sale(
    rule: Rule[SplittingParameters], key: Key, row: SplittingRow | None, event: SaleConfirmed, entry: Entry
) -> SplittingRow:
    assert event.amount_minor is not None
    assert event.currency is not None
    about = about_of(event)
    return _with_part(rule, key, row, entry, event.amount_minor, event.currency, about)


def _post_cash(
    rule: Rule[SplittingParameters],
    key: Key,
    row: SplittingRow | None,
    event: TransactionPosted,
    entry: Entry,
) -> SplittingRow:
    about = About(
        customer_id=event.customer_id,
        unit_id=event.unit_id,
        channel_id=event.channel_id,
        legal_entity=event.legal_entity,
    )
    return _with_part(rule, key, row, entry, event.amount_minor, event.currency, about)


def _with_part(
    rule: Rule[SplittingParameters],
    key: Key,
    row: SplittingRow | None,
    entry: Entry,
    amount_minor: int,
    currency: str,
    about: About,
) -> SplittingRow:
    """The row with a part, and with a hit if that part completes a run that none was raised for."""
    assert entry.occurred_on is not None, "the key function leaves undated parts out"
    asked = rule.parameters
    part = Part(entry.occurred_on, amount_minor, currency, ref(entry), about)
    row = row or SplittingRow(key[0], (), ())
    row = change(row, parts=(*row.parts, part)[-4 * asked.parts - 20 :])
    run = _longest_run(asked, row, part)
    told = {entry_ref for hit in row.hits for entry_ref in hit.evidence}
    if len(run) < asked.parts or any(one.entry in told for one in run if one is not part):
        return row
    total = sum(one.amount_minor for one in run)
    hit = hit_of_entry(
        rule,
        row.subject,
        part.entry,
        inputs={
            "parts": len(run),
            "currency": currency,
            "total_minor": total,
            "limit_minor": asked.limits_minor[currency],
            "first_on": run[0].on,
            "last_on": run[-1].on,
            "amounts_minor": tuple(one.amount_minor for one in run),
        },
        on=max(one.on for one in run),
        about=about,
        evidence=tuple(one.entry for one in run),
    )
    return change(row, hits=added(row.hits, (hit,)))


def _longest_run(asked: SplittingParameters, row: SplittingRow, part: Part) -> list[Part]:
    """The most parts of the same currency that fit, with `part` among them, into `days`."""
    same = sorted(
        (one for one in row.parts if one.currency == part.currency), key=lambda one: (one.on, one.entry.id)
    )
    best: list[Part] = []
    for first in same:
        last_day = first.on + dt.timedelta(days=asked.days - 1)
        if first.on <= part.on <= last_day:
            run = [one for one in same if first.on <= one.on <= last_day]
            best = max(best, run, key=len)
    return best
