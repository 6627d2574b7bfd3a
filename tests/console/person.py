"""A person at a browser: goes to pages and notes everything that a good page never does.

Errors on the browser's console, answers of 400 and more that were not asked for, requests to anywhere else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

from tests.console.conftest import Site

WAIT_MS = 20_000
SERIOUS = ("serious", "critical")


class Person:
    """A browser tab, and what went wrong in it."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page = page
        self.site = site
        self.wrong: list[str] = []
        page.set_default_timeout(WAIT_MS)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.wrong.append(f"error on {page.url}: {error}"))
        page.on("request", self._asked)
        page.on("response", self._answered)

    def opens(self, path: str) -> Page:
        """Go to an address of the site."""
        self.page.goto(f"{self.site.address}{path}")
        return self.page

    def is_well(self) -> None:
        """Nothing went wrong so far."""
        assert self.wrong == []

    def finds_it_accessible(self) -> None:
        """axe-core finds nothing serious on the page as it stands."""
        found = Axe().run(self.page).response["violations"]
        serious = [
            f"{one['id']}: {one['help']} · {one['nodes'][0]['html'][:200]}"
            for one in found
            if one["impact"] in SERIOUS
        ]
        assert serious == []

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"console on {self.page.url}: {message.text}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).scheme in ("http", "https") and not request.url.startswith(
            self.site.address
        ):
            self.wrong.append(f"a request to the outside: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.wrong.append(f"{response.status} for {response.url}")


@contextmanager
def person(browser: Browser, site: Site, *, language: str = "en-GB", dark: bool = False) -> Iterator[Person]:
    """A person with a fresh profile."""
    context = browser.new_context(
        locale=language, color_scheme="dark" if dark else "light", viewport={"width": 1360, "height": 900}
    )
    try:
        yield Person(context.new_page(), site)
    finally:
        context.close()
