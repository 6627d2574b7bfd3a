"""The reason of a due time in words: each step of its derivation as a sentence of the page's language.

The case page calls it; the steps come from projections/rules/clock_reason.py. No rule is worked out here.
"""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from projections.rules.clock_reason import ReasonStep
from projections.rules.clocks import WAITING
from services.console.formats import Formats
from services.console.language import Language

DAYS_NAMED = 12


class Told(NamedTuple):
    """A step in words: what it is about, and the sentence."""

    name: str
    text: str


def sentences(steps: Sequence[ReasonStep], spoken: Language, formats: Formats, calendar: str) -> list[Told]:
    """The steps as sentences, in order."""
    return [Told(_name(one, spoken), _sentence(one, spoken, formats, calendar)) for one in steps]


def _name(one: ReasonStep, spoken: Language) -> str:
    """The head of a step."""
    return {
        "start": lambda: spoken("Started"),
        "moved": lambda: spoken("Counts from"),
        "limit": lambda: spoken("Time allowed"),
        "not_worked": lambda: spoken("Days left out"),
        "pause": lambda: spoken("Pause"),
        "roll": lambda: spoken("Moved"),
        "extension": lambda: spoken("Extension"),
        "due": lambda: spoken("So it is due"),
    }[one.kind]()


def started_by(what: str, spoken: Language) -> str:
    """What set a clock going, as one says it after `by` and `from`."""
    if what == "received":
        return spoken("receipt")
    return spoken("being passed on to us") if what == "forwarded_to_us" else spoken.word(what)


def limit_words(amount: int, unit: str, spoken: Language) -> str:
    """`15 calendar days`."""
    names = {
        "days": ("{n} calendar day", "{n} calendar days"),
        "business_days": ("{n} business day", "{n} business days"),
        "business_hours": ("{n} business hour", "{n} business hours"),
        "weeks": ("{n} week", "{n} weeks"),
        "months": ("{n} month", "{n} months"),
    }
    return spoken.many(*names[unit], amount)


def headline(steps: Sequence[ReasonStep], spoken: Language, formats: Formats, pack: str) -> str:
    """One line: so much time from what, under which pack."""
    limit = next((one for one in steps if one.kind == "limit"), None)
    start = next((one for one in steps if one.kind == "start"), None)
    if limit is None or start is None:
        return ""
    moved = next((one for one in steps if one.kind == "moved"), start)
    return spoken(
        "{limit} from {what} on {day}, under {pack}",
        limit=limit_words(limit.amount, limit.unit, spoken),
        what=started_by(start.what, spoken),
        day=formats.day(moved.on),
        pack=pack,
    )


def _sentence(one: ReasonStep, spoken: Language, formats: Formats, calendar: str) -> str:
    day = formats.day
    if one.kind == "start":
        return spoken("By {what} on {day}.", what=started_by(one.what, spoken), day=day(one.on))
    if one.kind == "moved":
        return spoken(
            "That was out of hours or on a day off, so days count from {day} (calendar {calendar}).",
            day=day(one.on),
            calendar=calendar,
        )
    if one.kind == "limit":
        return _limit(one, spoken)
    if one.kind == "not_worked":
        return _not_worked(one, spoken, formats, calendar)
    if one.kind == "pause":
        if one.until is None:
            return spoken("From {day} it stands still: {why}.", day=day(one.on), why=_why(one.what, spoken))
        return spoken(
            "{first} to {last} do not count: {why}.",
            first=day(one.on),
            last=day(one.until),
            why=_why(one.what, spoken),
        )
    if one.kind == "roll":
        return spoken(
            "{day} is no business day, so it moves to {next}.", day=day(one.on), next=day(one.until)
        )
    if one.kind == "extension":
        return _extension(one, spoken, formats)
    return _due(one, spoken, formats)


def _limit(one: ReasonStep, spoken: Language) -> str:
    words = limit_words(one.amount, one.unit, spoken)
    text = (
        spoken("{limit}, the first day counting.", limit=words)
        if one.first_counts
        else spoken("{limit} after that day.", limit=words)
        if one.unit != "business_hours"
        else spoken("{limit} of working time after that instant.", limit=words)
    )
    if not one.facts:
        return text
    known = ", ".join(f"{spoken.column(name)}: {_fact(value, spoken)}" for name, value in one.facts.items())
    return f"{text} " + spoken("This limit holds because of: {facts}.", facts=known)


def _fact(value: str, spoken: Language) -> str:
    return {"True": spoken("yes"), "False": spoken("no")}.get(value, spoken.word(value))


def _not_worked(one: ReasonStep, spoken: Language, formats: Formats, calendar: str) -> str:
    parts = []
    if one.amount:
        parts.append(spoken.many("{n} weekend day", "{n} weekend days", one.amount))
    if one.days:
        named = ", ".join(formats.day(day) for day in one.days[:DAYS_NAMED])
        parts.append(spoken("holidays {days}", days=named))
    text = spoken("Calendar {calendar} leaves out: {days}.", calendar=calendar, days="; ".join(parts))
    if not parts:
        text = spoken("Calendar {calendar} leaves out no day.", calendar=calendar)
    if one.worked:
        named = ", ".join(formats.day(day) for day in one.worked[:DAYS_NAMED])
        text += " " + spoken("Make-up days count: {days}.", days=named)
    return text


def _extension(one: ReasonStep, spoken: Language, formats: Formats) -> str:
    words = limit_words(one.amount, one.unit, spoken)
    if one.granted:
        return spoken(
            "Extended by {who} to {day}; at most {limit} are allowed.",
            who=spoken.word(one.what),
            day=formats.day(one.until),
            limit=words,
        )
    why = " / ".join(spoken.word(part) for part in one.what.split(" or "))
    return spoken(
        "Triage found it {why}, which gives {limit}: {day}.", why=why, limit=words, day=formats.day(one.until)
    )


def _due(one: ReasonStep, spoken: Language, formats: Formats) -> str:
    if one.what == "hours":
        return spoken("At {instant}, when the working hours are used up.", instant=_plain(one, formats))
    if one.what == "close":
        return spoken(
            "{day} is the last good day, until the close of business: {instant}.",
            day=formats.day(one.on),
            instant=_plain(one, formats),
        )
    return spoken(
        "{day} is the last good day; from {instant} on it is late.",
        day=formats.day(one.on),
        instant=_plain(one, formats),
    )


def _why(why: str, spoken: Language) -> str:
    """Why a clock pauses: our own reason, or the cohort that a pack names."""
    return spoken("waiting for information") if why == WAITING else why


def _plain(one: ReasonStep, formats: Formats) -> str:
    """The instant as text, without its mark-up."""
    shown = formats.instant(one.at)
    return shown.striptags() if isinstance(shown, Markup) else shown
