"""A real Chromium for tests of screens, driven by Playwright: found on this machine, never downloaded.

`make test` installs Debian's where it may. With DAYBOOK_REQUIRE_BROWSER=1, as in `.ci/run`, a test fails
where there is none; else it is skipped and says so.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage")


def chromium_path() -> str | None:
    """Where Chromium is, or None."""
    named = os.environ.get("DAYBOOK_CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with a fresh profile; each test takes a context of its own."""
    path = chromium_path()
    if path is None:
        words = "no Chromium: install Debian's `chromium`, or name one in DAYBOOK_CHROMIUM"
        if os.environ.get("DAYBOOK_REQUIRE_BROWSER") == "1":
            pytest.fail(words)
        pytest.skip(words)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()
