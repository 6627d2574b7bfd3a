"""Satisfaction and performance as people see them: the numbers are the figures', and open their rows."""

import re

from playwright.sync_api import Browser, expect

from projections.satisfaction_figures import NPS, RESPONSE_RATE
from services.console.period import period_of
from services.store.queries.figures import FigureQuery, read_figure
from tests.console.conftest import Site
from tests.console.person import person


def test_the_score_on_the_page_is_the_figure_and_opens_its_answers(browser: Browser, site: Site) -> None:
    today = site.system.clock().astimezone(site.system.zone).date()
    days = period_of("", "", today)
    with site.system.reading() as (connection, schema):
        score = read_figure(connection, schema, NPS, FigureQuery((), (), *days), today)[0].estimate
    assert score.value is not None
    with person(browser, site) as somebody:
        page = somebody.opens("/console/satisfaction")
        tile = page.locator("a.tile", has_text=NPS.title)
        expect(tile.locator(".number")).to_have_text(f"{score.value:+.0f}")
        expect(tile.locator(".under")).to_contain_text(f"n = {score.n}")
        tile.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Rows behind {NPS.title}")
        expect(page.get_by_role("link", name="entries").first).to_be_visible()
        somebody.is_well()


def test_a_point_of_a_chart_is_a_link_to_its_rows(browser: Browser, site: Site) -> None:
    with person(browser, site) as somebody:
        page = somebody.opens("/console/satisfaction?by=unit_id")
        sheet = page.locator("section.sheet", has=page.get_by_role("heading", name=RESPONSE_RATE.title))
        point = sheet.locator("svg a").first
        expect(point).to_have_attribute("href", re.compile(r"where=month%3D\d{4}-\d\d"))
        point.focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/console/figures/response_rate/rows"))
        somebody.is_well()


def test_few_answers_are_said_and_not_drawn(browser: Browser, site: Site) -> None:
    with person(browser, site) as somebody:
        page = somebody.opens("/console/satisfaction?by=seller_id")
        expect(page.locator("td .sub", has_text="too few").first).to_be_visible()
        somebody.is_well()


def test_why_the_amount_changed_is_drawn_and_adds_up(browser: Browser, site: Site) -> None:
    with person(browser, site) as somebody:
        page = somebody.opens("/console/performance?by=product_id&against=year_before")
        sheet = page.locator("section.sheet", has=page.get_by_role("heading", name="Why the amount changed"))
        expect(sheet.locator("svg")).to_contain_text("Volume")
        somebody.finds_it_accessible()
        page.get_by_label("Held against").select_option("plan")
        expect(page).to_have_url(re.compile("against=plan"))
        expect(page.get_by_role("heading", name="Plan and actual")).to_be_visible()
        somebody.finds_it_accessible()
        somebody.is_well()
