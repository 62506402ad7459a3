"""One JSON object a line: which of its members mean what."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from nightlatch.capture.logs import values as v
from nightlatch.capture.logs.escapes import as_bytes
from nightlatch.capture.logs.values import Fault, Line, RawHeaders, Unread, Values

MAX_HEADERS = 200
"""Header fields of one line that are taken; what would be sent after them is not logged either."""

Fields = Mapping[str, Sequence[str]]
"""For each meaning the members that may hold it, the likeliest first: names or dotted paths."""

USUAL: Fields = {
    v.PEER: (
        "client.address", "client.ip", "source.ip", "network.peer.address", "remote_addr",
        "remoteAddr", "remote_ip", "client_ip", "clientIp", "clientip", "c-ip", "src_ip", "ip",
        "httpRequest.remoteIp", "attributes.client.address",
    ),
    v.USER: (
        "enduser.id", "user.name", "user.id", "cs-username", "remote_user", "user_id", "username",
        "attributes.enduser.id",
    ),
    v.BEGAN: (
        "@timestamp", "timestamp", "time", "ts", "time_iso8601", "time_local", "datetime", "date",
        "start_time", "startTime", "requestTime", "msec", "Timestamp", "at",
    ),
    v.REQUEST: ("request", "request_line", "requestLine"),
    v.METHOD: (
        "http.request.method", "http.method", "attributes.http.request.method",
        "httpRequest.requestMethod", "cs-method", "request_method", "httpMethod", "method", "verb",
        "req.method", "request.method",
    ),
    v.URL: (
        "url.full", "url.original", "http.url", "httpRequest.requestUrl", "attributes.url.full",
        "request.url", "url",
    ),
    v.TARGET: (
        "http.target", "request_uri", "requestUri", "uri", "cs-uri", "req.url", "request.uri",
    ),
    v.PATH: (
        "url.path", "attributes.url.path", "cs-uri-stem", "c-uri-stem", "path", "request_path",
        "request.path",
    ),
    v.QUERY: (
        "url.query", "attributes.url.query", "cs-uri-query", "c-uri-query", "query", "args",
        "query_string", "queryString",
    ),
    v.SCHEME: ("url.scheme", "http.scheme", "attributes.url.scheme", "scheme", "cs-protocol"),
    v.HOST: (
        "url.domain", "server.address", "http.host", "attributes.server.address", "cs-host",
        "http_host", "host", "authority", "vhost", "request.host", "domainName",
    ),
    v.VERSION: (
        "network.protocol.version", "http.version", "cs-version", "server_protocol",
        "httpRequest.protocol", "protocol", "http_version", "proto",
    ),
    v.STATUS: (
        "http.response.status_code", "http.status_code", "attributes.http.response.status_code",
        "httpRequest.status", "sc-status", "status", "status_code", "statusCode",
        "response_code", "res.statusCode", "response.status",
    ),
    v.SENT: (
        "http.response.body.size", "http.response.body.bytes", "http.response.bytes",
        "httpRequest.responseSize", "sc-bytes", "body_bytes_sent", "bytes_sent", "bytes",
        "responseLength", "response_size", "size",
    ),
    v.RECEIVED: (
        "http.request.body.size", "http.request.body.bytes", "http.request.bytes",
        "httpRequest.requestSize", "cs-bytes", "request_length", "bytes_received",
        "content_length",
    ),
    v.NANOSECONDS: ("event.duration", "duration_ns"),
    v.MICROSECONDS: ("duration_us", "elapsed_us"),
    v.MILLISECONDS: (
        "duration_ms", "durationMs", "elapsed_ms", "response_time_ms", "responseTime", "latency_ms",
        "responseLatency", "elapsed",
    ),
    v.SECONDS: (
        "request_time", "duration", "duration_s", "httpRequest.latency", "latency", "time_taken",
        "time-taken", "response_time",
    ),
    v.ROUTE: ("http.route", "attributes.http.route", "route", "routeKey", "resourcePath"),
    v.SERVICE: ("service.name", "resource.service.name", "service"),
    v.USER_AGENT: (
        "user_agent.original", "http.user_agent", "attributes.user_agent.original",
        "httpRequest.userAgent", "cs-user-agent", "c-useragent", "http_user_agent", "user_agent",
        "userAgent", "agent",
    ),
    v.REFERER: (
        "http.request.referrer", "httpRequest.referer", "cs-referer", "http_referer", "referer",
        "referrer",
    ),
    v.FORWARDED_FOR: (
        "http_x_forwarded_for", "x_forwarded_for", "xForwardedFor", "x-forwarded-for",
    ),
}  # fmt: skip
"""OpenTelemetry's and ECS's names, Sigma's names of W3C fields, nginx's variables, Google's
`httpRequest`, and what people write by hand."""

_HEADERS = {
    v.REQUEST_HEADER: (
        "http.request.header", "http.request.headers", "request.headers", "req.headers",
        "request_headers", "headers",
    ),
    v.RESPONSE_HEADER: (
        "http.response.header", "http.response.headers", "response.headers", "res.headers",
        "response_headers", "resp_headers",
    ),
}  # fmt: skip
"""Objects of headers."""

_decode = msgspec.json.Decoder().decode

Find = Callable[[dict[str, Any]], Any]
Likely = list[tuple[str, tuple[Find, ...]]]
_MAX_LIKELY = 1_024
"""Sets of members that are remembered; they start over when they are too many."""


class MappingFault(ValueError):
    """A mapping that says nothing; the text says where."""


def read_mapping(text: str) -> dict[str, tuple[str, ...]]:
    """`path=req.url, status=res.code`: a meaning and a member, or more with "|" between them.
    Raises MappingFault."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in filter(None, map(str.strip, text.split(","))):
        meaning, equals, members = entry.partition("=")
        meaning = meaning.strip().lower()
        if not equals or not members.strip():
            raise MappingFault(f'"{entry}": write MEANING=MEMBER, for example status=res.code')
        if not _is_meaning(meaning):
            raise MappingFault(f'there is no "{meaning}"; there are {", ".join(v.MEANINGS)}')
        found[meaning] = tuple(filter(None, map(str.strip, members.split("|"))))
    return found


def _by_our_names() -> Fields:
    """The usual names, and last of all our own: what we tell people to write we must read."""
    return {name: (*paths, name) for name, paths in USUAL.items()}


def _is_meaning(name: str) -> bool:
    beginnings = (v.REQUEST_HEADER, v.RESPONSE_HEADER, v.COOKIE)
    return name in v.MEANINGS or any(
        name.startswith(beginning) and len(name) > len(beginning) for beginning in beginnings
    )


class JsonLines:
    """Lines that are JSON objects. `fields` come before the usual names, or instead of them."""

    def __init__(
        self,
        fields: Fields | None = None,
        *,
        instead: bool = False,
        headers: Mapping[str, Sequence[str]] = _HEADERS,
        whole_headers: bool = False,
    ) -> None:
        """`whole_headers`: the software writes all headers there are into `headers`."""
        given = dict(fields or {})
        known = given if instead else {**_by_our_names(), **given}
        self.fields: dict[str, tuple[str, ...]] = {name: tuple(at) for name, at in known.items()}
        self._finders = [
            (name, tuple((path, _finder(path)) for path in paths))
            for name, paths in self.fields.items()
        ]
        self._likely: dict[tuple[str, ...], Likely] = {}
        self._headers = {
            name: tuple(_finder(path) for path in paths) for name, paths in headers.items()
        }
        self._whole = whole_headers

    def read(self, text: str) -> Line:
        """Raises Unread."""
        return self.line(parsed(text))

    def _finders_for(self, told: dict[str, Any]) -> Likely:
        """Those that can find anything in objects with these members: of a hundred, some ten."""
        members = tuple(told)
        likely = self._likely.get(members)
        if likely is None:
            if len(self._likely) >= _MAX_LIKELY:
                self._likely.clear()
            likely = self._likely[members] = [
                (name, found)
                for name, finders in self._finders
                if (found := tuple(find for path, find in finders if _may_be_in(told, path)))
            ]
        return likely

    def line(self, told: dict[str, Any]) -> Line:
        values: Values = {}
        for name, finders in self._finders_for(told):
            for find in finders:
                value = find(told)
                if value is not None and (written := as_text(value)) is not None:
                    values[name] = written
                    break
        if v.STATUS not in values and v.METHOD not in values and v.REQUEST not in values:
            raise Unread(Fault.SHAPE)
        _settle(values)
        request, response = (
            _first_object(told, self._headers.get(name, ()))
            for name in (v.REQUEST_HEADER, v.RESPONSE_HEADER)
        )
        if self._whole:
            return Line(values, _raw(request or {}), _raw(response or {}))
        _add(values, v.REQUEST_HEADER, request)
        _add(values, v.RESPONSE_HEADER, response)
        return Line(values)


def parsed(text: str) -> dict[str, Any]:
    """Raises Unread."""
    try:
        told = _decode(text.encode("latin-1"))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Unread(Fault.JSON) from None
    if not isinstance(told, dict):
        raise Unread(Fault.JSON)
    return told


def as_text(value: object) -> str | None:
    """One character a byte; None for what is no single value."""
    if isinstance(value, str):
        return as_bytes(value)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        # Many loggers know no whole numbers: a status of 404.0.
        value = int(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list) and value and isinstance(value[0], str):
        # OpenTelemetry's headers are lists, and Go's.
        return as_bytes(", ".join(map(str, value[:MAX_HEADERS])))
    return None


def _may_be_in(told: dict[str, Any], path: str) -> bool:
    return path in told or path.partition(".")[0] in told


def _finder(path: str) -> Find:
    """A member of that very name, or down the dots: `a.b.c` as {"a": {"b": {"c": 1}}}, also where
    only a part is nested, as {"a": {"b.c": 1}}."""
    first, dot, rest = path.partition(".")
    if not dot:
        return lambda told: told.get(path)
    below = _finder(rest)

    def find(told: dict[str, Any]) -> Any:
        if path in told:
            return told[path]
        inner = told.get(first)
        return below(inner) if isinstance(inner, dict) else None

    return find


def _settle(values: Values) -> None:
    """Names that mean different things to different people, by how their values look."""
    if v.METHOD in values:
        # ECS wanted it in lower case until its version 1.6.
        values[v.METHOD] = values[v.METHOD].upper()
    seconds = values.get(v.SECONDS)
    if seconds is not None:
        _settle_duration(values, seconds)
    url = values.get(v.URL)
    if url is not None and "://" not in url:
        values.setdefault(v.TARGET, values.pop(v.URL))
    path = values.get(v.PATH)
    if path is not None and "?" in path and v.TARGET not in values:
        values[v.TARGET] = values.pop(v.PATH)
    request = values.get(v.REQUEST)
    if request is not None and " " not in request and v.METHOD in values:
        del values[v.REQUEST]


def _settle_duration(values: Values, text: str) -> None:
    """`0.25s` and `12ms` are said so; a bare `duration` is in seconds."""
    for unit, name in (
        ("ms", v.MILLISECONDS), ("us", v.MICROSECONDS), ("µs", v.MICROSECONDS),
        ("ns", v.NANOSECONDS), ("s", v.SECONDS),
    ):  # fmt: skip
        if text.endswith(as_bytes(unit)):
            del values[v.SECONDS]
            values.setdefault(name, text.removesuffix(as_bytes(unit)))
            return


def _first_object(told: dict[str, Any], finders: Sequence[Find]) -> dict[str, Any] | None:
    for find in finders:
        if isinstance(found := find(told), dict):
            return found
    return None


def _add(values: Values, beginning: str, headers: dict[str, Any] | None) -> None:
    for name, value in list((headers or {}).items())[:MAX_HEADERS]:
        if (written := as_text(value)) is not None:
            values.setdefault(beginning + as_bytes(name).lower(), written)


def _raw(headers: dict[str, Any]) -> RawHeaders:
    """Every field in order; a list is a field that was sent several times."""
    fields: list[tuple[bytes, bytes]] = []
    for name, value in headers.items():
        several = value if isinstance(value, list) else [value]
        spelled = name.lower().encode("utf-8", "replace")
        written = filter(None, map(as_text, several[:MAX_HEADERS]))
        fields += [(spelled, one.encode("latin-1")) for one in written]
    return tuple(fields[:MAX_HEADERS])
