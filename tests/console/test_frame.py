"""The frame of every page: languages, light and dark, keys, nothing from outside."""

import re

from playwright.sync_api import Browser, expect

from tests.console.conftest import Site
from tests.console.person import person


def test_the_board_is_the_first_thing_and_well(browser: Browser, site: Site) -> None:
    with person(browser, site) as somebody:
        page = somebody.opens("/console/complaints")
        expect(page.get_by_role("heading", level=1)).to_have_text("Complaints by clock")
        first = page.locator("#board tbody tr").first
        expect(first.locator(".left")).to_have_text(re.compile("late by|left"))
        somebody.finds_it_accessible()
        somebody.is_well()
