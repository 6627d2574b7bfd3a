"""Audit as people do it: is the journal whole, did yesterday arrive, what was refused, is a rebuild equal."""

import re

from playwright.sync_api import Browser, expect

from services.door.quarantine import Case
from tests.console.conftest import Site
from tests.console.person import person

REBUILD_MS = 120_000


def test_the_journal_is_whole_and_says_where_it_stands(browser: Browser, site: Site) -> None:
    with person(browser, site) as somebody:
        before = sum(site.system.journal.ends().values())
        page = somebody.opens("/console/audit")
        expect(page.locator(".note.good")).to_contain_text("The journal is complete")
        shown = page.locator(".tile", has_text="Records").locator(".number").inner_text().replace(",", "")
        assert before <= int(shown) <= sum(site.system.journal.ends().values())
        somebody.finds_it_accessible()
        somebody.is_well()


def test_whether_a_partners_file_arrived_whole(browser: Browser, site: Site) -> None:
    with person(browser, site) as somebody:
        page = somebody.opens("/console/audit")
        page.get_by_role("link", name="Arrivals").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Did all of")
        file = page.get_by_role("row").filter(has_text="urn:demo:partner-north")
        file.get_by_role("link", name=re.compile("last declared")).click()
        file.get_by_text("whole", exact=True).wait_for()
        file.locator("summary").click()
        declared = file.locator("td.n").nth(0).inner_text()
        assert int(declared) > 0
        expect(file.locator("td.n").nth(1)).to_have_text(declared)
        expect(file.get_by_text(re.compile(r": \d+ of \d+")).first).to_be_visible()
        somebody.finds_it_accessible()
        somebody.is_well()


def test_a_refused_record_is_read_for_a_purpose_and_discarded(browser: Browser, site: Site) -> None:
    open_cases: list[Case] = site.system.quarantine.list()
    case = open_cases[0]
    with person(browser, site) as somebody:
        page = somebody.opens("/console/audit/quarantine")
        page.locator(f'a[title="{case.case_id}"]').click()
        expect(page.get_by_text(case.problems[0].reason).first).to_be_visible()
        page.get_by_role("button", name="Show it").click()
        shown = page.locator("pre.json")
        expect(shown).to_be_visible()
        expect(page.get_by_label(re.compile("^The mended record"))).to_have_value(shown.inner_text())
        somebody.finds_it_accessible()
        page.get_by_label("Why it will not be admitted").fill("a broken record of the sample")
        page.get_by_role("button", name="Discard").click()
        expect(page.locator(".note.good")).to_contain_text("discarded")
        somebody.is_well()
    assert site.system.quarantine.get(case.case_id).state == "discarded"


def test_a_rebuild_runs_before_your_eyes_and_comes_equal(browser: Browser, site: Site) -> None:
    with person(browser, site) as somebody:
        page = somebody.opens("/console/audit/rebuilds")
        page.get_by_role("button", name="Rebuild and compare").click()
        expect(page.get_by_text(re.compile(r"All \d+ tables are equal"))).to_be_visible(timeout=REBUILD_MS)
        somebody.finds_it_accessible()
        somebody.is_well()
