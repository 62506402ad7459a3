"""What a user agent says of itself: by ua-parser's maintained database, and what it leaves open."""

import re

from msgspec import Struct

from nightlatch.exchange.client import ClientKind
from nightlatch.identity.crawlers import Crawler, crawler_in

LONGEST = 512
"""Characters of a user agent that are read."""
_KNOWN = 4_096
"""User agents that are remembered; full, the memory starts over."""

_HEADLESS = re.compile(
    r"HeadlessChrome|PhantomJS|SlimerJS|Puppeteer|Playwright|Selenium|jsdom/|Cypress/|Nightmare",
    re.IGNORECASE,
)
_LIBRARY = re.compile(
    r"(?:curl|libcurl|wget|python(?:-requests|-urllib|-httpx|/3)?|requests|aiohttp|httpx|okhttp|"
    r"go-http-client|fasthttp|go-resty|java|apache-httpclient|apache-hc|jersey|axios|node|"
    r"node-fetch|undici|got|superagent|deno|bun|libwww-perl|lwp|perl|ruby|rest-client|faraday|"
    r"typhoeus|http\.rb|guzzlehttp|php|symfony|postmanruntime|insomnia|httpie|scrapy|restsharp|"
    r"dart|reqwest|hyper|ureq|winhttp|powershell|k6|locust|jmeter|vegeta|hey|wrk|colly|"
    r"mechanize|urllib3?|unirest-java|httpunit)(?=/|$|;| \(| v?\d)",
    re.IGNORECASE,
)
_LIBRARY_INSIDE = re.compile(r"PowerShell/", re.IGNORECASE)
_BOT = re.compile(
    r"bot\b|crawler|spider|slurp|monitor|uptime|\+https?://|feed ?fetcher", re.IGNORECASE
)
_PRODUCT = re.compile(r"([A-Za-z][\w .!-]{0,40}?)/(\d+)[\w.]*")
_ENGINES = (
    ("chromium", re.compile(r"\bChrome/(\d{1,4})\.")),
    ("gecko", re.compile(r"\brv:\d+\.\d+\) Gecko/\S+ Firefox/(\d{1,4})\.")),
    ("webkit", re.compile(r"\bVersion/(\d{1,3})\.\S+ (?:Mobile/\S+ )?Safari/")),
)
_ANY_ENGINE = re.compile(r"AppleWebKit/|Gecko/|Trident/|MSIE |Presto/|KHTML")
_IN_AN_APP = re.compile(r"; wv\)|\bFB_IAB|\bFBAN|\bInstagram|\bLine/|\bMicroMessenger|\bElectron/")
"""Browsers inside applications, which leave out what the browser alone would send."""


class Agent(Struct, frozen=True, gc=False):
    kind: ClientKind
    family: str = ""
    """Without a version."""
    version: int = 0
    """Major; of the engine where there is one."""
    engine: str = ""
    """"chromium", "gecko" or "webkit", for a browser that stands alone."""
    odd: bool = False
    """It begins as browsers' do, and names no engine, which all of them do."""
    platform: str = ""
    """Operating system, as the database names it."""
    crawler: Crawler | None = None

    @property
    def name(self) -> str:
        return f"{self.family} {self.version}" if self.version else self.family


NO_AGENT = Agent(ClientKind.UNKNOWN)
_known: dict[str, Agent] = {}


def read_agent(text: str) -> Agent:
    """About 30 µs for one never seen; the database is loaded at the first, which takes 0.3 s."""
    text = text[:LONGEST].strip()
    if not text:
        return NO_AGENT
    agent = _known.get(text)
    if agent is None:
        if len(_known) >= _KNOWN:
            _known.clear()
        agent = _known[text] = _read(text)
    return agent


def _read(text: str) -> Agent:
    crawler = crawler_in(text)
    if crawler is not None:
        return Agent(ClientKind.BOT, crawler.name, crawler=crawler)
    family, version, platform, is_spider = _look_up(text)
    headless = _HEADLESS.search(text)
    if headless is not None:
        return Agent(ClientKind.HEADLESS, headless[0].rstrip("/"), _chromium_version(text))
    if _LIBRARY.match(text) or _LIBRARY_INSIDE.search(text):
        return Agent(ClientKind.LIBRARY, family or _product(text)[0], version or _product(text)[1])
    if text.startswith("Mozilla/"):
        return _browser(text, family, version, platform, is_spider=is_spider)
    if is_spider or _BOT.search(text):
        return Agent(ClientKind.BOT, family or _product(text)[0], version)
    name, own_version = _product(text)
    return Agent(ClientKind.APP, name, own_version, platform=platform)


def _browser(text: str, family: str, version: int, platform: str, *, is_spider: bool) -> Agent:
    if is_spider or ("compatible;" in text and _BOT.search(text)):
        return Agent(ClientKind.BOT, family or "unnamed bot", version)
    if not _IN_AN_APP.search(text):
        for engine, pattern in _ENGINES:
            match = pattern.search(text)
            if match is not None:
                major = int(match[1])
                return Agent(ClientKind.BROWSER, family or engine, major, engine, platform=platform)
    odd = _ANY_ENGINE.search(text) is None
    name = family or "unknown browser"
    return Agent(ClientKind.BROWSER, name, version, platform=platform, odd=odd)


def _look_up(text: str) -> tuple[str, int, str, bool]:
    """Family, major version, operating system, and whether it is a bot, as the database has it."""
    # Late: the database takes a tenth of a second to import, and nothing needs it at a start.
    from ua_parser import parse

    found = parse(text)
    agent, system, device = found.user_agent, found.os, found.device
    family, version = (agent.family, agent.major or "") if agent is not None else ("", "")
    # It takes every Java program for a bot, which it need not be.
    spider = device is not None and device.family == "Spider" and family != "Java"
    return (
        family,
        int(version) if version.isdecimal() and len(version) < 6 else 0,
        system.family if system is not None else "",
        spider,
    )


def _product(text: str) -> tuple[str, int]:
    """Name and major version of the first product (RFC 9110, section 10.1.5)."""
    match = _PRODUCT.match(text)
    if match is None:
        return text.partition("/")[0][:40], 0
    return match[1], int(match[2][:6])


def _chromium_version(text: str) -> int:
    match = re.search(r"Chrome/(\d{1,4})\.", text)
    return int(match[1]) if match else 0
