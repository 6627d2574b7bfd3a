"""The frame of every page: languages, light and dark, keys, problems, nothing from outside."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from services.console.app import VIEWS
from tests.console.conftest import Site
from tests.console.person import person


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_every_view_is_well_in_each_language_and_look(
    browser: Browser, site: Site, language: str, dark: bool
) -> None:
    with person(browser, site, dark=dark) as somebody:
        for view in VIEWS:
            page = somebody.opens(f"{view.path}?lang={language}")
            expect(page.locator("html")).to_have_attribute("lang", language)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            somebody.finds_it_accessible()
        somebody.is_well()


def test_the_first_screen_of_somebody_new(
    browser: Browser, site: Site, record_property: Callable[[str, object], None]
) -> None:
    """Everything that it needs comes from here; how long it took is printed."""
    with person(browser, site) as somebody:
        page = somebody.opens("/console")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        loaded = page.evaluate("() => performance.getEntriesByType('navigation')[0].loadEventEnd")
        files = page.evaluate("() => performance.getEntriesByType('resource').map(one => one.name)")
        somebody.is_well()
    record_property("measured", f"first screen after {loaded:.0f} ms, {len(files)} files")
    assert files
    assert all(name.startswith(site.address) for name in files)


def test_the_first_page_keeps_the_language_that_its_address_asks_for(browser: Browser, site: Site) -> None:
    with person(browser, site) as somebody:
        page = somebody.opens("/console?lang=zh-Hant")
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hant")
        somebody.is_well()


def test_a_day_in_a_chinese_table_stays_on_its_line(browser: Browser, site: Site) -> None:
    with person(browser, site) as somebody:
        page = somebody.opens("/console/ledgers/sales?lang=zh-Hans")
        day = page.locator("td", has_text=re.compile("^20..年.{1,2}月.{1,2}日$")).first
        count = "one => { const all = document.createRange(); all.selectNodeContents(one); "
        assert day.evaluate(count + "return all.getClientRects().length }") == 1
        somebody.is_well()


def test_a_language_that_was_chosen_stays(browser: Browser, site: Site) -> None:
    with person(browser, site) as somebody:
        page = somebody.opens("/console/complaints")
        page.get_by_role("link", name="简体中文").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("按时限排列的投诉")
        page.goto(f"{site.address}/console/figures")
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        somebody.is_well()


def test_a_key_leads_to_the_search(browser: Browser, site: Site) -> None:
    with person(browser, site) as somebody:
        page = somebody.opens("/console/figures")
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        somebody.is_well()


def test_what_is_not_there_is_said_with_a_way_out(browser: Browser, site: Site) -> None:
    with person(browser, site) as somebody:
        page = somebody.opens("/console/figures/no-such-figure")
        expect(page.locator(".note")).to_contain_text("there is no figure 'no-such-figure'")
        expect(page.get_by_role("link", name="Back to the start")).to_be_visible()
        somebody.finds_it_accessible()
        assert [re.sub(r" for .*", "", one) for one in somebody.wrong if "for http" in one] == ["404"]


def test_no_script_or_style_stands_in_a_page(browser: Browser, site: Site) -> None:
    with person(browser, site) as somebody:
        page = somebody.opens("/console/figures/nps?by=channel_id")
        assert page.locator("script:not([src]), style, [style], [onclick], [onload]").count() == 0
        policy = page.request.get(page.url).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        somebody.is_well()
