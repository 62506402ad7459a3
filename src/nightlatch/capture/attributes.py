"""An exchange out of named values, as structured logs tell of it.

Names compare without regard to case, and `.`, `-` and a leading `_` read as `_`, so that
"http.request.method", "_http_request_method" and "HTTP-Request-Method" are one. What no name holds
is unseen, not guessed.

No request id becomes `Observed.id`: clients choose it, and whoever repeats one would not be
counted.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from ipaddress import ip_address
from itertools import islice
from math import isfinite
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

from nightlatch.capture.attribute_names import NAMES, Meaning, header_meaning, plain
from nightlatch.exchange.exchange import NO_BODY, Body, Ending, Request, Response
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part, Source, SourceKind

MAX_FIELDS = 500
"""Of one message that are looked at; the rest is not."""
MAX_DEPTH = 6
MAX_SERVICE = 128
MAX_TEXT = 2_048
"""Characters of a name, a host or a route."""
HUNG_UP = 499
"""nginx' status for a client that did not wait for its answer."""
LATE = 7 * 86_400.0
"""Seconds that a message may come after its exchange. Beyond, and for more than `EARLY` before it,
the moment of arrival counts: a wrong clock must not write into the past."""
EARLY = 300.0
_NAMES = 4_096
"""Spellings of names whose meaning is remembered; then all of them are forgotten."""

_UNITS = {"duration_s": 1.0, "duration_ms": 1e-3, "duration_us": 1e-6, "duration_ns": 1e-9}
_METHOD = re.compile(r"[A-Za-z][A-Za-z-]{0,31}")
_REQUEST_LINE = re.compile(r"([A-Z-]{1,32}) (\S+)(?: HTTP/([\d.]+))?")
_ABSOLUTE = re.compile(r"(https?|wss?)://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_MASKED = re.compile(
    r"(?:\w+ )?[*•xX.]{3,}|\W*(?:redacted|filtered|masked|hidden)\W*", re.IGNORECASE
)
_SECRETS = frozenset({b"authorization", b"cookie", b"x-api-key", b"proxy-authorization"})
_AS_HEADERS = {"agent": b"user-agent", "referer": b"referer", "forwarded": b"x-forwarded-for"}
_HOST = re.compile(r"[\w.\-]*\w[\w.\-]*(?::\d{1,5})?|\[[\da-fA-F:.]+\](?::\d{1,5})?")
_ALWAYS_UNSEEN = frozenset({Part.REQUEST_HEADERS, Part.RESPONSE_HEADERS})


class Origin(Struct, frozen=True):
    """What is known of a message before it is read."""

    kind: SourceKind
    name: str
    service: str = ""
    """Whose API everything from there is; empty: the message says."""


class Attributes:
    """Reads named values. `given` are the owner's own names and what each of them holds, one of
    `NAMES`; they come before all others. Raises ValueError for what nothing can hold."""

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        self._known: dict[str, Meaning] = {}
        for part, names in NAMES.items():
            for rank, name in enumerate(names, 1):
                self._known[name] = Meaning(part, rank)
        for name, part in (given or {}).items():
            if part not in NAMES:
                raise ValueError(f'"{part}" of "{part}={name}" is none of {", ".join(NAMES)}')
            self._known[plain(name)] = Meaning(part)
        self._meanings: dict[str, Meaning] = {}

    def read(
        self, fields: Mapping[str, Any], origin: Origin, at: float, now: float, service: str = ""
    ) -> Observed | None:
        """The exchange that the fields tell of, or None where they tell of none.

        `at` is when it was over, by the message's own word, `now` when the message came; `service`
        is what it is called where neither the owner nor a field says so.
        """
        told = self._sort(fields)
        target = _target(told)
        if target is None or str(told.values.get("span", "")).lower() == "client":
            return None
        return _observed(told, target, origin, plausible(at, now), service)

    def _sort(self, fields: Mapping[str, Any]) -> "_Told":
        told = _Told({}, [], [])
        ranks: dict[str, int] = {}
        for name, value in _flat(fields, MAX_DEPTH):
            meaning = self._meaning(name)
            part = meaning.part
            # Envoy's flags tell by their name alone whose log it is: nearly always there are none.
            if not part or value is None or (value in ("", "-") and part != "envoy"):
                continue
            if part == "in":
                told.sent.append((meaning.header, _bytes(value)))
            elif part == "out":
                told.answered.append((meaning.header, _bytes(value)))
            elif meaning.rank < ranks.get(part, 99):
                ranks[part] = meaning.rank
                told.values[part] = value
        return told

    def _meaning(self, name: str) -> Meaning:
        meaning = self._meanings.get(name)
        if meaning is None:
            if len(self._meanings) >= _NAMES:
                self._meanings.clear()
            spelling = plain(name)
            meaning = self._known.get(spelling) or header_meaning(spelling)
            self._meanings[name] = meaning
        return meaning


def read_fields(entries: Sequence[str]) -> Attributes:
    """Attributes from entries like "status=code": the part, and the name that holds it. Raises
    ValueError."""
    given = {}
    for entry in entries:
        part, sign, name = entry.partition("=")
        if not (sign and name.strip()):
            raise ValueError(f'"{entry}" is not like status=code: what it is, and its name')
        given[name.strip()] = part.strip()
    return Attributes(given)


class _Told(Struct):
    values: dict[str, Any]
    """By what they hold."""
    sent: list[tuple[bytes, bytes]]
    """Headers of the request."""
    answered: list[tuple[bytes, bytes]]


class _Target(Struct, frozen=True):
    """What was asked for; "" and None are what was not told."""

    method: str
    path: str
    query: str | None
    scheme: str = ""
    host: str = ""
    version: str = ""


def plausible(at: float, now: float) -> float:
    """The moment a source tells, unless its clock must be wrong: then that of its arrival."""
    return at if now - LATE <= at <= now + EARLY else now


def _flat(fields: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    for name, value in islice(fields.items(), MAX_FIELDS):
        if type(value) is not dict:
            yield name, value
        elif depth:
            for inner, one in _flat(value, depth - 1):
                yield f"{name}.{inner}", one


def _bytes(value: Any) -> bytes:
    """A header's value; OpenTelemetry gives a list of them."""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text.encode("utf-8", "replace")


def _target(told: _Told) -> _Target | None:
    values = told.values
    version = _version(values.get("version"))
    if matched := _REQUEST_LINE.fullmatch(str(values.get("request", ""))):
        return _split(matched[1], matched[2], None, matched[3] or version)
    method = str(values.get("method", ""))
    if not _METHOD.fullmatch(method):
        return None
    url, path = values.get("url"), values.get("path")
    query = values.get("query")
    query = None if query is None else str(query).removeprefix("?")
    if isinstance(url, str):
        return _split(method.upper(), url, query, version)
    if not isinstance(path, str):
        return None
    return _split(method.upper(), path, query, version, whole=False)


def _split(
    method: str, url: str, query: str | None, version: str, *, whole: bool = True
) -> _Target | None:
    """`whole`: were there a query, it would stand in `url`."""
    scheme = host = ""
    if absolute := _ABSOLUTE.fullmatch(url):
        scheme, host, url = absolute[1].lower(), absolute[2].rpartition("@")[2], absolute[3] or "/"
    elif not url.startswith("/") and (method, url) != ("OPTIONS", "*"):
        return None
    path, question, asked = url.partition("#")[0].partition("?")
    if question or (whole and query is None):
        query = asked
    return _Target(method, unquote(path), query, scheme, host, version)


def _version(told: Any) -> str:
    version = str(told or "").upper().removeprefix("HTTP/")
    return version if version in {"1.0", "1.1", "2", "2.0", "3", "3.0"} else ""


def _observed(told: _Told, target: _Target, origin: Origin, at: float, service: str) -> Observed:
    values = told.values
    unseen = set(_ALWAYS_UNSEEN)
    duration = _duration(values, unseen)
    request = _request(told, target, unseen)
    response = _response(told, unseen)
    return Observed(
        at=at - duration,
        duration=duration,
        request=request,
        response=response,
        source=source_of(origin.kind, origin.name, frozenset(unseen)),
        service=service_name(origin.service or values.get("service") or service, origin),
        route=_text(values.get("route")) or None,
        principal=_text(values.get("user")),
        ending=Ending.CLIENT_GONE if response.status == HUNG_UP else Ending.ANSWERED,
    )


def _request(told: _Told, target: _Target, unseen: set[Part]) -> Request:
    values = told.values
    scheme = target.scheme or _scheme(values.get("scheme"))
    host = target.host or _host(values.get("host"))
    peer = address_of(_text(values.get("client")))
    body = _body(values, "request", Part.REQUEST_BODY, unseen)
    _miss(unseen, {Part.SCHEME: scheme, Part.HOST: host, Part.CLIENT: peer})
    if target.query is None:
        unseen.add(Part.QUERY)
    headers = _request_headers(told, unseen)
    return Request(
        method=target.method,
        scheme=scheme,
        host=host,
        path=target.path,
        query=target.query or "",
        headers=headers,
        peer=peer,
        http_version=target.version or "1.1",
        body=body,
    )


def _request_headers(told: _Told, unseen: set[Part]) -> Headers:
    headers = told.sent
    named = {name for name, _ in headers}
    for part, name in _AS_HEADERS.items():
        if name not in named and part in told.values:
            headers.append((name, _bytes(told.values[part])))
    secrets = [value.decode("utf-8", "replace") for name, value in headers if name in _SECRETS]
    if not secrets:
        unseen.add(Part.CREDENTIALS)
    elif any(_MASKED.fullmatch(secret) for secret in secrets):
        unseen.add(Part.SECRETS)
    return Headers(headers)


def _response(told: _Told, unseen: set[Part]) -> Response:
    status = _number(told.values.get("status"))
    if not 100 <= status <= 599:
        unseen.add(Part.STATUS)
        status = 0
    body = _body(told.values, "response", Part.RESPONSE_BODY, unseen)
    return Response(int(status), Headers(told.answered), body)


def _body(values: Mapping[str, Any], side: str, part: Part, unseen: set[Part]) -> Body:
    size = max(0, int(_number(values.get(f"{side}_size"))))
    text = values.get(f"{side}_body")
    if not isinstance(text, str):
        unseen.add(part)
        return Body(size=size, truncated=size > 0) if size else NO_BODY
    data = text.encode("utf-8", "replace")
    return Body(data, max(size, len(data)), truncated=size > len(data))


def _duration(values: Mapping[str, Any], unseen: set[Part]) -> float:
    for part, unit in _UNITS.items():
        if part in values:
            return _seconds(values[part], unit, unseen)
    if "traefik" in values:
        return _seconds(values.get("duration"), 1e-9, unseen)
    if "envoy" in values:
        return _seconds(values.get("duration"), 1e-3, unseen)
    unseen.add(Part.DURATION)
    return 0.0


def _seconds(told: Any, unit: float, unseen: set[Part]) -> float:
    number = _number(told, missing=-1.0)
    if number < 0 or number * unit > LATE:
        unseen.add(Part.DURATION)
        return 0.0
    return number * unit


def _number(told: Any, missing: float = 0.0) -> float:
    """A number, also as text; `missing` for anything else, and for what is not finite."""
    try:
        number = float(told)
    except (TypeError, ValueError, OverflowError):
        return missing
    return number if isfinite(number) else missing


def _text(told: Any) -> str:
    return str(told)[:MAX_TEXT] if isinstance(told, str | int) else ""


def _scheme(told: Any) -> str:
    scheme = _text(told).lower()
    return scheme if scheme in {"http", "https", "ws", "wss"} else ""


def _host(told: Any) -> str:
    host = _text(told)
    return host if _HOST.fullmatch(host) else ""


def _miss(unseen: set[Part], told: Mapping[Part, str]) -> None:
    unseen.update(part for part, value in told.items() if not value)


@lru_cache(4_096)
def address_of(told: str) -> str:
    """The address in "192.0.2.1", "192.0.2.1:443", "[2001:db8::1]:443"; "" where there is none."""
    told = told.strip()
    bare = told[1:].partition("]")[0] if told.startswith("[") else told
    for candidate in (bare, bare.rpartition(":")[0]):
        try:
            return str(ip_address(candidate))
        except ValueError:
            continue
    return ""


@lru_cache(1_024)
def source_of(kind: SourceKind, name: str, unseen: frozenset[Part]) -> Source:
    """One value for all exchanges that were seen alike."""
    return Source(kind, name, unseen)


def service_name(told: Any, origin: Origin) -> str:
    """Never empty, and no longer than a service's name may be."""
    return (_text(told).strip() or origin.name or origin.kind)[:MAX_SERVICE]
