"""Complaints on screen: the board, why a clock is due then, deciding on a form, and who else was hit."""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from services.console.command_form import fields_of
from services.console.language import language
from services.desks.complaints.declaration import COMPLAINTS
from services.store.queries.behind_complaint import other_buyers, sales_behind
from services.store.queries.clocks import queue
from services.store.queries.complaint_board import BoardFilter, board_lines, headline
from services.store.queries.register import affected, latest_complaints, systemic_issue
from services.store.queries.root_causes import coded_share
from tests.console.conftest import Site
from tests.console.person import Person

LANGUAGES = ("en", "zh-Hans", "zh-Hant")


@contextmanager
def handler(browser: Browser, site: Site, employee: str = "demo:emp-25") -> Iterator[Person]:
    """A complaint handler at a browser."""
    headers = {"Daybook-Actor": employee, "Daybook-Roles": "complaint_handler,team_lead"}
    context = browser.new_context(
        locale="en-GB", extra_http_headers=headers, viewport={"width": 1360, "height": 900}
    )
    try:
        yield Person(context.new_page(), site)
    finally:
        context.close()


def most_urgent(site: Site, place: int = 0) -> str:
    with site.system.reading() as (connection, schema):
        return queue(connection, schema, site.system.clock())[place].complaint_id


def test_the_most_urgent_complaint_says_why_it_is_due_then(browser: Browser, site: Site) -> None:
    with site.system.reading() as (connection, schema):
        first = queue(connection, schema, site.system.clock())[0]
    with handler(browser, site) as somebody:
        page = somebody.opens("/console/complaints")
        page.locator("#board tbody tr").first.get_by_role("link").first.click()
        expect(page).to_have_url(re.compile(re.escape(first.complaint_id)))
        clocks = page.locator("#clocks")
        expect(clocks).to_contain_text(f"under {first.line.clock.pack}")
        expect(clocks.locator("dt", has_text="Time allowed").first).to_be_visible()
        expect(clocks.locator("dt", has_text="So it is due").first).to_be_visible()
        due = first.next_due_at.isoformat(timespec="seconds")
        expect(clocks.locator(f'time[datetime="{due}"]').first).to_be_visible()
        expect(clocks).to_contain_text("Next required step")
        somebody.finds_it_accessible()
        somebody.is_well()


def test_the_tiles_count_what_they_lead_to(browser: Browser, site: Site) -> None:
    now = site.system.clock()
    with site.system.reading() as (connection, schema):
        numbers = headline(connection, schema, now, BoardFilter())
    with handler(browser, site) as somebody:
        page = somebody.opens("/console/complaints")
        tile = page.locator("#tiles a", has_text="Past due")
        expect(tile.locator(".number")).to_have_text(str(numbers.late))
        tile.click()
        expect(page.locator("#board tbody tr")).to_have_count(numbers.late)
        page.get_by_label("Handler").select_option("nobody")
        expect(page).to_have_url(re.compile("handler=nobody"))
        somebody.is_well()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["", "/register", "/root-causes", "/systemic-issues"])
def test_each_page_is_well_in_each_language(browser: Browser, site: Site, path: str, language: str) -> None:
    with handler(browser, site) as somebody:
        page = somebody.opens(f"/console/complaints{path}?lang={language}")
        expect(page.locator("nav.tabs a[aria-current]")).to_have_count(1)
        somebody.finds_it_accessible()
        somebody.is_well()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_case_with_an_open_form_is_well_in_each_language(
    browser: Browser, site: Site, language: str
) -> None:
    with handler(browser, site) as somebody:
        page = somebody.opens(f"/console/complaints/{most_urgent(site)}?do=triage&lang={language}")
        expect(page.locator("#action form")).to_be_visible()
        somebody.finds_it_accessible()
        somebody.is_well()


def test_an_action_is_carried_out_once_and_said(browser: Browser, site: Site) -> None:
    case = most_urgent(site, 1)
    before = site.system.desks.complaints.read(case).version
    with handler(browser, site) as somebody:
        page = somebody.opens(f"/console/complaints/{case}")
        page.get_by_role("link", name="Escalate").click()
        page.locator("#action").get_by_label("to", exact=False).first.select_option("manager")
        page.locator("#action").get_by_label("reason").fill("a decision beyond my limits")
        sent = {
            name: page.locator(f"#action input[name={name}]").input_value()
            for name in ("version", "command_id")
        }
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("status")).to_contain_text("escalated")
        again = page.request.post(
            f"{site.address}/console/complaints/{case}/escalate",
            form={**sent, "to": "manager", "reason": "a decision beyond my limits"},
            headers={"Origin": site.address},
        )
        assert again.ok
        assert site.system.desks.complaints.read(case).version == before + 1
        somebody.finds_it_accessible()
        somebody.is_well()


def test_what_was_typed_outlives_a_rule_and_a_quicker_colleague(browser: Browser, site: Site) -> None:
    case = most_urgent(site, 2)
    desk = site.system.desks.complaints
    with handler(browser, site) as somebody:
        page = somebody.opens(f"/console/complaints/{case}?do=assign")
        page.locator("#action").get_by_label("employee").fill("demo:nobody-here")
        page.get_by_role("button", name="Send").click()
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("We know no employee demo:nobody-here")
        expect(alert).to_contain_text("handler-active")
        expect(page.locator("#action").get_by_label("employee")).to_have_value("demo:nobody-here")
        page.goto(f"{site.address}/console/complaints/{case}?do=send-progress-update")
        with handler(browser, site) as quicker:
            other = quicker.opens(f"/console/complaints/{case}?do=send-progress-update")
            other.locator("#action").get_by_label("method").fill("phone")
            other.get_by_role("button", name="Send").click()
            expect(other.get_by_role("status")).to_contain_text("Progress update sent")
        version = desk.read(case).version
        page.locator("#action").get_by_label("method").fill("letter")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("alert")).to_contain_text("Somebody was quicker")
        expect(page.get_by_role("alert")).to_contain_text("Progress update sent")
        expect(page.locator("#action").get_by_label("method")).to_have_value("letter")
        assert desk.read(case).version == version
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("status")).to_contain_text("letter")
        assert desk.read(case).version == version + 1


def test_who_may_not_decide_sees_no_actions(browser: Browser, site: Site) -> None:
    case = most_urgent(site)
    context = browser.new_context(locale="en-GB")
    try:
        page: Page = context.new_page()
        page.goto(f"{site.address}/console/complaints/{case}?do=triage")
        expect(page.locator("#action")).to_have_count(0)
        expect(page.locator("main")).to_contain_text("sign in as an employee")
    finally:
        context.close()


def test_from_a_complaint_to_the_others_who_bought_it(browser: Browser, site: Site) -> None:
    with site.system.reading() as (connection, schema):
        rows = latest_complaints(connection, schema, {}, limit=200)
        row, sale = next(
            (one, found[0])
            for one in rows
            if one.sale_id and (found := sales_behind(connection, schema, one.subject, one.sale_id, None))
        )
        assert sale.product_id is not None
        buyers = other_buyers(
            connection,
            schema,
            product_id=sale.product_id,
            but=row.subject,
            seller_id=None,
            first=None,
            last=None,
            limit=301,
        )
    with handler(browser, site) as somebody:
        page = somebody.opens(f"/console/complaints/{row.complaint_id}")
        page.locator("#sale").get_by_role("link", name="Other customers with").click()
        page.get_by_role("link", name="at any time").click()
        expect(page.locator("tbody tr")).to_have_count(min(len(buyers), 300))
        expect(page.locator(f'a[href$="/console/customers/{buyers[0].customer_id}"]').first).to_be_visible()
        somebody.finds_it_accessible()
        somebody.is_well()


def test_a_systemic_issue_is_declared_and_names_everybody_whom_it_hit(browser: Browser, site: Site) -> None:
    issue = "test:fee-table"
    with site.system.reading() as (connection, schema):
        case, product = next(
            (one.queued.complaint_id, one.product_id)
            for one in board_lines(connection, schema, site.system.clock(), BoardFilter(), 50)
            if one.product_id is not None
            and other_buyers(
                connection,
                schema,
                product_id=one.product_id,
                but=one.queued.subject,
                seller_id=None,
                first=dt.date(2020, 1, 1),
                last=dt.date(2026, 12, 31),
                limit=1,
            )
        )
    with handler(browser, site) as somebody:
        page = somebody.opens(f"/console/complaints/{case}?do=declare-systemic-issue")
        form = page.locator("#action")
        expect(form.locator("[name=product_id]")).to_have_value(product)
        for name, value in {
            "issue_id": issue,
            "scope": "a fee that the contract does not know",
            "sold_from": "2020-01-01",
            "sold_through": "2026-12-31",
        }.items():
            form.locator(f"[name={name}]").fill(value)
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("status")).to_contain_text("Systemic issue declared")
        page.goto(f"{site.address}/console/complaints/systemic-issues")
        page.get_by_role("link", name=issue, exact=True).click()
        expect(page).to_have_url(re.compile(re.escape(urlencode({"id": issue}))))
        with site.system.reading() as (connection, schema):
            hit = affected(connection, schema, systemic_issue(connection, schema, issue)[0])
        expect(page.locator("tbody tr")).to_have_count(len(hit))
        expect(
            page.get_by_role("link", name=hit[0].customer_id.partition(":")[2], exact=True)
        ).to_be_visible()
        somebody.finds_it_accessible()
        somebody.is_well()


def test_root_causes_open_their_complaints(browser: Browser, site: Site) -> None:
    with site.system.reading() as (connection, schema):
        coded = coded_share(connection, schema)
    with handler(browser, site) as somebody:
        page = somebody.opens("/console/complaints/root-causes")
        expect(page.locator(".tile").first).to_contain_text(f"{coded.coded} of {coded.closed}")
        line = page.locator("table").first.locator("tbody tr").first
        number = line.get_by_role("link").inner_text()
        line.get_by_role("link").click()
        expect(page.locator("#register tbody tr")).to_have_count(int(number))
        somebody.is_well()


def test_a_complaint_of_facts_is_adopted(browser: Browser, site: Site) -> None:
    with site.system.reading() as (connection, schema):
        rows = latest_complaints(connection, schema, {"state": "open"}, limit=200)
        every = latest_complaints(connection, schema, {}, limit=200)
    facts = [one for one in (*rows, *every) if not one.adopted and one.complaint_id.startswith("demo:")]
    assert facts, "the demo has complaints that came in as facts"
    with handler(browser, site) as somebody:
        page = somebody.opens(f"/console/complaints/{facts[0].complaint_id}")
        expect(page.locator("main")).to_contain_text("Only facts so far")
        page.get_by_role("button", name="Adopt this complaint").click()
        expect(page.get_by_role("status")).to_contain_text("adopted")
        expect(page.locator("#actions")).to_be_visible()
        somebody.is_well()


@pytest.mark.parametrize("code", LANGUAGES[1:])
def test_every_action_of_the_desk_has_a_name_and_a_sentence_in_chinese(code: str) -> None:
    said = language(code).messages
    for name, decision in COMPLAINTS.decisions.items():
        assert decision.about in said
        assert decision.opens or f"word:do:{name}" in said
        for field in fields_of(decision.command, {}) if not decision.opens else ():
            assert f"column:{field.label.removesuffix('_minor')}" in said, field.name
