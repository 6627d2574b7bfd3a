"""Ledger views: products, channels, people and units by declaration; as of a day; names stay sealed."""

import datetime as dt
import re

import pytest
from playwright.sync_api import Browser, expect

from projections.people import EMPLOYEES, EmployeeRow, Place
from projections.products import PRODUCTS, ProductRow
from projections.steps import Dated
from services.bootstrap import System
from services.console.ledger_view import LedgerView, as_it_was
from services.console.views import channels, people, products
from services.store.queries.rows import PageQuery, ledger_page, row_of
from services.store.scope import scoped
from tests.console.conftest import Site
from tests.console.person import person

DECLARED = (products.DECLARED, channels.DECLARED, people.EMPLOYEES_DECLARED, people.UNITS_DECLARED)


def rows_of(system: System, declared: LedgerView) -> list[object]:
    """All rows of a declaration's ledger, by the system's own query."""
    with system.read_pool.connection() as connection, scoped(connection, None):
        schema = system.generation(connection).schema
        page = ledger_page(connection, schema, declared.ledger, PageQuery(limit=500))
    return [row_of(declared.ledger, row) for row in page.rows]


@pytest.mark.parametrize("declared", DECLARED, ids=[one.name for one in DECLARED])
@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_a_list_leads_to_each_subject(
    browser: Browser, site: Site, declared: LedgerView, language: str
) -> None:
    with person(browser, site) as somebody:
        page = somebody.opens(f"{declared.path}?lang={language}")
        expect(page.locator("tbody tr")).to_have_count(min(len(rows_of(site.system, declared)), 50))
        page.locator("tbody tr").first.get_by_role("link").first.click()
        expect(page.locator(".crumbs")).to_be_visible()
        somebody.finds_it_accessible()
        somebody.is_well()


def test_a_product_is_shown_as_it_was_on_a_day(browser: Browser, site: Site) -> None:
    found = [row for row in rows_of(site.system, products.DECLARED) if isinstance(row, ProductRow)]
    gone = next(row for row in found if row.status == "withdrawn")
    since = gone.statuses[-1].since
    assert since is not None
    before = since - dt.timedelta(days=1)
    with person(browser, site) as somebody:
        page = somebody.opens(f"/console/products?as_of={before}&status=on_sale")
        expect(page.locator("tbody")).to_contain_text(str(gone.name))
        page.get_by_role("link", name=str(gone.name), exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(str(gone.name))
        expect(page.locator(".facts .badge").first).to_have_text("on sale")
        page.get_by_role("link", name="Today").click()
        expect(page.locator(".facts .badge").first).to_have_text("withdrawn")
        somebody.is_well()


def test_a_list_is_searched_by_name_or_id(browser: Browser, site: Site) -> None:
    found = [row for row in rows_of(site.system, products.DECLARED) if isinstance(row, ProductRow)]
    one = found[0]
    with person(browser, site) as somebody:
        page = somebody.opens("/console/products")
        page.get_by_label("Name or id begins with").fill(str(one.name))
        page.get_by_role("button", name="Apply").click()
        expect(page.locator("tbody tr")).to_have_count(1)
        page = somebody.opens(f"/console/products?q={str(one.product_id).partition(':')[2]}")
        expect(page.locator("tbody")).to_contain_text(str(one.name))
        page = somebody.opens("/console/products?q=100%25")
        expect(page.locator("main")).to_contain_text("Nothing fits.")
        somebody.is_well()


def test_a_tile_opens_the_rows_of_its_figure(browser: Browser, site: Site) -> None:
    found = [row for row in rows_of(site.system, products.DECLARED) if isinstance(row, ProductRow)]
    with person(browser, site) as somebody:
        page = somebody.opens(f"/console/products/{found[0].product_id}")
        page.locator("a.tile").first.click()
        expect(page).to_have_url(re.compile("/console/figures/sales/rows"))
        somebody.is_well()


def test_names_of_staff_are_masked(browser: Browser, site: Site) -> None:
    found = [row for row in rows_of(site.system, people.EMPLOYEES_DECLARED) if isinstance(row, EmployeeRow)]
    one = next(row for row in found if row.name is not None)
    with person(browser, site) as somebody:
        page = somebody.opens(f"/console/people/{one.employee_id}")
        expect(page.locator(".facts .masked")).to_have_text("•••")
        assert str(one.name) not in page.content()
        somebody.is_well()


def test_dated_columns_are_those_of_the_day() -> None:
    row = ProductRow(
        "product/bank:p",
        product_id="bank:p",
        registered_on=dt.date(2026, 1, 1),
        status="withdrawn",
        statuses=(Dated(dt.date(2026, 1, 1), "on_sale"), Dated(dt.date(2026, 6, 1), "withdrawn")),
        risk_level="R4",
        risk_levels=(Dated(dt.date(2026, 1, 1), "R2"), Dated(dt.date(2026, 3, 1), "R4")),
    )
    on = as_it_was(products.DECLARED, row, dt.date(2026, 2, 1))
    assert on is not None
    assert (on["status"], on["risk_level"]) == ("on_sale", "R2")
    assert as_it_was(products.DECLARED, row, dt.date(2025, 12, 31)) is None
    now = as_it_was(products.DECLARED, row, None)
    assert now is not None
    assert now["status"] == "withdrawn"


def test_a_role_that_a_later_place_leaves_open_goes_on() -> None:
    row = EmployeeRow(
        "employee/bank:e",
        employee_id="bank:e",
        places=(
            Place(dt.date(2026, 1, 1), "bank:u1", "adviser"),
            Place(dt.date(2026, 3, 1), "bank:u2"),
        ),
    )
    on = as_it_was(people.EMPLOYEES_DECLARED, row, dt.date(2026, 4, 1))
    assert on is not None
    assert (on["unit_id"], on["role"]) == ("bank:u2", "adviser")


def test_what_is_declared_stands_in_the_ledgers() -> None:
    for declared in DECLARED:
        columns = set(declared.ledger.columns)
        assert {*declared.columns, *declared.filters} <= columns, declared.name
        assert {one.column for one in declared.histories} <= columns, declared.name
        assert {one.column for one in declared.in_force} <= columns, declared.name
        assert declared.titled_by not in declared.sealed, declared.name
        for tile in declared.tiles:
            assert tile.by in tile.figure.by, f"{declared.name}: {tile.figure.name}"
    assert products.DECLARED.ledger is PRODUCTS
    assert people.EMPLOYEES_DECLARED.ledger is EMPLOYEES
