"""One played bank and one browser for all tests of screens; each test has a browser profile of its own."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser

from services.bootstrap import System
from tests.browser import chromium
from tests.console.site import sample_site


class Site(NamedTuple):
    """A served console: its address, and the system behind it."""

    address: str
    system: System


@pytest.fixture(scope="package")
def site() -> Iterator[Site]:
    with sample_site() as (address, system):
        yield Site(address, system)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found
