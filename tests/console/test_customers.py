"""The customer as people look: the card, what was known on the day of a sale, personal data for a purpose."""

import re

from playwright.sync_api import Browser, expect

from projections.customer_records import HOLDINGS
from services.store.queries.rows import PageQuery, ledger_page
from services.store.scope import scoped
from services.store.timeline import TimelineFilter, timeline, timeline_choices
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


def test_the_timeline_is_filtered_and_its_state_is_in_the_address(browser: Browser, site: Site) -> None:
    customer, _ = _buyer(site)
    subject = f"customer/{customer}"
    with site.system.reading() as (connection, schema):
        sales = timeline(connection, schema, subject, wanted=TimelineFilter(type="sale"))
        every = timeline(connection, schema, subject)
    assert 0 < len(sales) < len(every)
    with person(browser, site) as somebody:
        page = somebody.opens(f"/console/customers/{customer}/timeline")
        expect(page.locator(".timeline li")).to_have_count(min(len(every), 100))
        page.get_by_label("Only").select_option("sale")
        expect(page.locator(".timeline li")).to_have_count(len(sales))
        expect(page).to_have_url(re.compile("type=sale"))
        page.go_back()
        expect(page.locator(".timeline li")).to_have_count(min(len(every), 100))
        day = every[-1].occurred_on
        assert day is not None
        page.get_by_label("From", exact=True).fill(day.isoformat())
        expect(page).to_have_url(re.compile(f"from={day.isoformat()}"))
        expect(page.get_by_label("Only")).to_have_value("")
        expect(page.locator(".timeline li .when").first).to_be_visible()
        somebody.finds_it_accessible()
        somebody.is_well()
    with person(browser, site, language="zh-CN") as somebody:
        page = somebody.opens(f"/console/customers/{customer}/timeline?type=sale&order=oldest")
        expect(page.locator(".timeline li")).to_have_count(len(sales))
        somebody.finds_it_accessible()
        somebody.is_well()


def test_the_list_is_filtered(browser: Browser, site: Site) -> None:
    with site.system.reading() as (connection, schema):
        rows = connection.execute(
            f"SELECT grade, count(*) FROM {schema}.customers WHERE grade IS NOT NULL GROUP BY grade "
            "HAVING count(*) < 50 ORDER BY 2 DESC, 1 LIMIT 1".encode()
        ).fetchall()
        waiting = connection.execute(
            f"SELECT count(*) FROM {schema}.customers WHERE open_complaints > 0".encode()
        ).fetchall()
    grade, number = rows[0]
    with person(browser, site) as somebody:
        page = somebody.opens("/console/customers")
        page.get_by_label("Grade").select_option(grade)
        expect(page.locator("tbody tr")).to_have_count(number)
        expect(page.get_by_role("link", name="All as CSV")).to_have_attribute(
            "href", re.compile(f"grade={grade}.*format=csv")
        )
        somebody.finds_it_accessible()
        page = somebody.opens("/console/customers?open=1")
        expect(page.locator("tbody tr")).to_have_count(min(waiting[0][0], 50))
        somebody.is_well()


def test_the_slider_goes_through_the_days_on_which_something_happened(browser: Browser, site: Site) -> None:
    customer, _ = _buyer(site)
    with site.system.reading() as (connection, schema):
        days = timeline_choices(connection, schema, f"customer/{customer}").days
    with person(browser, site) as somebody:
        page = somebody.opens(f"/console/customers/{customer}")
        slider = page.get_by_role("slider")
        expect(slider).to_have_attribute("max", str(len(days) - 1))
        slider.focus()
        page.keyboard.press("ArrowLeft")
        expect(page).to_have_url(re.compile(f"as_of={days[-2].isoformat()}"))
        expect(page.locator(".note.warn")).to_contain_text("You look at the past")
        page.go_back()
        expect(page.locator(".note.warn")).to_have_count(0)
        somebody.is_well()


def test_answers_over_time_are_points_that_open_their_rows(browser: Browser, site: Site) -> None:
    with site.system.reading() as (connection, schema):
        subjects = connection.execute(
            f"SELECT subject FROM {schema}.responses WHERE answered AND starts_with(subject, 'customer/') "
            "GROUP BY subject HAVING count(DISTINCT answered_on) > 1 ORDER BY count(*) DESC, subject LIMIT 1"
            "".encode()
        ).fetchall()
    assert subjects, "the sample has somebody who answered twice"
    with person(browser, site) as somebody:
        page = somebody.opens(f"/console/customers/{subjects[0][0].removeprefix('customer/')}")
        points = page.locator(".chart svg a")
        expect(points.first).to_be_visible()
        points.first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("One row of")
        somebody.is_well()


def test_nobody_is_found_by_what_nobody_gave(browser: Browser, site: Site) -> None:
    with person(browser, site) as somebody:
        page = somebody.opens("/console/customers")
        page.get_by_label("Name, number or address").fill("nobody of this name")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_text("Nobody gave this")).to_be_visible()
        assert "nobody" not in page.url
        somebody.is_well()


def test_a_timeline_writes_amounts_with_their_currency(browser: Browser, site: Site) -> None:
    with site.system.read_pool.connection() as connection, scoped(connection, None):
        schema = site.system.generation(connection).schema
        row = ledger_page(connection, schema, HOLDINGS, PageQuery(limit=1)).rows[0]
    with person(browser, site) as somebody:
        page = somebody.opens(f"/console/{row['subject'].replace('customer/', 'customers/')}/timeline")
        lines = page.locator(".timeline")
        expect(lines).to_contain_text(re.compile(r"[A-Z]{3} [\d,]+"))
        expect(lines).not_to_contain_text(re.compile(r"\b\d{4,} · [A-Z]{3}\b"))
        somebody.is_well()
