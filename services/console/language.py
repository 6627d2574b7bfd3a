"""The console's languages: what a text, a column or a code is called in each, from .po files beside it.

Pages call a `Language`. English is written in templates and code; `locales/<code>/` has a file a view.
A text without a translation shows in English and is found by a test, never by a crash.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

from babel import Locale
from babel.messages.pofile import read_po

from services.api.languages import DEFAULT

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
WITH_NUMBERS = (
    "withheld: n = {n} is under the minimum of {least}",
    "small sample: adjusted interval {centre} ± {wide} (plain ± {half})",
)
"""Notes of figures that hold numbers."""
COLUMNS = {
    "aum": "assets under management",
    "authid": "by",
    "authtype": "kind of actor",
    "admittedtime": "admitted",
    "causationid": "caused by",
    "ces": "effort score",
    "correlationid": "correlated with",
    "csat": "satisfaction score",
    "csat_box": "lowest satisfied score",
    "days_past_due": "days past due",
    "died_told_on": "told of the death on",
    "doc_number": "document number",
    "doc_type": "kind of document",
    "done_on": "done on",
    "dpd": "days past due",
    "id": "id",
    "judged": "judged on time",
    "milestones": "steps taken",
    "mix_minor": "mix of amounts",
    "n": "number of answers",
    "nps": "recommendation score",
    "nps_last": "last recommendation score",
    "nps_on": "recommendation score on",
    "of": "part of",
    "pack_digest": "digest of the rule pack",
    "pack_version": "version of the rule pack",
    "recordedtime": "recorded",
    "redeemed_wholly_on": "wholly redeemed on",
    "ref": "reference",
    "rm_id": "relationship manager",
    "rm_since": "relationship manager since",
    "sha256": "SHA-256 digest",
    "specversion": "version of the envelope",
    "state_on": "state since",
    "timely": "on time",
    "worst_days_past_due": "most days past due",
    "written_ack": "acknowledged in writing",
    "z": "z value",
}
"""What columns are called in English where their names in words read badly."""
EVENTS = {
    "calendar.day_closed": "Day closed",
    "channel.product_authorised": "Product authorised for a channel",
    "channel.product_withdrawn": "Product withdrawn from a channel",
    "complaint.answer_accepted": "Answer accepted",
    "complaint.answer_rejected": "Answer rejected",
    "complaint.extension_granted": "Extension of a complaint granted",
    "complaint.final_response_sent": "Final response sent",
    "complaint.holding_response_sent": "Holding response sent",
    "complaint.mediation_held": "Mediation held",
    "complaint.ombudsman_decision_received": "Ombudsman's decision received",
    "complaint.progress_update_sent": "Progress update sent",
    "complaint.provisional_credit_given": "Provisional credit given",
    "complaint.provisional_credit_reversed": "Provisional credit reversed",
    "complaint.redress_accepted": "Redress accepted",
    "complaint.redress_offered": "Redress offered",
    "complaint.redress_paid": "Redress paid",
    "complaint.root_cause_recorded": "Root cause recorded",
    "complaint.summary_resolution_sent": "Summary resolution sent",
    "complaint.systemic_issue_declared": "Systemic issue declared",
    "customer.absorbed": "Another customer's record absorbed",
    "customer.merged_into": "Customer merged into another",
    "dual_recording.stored": "Recording of the sale stored",
    "feedback.interview_recorded": "Interview recorded",
    "feedback.rating_posted": "Rating posted",
    "interaction.call_handled": "Call handled",
    "message.received_on_social": "Message received on social media",
    "producer.day_declared": "Producer's day declared",
    "product.target_market_defined": "Target market defined",
    "quarantine.discarded": "Refused record discarded",
    "quarantine.replayed": "Refused record replayed",
    "risk.corrected": "Fraud assessment corrected",
    "risk.fraud_assessed": "Fraud assessed",
    "risk.voided": "Fraud assessment voided",
    "subject.key_shredded": "Key of the subject destroyed",
    "visit.app_action_recorded": "Action in the app recorded",
    "visit.branch_recorded": "Visit to a branch recorded",
    "visit.form_submitted": "Form submitted",
    "visit.web_recorded": "Visit to the website recorded",
}
"""What event types are called in English where their names in words read badly."""
WORDS = {
    "under_30": "under 30",
    "30_44": "30–44",
    "45_59": "45–59",
    "60_64": "60–64",
    "65_plus": "65 and over",
    "C1-lowest": "C1, lowest",
    "cn_nfra": "NFRA, China",
    "cn_pboc": "PBOC, China",
    "uk_disp": "FCA DISP, United Kingdom",
    "eu_psd2": "PSD2, European Union",
    "us_cfpb": "CFPB, United States",
    "us_reg_e": "Regulation E, United States",
    "au_rg271": "RG 271, Australia",
    "NPS": "NPS",
    "CSAT": "CSAT",
    "CES": "CES",
}
"""What codes are called in English that are no words."""


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
        """What a column is called: its own translation, else its English name."""
        return self.messages.get(f"column:{name}") or COLUMNS.get(name) or _column_in_words(name)

    def event_type(self, name: str) -> str:
        """What an event type is called: `sale.confirmed` is "Sale confirmed"."""
        return self.messages.get(f"event:{name}") or EVENTS.get(name) or _event_in_words(name)

    def stated(self, en: str, zh: str) -> str:
        """What a rule pack states in English and Simplified Chinese; Traditional goes by the Simplified."""
        return en if self.code == DEFAULT else self.messages.get(f"zh:{zh}", zh)

    def unit(self, name: str) -> str:
        """What the values of a figure are."""
        return self(UNITS[name])

    def against(self, name: str) -> str:
        """What a gap is held against."""
        return self(AGAINST[name])

    def note(self, text: str) -> str:
        """Why a figure has no value, or how to read it."""
        for written in WITH_NUMBERS:
            found = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>\\S+)", re.escape(written)), text)
            if found is not None:
                return self(written, **found.groupdict())
        return self(text)

    def word(self, code: str | None) -> str:
        """A code of our vocabulary in words (`mis_sale`); what is no code of ours shows as it is."""
        if code is None:
            return "–"
        underscored = code.replace(" ", "_")
        found = self.messages.get(f"word:{code}") or self.messages.get(f"word:{underscored}")
        if found is not None:
            return found
        if code in WORDS:
            return WORDS[code]
        return _in_words(code) if code.replace("_", "").isalpha() and code.islower() else code


@functools.cache
def language(code: str) -> Language:
    """A language by its code; it is read once."""
    return Language(code, dict(_messages(code)))


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


def _column_in_words(name: str) -> str:
    if name.endswith("_bp"):
        return f"{_in_words(name.removesuffix('_bp'))} (basis points)"
    return _in_words(name.removesuffix("_id").removesuffix("_minor"))


def _event_in_words(name: str) -> str:
    return _in_words(name.replace(".", " ")).capitalize()
