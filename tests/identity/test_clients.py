import random
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.browsers import (
    CHROME,
    CHROME_UA,
    FIREFOX,
    FIREFOX_UA,
    GOOGLEBOT_UA,
    HONEST,
    JA4,
    PYTHON_JA4,
    REQUESTS,
    SAFARI_UA,
    Pairs,
    with_headers,
)

from nightlatch.exchange.client import Client, ClientKind
from nightlatch.exchange.exchange import Request
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.headers import headers_of
from nightlatch.identity.address import TrustedProxies
from nightlatch.identity.circles import Circles
from nightlatch.identity.clients import Clients
from nightlatch.identity.crawlers import Crawler
from nightlatch.identity.feeds import FeedKind
from nightlatch.identity.networks import Book, Listed, Networks
from nightlatch.identity.prefixes import Ranges
from nightlatch.identity.user_agents import read_agent

NOW = 1_800_000_000.0
HASHER = Hasher(bytes(32))


class Door:
    """Looks at clients as the pipeline does."""

    def __init__(self, *proxies: str, headers: tuple[str, ...] = (), **known: Networks) -> None:
        self.proxies = TrustedProxies(proxies)
        self.clients = Clients(known.get("networks"), self.proxies, headers)
        self._circles = Circles(HASHER)

    def look(self, pairs: Pairs, peer: str = "192.0.2.1", **fields: str) -> Client:
        request = Request(
            method=fields.get("method", "GET"),
            scheme=fields.get("scheme", "https"),
            host="api.example",
            path="/v1/users",
            query="",
            headers=headers_of(pairs),
            peer=peer,
        )
        address = self.proxies.client(peer, request.headers)
        return self.clients.look(request, self._circles.caller(address, request, ()), NOW)


@pytest.mark.parametrize("browser", HONEST)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_browsers_are_what_they_say(browser: str, method: str) -> None:
    found = Door().look(HONEST[browser], method=method)
    assert (found.kind, found.signs) == (ClientKind.BROWSER, ())
    assert found.confidence == 0.9
    assert found.name.lower().startswith(browser)


def test_what_a_proxy_takes_away_is_not_held_against_a_browser() -> None:
    door = Door("192.0.2.1")
    mixed = with_headers(CHROME, accept_encoding="", x_forwarded_for="198.51.100.7")
    assert door.look(mixed[::-1]).signs == ()
    assert Door().look(mixed[::-1]).signs != ()


def test_without_tls_browsers_say_less() -> None:
    plain = [pair for pair in CHROME if not pair[0].startswith("sec-")]
    assert Door().look(plain, scheme="http").signs == ()
    assert Door().look(plain).signs != ()


def test_web_sockets_and_reports_say_less_too() -> None:
    bare: Pairs = [("host", "api.example"), ("user-agent", CHROME_UA)]
    assert Door().look(bare, scheme="wss").signs == ()
    assert Door().look([*bare, ("sec-fetch-dest", "report")]).signs == ()


def test_browsers_inside_applications_are_left_alone() -> None:
    webview = CHROME_UA.replace("Win64; x64", "Android 14; Pixel 8; wv")
    found = Door().look([("user-agent", webview), ("x-requested-with", "org.example.app")])
    assert (found.kind, found.signs) == (ClientKind.BROWSER, ())
    assert found.confidence == 0.6


@pytest.mark.parametrize(
    ("pairs", "sign"),
    [
        (with_headers(REQUESTS, user_agent=CHROME_UA), "without Accept-Language"),
        (with_headers(REQUESTS, user_agent=CHROME_UA), "without Sec-CH-UA"),
        (with_headers(REQUESTS, user_agent=CHROME_UA), "without Sec-Fetch-Mode"),
        (with_headers(REQUESTS, user_agent=CHROME_UA), "an order that Chrome never has"),
        (with_headers(REQUESTS, user_agent=FIREFOX_UA), "a Firefox without Sec-Fetch-Mode"),
        (with_headers(REQUESTS, user_agent=SAFARI_UA), "a Safari without Accept-Language"),
        (with_headers(CHROME, user_agent=CHROME_UA.replace("142", "120")), "name version 120"),
        (with_headers(CHROME, sec_ch_ua_platform='"Linux"'), "Platform Linux on Windows"),
        (with_headers(FIREFOX, sec_ch_ua='"Chromium";v="142"'), "only Chromium sends"),
        (with_headers(CHROME, sec_fetch_mode="fetch"), "does not exist"),
        (with_headers(CHROME, sec_fetch_mode="navigate"), "Accept: */*"),
        (with_headers(CHROME, postman_token="1"), "Postman adds"),
        (with_headers(CHROME, accept=""), "without Accept"),
        ([("host", "api.example")], "no User-Agent"),
    ],
)  # fmt: skip
def test_signs_of_a_program_that_says_it_is_a_browser(pairs: Pairs, sign: str) -> None:
    found = Door().look(pairs)
    assert any(sign in one for one in found.signs), found.signs
    assert found.confidence < 0.4


def test_a_user_agent_that_only_begins_like_a_browsers() -> None:
    found = Door().look(with_headers(REQUESTS, user_agent="Mozilla/5.0"))
    assert found.signs == ("a user agent that no browser has",)
    assert found.confidence < 0.2


NAMES = st.sampled_from(
    ["user-agent", "accept", "sec-ch-ua", "sec-ch-ua-platform", "sec-fetch-mode", "x-ja4", "x"]
)
TEXTS = st.text(max_size=60) | st.sampled_from([CHROME_UA, FIREFOX_UA, GOOGLEBOT_UA, JA4, ""])


@given(st.lists(st.tuples(NAMES, TEXTS), max_size=8), TEXTS)
@settings(deadline=None)
def test_never_breaks_on_hostile_headers(pairs: Pairs, peer: str) -> None:
    door = Door("192.0.2.1", headers=("x-ja4",))
    for scheme in ("http", "https", "ws"):
        found = door.look(pairs, scheme=scheme)
        assert 0 <= found.confidence <= 1
        assert all(len(sign) < 300 for sign in found.signs)
        door.look(pairs, peer=peer)


def test_a_library_with_a_browsers_name_is_hardly_believed() -> None:
    assert Door().look(with_headers(REQUESTS, user_agent=CHROME_UA)).confidence < 0.05


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("curl/8.5.0", ClientKind.LIBRARY, "curl 8"),
        ("python-requests/2.32.3", ClientKind.LIBRARY, "Python Requests 2"),
        ("Python/3.12 aiohttp/3.11.0", ClientKind.LIBRARY, None),
        ("okhttp/4.12.0", ClientKind.LIBRARY, "okhttp 4"),
        ("Go-http-client/2.0", ClientKind.LIBRARY, "Go-http-client 2"),
        ("Java/17.0.1", ClientKind.LIBRARY, "Java 17"),
        ("node", ClientKind.LIBRARY, "node"),
        ("Faraday v2.7.4", ClientKind.LIBRARY, None),
        ("Mozilla/5.0 (Windows NT; en-GB) WindowsPowerShell/5.1", ClientKind.LIBRARY, None),
        ("Ruby Tuesday/1.2 (iPhone; iOS 18)", ClientKind.APP, "Ruby Tuesday 1"),
        ("Passkeeper/25.1.0 (Android 14)", ClientKind.APP, "Passkeeper 25"),
        ("Passkeeper/25.1 CFNetwork/1490 Darwin/23.2", ClientKind.APP, "Passkeeper 25"),
        (GOOGLEBOT_UA, ClientKind.BOT, "Googlebot"),
        ("Mozilla/5.0 (compatible; ExampleBot/1.0; +http://a.example)", ClientKind.BOT, None),
        ("Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", ClientKind.BOT, None),
        (CHROME_UA.replace("Chrome", "HeadlessChrome"), ClientKind.HEADLESS, "HeadlessChrome 142"),
        ("Mozilla/5.0 (Unknown; Linux) PhantomJS/2.1.1 Safari/538.1", ClientKind.HEADLESS, None),
        (CHROME_UA, ClientKind.BROWSER, "Chrome 142"),
        (FIREFOX_UA, ClientKind.BROWSER, "Firefox 144"),
        (SAFARI_UA, ClientKind.BROWSER, "Safari 18"),
        ("", ClientKind.UNKNOWN, ""),
    ],
)
def test_kinds(text: str, kind: ClientKind, name: str | None) -> None:
    agent = read_agent(text)
    assert agent.kind is kind
    assert name is None or agent.name == name


def test_a_headless_browser_is_known_by_its_hints_too() -> None:
    hints = '"Chromium";v="142", "HeadlessChrome";v="142", "Not_A Brand";v="99"'
    assert Door().look(with_headers(CHROME, sec_ch_ua=hints)).kind is ClientKind.HEADLESS


class Oracle:
    """Verifies by what it is told."""

    def __init__(self, answer: bool | None) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str]] = []

    def ask(self, crawler: Crawler, address: str, now: float) -> bool | None:
        self.asked.append((crawler.name, address))
        return self.answer


@pytest.mark.parametrize("answer", [True, False, None])
def test_a_declared_bot_is_verified_when_it_is_known(answer: bool | None) -> None:
    door, oracle = Door(), Oracle(answer)
    assert door.look([("user-agent", GOOGLEBOT_UA)]).verified is None
    door.clients.verify_by(oracle)
    found = door.look([("user-agent", GOOGLEBOT_UA)])
    assert found.verified is answer
    assert oracle.asked == [("Googlebot", "192.0.2.1")]
    assert bool(found.signs) is (answer is False)
    assert found.confidence == {True: 0.99, False: 0.01, None: 0.5}[answer]


def test_published_lists_verify_too() -> None:
    lists = [
        Listed("Googlebot", FeedKind.CRAWLER, Ranges.of(["203.0.113.0/24"])),
        Listed("GPTBot", FeedKind.CRAWLER, Ranges.of(["203.0.113.0/24"])),
    ]
    door, oracle = Door(networks=Networks(Book(lists))), Oracle(None)
    door.clients.verify_by(oracle)
    googlebot: Pairs = [("user-agent", GOOGLEBOT_UA)]
    assert door.look(googlebot, "203.0.113.7").verified is True
    assert oracle.asked == []
    # Google has lists for others of its crawlers, which call themselves much the same.
    assert door.look(googlebot).verified is None
    assert door.look([("user-agent", "GPTBot/1.2")]).verified is False
    assert door.look([("user-agent", "Slackbot 1.0")]).verified is None


def test_nobody_at_home_is_an_impostor() -> None:
    door = Door()
    door.clients.verify_by(Oracle(False))
    for peer in ("127.0.0.1", "10.0.0.7", "100.64.0.1"):
        assert door.look([("user-agent", GOOGLEBOT_UA)], peer).verified is None


def test_a_handshake_is_believed_from_trusted_proxies_only() -> None:
    told = with_headers(CHROME, x_ja4=JA4)
    assert Door("192.0.2.1", headers=("X-JA4",)).look(told).fingerprint == JA4
    assert Door(headers=("X-JA4",)).look(told).fingerprint == ""
    assert Door("192.0.2.1").look(told).fingerprint == ""
    junk = with_headers(CHROME, x_ja4="<script>" + "x" * 300)
    assert Door("192.0.2.1", headers=("X-JA4",)).look(junk).fingerprint == ""
    # The proxy's own comes last, whatever the client sent.
    both = [("x-ja4", PYTHON_JA4), *told]
    assert Door("192.0.2.1", headers=("X-JA4",)).look(both).fingerprint == JA4


def test_a_handshake_of_another_program_speaks_against_a_browser() -> None:
    door = Door("192.0.2.1", headers=("x-ja4",))
    addresses = (f"198.51.100.{number}" for number in count(1))
    library = with_headers(REQUESTS, x_ja4=PYTHON_JA4)
    for _ in range(30):
        door.look(with_headers(library, x_forwarded_for=next(addresses)))
        door.look(with_headers(CHROME, x_ja4=JA4, x_forwarded_for=next(addresses)))
    honest = with_headers(CHROME, x_ja4=JA4, x_forwarded_for=next(addresses))
    assert door.look(honest).signs == ()
    liar = with_headers(CHROME, x_ja4=PYTHON_JA4, x_forwarded_for=next(addresses))
    assert "30 of 31 addresses have for Python Requests" in door.look(liar).signs[0]
    unknown = with_headers(CHROME, x_ja4=JA4[:-1] + "0", x_forwarded_for=next(addresses))
    assert door.look(unknown).signs == ()


def test_one_address_teaches_nothing_about_handshakes() -> None:
    door = Door("192.0.2.1", headers=("x-ja4",))
    lie = with_headers(REQUESTS, x_ja4=JA4, x_forwarded_for="198.51.100.1")
    for _ in range(1_000):
        door.look(lie)
    assert door.look(with_headers(CHROME, x_ja4=JA4, x_forwarded_for="198.51.100.2")).signs == ()


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nightlatch.identity.clients._KNOWN", 50)
    door, chance = Door(), random.Random(1)
    for _ in range(300):
        door.look([("user-agent", f"App{chance.random()}"), ("sec-ch-ua", "x" * 600)])
        door.look([("user-agent", f"App{chance.random()}")])
    assert 0 < len(door.clients._known) <= 50
