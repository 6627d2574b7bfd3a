"""What risk signals say: a rule's title, its sentence with the inputs put in, each input as what it is.

Pages that show signals make one per request. The sentence is the pack's; where the active pack has another
text of the rule by now, the one that was written into the journal is shown.
"""

import datetime as dt
from typing import Any

from fastapi import Request
from markupsafe import Markup, escape

from projections.risk import SignalRow
from projections.rules.pack import RulePack
from services.console import links
from services.console.formats import Formats, short
from services.console.pages import language_of
from services.console.reason_words import reason_said
from services.console.rule_books import pieces, rule_of
from services.store.queries.names import Names

ISO_DAY = len("2026-05-04")
MOODS = {"critical": "bad", "high": "bad", "medium": "warn", "low": ""}
"""How a severity looks."""

BY_DAY_DOWN = "-detected_on"
"""The order of signals: the latest first."""

UUID = len("98e7ad2b-5014-5bd4-ad0c-0a7474f5ee23")


class SignalWords:
    """The active pack's words in the reader's language."""

    def __init__(self, pack: RulePack, formats: Formats) -> None:
        self._pack = pack
        self._formats = formats
        self._stated = formats.language.stated

    def title(self, rule_id: str) -> str:
        """What a rule is called; its id where the active pack has it no more."""
        rule = self._pack.rules.get(rule_id)
        return rule_id if rule is None else self._stated(rule.title.en, rule.title.zh)

    def said(self, signal: SignalRow) -> Markup:
        """A signal's sentence, its inputs told apart from the rule's own words."""
        rule = rule_of(self._pack, signal.rule, signal.pack, signal.rule_version)
        if rule is None:
            return escape(signal.text)
        sentence = self._stated(rule.text.en, rule.text.zh)
        return Markup("").join(
            Markup('<strong title="{}">{}</strong>').format(
                self._formats.language.column(one.input.removesuffix("_minor")),
                self.input(signal, one.input, one.text),
            )
            if one.input
            else one.text
            for one in pieces(sentence, dict(signal.inputs))
        )

    def input(self, signal: SignalRow, name: str, text: str) -> Markup | str:
        """An input as what it is: an amount, a day, a complaint, an id, a reason, else its text."""
        currency = dict(signal.inputs).get("currency")
        amounts = text.split(", ")
        if name.endswith("_minor") and currency and all(one.isdecimal() for one in amounts):
            return ", ".join(self._formats.money(int(one), currency) for one in amounts)
        moment = _moment(text)
        if moment is not None:
            return self._formats.value(moment)
        if name == "complaint":
            identifier = short(text)
            shown = identifier[:8] if len(identifier) == UUID else identifier
            return Markup('<a href="{}" title="{}">{}</a>').format(links.complaint(text), text, shown)
        if ":" in text and " " not in text:
            return Markup('<span title="{}">{}</span>').format(text, self._formats.called(text, f"{name}_id"))
        return reason_said(text, self._formats.language, self._formats) or self._formats.language.word(text)


def words_of(request: Request, called: Names | None = None) -> SignalWords:
    """What signals say on the page of a request."""
    system: Any = request.app.state.system
    return SignalWords(system.pack, Formats(language_of(request), system.zone, called))


def _moment(text: str) -> dt.date | dt.datetime | None:
    """The day or the instant that a text is."""
    try:
        return dt.date.fromisoformat(text) if len(text) == ISO_DAY else _instant(text)
    except ValueError:
        return None


def _instant(text: str) -> dt.datetime | None:
    found = dt.datetime.fromisoformat(text) if text[:4].isdigit() and "T" in text else None
    return found if found is None or found.tzinfo else None
