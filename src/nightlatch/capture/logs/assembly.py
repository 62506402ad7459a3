"""From what a line says to an observed exchange, and to what it cannot have said."""

from collections.abc import Iterable
from datetime import UTC, tzinfo
from functools import lru_cache
from ipaddress import ip_address

from msgspec import Struct

from nightlatch.capture.logs import values as v
from nightlatch.capture.logs.request_line import (
    as_text,
    checked_method,
    decoded_path,
    split_absolute,
    split_line,
    version_of,
)
from nightlatch.capture.logs.times import moment, plain_duration
from nightlatch.capture.logs.values import ABSENT, Fault, Line, RawHeaders, Unread, Values
from nightlatch.exchange.exchange import NO_BODY, Body, Ending, Request, Response
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part, Source, SourceKind

LONGEST_SERVICE = 128
_KNOWN = 4096
"""Entries of each cache; it starts over when it is full."""

_DURATIONS = {v.NANOSECONDS: 1e-9, v.MICROSECONDS: 1e-6, v.MILLISECONDS: 1e-3, v.SECONDS: 1.0}
"""Of what is told twice the finer: Apache's `%T` has whole seconds beside `%D`."""
_UNANSWERED = frozenset(("499", "460", "0", "000", "-1", "-"))
"""nginx and Traefik, AWS ALB, Envoy, CloudFront, HAProxy: the client hung up before an answer."""
_NEVER_IN_LINES = frozenset(
    {Part.REQUEST_BODY, Part.RESPONSE_BODY, Part.REQUEST_HEADERS, Part.RESPONSE_HEADERS}
)
_WHOLE_TARGET = (v.REQUEST, v.URL, v.TARGET)
_SHOWN_BY: dict[Part, tuple[str, ...]] = {
    Part.SCHEME: (v.SCHEME, v.URL),
    Part.HOST: (v.HOST, v.URL, v.REQUEST_HEADER + "host"),
    Part.QUERY: (*_WHOLE_TARGET, v.QUERY),
    Part.CLIENT: (v.PEER, v.FORWARDED_FOR),
    Part.STATUS: (v.STATUS,),
    Part.DURATION: tuple(_DURATIONS),
}
_MASKED = frozenset((b"REDACTED", b"***", b"[redacted]", b"xxxx"))
"""What loggers write in place of a credential; the first is Caddy's and Traefik's."""
_CREDENTIALS = frozenset((b"authorization", b"cookie", b"proxy-authorization"))


def unseen_by(
    names: Iterable[str], *, request_headers: bool = False, response_headers: bool = False
) -> frozenset[Part]:
    """What lines with these values cannot show; the flags say that they have all headers."""
    there = set(names)
    unseen = {part for part, shown in _SHOWN_BY.items() if there.isdisjoint(shown)}
    unseen |= _NEVER_IN_LINES
    if request_headers:
        unseen -= {Part.REQUEST_HEADERS, Part.HOST}
    else:
        unseen |= {Part.CREDENTIALS}
    if response_headers:
        unseen -= {Part.RESPONSE_HEADERS}
    return frozenset(unseen)


class _Plan(Struct, frozen=True):
    """What lines with the same names have in common."""

    source: Source
    request: tuple[tuple[str, bytes], ...]
    """Names of values that are headers, and the headers' names."""
    response: tuple[tuple[str, bytes], ...]
    cookies: tuple[tuple[str, bytes], ...]
    duration: tuple[str, float] | None
    known: dict[tuple[str, ...], Headers]
    """Requests with the same values share one `Headers`, and the index that it makes."""


class Assembler:
    """Makes exchanges from the lines of one source. Not safe for several threads."""

    def __init__(
        self,
        service: str,
        *,
        kind: SourceKind = SourceKind.LOG,
        name: str = "",
        zone: tzinfo = UTC,
    ) -> None:
        """`zone` is for times that name none."""
        self._service = service[:LONGEST_SERVICE]
        self._kind = kind
        self._name = name
        self._zone = zone
        self._plans: dict[tuple[tuple[str, ...], bool, bool], _Plan] = {}
        self._sources: dict[frozenset[Part], Source] = {}

    def observed(self, line: Line, arrived: float | None = None, name: str = "") -> Observed:
        """`arrived` stands for a time that the line does not say; `name` becomes the exchange's id.
        Raises Unread."""
        values = line.values
        asked = values.get(v.REQUEST)
        method, target, version = _parts(values) if asked is None else split_line(asked)
        if target[:1] != "/":
            target, values = _relative(target, method, values)
        path, _, query = target.partition("?")
        plan = self._plan(values, line)
        duration = _duration(plan, values)
        peer = _client(values)
        response = self._response(plan, line, values)
        gone = response is None or values.get(v.GONE, "") not in ABSENT
        headers = _request_headers(plan, line, values)
        host = values.get(v.HOST, "")
        user = values.get(v.USER, "")
        return Observed(
            self._at(values, duration or 0.0, arrived),
            duration or 0.0,
            Request(
                method,
                values.get(v.SCHEME, "").lower(),
                headers.get(b"host") or "" if host in ABSENT else host,
                decoded_path(path),
                query,
                headers,
                peer,
                version,
                _size(values.get(v.RECEIVED)),
            ),
            response,
            self._source(plan.source, line, hides_client=not peer, hides_time=duration is None),
            self._service if v.SERVICE not in values else self._named_service(values),
            None if v.ROUTE not in values else _route(values[v.ROUTE]),
            "" if user in ABSENT else as_text(user),
            Ending.CLIENT_GONE if gone else Ending.ANSWERED,
            name,
        )

    def _plan(self, values: Values, line: Line) -> _Plan:
        key = (tuple(values), line.request_headers is None, line.response_headers is None)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _KNOWN:
                self._plans.clear()
            plan = self._plans[key] = self._new_plan(values, line)
        return plan

    def _new_plan(self, values: Values, line: Line) -> _Plan:
        unseen = unseen_by(
            values,
            request_headers=line.request_headers is not None,
            response_headers=line.response_headers is not None,
        )
        return _Plan(
            self._shared(unseen),
            _named(values, v.REQUEST_HEADER),
            _named(values, v.RESPONSE_HEADER),
            _named(values, v.COOKIE),
            next(((name, scale) for name, scale in _DURATIONS.items() if name in values), None),
            {},
        )

    def _shared(self, unseen: frozenset[Part]) -> Source:
        source = self._sources.get(unseen)
        if source is None:
            source = self._sources[unseen] = Source(self._kind, self._name, unseen)
        return source

    def _source(
        self, source: Source, line: Line, *, hides_client: bool, hides_time: bool
    ) -> Source:
        """Less than others of its format shows a line without an address, or without a duration
        ("-" where there was no upstream, -1 where the client hung up), or with masked
        credentials."""
        masked = line.request_headers is not None and any(
            value in _MASKED and name in _CREDENTIALS for name, value in line.request_headers
        )
        hides_time = hides_time and Part.DURATION not in source.unseen
        if not (hides_client or hides_time or masked):
            return source
        hidden = {
            part
            for part, hides in (
                (Part.CLIENT, hides_client),
                (Part.DURATION, hides_time),
                (Part.SECRETS, masked),
            )
            if hides
        }
        return self._shared(source.unseen | hidden)

    def _response(self, plan: _Plan, line: Line, values: Values) -> Response | None:
        given = values.get(v.STATUS)
        if given is None:
            return Response(0, _NONE, _size(values.get(v.SENT)))
        if given in _UNANSWERED:
            return None
        headers = _NONE
        if line.response_headers is not None:
            headers = Headers(line.response_headers)
        elif plan.response:
            headers = Headers(_fields(plan.response, values))
        return Response(_status(given), headers, _size(values.get(v.SENT)))

    def _at(self, values: Values, duration: float, arrived: float | None) -> float:
        try:
            if (began := values.get(v.BEGAN)) is not None:
                return moment(began, self._zone)
            if (ended := values.get(v.ENDED)) is not None:
                return moment(ended, self._zone) - duration
        except (ValueError, OverflowError):
            raise Unread(Fault.TIME) from None
        if arrived is None:
            raise Unread(Fault.TIME)
        return arrived - duration

    def _named_service(self, values: Values) -> str:
        given = values[v.SERVICE]
        return self._service if given in ABSENT else as_text(given)[:LONGEST_SERVICE]


_NONE = Headers()


def _relative(target: str, method: str, values: Values) -> tuple[str, Values]:
    """A proxy is asked by absolute form: then scheme and host are known, whatever the format."""
    absolute = split_absolute(target, method)
    if absolute is None:
        return target, values
    scheme, host, rest = absolute
    values = {**values, v.HOST: host}
    if scheme:
        values[v.SCHEME] = scheme
    return rest if rest.startswith("/") or not scheme else f"/{rest}", values


def _parts(values: Values) -> tuple[str, str, str]:
    """Method, target and version, where the log tells them one by one."""
    method = checked_method(values.get(v.METHOD, ""))
    target = values.get(v.TARGET) or values.get(v.URL)
    if not target:
        target = values.get(v.PATH, "")
        query = values.get(v.QUERY, "")
        if query not in ABSENT:
            target += "?" + query.removeprefix("?")
    if target in ABSENT:
        raise Unread(Fault.NO_REQUEST)
    return method, target, version_of(values.get(v.VERSION, ""))


def _named(values: Values, beginning: str) -> tuple[tuple[str, bytes], ...]:
    length = len(beginning)
    return tuple(
        (name, name[length:].encode("latin-1", "replace"))
        for name in values
        if name.startswith(beginning)
    )


def _fields(plan: tuple[tuple[str, bytes], ...], values: Values) -> RawHeaders:
    return tuple(
        (header, value.encode("latin-1", "replace"))
        for name, header in plan
        if (value := values[name]) not in ABSENT
    )


def _cookie(plan: tuple[tuple[str, bytes], ...], values: Values) -> RawHeaders:
    pairs = [name + b"=" + value for name, value in _fields(plan, values)]
    return ((b"cookie", b"; ".join(pairs)),) if pairs else ()


def _request_headers(plan: _Plan, line: Line, values: Values) -> Headers:
    if line.request_headers is not None:
        return Headers(line.request_headers)
    if plan.cookies:
        return Headers((*_fields(plan.request, values), *_cookie(plan.cookies, values)))
    key = tuple([values[name] for name, _ in plan.request])
    headers = plan.known.get(key)
    if headers is None:
        if len(plan.known) >= _KNOWN:
            plan.known.clear()
        headers = plan.known[key] = Headers(_fields(plan.request, values))
    return headers


def _duration(plan: _Plan, values: Values) -> float | None:
    """None where this line does not say."""
    if plan.duration is None:
        return None
    name, scale = plan.duration
    try:
        return plain_duration(values[name], scale)
    except ValueError:
        return None


def _client(values: Values) -> str:
    """Whom the log says asked. Where it names only X-Forwarded-For, that is the last one in it: the
    one that the nearest proxy saw with its own eyes."""
    peer = values.get(v.PEER)
    if peer is None:
        peer = values.get(v.FORWARDED_FOR, "").rpartition(",")[2].strip()
    return _address(peer)


@lru_cache(_KNOWN)
def _address(text: str) -> str:
    """Without a port; empty for what is no address (a socket's path, a host's name)."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


def _status(text: str) -> int:
    if len(text) == 3 and text.isdecimal():
        return int(text)
    raise Unread(Fault.STATUS)


def _size(text: str | None) -> Body:
    """A body of which only the size is known."""
    if text is None or not (text.isascii() and text.isdecimal()) or len(text) > 18:
        return NO_BODY
    size = int(text)
    return Body(size=size) if size else NO_BODY


def _route(text: str) -> str | None:
    """A template begins with a slash; API Gateway puts the method before it ("GET /pets/{id}")."""
    template = as_text(text.rpartition(" ")[2])
    return template if template.startswith("/") else None
