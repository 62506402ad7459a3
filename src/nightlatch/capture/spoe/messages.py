"""The messages that our HAProxy configuration sends, and the variables that it acts on.

`gateway/haproxy.py` writes the other side of this: what is named here is named there.
"""

from collections.abc import Iterator
from typing import Final

from nightlatch.capture.gateway.seen import answer_seen, body_seen, path_of, version_of
from nightlatch.capture.gateway.underway import OVER, Verdict
from nightlatch.capture.spoe.frames import SetVariable
from nightlatch.capture.spoe.values import Malformed, Value, read_headers
from nightlatch.exchange.exchange import Request, Response
from nightlatch.exchange.headers import Headers

REQUEST: Final = "nightlatch-request"
RESPONSE: Final = "nightlatch-response"
HEAD: Final = "nightlatch-response-head"
"""An answer whose body cannot carry records."""
WAIT: Final = "nightlatch-wait"

WATCH, STATUS, BODY, PAGE, DONE, MS = "watch", "status", "body", "page", "done", "wait"
"""Variables: tell us of the answer; answer with this status and body; let our own server answer,
which keeps the answer under this name; it was judged, and seen whole or not; milliseconds that it
has to wait."""
STATUSES: Final = (202, 401, 403, 429, 503)
"""What HAProxy answers by itself when it is told to."""
FIELDS: Final = (
    "retry-after",
    "www-authenticate",
    "cache-control",
    "vary",
    "set-cookie",
    "nightlatch-pass",
    "access-control-expose-headers",
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "ratelimit-policy",
    "ratelimit",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
)
"""Header fields that HAProxy adds to an answer when it is told their value."""
_VARIABLES: Final = {name.encode(): name.replace("-", "_") for name in FIELDS}
_IMPLIED: Final = frozenset({b"content-type", b"content-length"})
"""HAProxy gives these by itself."""
_WATCHED: Final = [SetVariable(WATCH, True)]
_DONE: Final = [SetVariable(DONE, True)]


def variable(field: str) -> str:
    """The variable that holds the value of a header field."""
    return field.replace("-", "_")


def key_of(arguments: dict[str, Value]) -> str:
    """The proxy's name for the exchange. Raises Malformed."""
    return _text(arguments, "id")


def request_of(arguments: dict[str, Value]) -> tuple[Request, str]:
    """The request, and its path as it was sent. Raises Malformed."""
    headers = Headers(read_headers(_bytes(arguments, "headers")))
    raw = _text(arguments, "path")
    request = Request(
        _text(arguments, "method"),
        "https" if arguments.get("ssl") is True else "http",
        headers.get(b"host") or "",
        path_of(raw),
        _text(arguments, "query"),
        headers,
        _text(arguments, "src"),
        version_of(_text(arguments, "version")),
        body_seen(_bytes(arguments, "body"), headers),
    )
    return request, raw


def response_of(arguments: dict[str, Value]) -> Response:
    """Raises Malformed."""
    headers = Headers(read_headers(_bytes(arguments, "headers")))
    status = arguments.get("status")
    if type(status) is not int or not 100 <= status <= 999:
        raise Malformed("an answer without a status")
    body = answer_seen(_bytes(arguments, "body"), status, headers, _text(arguments, "method"))
    return Response(status, headers, body)


def milliseconds_of(arguments: dict[str, Value]) -> int:
    left = arguments.get("left")
    return left if type(left) is int and left > 0 else 0


def first_actions(verdict: Verdict) -> list[SetVariable]:
    """What HAProxy is to do with a request; where it shall answer by itself, `fits` says so."""
    if verdict.answer is not None:
        return _answer(verdict.answer)
    return _DONE if verdict.over else _WATCHED


def fits(answer: Response) -> bool:
    """Can HAProxy give this answer without asking our own server for it?"""
    media = answer.headers.get(b"content-type") or ""
    known = all(name in _VARIABLES or name in _IMPLIED for name, _ in answer.headers.raw)
    return answer.status in STATUSES and media.endswith("json") and known


def page_actions(name: str) -> list[SetVariable]:
    """Our own server is to answer; it keeps the answer under this name."""
    return [SetVariable(PAGE, name)]


def last_actions(verdict: Verdict) -> list[SetVariable]:
    """What HAProxy is to do with an answer."""
    if verdict is OVER:
        return _DONE
    actions = [SetVariable(DONE, verdict.over)]
    if verdict.answer is not None:
        actions += _answer(verdict.answer)
    actions += _fields(verdict.fields)
    if verdict.delay > 0:
        actions.append(SetVariable(MS, round(1_000 * verdict.delay)))
    return actions


def wait_actions(left: int) -> list[SetVariable]:
    return [SetVariable(MS, left)]


def _answer(answer: Response) -> list[SetVariable]:
    return [
        SetVariable(STATUS, answer.status),
        SetVariable(BODY, answer.body.data),
        *_fields(answer.headers.raw),
    ]


def _fields(fields: tuple[tuple[bytes, bytes], ...]) -> Iterator[SetVariable]:
    for name, value in fields:
        known = _VARIABLES.get(name)
        if known is not None:
            yield SetVariable(known, value.decode("latin-1"))


def _text(arguments: dict[str, Value], name: str) -> str:
    value = arguments.get(name)
    if value is None:
        return ""
    if type(value) is not str:
        raise Malformed(f"{name} is not text")
    return value


def _bytes(arguments: dict[str, Value], name: str) -> bytes:
    value = arguments.get(name)
    if value is None:
        return b""
    if type(value) is not bytes:
        raise Malformed(f"{name} is not bytes")
    return value
