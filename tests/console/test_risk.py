"""The Risk view: why a sale was flagged, down to the entry; rules in force, filters in the address."""

import datetime as dt
import re

import pytest
from playwright.sync_api import Browser, expect

from events.event_type import EntryRef
from projections.risk import SIGNALS, SignalRow
from services.bootstrap import System
from services.console.rule_books import pieces, rule_of, settings_of, shipped_books
from services.store.queries.rows import Filter, PageQuery, ledger_page, row_of
from services.store.queries.signals import evidence_entries, signals_naming
from services.store.scope import scoped
from services.watch.packs import load_pack
from tests.console.conftest import Site
from tests.console.person import person

FLAGGED_SALES = "R-SUIT-01"


def signals_of(system: System, rule: str) -> list[SignalRow]:
    """The signals of a rule in the order of the view, by the system's own query."""
    with system.read_pool.connection() as connection, scoped(connection, None):
        schema = system.generation(connection).schema
        asked = PageQuery((Filter("rule", "is", (rule,)),), "-detected_on", limit=500)
        page = ledger_page(connection, schema, SIGNALS, asked)
    found = [row_of(SIGNALS, row) for row in page.rows]
    return [row for row in found if isinstance(row, SignalRow)]


def test_a_newcomer_finds_why_a_sale_was_flagged_down_to_the_entry(browser: Browser, site: Site) -> None:
    signal = signals_of(site.system, FLAGGED_SALES)[0]
    inputs = dict(signal.inputs)
    with person(browser, site) as somebody:
        page = somebody.opens("/console/risk")
        page.get_by_label("Rule", exact=True).select_option(FLAGGED_SALES)
        expect(page).to_have_url(re.compile(f"rule={FLAGGED_SALES}"))
        page.locator("#signals tbody tr").first.get_by_role("link").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Product riskier than the customer's grade")
        expect(page.locator(".note strong").first).to_have_text(inputs["risk_level"])
        somebody.finds_it_accessible()
        page.get_by_role("link", name="Sale confirmed").first.click()
        expect(page).to_have_url(re.compile(r"/console/entries/\d+/\d+/\d+"))
        expect(page.locator("main")).to_contain_text(inputs["product"])
        somebody.is_well()


def test_from_a_sale_to_the_signals_that_name_it(browser: Browser, site: Site) -> None:
    signal = signals_of(site.system, FLAGGED_SALES)[0]
    with person(browser, site) as somebody:
        page = somebody.opens(f"/console/risk/signals?subject={signal.subject}&signal_id={signal.signal_id}")
        page.get_by_role("link", name=re.compile("The sale")).first.click()
        page.get_by_role("link", name="Risk signals of it").first.click()
        expect(page.locator("tbody")).to_contain_text(FLAGGED_SALES)
        somebody.is_well()


def test_evidence_is_found_by_name_and_names_its_signals(site: Site) -> None:
    system = site.system
    signal = signals_of(system, FLAGGED_SALES)[0]
    with system.read_pool.connection() as connection, scoped(connection, None):
        schema = system.generation(connection).schema
        unknown = EntryRef("urn:nobody", "nothing")
        named = evidence_entries(connection, schema, system.journal.volume, (*signal.evidence, unknown))
        naming = signals_naming(connection, schema, signal.subject, signal.evidence[-1:])
    assert [one.ref for one in named] == [*signal.evidence, unknown]
    assert [one.position is None for one in named] == [*(False for _ in signal.evidence), True]
    assert signal.signal_id in [one.signal_id for one in naming]


def test_the_list_is_as_long_as_the_query_says(browser: Browser, site: Site) -> None:
    found = signals_of(site.system, "R-CONT-01")
    with person(browser, site) as somebody:
        page = somebody.opens("/console/risk?rule=R-CONT-01")
        expect(page.locator("#signals tbody tr")).to_have_count(min(len(found), 30))
        page = somebody.opens("/console/risk?rule=R-CONT-01&severity=low")
        expect(page.locator("#signals")).to_contain_text("No signal fits these filters.")
        somebody.is_well()


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_rules_are_well_in_each_language(browser: Browser, site: Site, language: str) -> None:
    signal = signals_of(site.system, FLAGGED_SALES)[0]
    with person(browser, site) as somebody:
        for path in (
            "/console/risk/rules?",
            f"/console/risk/rules/{FLAGGED_SALES}?",
            f"/console/risk/signals?subject={signal.subject}&signal_id={signal.signal_id}&",
        ):
            page = somebody.opens(f"{path}lang={language}")
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            somebody.finds_it_accessible()
        somebody.is_well()


def test_a_sentence_tells_its_words_from_the_values_put_in() -> None:
    rule = load_pack().rules["R-PROD-01"]
    said = pieces(rule.text.en, {"product": "bank:p3", "sold_on": "2026-05-04"})
    assert "".join(one.text for one in said) == (
        "Product bank:p3 was sold on 2026-05-04, when it was {status}."
    )
    assert [one.input for one in said if one.input] == ["product", "sold_on", "status"]


def test_a_rule_of_another_text_is_not_shown_as_the_signals_own() -> None:
    pack = load_pack()
    quoted = f"{pack.name} {pack.digest[:12]}"
    assert rule_of(pack, "R-PROD-01", quoted, "1") is pack.rules["R-PROD-01"]
    assert rule_of(pack, "R-PROD-01", "bank:other 1 000000000000", "2") is None


def test_thresholds_are_shown_in_words() -> None:
    found = {one.name: one.values for one in settings_of(load_pack().rules["R-SALE-03"])}
    assert ("CNY", ("5000000",)) in found["limits_minor"]
    assert found["parts"] == (("", ("3",)),)


def test_one_version_of_each_pack_governs_a_day() -> None:
    day = dt.date(2026, 5, 4)
    governing = [(one.kind, one.pack) for one in shipped_books() if one.standing(day) == "in_force"]
    assert len(governing) == len(set(governing))
    assert {kind for kind, _ in governing} == {"clocks", "suitability", "cooling_off", "handling"}
