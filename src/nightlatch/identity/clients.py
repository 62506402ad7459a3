"""What program sent a request, and how sure is that?"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.exchange.client import UNKNOWN_CLIENT, Client, ClientKind
from nightlatch.exchange.exchange import Caller, Request
from nightlatch.identity.address import TrustedProxies
from nightlatch.identity.browser_headers import Sign, browser_signs, doubt
from nightlatch.identity.crawlers import Crawler
from nightlatch.identity.handshakes import Handshakes
from nightlatch.identity.networks import Networks
from nightlatch.identity.user_agents import LONGEST, Agent, read_agent

_KNOWN = 8_192
"""Ways of asking that are remembered; full, the memory starts over."""
_KNOWN_WORDS = 1_024
"""User agents of requests whose other headers could not be seen; the one not seen longest goes."""
_TOLD = frozenset({b"sec-ch-ua", b"sec-ch-ua-platform", b"sec-fetch-mode", b"sec-fetch-dest"})
"""Fields whose values tell something of the client beyond its circle of headers."""
_LONGEST_TOLD = 512
_FINGERPRINT = re.compile(r"[\w,.\-]{8,128}", re.ASCII)
_JA4 = re.compile(r"[tqd]\d\d[di]\d{4}([a-z0-9]{2})_[0-9a-f]{12}_[0-9a-f]{12}")
_HEADLESS_BRAND = "HeadlessChrome"

SURE = {
    ClientKind.BROWSER: 0.9,
    ClientKind.APP: 0.6,
    # Who pretends does not pretend to be a program.
    ClientKind.LIBRARY: 0.98,
    ClientKind.HEADLESS: 0.98,
    ClientKind.BOT: 0.5,
    ClientKind.UNKNOWN: 0.0,
}
"""How sure a client's word is when nothing speaks against it."""


class Verifier(Protocol):
    """Knows, or finds out meanwhile, whether a declared bot asks from its operator's machines."""

    def ask(self, crawler: Crawler, address: str, now: float) -> bool | None:
        """At once; None when it is not known yet, or cannot be."""


class _Found(Struct, frozen=True, gc=False):
    client: Client
    agent: Agent


class Clients:
    """Used by the thread that works after the answer. `fingerprint_headers` are believed only from
    the proxies that are trusted."""

    def __init__(
        self,
        networks: Networks | None = None,
        proxies: TrustedProxies | None = None,
        fingerprint_headers: Iterable[str] = (),
        verifier: Verifier | None = None,
    ) -> None:
        self._networks = Networks() if networks is None else networks
        self._proxies = TrustedProxies(()) if proxies is None else proxies
        self._fingerprint_headers = tuple(
            name.strip().lower().encode("latin-1", "replace") for name in fingerprint_headers
        )
        self._verifier = verifier
        self._handshakes = Handshakes()
        self._known: dict[tuple[object, ...], _Found] = {}

    def verify_by(self, verifier: Verifier) -> None:
        """From now on declared bots are verified by this."""
        self._verifier = verifier

    def look_partly(self, request: Request, caller: Caller, now: float) -> Client:
        """What it says it is, where not all of its headers could be seen: nobody is doubted for
        fields that may have been there."""
        found = _by_word((request.headers.get(b"user-agent") or "")[:LONGEST])
        if found.agent.crawler is None or not caller.address:
            return found.client
        return self._verified(found.client, found.agent.crawler, caller.address, now)

    def look(self, request: Request, caller: Caller, now: float) -> Client:
        """Cheap on repeated clients: what was found is remembered by the client's headers."""
        direct = not self._proxies.trusts(request.peer)
        fingerprint = "" if direct else self._fingerprint(request)
        told = tuple([value for name, value in request.headers.raw if name in _TOLD])
        key = (headers_circle(caller), request.method, request.scheme, direct, fingerprint, told)
        found = self._known.get(key)
        if found is None:
            found = _read(request, fingerprint, direct=direct)
            self._keep(key, found, told)
        if fingerprint:
            found = self._compare(found, fingerprint, caller.address)
        if found.agent.crawler is not None:
            return self._verified(found.client, found.agent.crawler, caller.address, now)
        return found.client

    def _keep(self, key: tuple[object, ...], found: _Found, told: tuple[bytes, ...]) -> None:
        if sum(map(len, told)) > _LONGEST_TOLD:
            return
        if len(self._known) >= _KNOWN:
            self._known.clear()
        self._known[key] = found

    def _fingerprint(self, request: Request) -> str:
        """What the trusted proxy says of the handshake; "" when it says nothing sensible."""
        for name in self._fingerprint_headers:
            # The last one: a proxy that adds a field leaves the client's own before it.
            values = request.headers.get_all(name)
            if values and _FINGERPRINT.fullmatch(values[-1]):
                return values[-1]
        return ""

    def _compare(self, found: _Found, fingerprint: str, address: str) -> _Found:
        """With what others who have this handshake say they are."""
        agent = found.agent
        family = agent.engine or agent.family
        if not family:
            return found
        self._handshakes.note(fingerprint, family, address)
        sign = self._handshakes.sign(fingerprint, family)
        if sign is None:
            return found
        client = found.client
        doubted = replace(
            client,
            confidence=client.confidence * (1 - sign.weight),
            signs=(*client.signs, sign.words),
        )
        return _Found(doubted, agent)

    def _verified(self, client: Client, crawler: Crawler, address: str, now: float) -> Client:
        verified = self._verify(crawler, address, now)
        if verified is None:
            return client
        if verified:
            return replace(client, verified=True, confidence=0.99)
        lie = f"it says it is {crawler.name}, and {address} is not {crawler.name}'s"
        return replace(client, verified=False, confidence=0.01, signs=(*client.signs, lie))

    def _verify(self, crawler: Crawler, address: str, now: float) -> bool | None:
        if "private" in self._networks.look(address).kinds:
            return None
        listed = self._networks.is_crawler(crawler.name, address)
        if listed or self._verifier is None or not crawler.suffixes:
            return listed
        return self._verifier.ask(crawler, address, now)


def headers_circle(caller: Caller) -> str:
    """The caller's circle by its headers: one program, more or less; "" without one."""
    for circle in caller.circles:
        if circle.startswith("headers:"):
            return circle
    return ""


@lru_cache(_KNOWN_WORDS)
def _by_word(text: str) -> _Found:
    agent = read_agent(text)
    if agent.kind is ClientKind.UNKNOWN:
        return _Found(UNKNOWN_CLIENT, agent)
    return _Found(Client(kind=agent.kind, name=agent.name, confidence=SURE[agent.kind]), agent)


def _read(request: Request, fingerprint: str, *, direct: bool) -> _Found:
    text = request.headers.get(b"user-agent") or ""
    agent = read_agent(text)
    kind = agent.kind
    signs: list[Sign] = []
    if kind is ClientKind.BROWSER:
        signs = browser_signs(agent, request, direct=direct) + _handshake_signs(fingerprint)
        if _HEADLESS_BRAND in (request.headers.get(b"sec-ch-ua") or ""):
            kind = ClientKind.HEADLESS
            signs.append(Sign("Sec-CH-UA names a headless browser", 0.5))
        if agent.odd:
            signs.append(Sign("a user agent that no browser has", 0.7))
    elif not text:
        signs.append(Sign("no User-Agent", 0.5))
    # A browser inside an application is known by its word alone, as an application is.
    by_word = kind is ClientKind.BROWSER and not agent.engine
    sure = SURE[ClientKind.APP if by_word else kind]
    if kind is not ClientKind.HEADLESS:
        sure *= 1 - doubt(signs)
    client = Client(
        kind=kind,
        name=agent.name,
        confidence=sure,
        signs=tuple(sign.words for sign in signs),
        fingerprint=fingerprint,
    )
    return _Found(client, agent)


def _handshake_signs(fingerprint: str) -> list[Sign]:
    """What JA4 itself tells: every browser offers HTTP/2. Light, for a company that looks into its
    people's traffic shakes hands in their place."""
    match = _JA4.fullmatch(fingerprint)
    if match is None or match[1] != "00":
        return []
    return [Sign("a TLS handshake that offers no HTTP/2, as every browser does", 0.3)]
