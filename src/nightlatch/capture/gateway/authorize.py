"""For proxies that ask before they pass a request on: nginx (`auth_request`) and Envoy
(`ext_authz`), over plain HTTP.

    /nginx        nginx asks; the request stands in header fields. 204, or 403 with the name of the
                  answer, which nginx then fetches from /answer (`error_page`)
    /mirror       nginx sends the request once more, now with its body, and does not wait
    /envoy/PATH   Envoy asks: the request as it came, its body as far as Envoy was told to keep it.
                  200, or the answer that the caller gets
    /answer       an answer that was kept
    anything else that is ours (`/.nightlatch/`) is the gate's

How an exchange ended comes later, as a line of the proxy's log (`ended`).
"""

from collections.abc import Awaitable
from typing import Final, Generic

import msgspec
from msgspec import Struct

from nightlatch.capture.gate import PREFIX
from nightlatch.capture.gateway.answers import Answers
from nightlatch.capture.gateway.haproxy import ANSWER
from nightlatch.capture.gateway.seen import body_seen, path_of, scope_of, version_of
from nightlatch.capture.gateway.server import Asked
from nightlatch.capture.gateway.serving import NOT_FOUND, GateServer
from nightlatch.capture.gateway.underway import End, Underway, Verdict
from nightlatch.capture.ports import F
from nightlatch.capture.refusal import problem
from nightlatch.exchange.exchange import Request, Response
from nightlatch.exchange.headers import Headers

NGINX: Final = "/nginx"
MIRROR: Final = "/mirror"
ENVOY: Final = "/envoy"
FETCH: Final = "/answer"

ID: Final = b"x-nightlatch-id"
METHOD: Final = b"x-nightlatch-method"
URI: Final = b"x-nightlatch-uri"
HOST: Final = b"x-nightlatch-host"
SRC: Final = b"x-nightlatch-src"
SCHEME: Final = b"x-nightlatch-scheme"
VERSION: Final = b"x-nightlatch-version"
"""What nginx tells of the request beside its own fields."""
_TOLD: Final = frozenset({ID, METHOD, URI, HOST, SRC, SCHEME, VERSION})
_REQUEST_ID: Final = b"x-request-id"
_PARTIAL: Final = b"x-envoy-auth-partial-body"
_NEWEST_HOP: Final = b"x-forwarded-for"
_OF_ENVOY: Final = frozenset({_PARTIAL, b"x-envoy-internal", b"x-envoy-expected-rq-timeout-ms"})
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})
_EMPTY: Final = (b"content-length", b"0")


class _Line(Struct):
    """A line of a proxy's access log, as our snippets write it: JSON."""

    id: str
    status: int = 0
    sent: int = 0
    received: int = 0
    took: float = 0.0
    """Seconds."""
    took_ms: float = 0.0
    type: str = ""
    length: str = ""


_decode = msgspec.json.Decoder(_Line, strict=False).decode


class Authorize(Generic[F]):
    """Answers for `LeanServer`."""

    def __init__(self, underway: Underway[F], answers: Answers, gate: GateServer) -> None:
        self._underway = underway
        self._answers = answers
        self._gate = gate
        self.malformed = 0
        """Requests and lines that no snippet of ours brings about."""

    def __call__(self, asked: Asked) -> Response | Awaitable[Response]:
        # nginx leaves the query of the request on whatever it makes of it.
        target = asked.target.partition("?")[0]
        if target == NGINX:
            return self._nginx(asked)
        if target.startswith(ENVOY + "/"):
            return self._envoy(asked)
        if target == MIRROR:
            return self._mirror(asked)
        if target == FETCH:
            return self._answers.fetch(asked.field(ANSWER.encode())) or problem(503)
        if target.startswith(PREFIX):
            return self._gate(asked)
        self.malformed += 1
        return NOT_FOUND

    def ended(self, line: bytes) -> None:
        """A line of the proxy's log, whatever its syslog header says before it."""
        start = line.find(b"{")
        try:
            told = _decode(line[start:]) if start >= 0 else None
        except msgspec.MsgspecError:
            told = None
        if told is None:
            self.malformed += 1
            return
        self._underway.end(told.id, _end(told))

    def _nginx(self, asked: Asked) -> Response | Awaitable[Response]:
        key = asked.field(ID)
        if not key:
            return self._nameless()
        verdict = self._begin(key, _told_by_nginx(asked), asked.field(URI))
        if verdict.answer is None:
            return self._allowed(204, verdict)
        name = self._answers.keep(verdict.answer)
        return Response(403, Headers([_EMPTY, (ANSWER.encode(), name.encode())]), ours=True)

    def _envoy(self, asked: Asked) -> Response | Awaitable[Response]:
        key = asked.field(_REQUEST_ID)
        if not key:
            return self._nameless()
        target = asked.target.removeprefix(ENVOY)
        verdict = self._begin(key, _told_by_envoy(asked, target), target)
        if verdict.answer is None:
            return self._allowed(200, verdict)
        # Envoy takes 5xx for a failure of ours, and would let the request pass.
        return verdict.answer if verdict.answer.status < 500 else problem(403)

    def _begin(self, key: str, request: Request, target: str) -> Verdict:
        return self._underway.begin(key, request, scope_of(request, target.partition("?")[0]))

    def _allowed(self, status: int, verdict: Verdict) -> Response | Awaitable[Response]:
        if not verdict.fields and not verdict.delay:
            return _NOTHING_TO_SAY[status]
        answer = Response(status, Headers([_EMPTY, *verdict.fields]), ours=True)
        return self._later(answer, verdict.delay) if verdict.delay else answer

    async def _later(self, answer: Response, delay: float) -> Response:
        await self._underway.delays.wait(delay)
        return answer

    def _mirror(self, asked: Asked) -> Response:
        data, headers = asked.body, asked.headers
        body = body_seen(data, Headers(f for f in headers.raw if f[0] not in _TOLD))
        if asked.size > len(data):
            body = msgspec.structs.replace(body, size=asked.size, truncated=True)
        self._underway.add_body(asked.field(ID), body)
        return _NOTHING_TO_SAY[204]

    def _nameless(self) -> Response:
        """Without a name for it nothing could be told of it later: it passes, and is counted."""
        self.malformed += 1
        return _NOTHING_TO_SAY[200]


def _told_by_nginx(asked: Asked) -> Request:
    path, _, query = asked.field(URI).partition("?")
    headers = Headers(field for field in asked.headers.raw if field[0] not in _TOLD)
    return Request(
        asked.field(METHOD),
        asked.field(SCHEME) or "http",
        headers.get(b"host") or "",
        path_of(path),
        query,
        headers,
        asked.field(SRC),
        version_of(asked.field(VERSION).removeprefix("HTTP/")),
    )


def _told_by_envoy(asked: Asked, target: str) -> Request:
    path, _, query = target.partition("?")
    partial = asked.field(_PARTIAL) == "true"
    # Of a body that was cut, the length that is declared is Envoy's own.
    unsaid = _OF_ENVOY | _FRAMING if partial else _OF_ENVOY
    headers = Headers(field for field in asked.headers.raw if field[0] not in unsaid)
    body = body_seen(asked.body, headers)
    if partial:
        body = msgspec.structs.replace(body, truncated=True)
    # Envoy appends whoever it was asked by; what stands before it is the client's own word.
    peer = asked.field(_NEWEST_HOP).rpartition(",")[2].strip()
    return Request(
        asked.method,
        asked.field(b"x-forwarded-proto") or "http",
        headers.get(b"host") or "",
        path_of(path),
        query,
        headers,
        peer,
        body=body,
    )


def _end(told: _Line) -> End:
    fields = [(b"content-type", told.type.encode())] if told.type not in ("", "-") else []
    if told.length.isdigit():
        fields.append((b"content-length", told.length.encode()))
    return End(
        # nginx says 499 of whoever hung up, Envoy 0.
        status=0 if told.status == 499 else told.status,
        sent=max(0, told.sent),
        received=max(0, told.received),
        duration=max(0.0, told.took or told.took_ms / 1_000),
        client_gone=told.status in (0, 499),
        headers=Headers(fields),
    )


_NOTHING_TO_SAY: Final = {
    200: Response(200, Headers([_EMPTY]), ours=True),
    204: Response(204, Headers(), ours=True),
}
