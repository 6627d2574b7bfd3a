"""How the console writes numbers, money, days and instants: by the reader's language, in the journal's zone.

Templates use these as filters, made for one request. They never change a value beyond rounding for the eye.
"""

import datetime as dt
import itertools
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_compact_decimal, format_currency, format_decimal, get_currency_precision
from markupsafe import Markup

from events.codec import TYPES
from projections.figure import Estimate
from services.console import links
from services.console.language import Language
from services.store.queries.names import Names

NOTHING = "–"
LINKED: Mapping[str, Callable[[str], str]] = {
    "customer_id": links.customer,
    "complaint_id": links.complaint,
    "product_id": lambda name: links.subject(f"product/{name}"),
    "channel_id": lambda name: links.subject(f"channel/{name}"),
    "unit_id": lambda name: links.subject(f"unit/{name}"),
    "seller_id": lambda name: links.subject(f"employee/{name}"),
    "employee_id": lambda name: links.subject(f"employee/{name}"),
    "handler_id": lambda name: links.subject(f"employee/{name}"),
    "rm_id": lambda name: links.subject(f"employee/{name}"),
}
"""Columns whose values lead to a page."""


FILTERS = (
    "day",
    "instant",
    "number",
    "money",
    "short_money",
    "estimate",
    "interval",
    "value",
    "called",
    "cell",
    "span",
    "line",
)
"""What templates may call of `Formats`; `word`, `column` and `short` come beside them."""


IN_MYRIADS = {"zh-Hant": "zh_Hant_TW"}
"""Whose short numbers a language takes where those of its own locale are in English: 41.9M."""

_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ID = re.compile(r"[\w.-]+:[\w.:-]+")
_AMOUNT = re.compile(r"-?\d+ [A-Z]{3}")


class Formats:
    """How one request writes things; `names` are what products, channels and units are called on its page."""

    def __init__(self, language: Language, zone: dt.tzinfo, names: Names | None = None) -> None:
        self.language = language
        self.zone = zone
        self.names = names or {}

    def day(self, value: dt.date | dt.datetime | str | None) -> str:
        """A day: 4 May 2026."""
        if value is None:
            return NOTHING
        if isinstance(value, str):
            value = dt.date.fromisoformat(value[:10])
        if isinstance(value, dt.datetime):
            value = value.astimezone(self.zone).date()
        return format_date(value, "medium", locale=self.language.locale)

    def instant(self, value: dt.datetime | str | None) -> Markup | str:
        """An instant as a <time>, in the journal's zone; its title says it in UTC."""
        if value is None:
            return NOTHING
        if isinstance(value, str):
            value = dt.datetime.fromisoformat(value)
        local = value.astimezone(self.zone)
        text = format_datetime(local, "d MMM y HH:mm", locale=self.language.locale)
        if self.language.code != "en":
            text = format_datetime(local, "y年M月d日 HH:mm", locale=self.language.locale)
        utc = value.astimezone(dt.UTC).isoformat(timespec="seconds")
        return Markup('<time datetime="{}" title="{}">{}</time>').format(utc, utc, text)

    def number(self, value: float | None, digits: int = 1) -> str:
        """A number with its thousands apart; a whole number has no decimals."""
        if value is None:
            return NOTHING
        whole = isinstance(value, int) or float(value).is_integer()
        shown = "#,##0" if whole else "#,##0." + "0" * digits
        return str(format_decimal(value, shown, locale=self.language.locale))

    def money(self, minor: int | None, currency: str | None) -> str:
        """Minor units as an amount of their currency."""
        if minor is None or currency is None:
            return NOTHING
        amount = minor / 10 ** get_currency_precision(currency)
        shown: str = format_currency(amount, currency, "¤¤ #,##0.00", locale=self.language.locale)
        return shown.removesuffix(".00")

    def short_money(self, minor: float | None, currency: str | None) -> str:
        """An amount for a headline: CNY 1.2bn."""
        if minor is None or currency is None:
            return NOTHING
        amount = minor / 10 ** get_currency_precision(currency)
        return f"{currency} {self.compact(amount)}"

    def compact(self, value: float) -> str:
        """A number for the axis of a chart: 1.2m, 120萬."""
        locale = IN_MYRIADS.get(self.language.code, self.language.locale)
        return str(format_compact_decimal(value, fraction_digits=1, locale=locale))

    def estimate(self, found: Estimate, unit: str, currency: str | None = None) -> str:
        """A figure's value in its unit; why there is none where there is none."""
        value = found.value
        if value is None:
            return NOTHING
        if unit == "minor":
            return self.short_money(value, currency) if currency else self.number(value)
        if unit == "percent":
            return f"{self.number(value)} %"
        if unit == "points":
            return f"{value:+.0f}"
        if unit == "score":
            return self.number(float(value), 2)
        return self.number(value)

    def interval(self, found: Estimate) -> str:
        """The 95 % interval, or nothing."""
        if found.low is None or found.high is None:
            return ""
        return f"{self.number(found.low)} … {self.number(found.high)}"

    def value(self, value: Any) -> Markup | str:
        """Any cell of a ledger's row."""
        if value is None or value in ("", ()):
            return NOTHING
        if isinstance(value, bool):
            return self.language("yes") if value else self.language("no")
        if isinstance(value, dt.datetime):
            return self.instant(value)
        if isinstance(value, dt.date):
            return self.day(value)
        if isinstance(value, int):
            return self.number(value)
        if isinstance(value, (tuple, list)):
            return ", ".join(str(self.value(one)) for one in value) if _plain(value) else f"{len(value)} ×"
        return self.language.word(value) if isinstance(value, str) else str(value)

    def cell(self, value: Any, column: str, row: Any, sealed: Collection[str] = ()) -> Markup | str:
        """A cell under its column: money with the currency of its row, ids as links, sealed values masked."""
        if value is None:
            return NOTHING
        if column in sealed:
            return Markup('<span class="masked">••••</span>')
        if column.endswith("_minor") and isinstance(value, int):
            return (
                self.money(value, _of(row, "currency")) if _of(row, "currency") else self.number(value / 100)
            )
        if isinstance(value, str):
            return self._linked(value, column)
        if isinstance(value, (dict, msgspec.Struct)):
            return self._parts(value)
        if isinstance(value, (list, tuple)) and value and not _plain(value):
            return Markup("<br>").join(self._parts(one) for one in value)
        return self.value(value)

    def _linked(self, value: str, column: str) -> Markup | str:
        if column == "subject":
            return Markup('<a class="id" href="{}" title="{}">{}</a>').format(
                links.subject(value), value, short(value)
            )
        if column in LINKED:
            href = LINKED[column](value)
            return Markup('<a class="id" href="{}" title="{}">{}</a>').format(
                href, value, self.called(value, column)
            )
        if column.endswith(("_on", "_at", "day", "occurred_on")) and value[:4].isdigit():
            return self.day(value) if len(value) == 10 else self.instant(value)
        if value in TYPES:
            return self.language.event_type(value)
        if column.endswith("_id") or ":" in value:
            return Markup('<span class="id" title="{}">{}</span>').format(value, self.called(value, column))
        return self.language.word(value)

    def _parts(self, value: Any) -> Markup | str:
        """A structure in words: its fields that are set, one after the other."""
        if isinstance(value, msgspec.Struct):
            value = msgspec.structs.asdict(value)
        if not isinstance(value, dict):
            return self.value(value)
        told = [
            Markup("{} {}").format(self.language.column(str(name)), self.cell(one, str(name), value))
            for name, one in value.items()
            if one not in (None, "", (), [])
        ]
        return Markup(" · ").join(told)

    def called(self, value: str | None, column: str) -> str:
        """The value of a dimension for the eye: the name behind an id where it is known, a code in words."""
        if value is None:
            return NOTHING
        name = self.names.get(column, {}).get(value)
        return name or (short(value) if ":" in value else self.language.word(value))

    def line(self, text: str, event_type: str) -> str:
        """An entry's summary as its reader writes it: an amount with its currency, days, codes in words."""
        parts = text.split(" · ")
        amount = _amount_at(parts, TYPES[event_type].headline if event_type in TYPES else ())
        told = [self._told(one) for one in parts]
        if amount is not None:
            told[amount : amount + 2] = [self.money(int(parts[amount]), parts[amount + 1])]
        return " · ".join(told)

    def _told(self, part: str) -> str:
        if part in ("True", "False"):
            return self.language("yes") if part == "True" else self.language("no")
        if _ISO_DAY.fullmatch(part):
            return self.day(part)
        return short(part) if _ID.fullmatch(part) else self.language.word(part)

    def span(self, delta: dt.timedelta) -> str:
        """How long, in the largest fitting unit."""
        return str(format_timedelta(delta, locale=self.language.locale, threshold=1.2))


def short(identifier: str | None) -> str:
    """An id without its namespace, for the eye; the whole one is in the title."""
    if identifier is None:
        return NOTHING
    return identifier.rpartition("/")[2].partition(":")[2] or identifier


def _amount_at(parts: Sequence[str], headline: Sequence[str]) -> int | None:
    """Where a summary has minor units before their currency; None where it has none, or nobody can tell."""
    minor = next((place for place, name in enumerate(headline) if name.endswith("_minor")), None)
    if minor is None:
        return None
    numbers = [place for place, name in enumerate(headline[:minor]) if name == "n" or name.endswith("_bp")]
    if numbers and len(parts) < len(headline):
        return None
    pairs = enumerate(itertools.pairwise(parts))
    return next((at for at, pair in pairs if _AMOUNT.fullmatch(" ".join(pair))), None)


def _of(row: Any, column: str) -> Any:
    """A column of a row, whether it is a struct, a mapping or nothing."""
    return row.get(column) if isinstance(row, Mapping) else getattr(row, column, None)


def _plain(values: tuple[Any, ...] | list[Any]) -> bool:
    return all(isinstance(one, (str, int, dt.date)) for one in values)
