"""The OAuth page in a real browser, from the issuer that somebody types to the person's claims."""

import contextlib
import logging
from collections.abc import Iterator

import msgspec
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests import browsing
from tests.browsing import NARROW, WIDE
from tests.console.oauth_house import Place, place
from tests.servers import eventually

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def at() -> Iterator[Place]:
    with place() as found:
        # Somebody presses a button at the server.
        state = found.server.state
        state.options = msgspec.structs.replace(state.options, auto=False)
        yield found


@contextlib.contextmanager
def window(
    browser: Browser, at: Place, size: tuple[int, int] = WIDE, *, script: bool = True,
    dark: bool = False, expected: str = "",
) -> Iterator[Page]:  # fmt: skip
    with browsing.window(
        browser, at.base, size, script=script, dark=dark, expected=expected
    ) as page:
        page.goto("/?token=" + at.house.access.issue(at.house.clock()))
        page.goto("/oauth")
        yield page


def discovered(page: Page, at: Place) -> None:
    page.get_by_label("Issuer, account").fill(at.server.issuer)
    page.get_by_role("button", name="Discover").click()
    page.get_by_role("button", name="Fill in the demo client").click()
    page.get_by_text("demo-confidential").wait_for()


def issued(page: Page) -> Locator:
    return page.get_by_role("heading", name="Tokens were issued")


def allowed(page: Page) -> Page:
    """Through the server's page; the window that came back."""
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open in a new window").click()
    opened.value.get_by_role("button", name="Allow").click()
    return opened.value


def start(page: Page, flow: str, **choices: str) -> None:
    page.goto(f"/oauth/flows/{flow}")
    for label, value in choices.items():
        page.get_by_label(label.replace("_", " ")).select_option(value)
    page.get_by_role("button", name="Start").click()


def test_from_the_issuer_to_the_claims(
    browser: Browser, at: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with window(browser, at) as page:
        discovered(page, at)
        page.get_by_role("link", name="Authorization code").click()
        page.get_by_role("button", name="Start").click()
        back = allowed(page)
        expect(back.get_by_role("heading", name="Nightlatch has it")).to_be_visible()
        back.wait_for_url("**/oauth/callback")
        back.close()

        send = page.get_by_role("button", name="Send", exact=True)
        expect(page.get_by_role("heading", name="Exchange the code for tokens?")).to_be_visible()
        expect(page.locator(".asked-view")).to_contain_text("code_verifier=***")
        page.get_by_label("Show secrets").check()
        expect(page.locator(".asked-view")).not_to_contain_text("***", use_inner_text=True)
        page.get_by_label("Show secrets").uncheck()
        send.click()
        expect(page.get_by_role("heading", name="Read the issuer's keys?")).to_be_visible()
        send.click()
        expect(page.get_by_text("The ID token is verified, and says")).to_be_visible()
        expect(page.locator(".claims")).to_contain_text("whom or what it is about")

        token = at.house.app.state.console.bench
        (held,) = [desk.held[0] for desk in token._desks.values() if desk.held]
        shown = page.locator(".tokens").inner_text()
        assert held.tokens.access_token not in shown
        assert all(held.tokens.access_token not in one.getMessage() for one in caplog.records)
        kept = at.house.documents
        assert held.tokens.access_token.encode() not in repr(vars(kept)).encode()

        page.get_by_role("link", name="Call an API").click()
        page.get_by_role("button", name="Start").click()
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.get_by_text("The API answered 200")).to_be_visible()
        page.get_by_role("link", name="See it in the live view").click()
        page.wait_for_url("**/requests?method=GET&text=%2Fapi%2Fme")


@pytest.mark.parametrize("mode", ["fragment", "form_post"])
def test_what_only_a_browser_hands_on(browser: Browser, at: Place, mode: str) -> None:
    with window(browser, at) as page:
        discovered(page, at)
        start(page, "code", Response_mode=mode)
        back = allowed(page)
        expect(back.get_by_role("heading", name="Nightlatch has it")).to_be_visible()
        back.wait_for_url("**/oauth/callback")
        page.get_by_role("button", name="Send all without asking").click()
        expect(issued(page)).to_be_visible()
        page.goto("/oauth")
        page.get_by_role("button", name="Forget everything now").click()


def test_a_request_is_rewritten_and_a_mistake_is_told(browser: Browser, at: Place) -> None:
    with window(browser, at, expected="422") as page:
        discovered(page, at)
        start(page, "client-credentials")
        page.get_by_text("Edit it first").click()
        text = page.get_by_label("The request: first line")
        good = text.input_value()
        text.fill("nonsense")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("The first line is a method")
        text.fill(good.replace("scope=", "scope=api&was="))
        page.get_by_role("button", name="Send", exact=True).click()
        expect(issued(page)).to_be_visible()
        page.locator(".log summary").click()
        expect(page.locator(".log-body.masked")).to_contain_text("scope=api&was=")
        for bare in (page.locator(".log-body.bare"), page.locator(".tokens .bare").first):
            expect(bare).to_be_hidden()
        page.get_by_label("Show secrets").check()
        for bare in (page.locator(".log-body.bare"), page.locator(".tokens .bare").first):
            expect(bare).to_be_visible()


def test_without_its_styles_the_page_shows_no_secret(browser: Browser, at: Place) -> None:
    """On a shared screen a style sheet that did not come must not be what gives them away."""
    with window(browser, at, expected="404") as page:
        page.route("**/*.css*", lambda route: route.fulfill(status=404))
        discovered(page, at)
        start(page, "client-credentials")
        expect(page.locator(".asked-view")).to_contain_text("Basic ***", use_inner_text=True)
        bare = page.locator(".bare")
        assert bare.count() >= 2
        for place in range(bare.count()):
            expect(bare.nth(place)).to_be_hidden()
        page.get_by_role("button", name="Send all without asking").click()
        expect(issued(page)).to_be_visible()
        expect(page.locator(".tokens .bare")).to_be_hidden()


def test_a_flow_that_was_lost_says_so(browser: Browser, at: Place) -> None:
    with window(browser, at, expected="404") as page:
        discovered(page, at)
        # As after a restart: the page is still open, and the flow is nobody's any more.
        page.route("**/stream?*", lambda route: route.fulfill(status=404))
        start(page, "client-credentials")
        expect(page.get_by_role("alert")).to_contain_text("This flow is not here any more")


def test_a_device_by_its_code(browser: Browser, at: Place) -> None:
    with window(browser, at, NARROW, dark=True) as page:
        discovered(page, at)
        start(page, "device")
        page.get_by_role("button", name="Send all without asking").click()
        expect(page.get_by_label("Code", exact=True)).to_be_visible()
        page.locator(".log summary").first.click()
        with page.expect_popup() as opened:
            page.locator(".now a").first.click()
        opened.value.get_by_role("button", name="Allow").click()
        expect(issued(page)).to_be_visible()
        # What somebody had opened stays open while the page goes on.
        expect(page.locator(".log details[open]")).to_have_count(1)


def test_without_a_script_it_goes_on_when_looked_at_again(browser: Browser, at: Place) -> None:
    with window(browser, at, script=False) as page:
        discovered(page, at)
        start(page, "client-credentials")
        send = page.get_by_role("button", name="Send", exact=True)
        looked_for(page, send)
        send.click()
        looked_for(page, issued(page))


def looked_for(page: Page, wanted: Locator) -> None:
    """Without a script, a page is as it was when it was looked at."""

    def is_there() -> bool:
        if not wanted.count():
            page.get_by_role("link", name="Look again").click()
        return bool(wanted.count())

    eventually(is_there, pause=0.05)


def test_a_collection_is_a_file(browser: Browser, at: Place) -> None:
    with window(browser, at) as page:
        discovered(page, at)
        with page.expect_download() as found:
            page.get_by_role("link", name="Download").click()
        path = found.value.path()
        page.get_by_role("button", name="Forget everything now").click()
        page.get_by_text("No server at hand?").wait_for()
        page.locator("#k-file").set_input_files(path)
        expect(page.get_by_text("demo-confidential")).to_be_visible()


def test_no_page_complains_or_overflows(browser: Browser, at: Place) -> None:
    looked = 0
    for size, dark in ((WIDE, False), (NARROW, True)):
        with window(browser, at, size, dark=dark) as page:
            pages = ["/oauth"]
            discovered(page, at)
            start(page, "code")
            allowed(page).close()
            page.get_by_role("button", name="Send", exact=True).wait_for()
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0
            page.get_by_role("button", name="Send all without asking").click()
            issued(page).wait_for()
            pages += [page.url, "/oauth/flows/exchange", "/oauth/flows/probe-api", "/oauth"]
            for path in pages:
                page.goto(path)
                wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert wider <= 0, f"{path} is {wider} pixels too wide at {size[0]}"
                looked += 1
    assert looked == 10
