"""The console's languages: what a text, a column or a code is called in each, from .po files beside it.

Pages call a `Language`. English is written in templates and code; `locales/<code>/` has a file a view.
A text without a translation shows in English and is found by a test, never by a crash.
"""

import functools
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

from babel import Locale
from babel.messages.pofile import read_po

CODES: tuple[str, ...] = ("en", "zh-Hans", "zh-Hant")
NAMES = {"en": "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文"}
DEFAULT = "en"
UNITS = {
    "count": "number",
    "minor": "amount",
    "percent": "per cent",
    "points": "points from −100 to +100",
    "score": "mean score",
    "days": "days",
    "per_thousand": "per thousand",
}
"""What the unit of a figure is called in English."""
AGAINST = {
    "previous": "the days before",
    "year_before": "a year before",
    "plan": "the plan",
}
"""What a gap is held against, in English."""
_FALLBACKS = {"zh": "zh-Hans", "zh-cn": "zh-Hans", "zh-sg": "zh-Hans", "zh-hans": "zh-Hans"} | dict.fromkeys(
    ("zh-tw", "zh-hk", "zh-mo", "zh-hant"), "zh-Hant"
)


class Language:
    """One language: texts by their English form, and the locale that numbers and dates follow."""

    def __init__(self, code: str, messages: dict[str, str]) -> None:
        self.code = code
        self.locale = Locale.parse({"en": "en_GB", "zh-Hans": "zh_Hans_CN", "zh-Hant": "zh_Hant_HK"}[code])
        self.messages = messages

    def __call__(self, text: str, /, **values: Any) -> str:
        """The text in this language, with `{name}` places filled."""
        found = self.messages.get(text, text)
        return found.format_map(values) if values else found

    def many(self, one: str, several: str, n: int, /, **values: Any) -> str:
        """The form for n things; `{n}` is the number. Chinese has one form, under the plural."""
        return self(one if n == 1 and self.code == "en" else several, n=n, **values)

    def column(self, name: str) -> str:
        """What a column is called: its own translation, else its name in words."""
        return self.messages.get(f"column:{name}", _in_words(name.removesuffix("_id")))

    def unit(self, name: str) -> str:
        """What the values of a figure are."""
        return self(UNITS[name])

    def against(self, name: str) -> str:
        """What a gap is held against."""
        return self(AGAINST[name])

    def word(self, code: str | None) -> str:
        """A code of our vocabulary in words (`mis_sale`); what is no code of ours shows as it is."""
        if code is None:
            return "–"
        found = self.messages.get(f"word:{code}")
        if found is not None:
            return found
        return _in_words(code) if code.replace("_", "").isalpha() and code.islower() else code


@functools.cache
def language(code: str) -> Language:
    """A language by its code; it is read once."""
    return Language(code, dict(_messages(code)))


def negotiated(asked: str | None, kept: str | None, accepted: str) -> str:
    """The code of the language to answer in: asked for in the address, kept in a cookie, or the browser's."""
    for code in (asked, kept):
        if code in CODES:
            return str(code)
    for part in accepted.split(","):
        found = _closest(part.partition(";")[0].strip().lower())
        if found is not None:
            return found
    return DEFAULT


def _closest(tag: str) -> str | None:
    parts = tag.split("-")
    for width in range(len(parts), 0, -1):
        found = "-".join(parts[:width])
        if found in _FALLBACKS:
            return _FALLBACKS[found]
        if found == "en":
            return "en"
    return None


def _messages(code: str) -> Iterator[tuple[str, str]]:
    if code == DEFAULT:
        return
    folder = resources.files("services.console") / "locales" / code
    for name in catalogues(code):
        with (folder / name).open("rb") as file:
            for message in read_po(file):
                if message.id and message.string:
                    yield str(message.id), str(message.string)


def catalogues(code: str) -> Sequence[str]:
    """The names of a language's files, in order."""
    folder = resources.files("services.console") / "locales" / code
    return sorted(one.name for one in folder.iterdir() if one.name.endswith(".po"))


def _in_words(name: str) -> str:
    return name.replace("_", " ")
