"""The reason of a due time as a signal keeps it, one English sentence, said in the reader's language.

Pages of signals call it. A signal is a fact and keeps its text; what is not of this form shows as it is.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping

from services.api.languages import DEFAULT
from services.console.clock_words import limit_words, started_by
from services.console.formats import Formats
from services.console.language import Language

_DAY = r"\d{4}-\d\d-\d\d"
_UNITS = {
    "calendar day": "days",
    "business day": "business_days",
    "business hour": "business_hours",
    "week": "weeks",
    "month": "months",
}
_STARTS = {"receipt": "received", "being passed on to us": "forwarded_to_us"}

Said = Mapping[str, str]
"""The parts of a clause by name."""


def reason_said(text: str, spoken: Language, formats: Formats) -> str | None:
    """The reason in words of the language; None where the text is no reason of a clock."""
    if spoken.code == DEFAULT:
        return None
    sentence, _, pack = text.rpartition("; ")
    clauses = [_clause(one, spoken, formats) for one in sentence.split(", ")]
    known = [one for one in clauses if one is not None]
    if not sentence or len(known) < len(clauses):
        return None
    return spoken("{why}; {pack}", why=spoken(", ").join(known), pack=pack)


def _clause(text: str, spoken: Language, formats: Formats) -> str | None:
    for form, say in _CLAUSES.items():
        found = re.fullmatch(form, text)
        if found is not None:
            return say(found.groupdict(default=""), spoken, formats)
    return None


def _day(text: str, formats: Formats) -> str:
    return formats.day(dt.date.fromisoformat(text))


def _limit(said: Said, spoken: Language, formats: Formats) -> str:
    limit = limit_words(int(said["n"]), _UNITS[said["unit"]], spoken)
    what = started_by(_STARTS.get(said["what"], said["what"].replace(" ", "_")), spoken)
    day = _day(said["day"], formats)
    if said["late"]:
        return spoken("{limit} after {what} out of hours, from {day}", limit=limit, what=what, day=day)
    return spoken("{limit} after {what} on {day}", limit=limit, what=what, day=day)


def _end(said: Said, spoken: Language, formats: Formats) -> str:
    day = _day(said["day"], formats)
    if said["close"]:
        return spoken("end at close of business on {day}", day=day)
    return spoken("end on {day}", day=day)


def _facts(said: Said, spoken: Language, formats: Formats) -> str:
    why = " / ".join(spoken.word(one) for one in said["facts"].split(" or "))
    return spoken("extended as {why} to {day}", why=why, day=_day(said["day"], formats))


def _granted(said: Said, spoken: Language, formats: Formats) -> str:
    return spoken("extended by {who} to {day}", who=spoken.word(said["who"]), day=_day(said["day"], formats))


def _pause(said: Said, spoken: Language, formats: Formats) -> str:
    waits = said["why"] == "waiting for information"
    return spoken(
        "not counting {first} to {last} ({why})",
        first=_day(said["day"], formats),
        last=_day(said["last"], formats) if said["last"] else spoken("further notice"),
        why=spoken("waiting for information") if waits else said["why"],
    )


def _calendar(said: Said, spoken: Language, formats: Formats) -> str:
    return spoken("by calendar {calendar}", calendar=said["name"])


_CLAUSES: Mapping[str, Callable[[Said, Language, Formats], str]] = {
    rf"(?P<n>\d+) (?P<unit>{'|'.join(_UNITS)})s? after (?P<what>.+?)(?P<late> out of hours)? "
    rf"on (?P<day>{_DAY})": _limit,
    rf"end on (?P<close>close of business on )?(?P<day>{_DAY})": _end,
    rf"(?:then )?extended as (?P<facts>.+) to (?P<day>{_DAY})": _facts,
    rf"(?:then )?extended by (?P<who>.+) to (?P<day>{_DAY})": _granted,
    rf"not counting (?P<day>{_DAY}) to (?:(?P<last>{_DAY})|further notice) \((?P<why>.+)\)": _pause,
    r"by calendar (?P<name>.+)": _calendar,
}
"""How the clauses of a reason are written (projections/rules/clocks.py), and how each is said."""
