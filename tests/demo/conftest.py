"""A bank simulated once a session, large enough for its statistics to show."""

import datetime as dt

import pytest

from services.demo.bank import Bank, build

LAST = dt.date(2026, 6, 30)
CUSTOMERS = 6_000
SEED = 11


@pytest.fixture(scope="session")
def bank() -> Bank:
    """The story of a seed that was not used while the demo was written."""
    return build(CUSTOMERS, SEED, LAST)
