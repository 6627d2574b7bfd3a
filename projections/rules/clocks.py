"""Complaint clocks: when each answer is due, by which pack and calendar, and how far it got.

Pure functions of milestones and of the packs that apply. Due times are worked out whenever a step is posted
and never become events; whether one has passed is asked of a clock with an instant (clock.py).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from events.complaints import RegimeFacts
from projections.rules.business_calendar import DAY, BusinessCalendar, sensible
from projections.rules.clock import ENDS, Clock, Milestones, Pause, Step, instant_of
from projections.rules.clock_due import Due, Spans, due_of
from projections.rules.clock_pack import RECEIVED, ClockPack, ClockRule, ExtensionRule, FactValues, Limit

WAITING = "waiting for information"


class Applied(NamedTuple):
    """A pack that applies to a case: whether it governs, its calendar, and the facts of its regime."""

    pack: ClockPack
    governs: bool
    calendar: BusinessCalendar
    facts: Mapping[str, str | bool | None]


def clocks(milestones: Milestones, applied: Iterable[Applied]) -> tuple[Clock, ...]:
    """The clocks of a complaint under the packs that apply to it, in the order of the packs."""
    found: list[Clock] = []
    for one in applied:
        windows: dict[str, Clock] = {}
        for rule in one.pack.stated.clocks:
            clock = _clock(rule, one, milestones, windows)
            if clock is None:
                continue
            if not rule.duty:
                windows[rule.id] = clock
            found.append(clock)
    return tuple(found)


def _clock(
    rule: ClockRule, one: Applied, milestones: Milestones, windows: Mapping[str, Clock]
) -> Clock | None:
    """The clock of one rule, or None if it has not started or is for other cases."""
    if rule.when and not _fits(rule.when, one.facts):
        return None
    calendar, receipt = one.calendar, milestones.receipt
    start = _start(rule, calendar, milestones)
    if start is None or receipt is None:
        return None
    started_on, started_at, said = start
    limit = limit_of(rule, one)
    stop = _first(milestones.steps, rule.stop, calendar, None if rule.start == RECEIVED else started_at)
    ended = _ended(milestones.steps, calendar) if stop is None else None
    over = stop or ended
    pauses = _pauses(rule, one, milestones, None if over is None else _day(over, calendar))
    skipped = tuple((pause.first, pause.last) for pause in pauses if pause.last is not None)
    due = due_of(rule, limit, calendar, started_on, started_at, skipped)
    more = tuple(longer(rule, one, milestones, due, started_on, started_at, skipped))
    extension = ", then ".join(f"{each.words} to {each.due.on}" for each in more) or None
    due = more[-1].due if more else due
    pauses = tuple(
        pause for pause in pauses if pause.first <= due.on and (pause.last is None or pause.last > started_on)
    )
    window = windows.get(rule.waived_by) if rule.waived_by is not None else None
    waived = window is not None and window.stopped and window.in_time is True
    stopped_at = None if stop is None else instant_of(stop.on, stop.at, calendar)
    stopped_on = None if stop is None else _day(stop, calendar)
    paused = over is None and any(pause.last is None for pause in pauses)
    return Clock(
        regime=one.pack.regime,
        clock=rule.id,
        pack=one.pack.name,
        calendar=calendar.name,
        governs=one.governs,
        duty=rule.duty,
        started_on=started_on,
        started_at=started_at,
        due_on=None if paused else due.on,
        due_at=None if paused else due.at,
        warn_first_at=None if paused else due.warn_first_at,
        warn_last_at=None if paused else due.warn_last_at,
        stopped=stop is not None,
        stopped_by=None if stop is None else stop.kind,
        stopped_on=stopped_on,
        stopped_at=stopped_at,
        in_time=None if stop is None else _in_time(rule, stop, stopped_on, stopped_at, due, milestones),
        ended=None if ended is None else ended.kind,
        ended_at=None if ended is None else instant_of(ended.on, ended.at, calendar),
        waived=rule.waived_by if waived else None,
        waived_at=window.stopped_at if waived and window is not None else None,
        extension=extension,
        pauses=pauses,
        reason=_reason(rule, one, limit, said, started_on, due, extension, pauses, paused),
    )


def limit_of(rule: ClockRule, one: Applied) -> Limit:
    """The limit of a clock for the facts of a case."""
    return next(limit for limit in rule.limits if _fits(limit.when, one.facts))


def _start(
    rule: ClockRule, calendar: BusinessCalendar, milestones: Milestones
) -> tuple[dt.date, dt.datetime, str] | None:
    """From which day and instant a clock counts, and the words for it."""
    if rule.start == RECEIVED:
        receipt = milestones.receipt
        assert receipt is not None
        on, at, said = receipt.on, receipt.at, "receipt"
        if sensible(receipt.forwarded_on) is not None:
            on, at, said = receipt.forwarded_on, None, "being passed on to us"
    else:
        step = _first(milestones.steps, [rule.start], calendar)
        if step is None:
            return None
        on, at, said = step.on, step.at, rule.start.replace("_", " ")
    if at is not None and sensible(at.date()) is None:
        at = None
    day = calendar.day_of(at) if at is not None else sensible(on)
    if day is None:
        return None
    if rule.cut_off:
        moved = _after_cut_off(calendar, day, at)
        if moved != day:
            return moved, calendar.start_of_day(moved), f"{said} out of hours"
    return day, at if at is not None else calendar.start_of_day(day), said


def _after_cut_off(calendar: BusinessCalendar, day: dt.date, at: dt.datetime | None) -> dt.date:
    """The day itself, or the next business day if it came after hours or on a day off."""
    late = at is not None and at.astimezone(calendar.zone).time() >= calendar.cut_off
    if late and calendar.is_business_day(day):
        return calendar.add_business_days(day, 1)
    return calendar.add_business_days(day, 0)


def _pauses(
    rule: ClockRule, one: Applied, milestones: Milestones, until: dt.date | None
) -> tuple[Pause, ...]:
    """Suspensions of the pack for this case, and waits for information where the rule lets them count."""
    found = [
        Pause(suspension.first, suspension.last, suspension.cohort)
        for suspension in one.pack.stated.suspensions
        if _fits(suspension.when, one.facts)
    ]
    if rule.pause:
        found += _waits(milestones.steps, one.calendar, until)
    return tuple(sorted(found, key=lambda pause: (pause.first, pause.last or dt.date.max)))


def _waits(steps: tuple[Step, ...], calendar: BusinessCalendar, until: dt.date | None) -> Iterator[Pause]:
    """From the day after a request to the day on which what was asked for came, or on which all was over."""
    for asked in steps:
        if asked.kind != "information_requested":
            continue
        since = _day(asked, calendar)
        if since is None:
            continue
        answers = [one for one in steps if one.kind == "information_received" and one.ref == asked.ref]
        came = [day for day in (_day(one, calendar) for one in answers) if day is not None and day >= since]
        last = min(came) if came else until
        if last is None and not answers:
            yield Pause(since + DAY, None, WAITING)
        elif last is not None and last > since:
            yield Pause(since + DAY, last, WAITING)


class Longer(NamedTuple):
    """More time that was decided before the time ran out that it extends: the rule, who or what decided, and
    the new due time."""

    rule: ExtensionRule
    words: str
    due: Due


def longer(
    rule: ClockRule,
    one: Applied,
    milestones: Milestones,
    due: Due,
    started_on: dt.date,
    started_at: dt.datetime,
    skipped: Spans,
) -> Iterator[Longer]:
    """Every extension of a clock that would be due at `due`, in order."""
    for more in rule.extensions:
        longest = due_of(rule, more.limit, one.calendar, started_on, started_at, skipped)
        if longest.at <= due.at:
            continue
        decided = _decided(more, one, milestones, due)
        if decided is None:
            continue
        words, new_due = decided
        if new_due is not None and new_due < longest.on:
            if new_due <= due.on:
                continue
            number = (new_due - started_on).days + rule.count_start_day
            granted = Limit(days=number)
            longest = due_of(rule, granted, one.calendar, started_on, started_at, ())
        due = longest
        yield Longer(more, words, due)


def _decided(
    more: ExtensionRule, one: Applied, milestones: Milestones, due: Due
) -> tuple[str, dt.date | None] | None:
    """Who decided that there is more time, and until when; None if nobody did in time."""
    calendar = one.calendar

    def in_time(on: dt.date | None, at: dt.datetime | None) -> bool:
        day = calendar.day_of(at) if at is not None and sensible(at.date()) else sensible(on)
        return day is None or day <= due.on

    if more.when and not any(
        _fits(more.when, _facts_of(regime))
        for triage in milestones.triages
        if in_time(triage.on, triage.at)
        for regime in triage.regimes
        if regime.regime == one.pack.regime
    ):
        return None
    if not more.granted:
        return "extended as " + " or ".join(str(value) for value in _values(more.when)), None
    good = [
        granted
        for granted in milestones.extensions
        if in_time(granted.on, granted.at)
        and granted.approver is not None
        and (granted.customer_told or not more.tell_customer)
    ]
    if not good:
        return None
    best = max(good, key=lambda granted: granted.new_due)
    return f"extended by {best.approver}", best.new_due


def _in_time(
    rule: ClockRule,
    stop: Step,
    stopped_on: dt.date | None,
    stopped_at: dt.datetime | None,
    due: Due,
    milestones: Milestones,
) -> bool | None:
    if stopped_on is None or stopped_at is None:
        return milestones.judged_timely if rule.judged else None
    if stop.at is None:
        return stopped_on <= due.on
    return stopped_at < due.at


def _first(
    steps: tuple[Step, ...], kinds: list[str], calendar: BusinessCalendar, since: dt.datetime | None = None
) -> Step | None:
    """The first step of these kinds, since an instant; one without a day only if there is no other."""
    best: tuple[dt.datetime, Step] | None = None
    undated: Step | None = None
    for step in steps:
        if step.kind not in kinds:
            continue
        at = instant_of(step.on, step.at, calendar)
        if at is None:
            undated = undated or step
        elif (since is None or at >= since) and (best is None or at < best[0]):
            best = at, step
    return undated if best is None else best[1]


def _ended(steps: tuple[Step, ...], calendar: BusinessCalendar) -> Step | None:
    """The step that ended the procedure without an answer, unless the case was opened again since."""
    reopened = [instant_of(one.on, one.at, calendar) for one in steps if one.kind == "reopened"]
    known = [at for at in reopened if at is not None]
    live = tuple(
        one
        for one in steps
        if one.kind in ENDS
        and not (known and (instant_of(one.on, one.at, calendar) or max(known)) <= max(known))
    )
    return _first(live, list(ENDS), calendar) if live else None


def _day(step: Step, calendar: BusinessCalendar) -> dt.date | None:
    if step.at is not None and sensible(step.at.date()):
        return calendar.day_of(step.at)
    return sensible(step.on)


def _fits(when: FactValues, facts: Mapping[str, str | bool | None]) -> bool:
    return all(facts.get(name) in values for name, values in when.items())


def _facts_of(regime: RegimeFacts) -> dict[str, str | bool | None]:
    return msgspec.structs.asdict(regime)


def _values(when: FactValues) -> list[str | bool | None]:
    return [value for values in when.values() for value in values]


def _reason(
    rule: ClockRule,
    one: Applied,
    limit: Limit,
    said: str,
    started_on: dt.date,
    due: Due,
    extension: str | None,
    pauses: tuple[Pause, ...],
    paused: bool,
) -> str:
    """Why it is due then, in one sentence."""
    end = "close of business on " if rule.until == "close" else ""
    parts = [f"{limit.words} after {said} on {started_on}"]
    if extension is not None:
        parts.append(extension)
    elif not paused:
        parts.append(f"end on {end}{due.on}")
    for pause in pauses:
        parts.append(f"not counting {pause.first} to {pause.last or 'further notice'} ({pause.why})")
    if limit.unit in ("business_days", "business_hours") or rule.roll != "none":
        parts.append(f"by calendar {one.calendar.name}")
    return f"{', '.join(parts)}; {one.pack.name}"
