"""An event of a Treblle SDK as an exchange: what it says, what it cannot know, what it must not
claim."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import UNSET, Struct

from nightlatch.capture.http_source import Malformed, Reading, Sent
from nightlatch.capture.masked import is_masked
from nightlatch.capture.sources import shared_source
from nightlatch.capture.spelling import route_template
from nightlatch.capture.treblle.bodies import number, request_body, response_body, without
from nightlatch.capture.treblle.event import Event, ResponsePart, read_event
from nightlatch.capture.treblle.sdks import Sdk, sdk_named
from nightlatch.capture.urls import LONGEST, Target, read_address, read_url
from nightlatch.exchange.exchange import NO_BODY, Ending, Request, Response
from nightlatch.exchange.headers import Headers, headers_of
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part, SourceKind

MAX_HEADERS = 200
MAX_SERVICE = 128
LONGEST_DURATION = 86_400.0

_EXCERPT = 512
_METHOD = re.compile(r"[A-Za-z][A-Za-z-]{0,31}")
_VERSION = re.compile(r"/(\d(?:\.\d)?)\Z")
_NO_AGENT = frozenset({"", "N/A", "HTTP_USER_AGENT_NOT_FOUND"})
_CLAIMED = (b"treblle-user-id", b"x-treblle-user-id", b"x-user-id", b"treblle-metadata")
"""Request headers from which SDKs take the user: whoever asks writes into them what he likes."""
_FATAL = frozenset(
    {"UNHANDLED_EXCEPTION", "E_ERROR", "E_PARSE", "E_CORE_ERROR", "E_COMPILE_ERROR"}
    | {"E_USER_ERROR", "E_RECOVERABLE_ERROR"}
)


class _Read(Struct):
    """What is found on the way."""

    event: Event
    sdk: Sdk
    target: Target
    unseen: set[Part]
    status: int = 0


def read_treblle(sent: Sent) -> Reading:
    """For `HttpSource`: the one exchange of a body."""
    event = read_event(sent.body)
    if event is None:
        return _malformed("not an event", sent)
    data = event.data
    method = data.request.method
    if not isinstance(method, str) or not _METHOD.fullmatch(method):
        return _malformed("an event without a method", sent)
    target = read_url(data.request.url) if isinstance(data.request.url, str) else None
    if target is None:
        return _malformed("an event without a URL", sent)
    sdk = sdk_named(event.sdk, second_generation=event.second_generation)
    read = _Read(event, sdk, target, set(), _status(data.response.code))
    return Reading((_observed(read, method.upper(), sent),))


def _malformed(reason: str, sent: Sent) -> Reading:
    # The first generation begins with the secret.
    excerpt = sent.body[: 2 * _EXCERPT]
    secret = sent.headers.get(b"x-api-key")
    if secret:
        excerpt = excerpt.replace(secret.encode("latin-1"), b"***")
    return Reading(malformed=(Malformed(reason, excerpt[:_EXCERPT]),))


def _observed(read: _Read, method: str, sent: Sent) -> Observed:
    data = read.event.data
    duration = _duration(read)
    ending = _ending(read)
    request = _request(read, method)
    response = _response(read, method)
    return Observed(
        at=sent.at - duration,
        duration=duration,
        request=request,
        response=response,
        source=shared_source(SourceKind.TREBLLE, sent.grant.name, frozenset(read.unseen)),
        service=_service(read.event, sent),
        route=route_template(data.request.route_path, request.path),
        principal=_principal(data.user, data.metadata, request.headers),
        ending=ending,
    )


def _request(read: _Read, method: str) -> Request:
    part, target, unseen = read.event.data.request, read.target, read.unseen
    headers = _headers(part.headers)
    known = len(headers) > 0
    if not known:
        unseen |= {Part.REQUEST_HEADERS, Part.CREDENTIALS}
        agent = part.user_agent
        if isinstance(agent, str) and agent not in _NO_AGENT:
            headers = headers_of([("user-agent", agent[:2048])])
    query, masked = _query(read)
    if masked or any(is_masked(value) for _, value in headers.text()):
        unseen.add(Part.SECRETS)
        if is_masked(headers.get(b"cookie") or ""):
            # There were cookies; whether a session was among them is hidden with the rest.
            unseen.add(Part.CREDENTIALS)
    peer = _peer(part.ip, headers)
    if not peer:
        unseen.add(Part.CLIENT)
    if not target.host:
        unseen.add(Part.HOST)
    if not target.scheme:
        unseen.add(Part.SCHEME)
    body = request_body(_request_body_of(read, method, query), headers, known=known)
    if body is None:
        unseen.add(Part.REQUEST_BODY)
    return Request(
        method,
        target.scheme,
        target.host,
        target.path,
        query,
        headers,
        peer,
        _version(read.event.data.server),
        body or NO_BODY,
    )


def _response(read: _Read, method: str) -> Response | None:
    part, status, unseen = read.event.data.response, read.status, read.unseen
    headers = _headers(part.headers)
    if not len(headers):
        unseen.add(Part.RESPONSE_HEADERS)
    body = response_body(bytes(part.body), part.size, status, method, headers)
    if body is None:
        unseen.add(Part.RESPONSE_BODY)
    if not status:
        unseen.add(Part.STATUS)
    return Response(status, headers, body or NO_BODY)


def _request_body_of(read: _Read, method: str, query: str) -> bytes:
    raw = bytes(read.event.data.request.body)
    if read.sdk.query_in_body and method == "GET":
        return b"null"
    if read.sdk.merged and query:
        return without(raw, {name for name, _ in parse_qsl(query, keep_blank_values=True)})
    return raw


# The head


def _headers(value: object) -> Headers:
    """Of an object of names to a text, or to a list of them; PHP writes an empty one as a list."""
    if not isinstance(value, Mapping):
        return Headers()
    return headers_of(list(_fields(value))[:MAX_HEADERS])


def _fields(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, one in value.items():
        if not name.isascii():
            continue
        for text in one if isinstance(one, list) else (one,):
            if isinstance(text, str):
                yield name, text[:LONGEST]
            elif type(text) in (int, float):
                yield name, str(text)


def _query(read: _Read) -> tuple[str, bool]:
    """The query, and whether something in it is masked."""
    told = read.event.data.request.query
    query = ""
    if read.target.has_query:
        query = read.target.query
    elif isinstance(told, Mapping) and told:
        query = _written(told)
    elif not read.sdk.whole_url and (told is UNSET or told is None):
        read.unseen.add(Part.QUERY)
    return query, any(is_masked(value) for _, value in parse_qsl(query))


def _written(told: Mapping[Any, Any]) -> str:
    raw = told.get("query")
    # Go sends the query as it came, under this name.
    if len(told) == 1 and isinstance(raw, str) and (not raw or "=" in raw):
        return raw[:LONGEST]
    return urlencode(_pairs(told))[:LONGEST]


def _pairs(told: Mapping[Any, Any]) -> list[tuple[str, str]]:
    pairs = []
    for name, value in told.items():
        for one in value if isinstance(value, list) else (value,):
            text = one if isinstance(one, str) else msgspec.json.encode(one).decode()
            pairs.append((str(name), text))
    return pairs


def _peer(told: object, headers: Headers) -> str:
    """Who asked. Django's and Flask's SDKs take the first address of X-Forwarded-For, which is
    whatever the client wrote; the last one was written by the proxy next to the application, and
    what stands before it is read by those who know which proxies to trust."""
    address = read_address(told)
    forwarded = [
        hop.strip() for value in headers.get_all(b"x-forwarded-for") for hop in value.split(",")
    ]
    if len(forwarded) > 1 and address and address == read_address(forwarded[0]):
        return read_address(forwarded[-1]) or address
    return address


def _version(server: object) -> str:
    protocol = server.get("protocol") if isinstance(server, Mapping) else None
    match = _VERSION.search(protocol) if isinstance(protocol, str) else None
    return match[1] if match else "1.1"


# What happened


def _status(code: object) -> int:
    status = number(code)
    return status if 100 <= status <= 599 else 0


def _duration(read: _Read) -> float:
    """Seconds."""
    value, sdk = read.event.data.response.load_time, read.sdk
    if (
        type(value) in (int, float)
        and sdk.unit
        and not (sdk.untimed_after_crash and _crashed(read))
    ):
        seconds = float(value) * sdk.unit
        if 0 <= seconds <= LONGEST_DURATION:
            return seconds
    read.unseen.add(Part.DURATION)
    return 0.0


def _ending(read: _Read) -> Ending:
    # SDKs tell in the same words of exceptions that the framework turned into an answer, Http404.
    return Ending.RAISED if read.status >= 500 and _crashed(read) else Ending.ANSWERED


def _crashed(read: _Read) -> bool:
    data = read.event.data
    return any(
        error.get("type") in _FATAL
        or error.get("source") == "onException"
        or (read.sdk.crashes and error.get("source") == "onError")
        for error in _errors(data.errors, data.response)
    )


def _errors(beside: object, response: ResponsePart) -> Iterator[Mapping[Any, Any]]:
    for errors in (beside, response.errors):
        if isinstance(errors, list):
            yield from (error for error in errors[:20] if isinstance(error, Mapping))


def _service(event: Event, sent: Sent) -> str:
    if sent.grant.service:
        return sent.grant.service
    project = event.project[:MAX_SERVICE]
    # People mix the two up, and a secret must not become a name.
    secret = sent.headers.get(b"x-api-key") or ""
    return project if project and project != secret[:MAX_SERVICE] else sent.grant.name


def _principal(user: object, metadata: object, headers: Headers) -> str:
    if headers.has_any(_CLAIMED):
        return ""
    for holder, name in ((user, "id"), (metadata, "user-id"), (metadata, "user_id")):
        if isinstance(holder, Mapping):
            value = holder.get(name)
            if type(value) in (str, int) and not is_masked(str(value)):
                return str(value).strip()[:256]
    return ""
