"""The reason of a due time that a signal keeps in English is said in the reader's language."""

import datetime as dt
import re

import pytest

from services.console.formats import Formats
from services.console.language import language
from services.console.reason_words import reason_said
from tests.console.conftest import Site
from tests.console.test_risk import signals_of

CLOCK_ALARMS = "R-CMPL-03"


def said(text: str, code: str = "zh-Hans") -> str | None:
    return reason_said(text, language(code), Formats(language(code), dt.UTC))


@pytest.mark.parametrize(
    "text, chinese",
    [
        (
            "15 calendar days after receipt on 2026-11-11, end on 2026-11-26; cn_nfra 2020-03",
            "自2026年11月11日收到投诉起 15 个自然日，至2026年11月26日止；cn_nfra 2020-03",
        ),
        (
            "1 business day after receipt out of hours on 2026-05-04, "
            "end on close of business on 2026-05-05, by calendar AU 2026-11; au_rg271 2021-10",
            "收到投诉在办公时间外，自2026年5月4日起 1 个工作日，至2026年5月5日营业结束止，"
            "按日历 AU 2026-11；au_rg271 2021-10",
        ),
        (
            "15 calendar days after being passed on to us on 2026-01-19, extended as complex or "
            "especially_complex to 2026-02-18, then extended by head_office to 2026-03-18; cn_nfra 2020-03",
            "自2026年1月19日转交我方起 15 个自然日，因复杂 / 特别复杂延长至2026年2月18日，"
            "经总部延长至2026年3月18日；cn_nfra 2020-03",
        ),
        (
            "8 weeks after receipt on 2026-05-04, not counting 2026-05-16 to further notice "
            "(waiting for information); uk_disp 2018-01",
            "自2026年5月4日收到投诉起 8 周，不计2026年5月16日至另行通知（等待补充资料）；uk_disp 2018-01",
        ),
    ],
)
def test_every_clause_of_a_reason_is_said(text: str, chinese: str) -> None:
    assert said(text) == chinese


@pytest.mark.parametrize(
    "text", ["licence expired", "30 fortnights after receipt on 2026-05-04; x", "a; b", ""]
)
def test_what_is_no_reason_stays_as_it_is(text: str) -> None:
    assert said(text) is None


def test_english_reads_the_signal_as_it_was_written() -> None:
    assert said("8 weeks after receipt on 2026-05-04, end on 2026-06-29; uk_disp 2018-01", "en") is None


def test_every_reason_of_the_sample_bank_is_said_in_chinese(site: Site) -> None:
    reasons = {dict(one.inputs)["reason"] for one in signals_of(site.system, CLOCK_ALARMS)}
    assert len(reasons) > 10
    assert [text for text in reasons if re.search("[a-z] [a-z]", said(text) or "not said")] == []
