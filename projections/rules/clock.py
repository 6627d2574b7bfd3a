"""A complaint's milestones and clocks as rows keep them, and how a clock stood at an instant.

Pure values: nothing here knows what time it is. clocks.py makes clocks from milestones; the sweep, the
desk and the queries read them through here.
"""

import datetime as dt
from typing import Literal

import msgspec

from events.complaints import RegimeFacts
from projections.rules.business_calendar import BusinessCalendar, sensible

State = Literal[
    "running", "paused", "met", "late", "breached", "undated", "withdrawn", "not_applicable", "not_started"
]
"""`late` was stopped after it was due, `breached` still runs; `undated` was stopped on a day nobody knows."""

ENDS = ("withdrawn", "declined", "forwarded")
CLOSES = ("closed", *ENDS)


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that happened to a complaint: on a day, at an instant if it is known. `ref` tells requests
    for information apart."""

    kind: str
    on: dt.date | None = None
    at: dt.datetime | None = None
    ref: str = ""


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What was received, and the entry that says so. `forwarded_on` is the day on which it reached us."""

    source: str
    id: str
    on: dt.date | None = None
    at: dt.datetime | None = None
    forwarded_on: dt.date | None = None
    legal_entity: str
    received_by: str
    channel_id: str | None = None
    product_id: str | None = None
    category: str | None = None
    unit_id: str | None = None
    seller_id: str | None = None
    customer_id: str | None = None
    issue: str | None = None


class Triage(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a triage decided: under which regimes, with which facts."""

    on: dt.date | None
    at: dt.datetime | None
    code: str
    regimes: tuple[RegimeFacts, ...] = ()


class Extension(msgspec.Struct, frozen=True, omit_defaults=True):
    """More time that somebody granted."""

    on: dt.date | None
    at: dt.datetime | None
    new_due: dt.date
    approver: str | None = None
    customer_told: bool = False


class Milestones(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that the clocks of one complaint rest on; in an order that does not tell how it arrived."""

    receipt: Receipt | None = None
    triages: tuple[Triage, ...] = ()
    extensions: tuple[Extension, ...] = ()
    steps: tuple[Step, ...] = ()
    judged_timely: bool | None = None


class Pause(msgspec.Struct, frozen=True, omit_defaults=True):
    """Days, both included, that do not count; without a last day it still goes on."""

    first: dt.date
    last: dt.date | None
    why: str


class Clock(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One clock of one complaint under one version of a pack.

    `due_on` is the last good day, `due_at` the first instant that is too late; both are None while a pause is
    open. `governs` is False for a version that is only shown. `ended` says how the procedure ended without an
    answer; `waived` names the easier way that was met instead.
    """

    regime: str
    clock: str
    pack: str
    calendar: str
    governs: bool = True
    duty: bool = True
    started_on: dt.date
    started_at: dt.datetime
    due_on: dt.date | None = None
    due_at: dt.datetime | None = None
    warn_first_at: dt.datetime | None = None
    warn_last_at: dt.datetime | None = None
    stopped: bool = False
    stopped_by: str | None = None
    stopped_on: dt.date | None = None
    stopped_at: dt.datetime | None = None
    in_time: bool | None = None
    ended: str | None = None
    ended_at: dt.datetime | None = None
    waived: str | None = None
    waived_at: dt.datetime | None = None
    extension: str | None = None
    pauses: tuple[Pause, ...] = ()
    reason: str = ""

    @property
    def open(self) -> bool:
        """Whether it still runs, as far as the steps say."""
        return not self.stopped and self.ended is None and self.waived is None


def state_at(clock: Clock, as_of: dt.datetime) -> State:
    """How a clock stood at an instant. Steps without a day count from the beginning."""
    if as_of < clock.started_at:
        return "not_started"
    if clock.waived is not None and (clock.waived_at is None or clock.waived_at <= as_of):
        return "not_applicable"
    if clock.stopped and (clock.stopped_at is None or clock.stopped_at <= as_of):
        return "undated" if clock.in_time is None else "met" if clock.in_time else "late"
    if clock.ended is not None and (clock.ended_at is None or clock.ended_at <= as_of):
        return "withdrawn" if clock.ended == "withdrawn" else "not_applicable"
    if clock.due_at is None:
        return "paused"
    if as_of < clock.due_at:
        return "running"
    return "breached" if clock.duty else "not_applicable"


def remaining_at(clock: Clock, as_of: dt.datetime) -> dt.timedelta | None:
    """The time left at an instant, less than nothing once it is past due; None if no due time runs."""
    if clock.due_at is None or state_at(clock, as_of) not in ("running", "breached"):
        return None
    return clock.due_at - as_of


def alarms(clock: Clock) -> tuple[tuple[str, dt.datetime], ...]:
    """The instants that somebody should be told of: (`50`, `80` or `due`, when), while it still ran."""
    if not (clock.governs and clock.duty) or clock.due_at is None or clock.warn_first_at is None:
        return ()
    assert clock.warn_last_at is not None
    over = [at for at in (clock.stopped_at, clock.ended_at, clock.waived_at) if at is not None]
    undated = (clock.stopped, clock.ended, clock.waived) != (False, None, None) and not over
    if undated:
        return ()
    levels = (("50", clock.warn_first_at), ("80", clock.warn_last_at), ("due", clock.due_at))
    return tuple(one for one in levels if not over or one[1] < min(over))


def instant_of(
    step_on: dt.date | None, step_at: dt.datetime | None, calendar: BusinessCalendar
) -> dt.datetime | None:
    """When a step counts: its instant, else the end of its day."""
    if step_at is not None and sensible(step_at.date()):
        return step_at
    day = sensible(step_on)
    return None if day is None else calendar.end_of_day(day)
