"""The customer as people look: the card, what was known on the day of a sale, personal data for a purpose."""

import re

from playwright.sync_api import Browser, expect

from tests.console.conftest import Site
from tests.console.person import person


def _buyer(site: Site) -> tuple[str, str]:
    """A customer with a sale, and the sale's id."""
    with site.system.reading() as (connection, schema):
        row = connection.execute(
            f"SELECT subject, sale_id FROM {schema}.sales WHERE starts_with(subject, 'customer/') "
            "AND confirmed_on IS NOT NULL ORDER BY confirmed_on DESC, sale_id LIMIT 1".encode()
        ).fetchone()
    assert row is not None
    return row[0].removeprefix("customer/"), row[1]


def test_what_was_known_on_the_day_of_a_sale_is_one_click_away(browser: Browser, site: Site) -> None:
    customer, sale = _buyer(site)
    with person(browser, site) as somebody:
        page = somebody.opens("/console/customers")
        somebody.finds_it_accessible()
        page.get_by_role("searchbox").fill(customer)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"/console/customers/{customer}"))
        somebody.finds_it_accessible()
        line = page.get_by_role("row").filter(has=page.locator(f'a[title="{sale}"]'))
        line.get_by_role("link", name="what we knew that day").click()
        expect(page.locator(".note.warn")).to_contain_text("You look at the past")
        somebody.finds_it_accessible()
        somebody.is_well()


def test_personal_data_is_shown_for_a_purpose_and_the_journal_knows(browser: Browser, site: Site) -> None:
    customer, _ = _buyer(site)
    before = sum(site.system.journal.ends().values())
    with person(browser, site) as somebody:
        page = somebody.opens(f"/console/customers/{customer}")
        expect(page.locator(".masked").first).to_be_visible()
        page.get_by_text("Show with a purpose").click()
        page.get_by_role("button", name="Show, and write down that I looked").click()
        expect(page.get_by_text("that you looked stands in the journal")).to_be_visible()
        somebody.finds_it_accessible()
        somebody.is_well()
    assert sum(site.system.journal.ends().values()) > before


def test_the_timeline_has_every_entry_and_filters(browser: Browser, site: Site) -> None:
    customer, _ = _buyer(site)
    with person(browser, site, language="zh-CN") as somebody:
        page = somebody.opens(f"/console/customers/{customer}/timeline?family=sale")
        expect(page.locator(".timeline li").first).to_be_visible()
        somebody.finds_it_accessible()
        somebody.is_well()


def test_nobody_is_found_by_what_nobody_gave(browser: Browser, site: Site) -> None:
    with person(browser, site) as somebody:
        page = somebody.opens("/console/customers")
        page.get_by_label("Name, number or address").fill("nobody of this name")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_text("Nobody gave this")).to_be_visible()
        assert "nobody" not in page.url
        somebody.is_well()
