"""The semantic conventions for HTTP servers: attributes to an exchange.

The stable ones (OpenTelemetry semantic conventions 1.23 and later), and those before them, which
most of what is deployed still writes. Spans carry no bodies and, unless somebody has asked for it,
no headers: what is not there is unseen, not absent.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from nightlatch.capture.masked import is_masked
from nightlatch.capture.otlp.telemetry import Attributes, Telemetry, Value
from nightlatch.capture.sources import shared_source
from nightlatch.capture.spelling import route_template
from nightlatch.capture.urls import LONGEST, Target, decoded, read_address, read_url
from nightlatch.exchange.exchange import NO_BODY, Body, Ending, Request, Response
from nightlatch.exchange.headers import Headers, headers_of
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part, SourceKind

MAX_HEADERS = 200
MAX_SERVICE = 128
MAX_EXCERPT = 65_536
OLDEST, AHEAD = 7 * 86_400.0, 300.0
"""Seconds that a time may be away from now; beyond, it is the clock that is wrong."""
LONGEST_DURATION = 86_400.0

_METHOD = ("http.request.method", "http.method")
_STATUS = ("http.response.status_code", "http.status_code")
_URL = ("http.url", "url.full")
_SCHEME = ("url.scheme", "http.scheme")
_HOST = ("http.host", "server.address", "http.server_name", "net.host.name")
_PORT = ("server.port", "net.host.port")
_CLIENT = ("client.address", "http.client_ip")
_PEER = ("network.peer.address", "net.sock.peer.addr", "net.peer.ip")
_AGENT = ("user_agent.original", "http.user_agent")
_VERSION = ("network.protocol.version", "http.flavor")
_WHO = ("enduser.id", "user.id", "apitally.consumer.identifier")
_SIZES = (
    ("http.request.body.size", "http.request_content_length"),
    ("http.response.body.size", "http.response_content_length"),
)
_ENVIRONMENT = ("deployment.environment.name", "deployment.environment")
_REQUEST_HEADER = "http.request.header."
_RESPONSE_HEADER = "http.response.header."
_CREDENTIALS = (b"authorization", b"cookie", b"x-api-key")
_ANNOUNCED = (b"content-length", b"transfer-encoding")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_EXACT = 2.0**53
"""Whole numbers below it are what they say, also as floating ones."""
_NO_BODY = ("[BODY_TOO_LARGE]", "[REDACTED]")


class _Facts(Struct):
    """One span under way."""

    attributes: Attributes
    apitally: bool
    """Its SDK captures all headers or none, and may send bodies."""
    unseen: set[Part]


def is_http(item: Telemetry) -> bool:
    """Does it tell of a request to an HTTP server? A log record has to say more: it may as well be
    a client's."""
    attributes = item.attributes
    if not any(name in attributes for name in _METHOD):
        return False
    if not item.is_log:
        return True
    served = any(name in attributes for name in ("url.path", "http.target", "http.route"))
    return served and any(name in attributes for name in _STATUS)


def observed(item: Telemetry, grant_name: str, service: str, now: float) -> Observed | None:
    """The exchange of a server span or a log record for which `is_http`; None where it does not
    say what was asked for. `service` is what the source's token says, and may be empty."""
    attributes = item.attributes
    distribution = item.resource.get("telemetry.distro.name")
    facts = _Facts(attributes, distribution == "apitally-py", set())
    method, target = _method(attributes), _target(attributes)
    if not method or target is None:
        return None
    at, duration = _times(item, facts, now)
    request = _request(facts, method, target)
    response = _response(facts)
    return Observed(
        at=at,
        duration=duration,
        request=request,
        response=response,
        source=shared_source(SourceKind.OTLP, grant_name, frozenset(facts.unseen)),
        service=service or _service(item.resource) or grant_name,
        route=route_template(attributes.get("http.route"), request.path),
        principal=_text(attributes, _WHO)[:256],
        ending=_ending(item, response.status),
        id=item.trace + item.span,
    )


def _request(facts: _Facts, method: str, target: Target) -> Request:
    attributes, unseen = facts.attributes, facts.unseen
    headers = _headers(facts, _REQUEST_HEADER)
    if not (facts.apitally and len(headers)):
        unseen.add(Part.REQUEST_HEADERS)
        if not headers.has_any(_CREDENTIALS):
            unseen.add(Part.CREDENTIALS)
    agent = _text(attributes, _AGENT)
    if agent and b"user-agent" not in headers:
        headers = Headers((*headers.raw, *headers_of([("user-agent", agent[:2048])]).raw))
    if _hides_secrets(headers, target.query):
        unseen.add(Part.SECRETS)
    scheme = (target.scheme or _text(attributes, _SCHEME).lower())[:16]
    host = headers.get(b"host") or target.host or _host(attributes, scheme)
    peer = _peer(attributes, headers)
    for part, known in ((Part.SCHEME, scheme), (Part.HOST, host), (Part.CLIENT, peer)):
        if not known:
            unseen.add(part)
    body = _body(facts, "apitally.request.body", _SIZES[0], Part.REQUEST_BODY)
    if Part.REQUEST_HEADERS not in unseen and not headers.has_any(_ANNOUNCED):
        # All headers are here, and none of them announces a body (RFC 9112, section 6.3).
        unseen.discard(Part.REQUEST_BODY)
    version = _text(attributes, _VERSION)[:8] or "1.1"
    return Request(
        method, scheme, host[:255], target.path, target.query, headers, peer, version, body
    )


def _response(facts: _Facts) -> Response:
    unseen = facts.unseen
    headers = _headers(facts, _RESPONSE_HEADER)
    if not (facts.apitally and len(headers)):
        unseen.add(Part.RESPONSE_HEADERS)
    status = _number(facts.attributes, _STATUS)
    if not 100 <= status <= 599:
        status = 0
        unseen.add(Part.STATUS)
    body = _body(facts, "apitally.response.body", _SIZES[1], Part.RESPONSE_BODY)
    return Response(status, headers, body)


# The head


def _method(attributes: Attributes) -> str:
    method = _text(attributes, _METHOD)
    if method == "_OTHER":
        # Not one of the known methods; what it really was stands beside it.
        method = _text(attributes, ("http.request.method_original",)) or method
    return method.upper() if len(method) <= 32 and method.isascii() else ""


def _target(attributes: Attributes) -> Target | None:
    path = attributes.get("url.path")
    if isinstance(path, str) and path.startswith("/") and len(path) <= LONGEST:
        query = _text(attributes, ("url.query",)).removeprefix("?")[:LONGEST]
        return Target("", "", decoded(path), query, bool(query))
    whole = read_url(_text(attributes, _URL))
    target = read_url(_text(attributes, ("http.target",)))
    if target is None or whole is None:
        return whole or target
    # Some write the target without its query.
    part = whole if whole.path == target.path and not target.has_query else target
    return Target(whole.scheme, whole.host, part.path, part.query, part.has_query)


def _host(attributes: Attributes, scheme: str) -> str:
    host = _text(attributes, _HOST)
    port = _number(attributes, _PORT)
    if not host or not port or ":" in host or _DEFAULT_PORTS.get(scheme) == port:
        return host
    return f"{host}:{port}"


def _peer(attributes: Attributes, headers: Headers) -> str:
    """Who asked. Where the way there was captured it is read as ours is, from the socket's other
    end on; else the sender's word on the client is all there is."""
    way = b"x-forwarded-for" in headers or b"forwarded" in headers
    first, second = (_PEER, _CLIENT) if way else (_CLIENT, _PEER)
    return read_address(_text(attributes, first)) or read_address(_text(attributes, second))


def _headers(facts: _Facts, prefix: str) -> Headers:
    pairs = (
        (name[len(prefix) :].replace("_", "-"), text)
        for name, value in facts.attributes.items()
        if name.startswith(prefix) and name.isascii()
        for text in _texts(value)
    )
    return headers_of(pair for _, pair in zip(range(MAX_HEADERS), pairs, strict=False))


def _texts(value: Value) -> Iterator[str]:
    for one in value if isinstance(value, list) else (value,):
        if isinstance(one, str):
            yield one[:LONGEST]


def _hides_secrets(headers: Headers, query: str) -> bool:
    if any(is_masked(value) for _, value in headers.text()):
        return True
    return any(is_masked(pair.partition("=")[2]) for pair in query.split("&")) if query else False


def _body(facts: _Facts, name: str, sizes: tuple[str, str], part: Part) -> Body:
    value = facts.attributes.get(name) if facts.apitally else None
    size = _number(facts.attributes, sizes)
    if isinstance(value, str | bytes) and value not in _NO_BODY and value != b"[BODY_TOO_LARGE]":
        data = value.encode("utf-8", "replace") if isinstance(value, str) else value
        return Body(data[:MAX_EXCERPT], size or len(data), truncated=len(data) > MAX_EXCERPT)
    facts.unseen.add(part)
    return Body(size=size) if size else NO_BODY


# What happened


def _times(item: Telemetry, facts: _Facts, now: float) -> tuple[float, float]:
    """When it began, and how long it took; seconds."""
    at = item.begin / 1e9
    if not now - OLDEST <= at <= now + AHEAD:
        at = now
    duration = (item.end - item.begin) / 1e9
    if item.is_log or not item.begin or not 0 < duration <= LONGEST_DURATION:
        facts.unseen.add(Part.DURATION)
        return at, 0.0
    return at, duration


def _ending(item: Telemetry, status: int) -> Ending:
    """An exception that nobody caught: the framework answered with 500, or nobody did."""
    kind = item.attributes.get("error.type")
    named = isinstance(kind, str) and not kind.isdecimal() and kind != "_OTHER"
    if status >= 500 and (named or item.raised):
        return Ending.RAISED
    return Ending.RAISED if not status and item.failed else Ending.ANSWERED


def _service(resource: Attributes) -> str:
    """`service.name`, within its namespace and its environment: what runs without authentication
    in a test environment says nothing of production."""
    name = _text(resource, ("service.name",))
    if not name or name.startswith("unknown_service"):
        return ""
    namespace = _text(resource, ("service.namespace",))
    environment = _text(resource, _ENVIRONMENT)
    whole = f"{namespace}/{name}" if namespace else name
    return (f"{whole}@{environment}" if environment else whole)[:MAX_SERVICE]


def _text(attributes: Attributes, names: tuple[str, ...]) -> str:
    for name in names:
        value: Any = attributes.get(name)
        if value and isinstance(value, str):
            return value
    return ""


def _number(attributes: Attributes, names: tuple[str, ...]) -> int:
    """Also where a sender has written it as a text, or as a Collector that took JSON apart: there
    all numbers are floating."""
    for name in names:
        value = attributes.get(name)
        if type(value) is float and value.is_integer() and value < _EXACT:
            value = int(value)
        if type(value) is int and value >= 0:
            return value
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:
            return int(value)
    return 0
