"""Parsing: what turns the text of a cell into a date, a time, a number, a truth, an id.

Called through the table of operations in expressions.py. Each parser says null for null and raises
CellProblem for a text that does not fit; a constant is parsed once, when the mapping is loaded.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.door.mappings.scope import CellProblem, Compiled, RowScope, Scope, constant
from services.door.mappings.templates import as_text

REMEMBERED = 4_096
"""How many parsed texts a slug or a date keeps: they are few, and parsing them is slow."""

Parser = Callable[[Scope, Compiled, Mapping[str, Any], str], Compiled]
"""(scope, the text to parse, options, place in the mapping file) → the parsed value."""

NUMBER = ("thousands", "point")


def _date(scope: Scope, of: Compiled, options: Mapping[str, Any], path: str) -> Compiled:
    pattern = options.get("format", "%Y-%m-%d")
    if pattern == "%Y-%m-%d":
        parse: Callable[[str], dt.date] = dt.date.fromisoformat
    else:

        def parse(text: str) -> dt.date:
            return dt.datetime.strptime(text, pattern).date()  # noqa: DTZ007 (a date has no zone)

    remembering = lru_cache(REMEMBERED)(parse)
    return _parsed(scope, of, path, remembering, "bad_date", f"no date of the form {pattern}")


def _time(scope: Scope, of: Compiled, options: Mapping[str, Any], path: str) -> Compiled:
    zone = _zone(scope, options.get("zone"), path)
    pattern = options.get("format")

    def read(text: str) -> dt.datetime:
        if pattern:
            return dt.datetime.strptime(text, pattern)  # noqa: DTZ007 (the zone follows)
        return dt.datetime.fromisoformat(text)

    def parse(text: str) -> dt.datetime:
        moment = read(text)
        if moment.tzinfo is None:
            if zone is None:
                raise ValueError
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(dt.UTC)

    form = pattern or "YYYY-MM-DDTHH:MM:SS+hh:mm"
    wanted = f"no time of the form {form}" + (
        "" if zone else ", or it has no zone and the mapping states none"
    )
    return _parsed(scope, of, path, parse, "bad_time", wanted)


def _zone(scope: Scope, name: Any, path: str) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        raise scope.wrong(path, f"{name!r} is no time zone: write one such as Europe/Prague") from None


def _integer(scope: Scope, of: Compiled, options: Mapping[str, Any], path: str) -> Compiled:
    return _parsed(scope, of, path, lambda text: int(_plain(text, options)), "bad_number", "no whole number")


def _minor_units(scope: Scope, of: Compiled, options: Mapping[str, Any], path: str) -> Compiled:
    places = options.get("decimals", 2)
    if not isinstance(places, int) or not 0 <= places <= 4:
        raise scope.wrong(path, "decimals is how many the currency has: 0 to 4")
    factor: int = 10**places

    def parse(text: str) -> int:
        plain = _plain(text, options)
        if plain.isdigit():
            return int(plain) * factor
        scaled = _finite(plain) * factor
        if scaled != scaled.to_integral_value():
            raise ValueError
        return int(scaled)

    return _parsed(scope, of, path, parse, "bad_amount", f"no amount with at most {places} decimals")


def _decimal(scope: Scope, of: Compiled, options: Mapping[str, Any], path: str) -> Compiled:
    return _parsed(
        scope, of, path, lambda text: format(_finite(_plain(text, options)), "f"), "bad_number", "no number"
    )


def _finite(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError
    return number


def _plain(text: str, options: Mapping[str, Any]) -> str:
    """A number as Python reads it: without thousands marks, with a decimal point, no underscores."""
    if "_" in text:
        raise ValueError
    thousands, point = options.get("thousands"), options.get("point", ".")
    if thousands:
        text = text.replace(thousands, "")
    return text if point == "." else text.replace(point, ".")


def _boolean(scope: Scope, of: Compiled, options: Mapping[str, Any], path: str) -> Compiled:
    yes = frozenset(words_of(scope, options, "yes", ["true", "yes", "y", "1"], path))
    no = frozenset(words_of(scope, options, "no", ["false", "no", "n", "0"], path))

    def parse(text: str) -> bool:
        if text in yes:
            return True
        if text in no:
            return False
        raise ValueError

    return _parsed(scope, of, path, parse, "bad_boolean", f"neither one of {sorted(yes)} nor of {sorted(no)}")


def _slug(scope: Scope, of: Compiled, options: Mapping[str, Any], path: str) -> Compiled:
    def parse(text: str) -> str:
        letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:100]
        if not slug:
            raise ValueError
        return slug

    return _parsed(
        scope, of, path, lru_cache(REMEMBERED)(parse), "bad_id", "nothing that an id can be made of"
    )


def _lower(scope: Scope, of: Compiled, options: Mapping[str, Any], path: str) -> Compiled:
    return _parsed(scope, of, path, str.lower, "bad_text", "no text")


def _upper(scope: Scope, of: Compiled, options: Mapping[str, Any], path: str) -> Compiled:
    return _parsed(scope, of, path, str.upper, "bad_text", "no text")


def _slice(scope: Scope, of: Compiled, options: Mapping[str, Any], path: str) -> Compiled:
    first, end = options.get("from", 0), options.get("to")
    if not isinstance(first, int) or not (end is None or isinstance(end, int)):
        raise scope.wrong(path, "from and to are places in the text, counted from 0")
    return _parsed(scope, of, path, lambda text: text[first:end] or None, "bad_text", "no text")


def _parsed(
    scope: Scope, part: Compiled, path: str, parse: Callable[[str], object], code: str, rule: str
) -> Compiled:
    """An operation on one text: null stays null, what cannot be parsed is a problem of the cell."""
    text_of, says = part.evaluate, part.says

    def parsed(row: RowScope) -> object:
        text = text_of(row)
        if text is None:
            return None
        try:
            return parse(text if isinstance(text, str) else as_text(text))
        except (ValueError, InvalidOperation, OverflowError):
            raise CellProblem(code, f"{says} holds {rule}") from None

    if not part.constant:
        return Compiled(parsed, says)
    try:
        return constant(parsed(RowScope([], 0, [], [])))
    except CellProblem as problem:
        raise scope.wrong(path, problem.reason) from None


def words_of(scope: Scope, options: Mapping[str, Any], name: str, default: list[str], path: str) -> list[str]:
    words = options.get(name, default)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise scope.wrong(path, f"{name} needs a list of texts")
    return words


PARSERS: dict[str, tuple[Parser, tuple[str, ...]]] = {
    "date": (_date, ("format",)),
    "time": (_time, ("format", "zone")),
    "integer": (_integer, NUMBER),
    "minor_units": (_minor_units, ("decimals", *NUMBER)),
    "decimal": (_decimal, NUMBER),
    "boolean": (_boolean, ("yes", "no")),
    "slug": (_slug, ()),
    "lower": (_lower, ()),
    "upper": (_upper, ()),
    "slice": (_slice, ("from", "to")),
}
"""Every parser with the options that it takes."""
