"""The page that challenges, in a real browser: it solves, it waits, nothing violates its policy.

`CHALLENGE_PICTURES=<directory>` keeps a picture of each look.
"""

import os
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests import browsing
from tests.browsing import NARROW, WIDE
from tests.capture.challenging import challenging
from tests.capture.test_challenge_live import running

from nightlatch.exchange.exchange import Ending
from nightlatch.identity.puzzles import DEAREST

pytestmark = [pytest.mark.browser, pytest.mark.slow]


window = partial(browsing.window, expected="403")
"""The 403 that the page is."""


def test_the_page_solves_by_itself_and_goes_on(browser: Browser) -> None:
    door = challenging(price=2_000)
    with running(door) as base, window(browser, base) as page:
        page.goto("/users/7?a=%22b%22")
        expect(page.get_by_text('"id":"7"')).to_be_visible()
        assert page.url == f"{base}/users/7?a=%22b%22"
        page.goto("/users/8")
        expect(page.get_by_text('"id":"8"')).to_be_visible()
        (cookie,) = page.context.cookies()
        assert (cookie["name"], cookie["httpOnly"]) == ("nightlatch-pass", True)
    endings = [finished.ending for finished in door.inline.finished]
    assert endings.count(Ending.REFUSED) == 1


def test_without_a_script_a_person_waits(browser: Browser) -> None:
    door = challenging()
    with running(door) as base, window(browser, base, script=False) as page:
        page.goto("/users/7")
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("status")).to_contain_text("a little early")
        door.ahead = 30
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text('"id":"7"')).to_be_visible()


def test_a_browser_that_may_not_compute_says_so(browser: Browser) -> None:
    """As over plain HTTP: outside of secure contexts there is no Web Crypto."""
    with running(challenging()) as base:
        page = browser.new_page(base_url=base)
        page.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
        page.goto("/users/7")
        expect(page.get_by_role("status")).to_contain_text("could not be solved")
        expect(page.get_by_role("button", name="Continue after 30 seconds")).to_be_visible()
        page.close()


@pytest.mark.parametrize(("size", "dark"), [(WIDE, False), (WIDE, True), (NARROW, False)])
def test_how_it_looks(browser: Browser, size: tuple[int, int], dark: bool) -> None:
    # A puzzle that takes long enough to look at the page.
    with (
        running(challenging(price=DEAREST)) as base,
        window(browser, base, size, dark=dark) as page,
    ):
        page.goto("/users/7")
        expect(page.get_by_role("heading", name="One moment, please")).to_be_visible()
        expect(page.locator("altcha-widget").get_by_text("Verifying")).to_be_visible()
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0
        if where := os.environ.get("CHALLENGE_PICTURES"):
            name = f"challenge-{size[0]}-{'dark' if dark else 'light'}.png"
            page.screenshot(path=Path(where) / name, full_page=True)
