"""From a figure to its rows, from a row to its entries, from an entry to what the journal holds."""

import re

from playwright.sync_api import Browser, expect

from projections.catalogue import FIGURES
from services.store.queries.figures import FigureQuery, read_figure
from tests.console.conftest import Site
from tests.console.person import person


def test_a_number_leads_to_its_rows_and_a_row_to_its_entries(browser: Browser, site: Site) -> None:
    with person(browser, site) as somebody:
        page = somebody.opens("/console/figures")
        somebody.finds_it_accessible()
        page.get_by_role("link", name="Sales", exact=True).click()
        page.get_by_label("By", exact=True).select_option("category")
        expect(page).to_have_url(re.compile("by=category"))
        somebody.finds_it_accessible()
        page.get_by_role("link", name="Rows behind Sales loan").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Rows behind Sales")
        somebody.finds_it_accessible()
        page.get_by_role("link", name="entries").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("One row of sales")
        somebody.finds_it_accessible()
        page.get_by_role("link", name="Sale confirmed").click()
        expect(page.get_by_text("urn:daybook:demo").or_(page.get_by_text("Happened")).first).to_be_visible()
        amount = page.locator("dt", has_text=re.compile("^amount$")).locator("+ dd").inner_text()
        assert re.fullmatch(r"[A-Z]{3} [\d,.]+", amount)
        expect(page.locator(".title p")).to_contain_text(amount)
        page.get_by_text("The record as the journal holds it").click()
        expect(page.locator("pre.json")).to_contain_text('"type": "sale.confirmed"')
        somebody.finds_it_accessible()
        somebody.is_well()


def test_the_page_says_what_the_figure_says(browser: Browser, site: Site) -> None:
    figure = next(one for one in FIGURES if one.name == "sales")
    with site.system.reading() as (connection, schema):
        today = site.system.clock().astimezone(site.system.zone).date()
        lines = read_figure(connection, schema, figure, FigureQuery(("category",)), today)
    with person(browser, site) as somebody:
        page = somebody.opens("/console/figures/sales?by=category")
        for line in lines:
            row = page.get_by_role("row", name=line.dims["category"] or "")
            expect(row.get_by_role("link")).to_have_text(f"{line.estimate.value:,}")
        expect(page.locator("figure.chart svg")).to_be_visible()
        somebody.is_well()


def test_a_ledger_is_filtered_by_its_address_and_paged(browser: Browser, site: Site) -> None:
    with person(browser, site, language="zh-TW") as somebody:
        page = somebody.opens("/console/ledgers/sales?confirmed=true&sort=-amount_minor")
        expect(page.get_by_text("僅")).to_be_visible()
        somebody.finds_it_accessible()
        page.get_by_role("link", name="下一頁").click()
        expect(page).to_have_url(re.compile("cursor="))
        page.go_back()
        expect(page).not_to_have_url(re.compile("cursor="))
        somebody.is_well()
