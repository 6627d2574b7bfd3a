"""Screenshots of every view on a sample bank, light and dark, in each language: `make screens`.

They go to build/screens, for people to look at; no test compares pictures.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser

from services.api.languages import CODES
from services.console.app import VIEWS
from tests.browser import chromium
from tests.console.site import sample_site

FOLDER = Path("build/screens")
CUSTOMERS, SEED = 1_000, 2026
MORE = (
    ("figure", "/console/figures/nps?by=channel_id"),
    ("rows", "/console/figures/sales/rows?where=category%3Dloan"),
    ("ledger", "/console/ledgers/sales?sort=-amount_minor"),
    ("arrivals", "/console/audit/arrivals"),
    ("quarantine", "/console/audit/quarantine"),
    ("rebuilds", "/console/audit/rebuilds"),
    ("rules", "/console/risk/rules"),
    ("rule", "/console/risk/rules/R-SUIT-01"),
)
"""Pages below the views, by name."""

FIRST = (
    ("customer", "/console/customers?sort=-open_complaints", "/console/customers/"),
    ("case", "/console/complaints", "/console/complaints/desk."),
    ("signal", "/console/risk?rule=R-SUIT-01", "/console/risk/signals?"),
    ("product", "/console/products", "/console/products/"),
    ("person", "/console/people", "/console/people/"),
    ("refused", "/console/audit/quarantine", "/console/audit/quarantine/"),
)
"""Pages of one thing: by name, the list it is taken from, and how its address begins."""


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    pages = [*((view.name, view.path) for view in VIEWS), *MORE]
    with sample_site(CUSTOMERS, SEED) as (address, _), chromium() as browser:
        pages += [(name, _first(browser, address, path, begins)) for name, path, begins in FIRST]
        for code in CODES:
            for look in ("light", "dark"):
                context = browser.new_context(viewport={"width": 1360, "height": 900})
                page = context.new_page()
                for name, path in pages:
                    mark = "&" if "?" in path else "?"
                    page.goto(f"{address}{path}{mark}lang={code}&theme={look}")
                    page.screenshot(path=FOLDER / f"{name}-{code}-{look}.png", full_page=True)
                context.close()
    sys.stdout.write(f"screens are in {FOLDER}\n")


def _first(browser: Browser, address: str, path: str, begins: str) -> str:
    """The address of the first thing on a list."""
    page = browser.new_page()
    page.goto(f"{address}{path}")
    found = page.locator(f'main a[href^="{begins}"]').first.get_attribute("href")
    page.close()
    assert found, f"nothing on {path}"
    return found


if __name__ == "__main__":
    main()
