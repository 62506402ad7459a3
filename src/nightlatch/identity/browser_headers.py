"""Does a request look like those of the browser that it says it comes from?

What each engine sends is plain to see in its own requests, and seldom copied whole. Each sign has a
weight: the share of requests with this sign, among those of programs and of browsers alike, that
are not a browser's, as far as we dare to say. Signs that a proxy on the way can cause count only
where the client itself is at the other end of the connection.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from nightlatch.exchange.exchange import Request
from nightlatch.exchange.headers import Headers
from nightlatch.identity.user_agents import Agent

_CLIENT_HINTS_FROM = 89
"""Chromium sends Sec-CH-UA with every request to a secure origin."""
_FETCH_METADATA_FROM = {"chromium": 80, "gecko": 90, "webkit": 17}
_ORDER = {
    "chromium": (b"user-agent", b"accept", b"accept-encoding", b"accept-language"),
    "gecko": (b"user-agent", b"accept", b"accept-language", b"accept-encoding"),
}
_JUDGED_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_MODES = frozenset({"cors", "navigate", "no-cors", "same-origin", "websocket"})
_BRAND = re.compile(r'"([^"]{1,60})";\s*v="(\d{1,4})')
_PLATFORMS = {
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Android": "Android",
    "Chrome OS": "Chrome OS",
    "Linux": "Linux",
    "Ubuntu": "Linux",
}
_TOOL_HEADERS = {b"postman-token": "Postman", b"x-insomnia-id": "Insomnia"}


class Sign(Struct, frozen=True, gc=False):
    words: str
    weight: float
    """How much this alone makes one doubt, 0 to 1."""


def doubt(signs: tuple[Sign, ...] | list[Sign]) -> float:
    """Of all signs together, as if they were independent: 0 to 1."""
    trust = 1.0
    for sign in signs:
        trust *= 1 - sign.weight
    return 1 - trust


def browser_signs(agent: Agent, request: Request, *, direct: bool) -> list[Sign]:
    """What does not fit the browser that `agent` names. `direct`: no proxy of ours is between."""
    headers = request.headers
    if not agent.engine or not _is_plain(request):
        return []
    signs = [*_tool_signs(headers), *_always_sent(agent, headers, direct=direct)]
    if request.scheme == "https":
        signs += _secure_signs(agent, headers)
    if direct:
        signs += _order_signs(agent, headers)
    return signs


def _is_plain(request: Request) -> bool:
    """An ordinary request, with which a browser sends everything: no web socket, no question before
    the question (CORS), no report of its own."""
    return (
        request.method in _JUDGED_METHODS
        and request.scheme in ("http", "https")
        and request.headers.get(b"sec-fetch-dest") != "report"
    )


def _tool_signs(headers: Headers) -> Iterator[Sign]:
    for name, tool in _TOOL_HEADERS.items():
        if name in headers:
            yield Sign(f"a header that {tool} adds", 0.9)


def _always_sent(agent: Agent, headers: Headers, *, direct: bool) -> Iterator[Sign]:
    if b"accept-language" not in headers:
        yield Sign(f"{_a(agent)} without Accept-Language", 0.6)
    accept = headers.get(b"accept")
    if accept is None:
        yield Sign(f"{_a(agent)} without Accept", 0.7)
    elif accept == "*/*" and headers.get(b"sec-fetch-mode") == "navigate":
        yield Sign("a page is opened with Accept: */*", 0.6)
    if not direct:
        return
    encodings = headers.get(b"accept-encoding")
    if encodings is None:
        yield Sign(f"{_a(agent)} without Accept-Encoding", 0.6)


def _secure_signs(agent: Agent, headers: Headers) -> Iterator[Sign]:
    hints = headers.get(b"sec-ch-ua")
    if agent.engine == "chromium":
        yield from _hint_signs(agent, headers, hints)
    elif hints is not None:
        yield Sign(f"{_a(agent)} with Sec-CH-UA, which only Chromium sends", 0.8)
    mode = headers.get(b"sec-fetch-mode")
    if mode is None:
        if agent.version >= _FETCH_METADATA_FROM[agent.engine]:
            yield Sign(f"{_a(agent)} without Sec-Fetch-Mode", 0.7)
    elif mode not in _MODES:
        yield Sign("a Sec-Fetch-Mode that does not exist", 0.8)


def _hint_signs(agent: Agent, headers: Headers, hints: str | None) -> Iterator[Sign]:
    if hints is None:
        if agent.version >= _CLIENT_HINTS_FROM:
            yield Sign(f"{_a(agent)} without Sec-CH-UA", 0.7)
        return
    versions = {int(version) for _, version in _BRAND.findall(hints)}
    if agent.version not in versions:
        yield Sign(f"Sec-CH-UA that does not name version {agent.version}", 0.8)
    said = (headers.get(b"sec-ch-ua-platform") or "").strip('"')
    meant = _PLATFORMS.get(agent.platform)
    if said and meant and said != meant:
        yield Sign(f"Sec-CH-UA-Platform {said[:20]} on {agent.platform}", 0.8)


def _order_signs(agent: Agent, headers: Headers) -> Iterator[Sign]:
    order = _ORDER.get(agent.engine)
    if order is None:
        return
    sent = [name for name, _ in headers.raw if name in order]
    if sent != [name for name in order if name in headers]:
        yield Sign(f"header fields in an order that {agent.family} never has", 0.6)


def _a(agent: Agent) -> str:
    return f"{'an' if agent.family[:1] in 'AEIOU' else 'a'} {agent.family}"
