"""Signing in as people do, with the local issuer: each role sees its menu and no more; leaving ends it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from services.bootstrap import System
from services.config import Settings
from services.console.app import create_site
from tests.console.conftest import Site
from tests.console.person import person
from tests.console.site import free_socket, serving
from tests.data_folder import folder_for_servers


@pytest.fixture(scope="module")
def guarded() -> Iterator[Site]:
    """A site without a bank, behind the local issuer."""
    with folder_for_servers(in_memory=True) as folder:
        system = System(Settings(data=folder))
        try:
            with serving(create_site(system, loops=True), free_socket()) as address:
                yield Site(address, system)
        finally:
            system.close()


def test_a_deep_link_waits_behind_the_sign_in(browser: Browser, guarded: Site) -> None:
    with person(browser, guarded) as somebody:
        page = somebody.opens("/console/complaints?handler=bank:h1")
        expect(page).to_have_title("Who are you today? · Daybook")
        somebody.finds_it_accessible()
        page.get_by_role("button", name="Complaint handler").click()
        expect(page).to_have_url(f"{guarded.address}/console/complaints?handler=bank:h1")
        menu = page.get_by_role("navigation", name="Views")
        expect(menu.get_by_role("link", name="Risk")).to_have_count(0)
        page.get_by_role("button", name="Sign out").click()
        page.goto(f"{guarded.address}/console/complaints")
        expect(page).to_have_title("Who are you today? · Daybook")
        somebody.is_well()


def test_a_role_that_may_not_is_told_so(browser: Browser, guarded: Site) -> None:
    with person(browser, guarded) as somebody:
        page = somebody.opens("/console/figures")
        page.get_by_role("button", name="Complaint handler").click()
        page.goto(f"{guarded.address}/console/risk")
        expect(page.get_by_role("heading", level=1)).to_have_text("Your role does not show this")
        assert [one[:3] for one in somebody.wrong if " for http" in one] == ["403"]


@pytest.mark.parametrize(
    "accepted, code, asks",
    [("zh-CN", "zh-Hans", "您今天以谁的身份登录？"), ("zh-HK", "zh-Hant", "您今天以誰的身份登入？")],
)
def test_the_issuer_asks_in_the_browsers_language(
    browser: Browser, guarded: Site, accepted: str, code: str, asks: str
) -> None:
    with person(browser, guarded, language=accepted) as somebody:
        page = somebody.opens("/console")
        expect(page.get_by_role("heading", level=1)).to_have_text(asks)
        expect(page.locator("html")).to_have_attribute("lang", code)
        somebody.finds_it_accessible()
        somebody.is_well()
