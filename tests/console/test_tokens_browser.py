"""The token bench in a real browser: it answers as one types, and keeps nothing."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect
from tests import browsing
from tests.browsing import NARROW, WIDE
from tests.console.house import House, build_house, served
from tests.console.sample_house import NOW
from tests.console.test_tokens import EC, PUBLIC, TOKEN

from nightlatch.identity.one_time_codes import code_at, read_enrolment
from nightlatch.workbench.tokens.making import seal
from nightlatch.workbench.tokens.material import generate

OPEN = generate("EC", use="enc")
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def full(browser: Browser) -> Iterator[tuple[House, str]]:
    house = build_house(5, 0)
    with served(house.app) as base:
        yield house, base


@contextmanager
def window(
    browser: Browser, full: tuple[House, str], size: tuple[int, int] = WIDE, *, script: bool = True,
    dark: bool = False, expected: str = "",
) -> Iterator[Page]:  # fmt: skip
    house, base = full
    with browsing.window(browser, base, size, script=script, dark=dark, expected=expected) as page:
        page.goto("/?token=" + house.access.issue(NOW))
        yield page


def verdict(page: Page, words: str) -> None:
    expect(page.locator("#verdict-title")).to_contain_text(words)


def test_a_token_is_typed_and_the_verdict_read(browser: Browser, full: tuple[House, str]) -> None:
    with window(browser, full) as page:
        page.goto("/tokens")
        expect(page.get_by_label("Token", exact=True)).to_be_focused()
        page.keyboard.insert_text("Bearer ")
        page.keyboard.insert_text(TOKEN)
        verdict(page, "Not verified")
        expect(page.locator("#said")).to_have_text("Not verified")
        expect(page.get_by_role("rowheader", name="exp")).to_be_visible()
        # The letters are coloured as the parts are.
        expect(page.locator("[data-paint] .part-payload")).to_have_text(TOKEN.split(".")[1])
        page.get_by_label("Key", exact=True).fill(PUBLIC)
        verdict(page, "Valid")
        expect(page.locator("#said")).to_have_text("Valid")
        page.get_by_label("Audience must be").fill("https://other.example")
        verdict(page, "it is not for https://other.example")
        page.locator("#t-token").press("End")
        page.locator("#t-token").press_sequentially("A")
        verdict(page, "Not valid: the signature")


def test_nothing_of_it_stays_in_the_browser(browser: Browser, full: tuple[House, str]) -> None:
    with window(browser, full) as page:
        page.goto("/tokens")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.locator("#t-token").fill(TOKEN)
        page.locator("#t-key").fill(PUBLIC)
        verdict(page, "Valid")
        page.get_by_role("button", name="Verify").click()
        verdict(page, "Valid")
        assert asked
        assert all(address.startswith(full[1]) for address in asked)
        assert not any(
            part in address for address in asked for part in (*TOKEN.split("."), EC["x"])
        )
        kept = page.evaluate("JSON.stringify([localStorage, sessionStorage, history.state])")
        assert kept in ("[{},{},null]", "[{},{},{}]")
        assert page.url.endswith("/tokens")
        page.reload()
        expect(page.locator("#t-token")).to_have_value("")
        expect(page.locator("#t-key")).to_have_value("")


def test_times_are_in_the_readers_zone(browser: Browser, full: tuple[House, str]) -> None:
    house, base = full
    context = browser.new_context(base_url=base, timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.goto("/?token=" + house.access.issue(NOW))
    page.goto("/tokens")
    page.locator("#t-token").fill(TOKEN)
    expect(page.get_by_text("2025-06-16 00:11:40 JST")).to_be_visible()
    context.close()


def test_a_token_is_made_and_inspected(browser: Browser, full: tuple[House, str]) -> None:
    with window(browser, full) as page:
        page.goto("/tokens/create")
        page.get_by_role("button", name="Make one").first.click()
        expect(page.get_by_role("heading", name="The token")).to_be_visible()
        before = page.locator("#c-token").input_value()
        page.get_by_role("button", name="roles into the claims").click()
        expect(page.locator("#c-claims")).to_have_value(re.compile('"roles"'))
        expect(page.locator("#c-token")).not_to_have_value(before)
        page.get_by_role("button", name="Inspect it").click()
        verdict(page, "Valid")
        expect(page.get_by_role("rowheader", name="roles")).to_be_visible()
        assert page.url.endswith("/tokens")
        expect(page.locator(".tabs [aria-current]")).to_have_text("Inspect")
        page.go_back()
        expect(page.locator(".tabs [aria-current]")).to_have_text("Create")


def test_the_algorithms_follow_the_key(browser: Browser, full: tuple[House, str]) -> None:
    with window(browser, full) as page:
        page.goto("/tokens/create")
        page.locator("#c-key").fill(json.dumps(generate("OKP")))
        expect(page.locator("#c-alg option").first).to_have_text("EdDSA")
        page.locator("#c-key").fill("a secret that is long enough for 256 bits")
        expect(page.locator("#c-alg option")).to_have_text(["HS256"])
        expect(page.get_by_label("Key to encrypt to")).to_be_hidden()
        page.get_by_text("Signed, then encrypted").click()
        expect(page.get_by_label("Key to encrypt to")).to_be_visible()


def test_a_key_set_is_built(browser: Browser, full: tuple[House, str]) -> None:
    with window(browser, full, NARROW) as page:
        page.goto("/tokens/keys")
        page.get_by_role("button", name="Make a key").click()
        expect(page.get_by_role("heading", name="1 key")).to_be_visible()
        page.get_by_label("Kind").select_option("oct:256")
        page.get_by_role("button", name="Make a key").click()
        expect(page.get_by_text("mixes secrets with public keys")).to_be_visible()
        page.get_by_role("button", name="Remove key 2").click()
        expect(page.get_by_role("heading", name="1 key")).to_be_visible()
        page.get_by_role("button", name="Sign with it").click()
        expect(page.get_by_role("heading", name="The token")).to_be_visible()


def test_a_code_is_enrolled_and_checked(browser: Browser, full: tuple[House, str]) -> None:
    with window(browser, full) as page:
        page.goto("/tokens/codes")
        page.get_by_role("button", name="Make a secret").click()
        picture = page.get_by_role("img", name="QR code")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.complete && image.naturalWidth > 100")
        uri = page.locator("#o-shared").input_value()
        page.get_by_label("Code", exact=True).fill(code_at(read_enrolment(uri), NOW))
        expect(page.get_by_role("heading", name="Right")).to_be_visible()
        page.get_by_label("Code", exact=True).fill(code_at(read_enrolment(uri), NOW + 90))
        expect(page.get_by_role("heading", name="about 90 s ahead")).to_be_visible()


def test_it_works_without_a_script(browser: Browser, full: tuple[House, str]) -> None:
    with window(browser, full, script=False) as page:
        page.goto("/tokens")
        page.locator("#t-token").fill(TOKEN)
        page.locator("#t-key").fill(PUBLIC)
        page.get_by_role("button", name="Verify").click()
        verdict(page, "Valid")
        page.goto("/tokens/create")
        page.locator("#c-key").fill(json.dumps(EC))
        page.get_by_role("button", name="Create", exact=True).click()
        page.get_by_role("button", name="Inspect it").click()
        verdict(page, "Valid")
        page.goto("/tokens/keys")
        page.get_by_role("button", name="Make a key").click()
        expect(page.get_by_role("heading", name="1 key")).to_be_visible()
        page.goto("/tokens/codes")
        page.get_by_role("button", name="Make a secret").click()
        expect(page.get_by_role("img", name="QR code")).to_be_visible()


def test_no_tab_complains_or_overflows(browser: Browser, full: tuple[House, str]) -> None:
    long = "x" * 300
    sealed = seal({long: long, "list": [long, {long: [long]}], "email": "ada@example.com"}, OPEN)
    looked = 0
    for size, dark in ((WIDE, False), (NARROW, True)):
        with window(browser, full, size, dark=dark) as page:
            for path, fields in (
                ("/tokens", {"#t-token": sealed, "#t-key": json.dumps(OPEN)}),
                ("/tokens", {"#t-token": TOKEN.replace(".", ".A"), "#t-key": long}),
                ("/tokens/create", {"#c-claims": json.dumps({long: long}), "#c-key": long}),
                ("/tokens/keys", {"#k-keys": json.dumps({"keys": [{**EC, "kid": long}]})}),
                ("/tokens/codes", {"#o-shared": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP" * 4}),
                ("/tokens/rules", {}),
            ):
                page.goto(path)
                for place, text in fields.items():
                    with page.expect_response("**/tokens**"):
                        page.locator(place).fill(text)
                page.wait_for_timeout(100)
                wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert wider <= 0, f"{path} is {wider} pixels too wide at {size[0]}"
                looked += 1
    assert looked == 12


def test_what_is_too_much_is_said(browser: Browser, full: tuple[House, str]) -> None:
    with window(browser, full, expected="413") as page:
        page.goto("/tokens")
        page.evaluate("document.getElementById('t-token').value = '%'.repeat(1_000_000)")
        page.get_by_role("button", name="Verify").click()
        expect(page.locator("#answer")).to_have_text("That is more than this bench takes.")
