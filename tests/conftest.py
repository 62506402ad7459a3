"""Shared by every test: faults of ours are raised, never swallowed, and each test has its own; a
real browser, where there is one."""

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from nightlatch.faults import FAULTS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

os.environ["NIGHTLATCH_RAISE"] = "1"

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
NO_CHROMIUM = (
    "NOT RUN: the browser tests, because no Chromium was found. "
    "Install the package `chromium` with the system's package manager."
)
_missing: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    """What Nightlatch caches (the compiled patterns) lies beside what pytest caches: made once for
    every process of every run, and nothing in the user's own directory is touched."""
    if cache := getattr(config, "cache", None):
        os.environ["XDG_CACHE_HOME"] = str(cache.mkdir("xdg"))


@pytest.fixture(autouse=True)
def _no_faults_of_others() -> None:
    FAULTS.forget()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the system's browser is; tests that need it are skipped, loudly, when there is none."""
    if CHROMIUM is None:
        _missing.append(NO_CHROMIUM)
        pytest.skip(NO_CHROMIUM)
    return CHROMIUM


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator["Browser"]:
    # Of a module only: while it lives, the main thread has an event loop of its own. Late, since
    # most tests need no browser.
    from playwright.sync_api import expect, sync_playwright
    from tests.browsing import ARGUMENTS
    from tests.servers import PATIENCE

    expect.set_options(timeout=PATIENCE * 1_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _missing:
        terminalreporter.write_line(NO_CHROMIUM, red=True, bold=True)
