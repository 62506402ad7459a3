"""Nightlatch's own answers: problem details (RFC 9457) that tell the caller nothing.

The same words whether the record asked for exists or not, and never why: the reason is for the
operator, in the record.
"""

from functools import lru_cache
from http import HTTPStatus

import msgspec
from msgspec.structs import replace

from nightlatch.capture.allowances import Fields, allowance_fields
from nightlatch.capture.ports import Message
from nightlatch.exchange.exchange import Body, Response
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.judgement import Decision

_DETAIL = {
    401: "Authentication is required.",
    403: "This request was refused.",
    429: "Too many requests. Please wait before trying again.",
    503: "The service is not available at the moment. Please try again later.",
}


def refusal(decision: Decision) -> Response:
    """The answer that carries out a withholding decision; 403 where it names no usable status."""
    status = decision.status if decision.status in _DETAIL else 403
    answer = problem(status, max(0, decision.retry_after))
    if decision.allowances:
        return with_fields(answer, allowance_fields(decision.allowances))
    return answer


def with_fields(response: Response, fields: Fields) -> Response:
    """The same answer with these header fields behind its own."""
    return replace(response, headers=Headers((*response.headers.raw, *fields)))


@lru_cache(maxsize=1024)
def problem(status: int, retry_after: int = 0) -> Response:
    """A problem+json answer; `retry_after` in seconds, 0 for none (RFC 9110 section 10.2.3)."""
    # "about:blank": the status code says it all, so the title must be its phrase (section 4.2.1).
    body = msgspec.json.encode(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": _DETAIL[status],
        }
    )
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    if status == 401:
        # Required by RFC 9110 section 15.5.2; Bearer is what nearly every API takes.
        headers.append((b"www-authenticate", b"Bearer"))
    if retry_after:
        headers.append((b"retry-after", b"%d" % retry_after))
    return Response(status, Headers(headers), Body(body, len(body)), ours=True)


def as_messages(response: Response, prefix: str = "http") -> tuple[Message, Message]:
    """The answer as ASGI messages; prefix "websocket.http" for a denied handshake."""
    return (
        {
            "type": f"{prefix}.response.start",
            "status": response.status,
            "headers": list(response.headers.raw),
        },
        {"type": f"{prefix}.response.body", "body": response.body.data},
    )
