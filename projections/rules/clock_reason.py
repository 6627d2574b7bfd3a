"""Why a clock is due when it is: the steps from its start to its due time, each with what it rests on.

Pure functions of a clock, its complaint's milestones and the book. Screens word the steps in their language;
nothing here decides a due time: that was done in clocks.py, and the last step repeats it.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Literal

import msgspec

from projections.rules.business_calendar import DAY, BusinessCalendar
from projections.rules.clock import Clock, Milestones
from projections.rules.clock_book import ClockBook
from projections.rules.clock_due import Due, due_of
from projections.rules.clock_pack import RECEIVED, ClockRule, Limit
from projections.rules.clocks import Applied, limit_of, longer

Kind = Literal["start", "moved", "limit", "not_worked", "pause", "roll", "extension", "due"]

DAYS_LOOKED_AT = 400
"""A limit in business days that takes longer names no days off."""


class ReasonStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of the derivation.

    `start`: by what (`what`), `on` and `at`. `moved`: it came after hours or on a day off and counts from
    `on`. `limit`: `amount` of `unit`, for the facts in `facts`, the first day counting if `first_counts`.
    `not_worked`: the holidays in `days`, `amount` weekend days, the make-up days in `worked`. `pause`: from
    `on` to `until`, or further notice. `roll`: from `on`, no business day, to `until`. `extension`: `amount`
    of `unit` because of `what` (who granted it, or the facts of triage) to `until`. `due`: `on` is the last
    good day, `at` the first instant that is too late, `what` the end of the day or the close of business.
    """

    kind: Kind
    on: dt.date | None = None
    at: dt.datetime | None = None
    until: dt.date | None = None
    what: str = ""
    amount: int = 0
    unit: str = ""
    first_counts: bool = False
    granted: bool = False
    facts: dict[str, str] = {}
    days: tuple[dt.date, ...] = ()
    worked: tuple[dt.date, ...] = ()


def derivation(clock: Clock, milestones: Milestones, book: ClockBook) -> tuple[ReasonStep, ...]:
    """The steps of a clock's due time, in order; none if the book does not have its version."""
    rule, one = book.rule_of(clock), book.applied_for(clock, milestones)
    if rule is None or one is None:
        return ()
    return tuple(_steps(clock, milestones, rule, one))


def _steps(clock: Clock, milestones: Milestones, rule: ClockRule, one: Applied) -> Iterator[ReasonStep]:
    limit = limit_of(rule, one)
    yield from _start(clock, milestones, rule, one.calendar)
    yield ReasonStep(
        kind="limit",
        amount=limit.amount,
        unit=limit.unit,
        first_counts=rule.count_start_day,
        facts={name: str(one.facts[name]) for name in limit.when if one.facts.get(name) is not None},
    )
    for pause in clock.pauses:
        yield ReasonStep(kind="pause", on=pause.first, until=pause.last, what=pause.why)
    skipped = tuple((pause.first, pause.last) for pause in clock.pauses if pause.last is not None)
    due = due_of(rule, limit, one.calendar, clock.started_on, clock.started_at, skipped)
    more = tuple(longer(rule, one, milestones, due, clock.started_on, clock.started_at, skipped))
    last = more[-1].due if more else due
    if limit.unit in ("business_days", "business_hours"):
        yield from _not_worked(one.calendar, clock.started_on, last.on)
    yield from _rolled(rule, limit, one.calendar, clock, due)
    for each in more:
        yield ReasonStep(
            kind="extension",
            amount=each.rule.limit.amount,
            unit=each.rule.limit.unit,
            granted=each.rule.granted,
            what=each.words.removeprefix("extended as ").removeprefix("extended by "),
            until=each.due.on,
        )
    if clock.due_at is not None:
        end = "hours" if limit.unit == "business_hours" else rule.until
        yield ReasonStep(kind="due", on=clock.due_on, at=clock.due_at, what=end)


def _start(
    clock: Clock, milestones: Milestones, rule: ClockRule, calendar: BusinessCalendar
) -> Iterator[ReasonStep]:
    """What set the clock going, and whether counting began on a later day than that."""
    receipt = milestones.receipt
    assert receipt is not None, "a clock has a receipt"
    if rule.start != RECEIVED:
        yield ReasonStep(kind="start", what=rule.start, on=clock.started_on, at=clock.started_at)
        return
    passed_on = receipt.forwarded_on is not None
    at = None if passed_on else receipt.at
    on = receipt.forwarded_on if passed_on else calendar.day_of(at) if at is not None else receipt.on
    yield ReasonStep(kind="start", what="forwarded_to_us" if passed_on else RECEIVED, on=on, at=at)
    if rule.cut_off and on != clock.started_on:
        yield ReasonStep(kind="moved", on=clock.started_on)


def _not_worked(calendar: BusinessCalendar, after: dt.date, until: dt.date) -> Iterator[ReasonStep]:
    """The days between that the calendar does not count; nothing where all of them were worked."""
    number = (until - after).days
    if not 0 < number <= DAYS_LOOKED_AT:
        return
    between = [after + DAY * one for one in range(1, number + 1)]
    holidays = tuple(day for day in between if day in calendar.holidays and calendar.periods[day.weekday()])
    weekend = [
        day for day in between if not calendar.periods[day.weekday()] and day not in calendar.make_up_days
    ]
    worked = tuple(day for day in between if day in calendar.make_up_days)
    if holidays or weekend or worked:
        yield ReasonStep(kind="not_worked", amount=len(weekend), days=holidays, worked=worked)


def _rolled(
    rule: ClockRule, limit: Limit, calendar: BusinessCalendar, clock: Clock, due: Due
) -> Iterator[ReasonStep]:
    if rule.roll == "none" or limit.unit in ("business_days", "business_hours"):
        return
    plain = msgspec.structs.replace(rule, roll="none")
    skipped = tuple((pause.first, pause.last) for pause in clock.pauses if pause.last is not None)
    before = due_of(plain, limit, calendar, clock.started_on, clock.started_at, skipped)
    if before.on != due.on:
        yield ReasonStep(kind="roll", on=before.on, until=due.on)
