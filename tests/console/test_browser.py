"""The console in a real browser: nothing violates the policy or overflows, all works."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect
from tests import browsing
from tests.browsing import NARROW, WIDE
from tests.console.house import House, build_house, served
from tests.console.sample_house import LOOKUP, NOW, injected, one_more
from tests.servers import eventually

from nightlatch.checks import CHECKS
from nightlatch.console.stream import AGAIN
from nightlatch.console.streams import Streams

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKUP_PAGE = "/endpoint?key=" + quote(LOOKUP, safe="")
DOOR_PAGE = "/door?key=" + quote(LOOKUP, safe="")


@contextmanager
def window(
    browser: Browser,
    house: House,
    base: str,
    size: tuple[int, int] = WIDE,
    *,
    script: bool = True,
    dark: bool = False,
) -> Iterator[Page]:
    """A window with a session, at the sample house's time."""
    with browsing.window(browser, base, size, script=script, dark=dark) as page:
        if script:
            page.clock.set_fixed_time(NOW * 1000)
        page.goto("/?token=" + house.access.issue(NOW))
        yield page


@pytest.fixture(scope="module")
def full(browser: Browser) -> Iterator[tuple[House, str]]:
    """A house that tests only look at."""
    house = build_house()
    with served(house.app) as base:
        yield house, base


def test_no_page_complains_or_overflows(browser: Browser, full: tuple[House, str]) -> None:
    house, base = full
    record = next(one for one in house.records if one.decision.rule and one.disclosed)
    paths = (
        "/",
        "/requests",
        f"/requests/{record.id}",
        "/endpoints",
        LOOKUP_PAGE,
        "/incidents",
        house.walk,
        "/checks",
        "/checks/hsts",
        "/settings",
        "/sources",
        "/measures",
        "/measures/preview?kind=block&whom=203.0.113.0/24",
        "/limits",
        DOOR_PAGE,
    )
    looked = 0
    for size, dark in ((WIDE, False), (NARROW, True)):
        with window(browser, house, base, size, dark=dark) as page:
            for path in paths:
                page.goto(path)
                for chart in page.query_selector_all("[data-chart]"):
                    chart.wait_for_selector("canvas")
                wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert wider <= 0, f"{path} is {wider} pixels too wide at {size[0]}"
                looked += 1
    assert looked == 30


def test_an_attack_and_its_help_fit_and_run_nothing(browser: Browser) -> None:
    house, record = build_house(5, 0, CHECKS), injected()
    house.recorder.take([record])
    with served(house.app) as base:
        for size in (WIDE, NARROW):
            with window(browser, house, base, size) as page:
                page.goto(f"/requests/{record.id}")
                for failed in page.locator(".check-failed details").all():
                    failed.locator("summary").click()
                    expect(failed.locator("pre").first).to_be_visible()
                expect(page.get_by_text("<script>fetch('//198.51.100.4/'")).to_have_count(3)
                for path in ("", "/checks/sql-injection", "/checks/request-framing", "/checks"):
                    if path:
                        page.goto(path)
                    wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                    assert wider <= 0, f"{path} is {wider} pixels too wide at {size[0]}"


def test_the_theme_follows_the_system(browser: Browser, full: tuple[House, str]) -> None:
    with window(browser, *full) as page:
        background = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(background)
        page.emulate_media(color_scheme="dark")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        assert page.evaluate(background) != light


def test_the_policy_stops_what_is_inline(browser: Browser, full: tuple[House, str]) -> None:
    """The other tests prove little if the browser would not complain."""
    house, base = full
    context = browser.new_context(base_url=base)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto("/?token=" + house.access.issue(NOW))
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color:red\">x</p>')")
    page.wait_for_timeout(100)
    context.close()
    assert any("Content Security Policy" in text for text in complaints)


def test_the_list_is_live_can_be_held_and_filtered(browser: Browser) -> None:
    house = build_house()
    chance = random.Random(1)
    with served(house.app) as base, window(browser, house, base) as page:
        page.goto("/requests")
        first = page.locator("#rows tr").first
        expect(page.locator("#live")).to_have_attribute("data-state", "live")
        new = one_more(chance, NOW)
        house.recorder.take([new])
        expect(first).to_have_id(f"r-{new.id}")

        page.get_by_role("button", name="Pause").click()
        held = one_more(chance, NOW)
        house.recorder.take([held])
        expect(page.locator("#passed")).to_have_text("1 waiting")
        expect(first).to_have_id(f"r-{new.id}")
        page.get_by_role("button", name="Resume").click()
        expect(first).to_have_id(f"r-{held.id}")

        page.get_by_label("Level, at least").select_option("medium")
        page.wait_for_url("**/requests?*level=medium*")
        page.get_by_label("Endpoint").select_option("GET /actuator/env")
        page.wait_for_url("**actuator**")
        expect(page.locator("#rows .level-low")).to_have_count(0)
        expect(page.locator("#rows tr").first).to_contain_text("/actuator/env")
        expect(page.locator("#live")).to_have_attribute("data-state", "live")
        # The new stream is filtered too.
        page.wait_for_timeout(200)
        house.recorder.take([one_more(chance, NOW)])
        page.wait_for_timeout(800)
        expect(page.locator("#rows tr").first).to_contain_text("/actuator/env")


def test_a_page_for_which_there_is_no_room_says_why(browser: Browser) -> None:
    house = build_house(5, 0)
    house.app.state.console = replace(house.app.state.console, streams=Streams(of_session=1))
    with served(house.app) as base, window(browser, house, base) as page:
        page.goto("/requests")
        expect(page.locator("#live")).to_have_attribute("data-state", "live")
        other = page.context.new_page()
        other.clock.install()
        other.goto("/requests")
        expect(other.locator("#live")).to_contain_text("Not live")
        expect(other.locator("#passed")).to_contain_text("Close one of them")
        page.goto("/settings")

        def live() -> bool:
            other.clock.run_for(AGAIN * 1_000)
            return other.locator("#live").get_attribute("data-state") == "live"

        eventually(live)
        expect(other.locator("#passed")).to_have_text("")


def test_the_button_encloses_the_walk(browser: Browser) -> None:
    house = build_house()
    with served(house.app) as base, window(browser, house, base, NARROW) as page:
        page.goto("/")
        page.get_by_text("Look and enforce").click()
        expect(page.get_by_text("What will happen")).to_be_hidden()
        page.get_by_text("Enforce…").click()
        expect(page.get_by_text("What will happen")).to_be_visible()
        page.get_by_role("button", name="Enforce now").click()
        expect(page.get_by_role("heading", name="Contained")).to_be_visible()
        assert house.documents.audit_log()[0].action == "contain"


def test_these_callers_are_blocked_after_a_look_and_unblocked_again(browser: Browser) -> None:
    house = build_house()
    with served(house.app) as base, window(browser, house, base, NARROW, script=False) as page:
        page.goto(house.walk)
        page.get_by_role("link", name="Block these callers").click()
        expect(page.get_by_text("Nothing is ordered yet")).to_be_visible()
        expect(page.get_by_text("Who would have been hit most")).to_be_visible()
        assert not house.recorder.directives.measures
        page.get_by_role("button", name="Order it").click()
        expect(page.get_by_text("Ordered. Every application knows")).to_be_visible()
        (measure,) = house.recorder.directives.measures
        assert measure.predicate.startswith("address in (203.0.113.")
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("undone by console")).to_be_visible()
        assert not house.recorder.directives.measures


def test_one_button_closes_the_door_and_another_opens_it(browser: Browser) -> None:
    house = build_house()
    with served(house.app) as base, window(browser, house, base) as page:
        page.goto(LOOKUP_PAGE)
        page.get_by_role("link", name="Close this door").click()
        page.get_by_label("Reason").fill("its code forgot")
        page.get_by_role("button", name="Close this door").click()
        expect(page.get_by_role("heading", name="This door is closed")).to_be_visible()
        contract = house.contract(LOOKUP)
        assert contract is not None
        assert contract.expectation == "must-authenticate"
        page.get_by_role("button", name="Open again").click()
        expect(page.get_by_role("link", name="Close this door")).to_be_visible()


def test_lists_filters_and_the_button_work_without_a_script(browser: Browser) -> None:
    house = build_house()
    with served(house.app) as base, window(browser, house, base, script=False) as page:
        page.goto("/requests")
        page.get_by_label("Level, at least").select_option("high")
        page.get_by_role("button", name="Search").click()
        expect(page.locator("#rows .level-low")).to_have_count(0)
        page.get_by_role("link", name="Older requests").click()
        page.wait_for_url("**/requests?level=high&before=*")
        expect(page.locator("#rows tr")).not_to_have_count(0)
        page.goto(house.walk)
        page.get_by_text("Enforce…").click()
        page.get_by_role("button", name="Enforce now").click()
        expect(page.get_by_role("heading", name="Contained")).to_be_visible()


def test_the_keyboard_reaches_the_content_first(browser: Browser, full: tuple[House, str]) -> None:
    with window(browser, *full) as page:
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to content")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()


def test_the_welcome_gives_way_to_the_first_traffic(browser: Browser) -> None:
    house = build_house(0, 0)
    with served(house.app) as base, window(browser, house, base, NARROW) as page:
        expect(page.get_by_text("Nobody has come yet")).to_be_visible()
        house.recorder.take(build_house().records)
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        expect(page.locator("canvas")).to_be_visible()
