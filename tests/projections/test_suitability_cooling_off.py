"""Cooling-off periods and call-backs of five jurisdictions."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from projections.rules import cooling_off
from projections.rules.cooling_off import parse_cooling_off_pack, standing, window
from projections.rules.pack import PackError

TEXT = (Path(cooling_off.__file__).parent / "cooling_off_packs" / "cooling-off-2026-01.yaml").read_text(
    "utf-8"
)
PACK = parse_cooling_off_pack(TEXT)
SHANGHAI = ZoneInfo("Asia/Shanghai")
BEGAN = dt.datetime(2026, 3, 2, 10, 30, tzinfo=SHANGHAI)


def weekdays_of_doha(day: dt.date, count: int) -> dt.date:
    """Sunday to Thursday, no holidays."""
    while count:
        day += dt.timedelta(days=1)
        count -= day.weekday() not in (4, 5)
    return day


def ends(jurisdiction: str, subtype: str) -> tuple[dt.date, dt.datetime]:
    period = PACK.period(jurisdiction, subtype)
    assert period is not None
    return window(period, BEGAN, SHANGHAI, weekdays_of_doha)


@pytest.mark.parametrize(
    ("jurisdiction", "subtype", "until"),
    [
        ("CN", "whole_life", dt.date(2026, 3, 17)),
        ("HK", "whole_life", dt.date(2026, 3, 23)),
        ("GB", "fund", dt.date(2026, 3, 16)),
        ("GB", "pension", dt.date(2026, 4, 1)),
        ("QFC", "whole_life", dt.date(2026, 3, 23)),
    ],
)
def test_days_after_delivery_run_through_the_end_of_the_last_day(
    jurisdiction: str, subtype: str, until: dt.date
) -> None:
    midnight = dt.datetime.combine(until + dt.timedelta(days=1), dt.time(), tzinfo=SHANGHAI)
    assert ends(jurisdiction, subtype) == (until, midnight)


def test_a_private_fund_waits_twenty_four_hours_and_for_the_call_back() -> None:
    period = PACK.period("CN", "private_fund")
    assert period is not None
    until, ends_at = ends("CN", "private_fund")
    assert (until, ends_at) == (dt.date(2026, 3, 3), BEGAN + dt.timedelta(hours=24))
    early, late = ends_at - dt.timedelta(minutes=1), ends_at + dt.timedelta(hours=1)
    assert standing(period, ends_at, early) == "running"
    assert standing(period, ends_at, late) == "waiting_for_callback"
    assert standing(period, ends_at, late, confirmed_at=early) == "waiting_for_callback"
    assert standing(period, ends_at, late, confirmed_at=ends_at) == "over"
    assert standing(period, ends_at, late, confirmed_at=ends_at, doubts=True) == "doubts"


def test_the_call_back_of_a_long_life_policy_lies_inside_the_period() -> None:
    period = PACK.period("CN", "annuity")
    assert period is not None
    _, ends_at = ends("CN", "annuity")
    inside = ends_at - dt.timedelta(days=3)
    assert standing(period, ends_at, inside, confirmed_at=inside) == "running"
    assert standing(period, ends_at, ends_at, confirmed_at=inside) == "over"
    assert standing(period, ends_at, ends_at) == "callback_missed"
    assert standing(period, ends_at, ends_at, confirmed_at=ends_at) == "callback_missed"


def test_a_product_without_a_period_has_none() -> None:
    assert PACK.period("CN", "equity_fund") is None
    assert PACK.period("FR", "whole_life") is None


def test_a_period_states_one_length() -> None:
    with pytest.raises(PackError, match="state one of hours"):
        parse_cooling_off_pack(TEXT.replace("days: 21", "days: 21, hours: 1"))
