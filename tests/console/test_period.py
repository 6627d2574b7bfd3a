"""The days that views ask for: a year back where nothing is said, and never the wrong way round."""

import datetime as dt

import pytest

from services.console.period import period_of
from services.errors import WrongUse

TODAY = dt.date(2026, 2, 14)


def test_nothing_said_means_the_twelve_months_until_today() -> None:
    assert period_of("", "", TODAY) == (dt.date(2025, 2, 1), TODAY)


def test_days_are_taken_as_said() -> None:
    assert period_of("2026-01-05", "2026-01-09", TODAY) == (dt.date(2026, 1, 5), dt.date(2026, 1, 9))


@pytest.mark.parametrize("start, to", [("2026-02-01", "2026-01-01"), ("yesterday", ""), ("", "2026-13-01")])
def test_days_that_are_none_are_refused_with_a_way_out(start: str, to: str) -> None:
    with pytest.raises(WrongUse):
        period_of(start, to, TODAY)
