"""Every text of the console has a translation; numbers and days are written as the reader's language does."""

import datetime as dt

import pytest

from projections.catalogue import FIGURES, LEDGERS
from services.api.languages import CODES, negotiated
from services.console.app import VIEWS
from services.console.formats import Formats
from services.console.language import AGAINST, UNITS, WITH_NUMBERS, language
from services.console.problems import TITLES
from services.store.queries.performance import SOURCE
from tests.console.texts import notes_of_figures, texts_of_code, texts_of_templates

OTHERS = [code for code in CODES if code != "en"]


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_translated(code: str) -> None:
    said = {*texts_of_templates(), *texts_of_code(), *TITLES.values()}
    said |= {view.title for view in VIEWS} | {figure.title for figure in FIGURES}
    said |= {SOURCE, *(figure.source for figure in FIGURES if figure.source)}
    said |= {*(ledger.about for ledger in LEDGERS.ledgers), *notes_of_figures(), *WITH_NUMBERS}
    said |= {*UNITS.values(), *AGAINST.values()}
    missing = sorted(text for text in said if text not in language(code).messages)
    assert missing == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_keeps_the_places_of_its_text(code: str) -> None:
    for text, translated in language(code).messages.items():
        if not text.startswith(("word:", "column:")):
            assert sorted(_places(text)) == sorted(_places(translated)), text


@pytest.mark.parametrize(
    "asked, kept, accepted, code",
    [
        (None, None, "de-DE,de;q=0.9", "en"),
        (None, None, "zh-TW,zh;q=0.9", "zh-Hant"),
        (None, None, "zh-CN", "zh-Hans"),
        (None, "zh-Hant", "en-GB", "zh-Hant"),
        ("en", "zh-Hant", "zh-CN", "en"),
        ("xx", None, "fr, zh-HK;q=0.5", "zh-Hant"),
    ],
)
def test_the_language_is_asked_for_kept_or_the_browsers(
    asked: str | None, kept: str | None, accepted: str, code: str
) -> None:
    assert negotiated(asked, kept, accepted) == code


def test_amounts_days_and_words_by_language() -> None:
    english, chinese = (Formats(language(code), dt.UTC) for code in ("en", "zh-Hans"))
    assert english.day(dt.date(2026, 5, 4)) == "4 May 2026"
    assert chinese.day(dt.date(2026, 5, 4)) == "2026年5月4日"
    assert english.money(5_000_050, "CNY") == "CNY 50,000.50"
    assert english.money(500, "JPY") == "JPY 500"
    assert english.short_money(4_186_773_000, "CNY") == "CNY 41.9M"
    assert chinese.short_money(4_186_773_000, "CNY") == "CNY 4186.8万"
    hong_kong = Formats(language("zh-Hant"), dt.UTC)
    assert hong_kong.short_money(4_186_773_000, "CNY") == "CNY 4186.8萬"
    assert chinese.cell("sale.confirmed", "trigger_event", None) == "销售确认"


def test_a_note_with_numbers_keeps_them() -> None:
    text = "withheld: n = 2 is under the minimum of 5"
    assert language("en").note(text) == text
    assert language("zh-Hans").note(text) == "不予显示：n = 2，低于下限 5"
    assert language("zh-Hans").note("not available: no answers") == "无法计算：没有答复"


def test_the_summary_of_an_entry_has_amounts_and_no_minor_units() -> None:
    english, chinese = (Formats(language(code), dt.UTC) for code in ("en", "zh-Hans"))
    assert english.line("4325000 · CNY · 2026-11-23", "holding.valued") == "CNY 43,250 · 23 Nov 2026"
    assert chinese.line("4325000 · CNY · 2026-11-23", "holding.valued") == "CNY 43,250 · 2026年11月23日"
    assert english.line("bank:p3 · 5000050 · CNY", "sale.confirmed") == "p3 · CNY 50,000.50"
    assert english.line("3 · 120000 · GBP", "repayment.made") == "3 · GBP 1,200"
    assert chinese.line("service · medium", "complaint.triaged") == "服务 · 中"
    assert english.line("needs the money", "sale.redeemed") == "needs the money"


@pytest.mark.parametrize(
    "line, event_type",
    [("3 · GBP", "repayment.made"), ("2 · 150 · CNY", "price.set"), ("17 · 4", "left.the_catalogue")],
)
def test_a_number_that_may_be_no_amount_stays_as_it_is(line: str, event_type: str) -> None:
    assert Formats(language("en"), dt.UTC).line(line, event_type) == line


def _places(text: str) -> list[str]:
    return [part.partition("}")[0] for part in text.split("{")[1:]]
