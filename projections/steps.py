"""Steps: which of two facts counts, and dated histories, for facts that come late and out of step.

Every area file uses these. The rule is one: the later day counts; on equal days, or where one of them is
undated, the later entry counts. Nothing here may depend on when an entry arrived where days tell.
"""

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import msgspec

from events.envelope import Entry
from projections.ledger import Handler, Key, Row, change, earliest, latest


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something of a kind that is on or off for a subject: a consent, a hold, an open complaint."""

    kind: str
    name: str
    on: bool
    since: dt.date | None = None
    until: dt.date | None = None


class Dated(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value from a day on; no day means from the beginning."""

    since: dt.date | None
    value: str


Marks = tuple[Mark, ...]
H = TypeVar("H", bound=Any)


def stands(on: dt.date | None, since: dt.date | None) -> bool:
    """Whether a step of the day `on` counts over what is in force since `since`."""
    return on is None or since is None or on >= since


def marked(
    marks: Marks, kind: str, name: str, on: bool, day: dt.date | None, until: dt.date | None = None
) -> Marks:
    """Marks with one switched, unless a later day has already switched it; sorted by kind and name."""
    found = _find(marks, kind, name)
    if found is None:
        return tuple(sorted((*marks, Mark(kind, name, on, day, until)), key=_kind_and_name))
    if not stands(day, found.since):
        return marks
    mark = Mark(kind, name, on, latest(found.since, day), until)
    return tuple(mark if one is found else one for one in marks)


def begun(marks: Marks, kind: str, name: str, day: dt.date | None) -> Marks:
    """Marks with one switched on, unless it is known already: a beginning comes before every other step."""
    return marks if _find(marks, kind, name) is not None else marked(marks, kind, name, True, day)


def names_on(marks: Marks, kind: str) -> tuple[str, ...]:
    """Names of the marks of a kind that are on, sorted."""
    return tuple(one.name for one in marks if one.on and one.kind == kind)


def days_after(day: dt.date, days: int) -> dt.date:
    """A day some days later; the last day there is where the calendar ends."""
    left = (dt.date.max - day).days
    return day + dt.timedelta(days=min(days, left))


def put(history: tuple[H, ...], item: H) -> tuple[H, ...]:
    """A history with one more item, in the order of `since`; on equal days the later entry comes last."""
    if not history or not _day(item) < _day(history[-1]):
        return (*history, item)
    before = [one for one in history if _day(one) <= _day(item)]
    return (*before, item, *history[len(before) :])


def at(history: tuple[H, ...], day: dt.date | None) -> H | None:
    """The last item in force on a day (the last of all where no day is known); None before the first."""
    if day is None:
        return history[-1] if history else None
    found = None
    for one in history:
        if _day(one) > day:
            break
        found = one
    return found


def by_subject(event: Any, entry: Entry) -> tuple[Key, ...]:
    """Keys of a ledger with one row per subject."""
    return ((entry.envelope.subject,),)


def by_customer(event: Any, entry: Entry) -> tuple[Key, ...]:
    """Keys of a ledger with one row per customer: events about anything else touch none."""
    subject = entry.envelope.subject
    return ((subject,),) if subject.startswith("customer/") else ()


def by_entry(event: Any, entry: Entry) -> tuple[Key, ...]:
    """Keys of a ledger with one row per entry, under the entry's own name; such rows are written once."""
    envelope = entry.envelope
    return ((envelope.subject, envelope.source, envelope.id),)


def entry_name(entry: Entry) -> str:
    """The id of a thing that its sender gave none: the entry's own name."""
    return f"{entry.envelope.source}#{entry.envelope.id}"


def on_day(row_type: type[Row], flag: str | None, day: str, *, first: bool = False) -> Handler:
    """A handler for a step that only happened: sets `flag` where one is kept, and the step's `day`.

    A step that happened more than once keeps its last day, or its first.
    """
    return partial(_post_day, row_type, flag, day, earliest if first else latest)


def _post_day(
    row_type: type[Row],
    flag: str | None,
    day: str,
    pick: Callable[[dt.date | None, dt.date | None], dt.date | None],
    key: Key,
    row: Any,
    event: Any,
    entry: Entry,
) -> Any:
    row = row or row_type(*key)
    columns: dict[str, Any] = {day: pick(getattr(row, day), entry.occurred_on)}
    if flag is not None:
        columns[flag] = True
    return change(row, **columns)


def _day(item: Any) -> dt.date:
    since: dt.date | None = item.since
    return dt.date.min if since is None else since


def _find(marks: Marks, kind: str, name: str) -> Mark | None:
    for one in marks:
        if one.name == name and one.kind == kind:
            return one
    return None


def _kind_and_name(mark: Mark) -> tuple[str, str]:
    return mark.kind, mark.name
