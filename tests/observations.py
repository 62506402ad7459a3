"""Exchanges as sources tell of them, for tests."""

import json
from typing import Any

from tests.conversations import NOW, phone

from nightlatch.exchange.exchange import NO_BODY, Body, Request, Response
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part, Source, SourceKind

SEES_ALL = Source(SourceKind.TREBLLE, "sdk")
LOG_UNSEEN = frozenset(Part) - {Part.CLIENT, Part.QUERY, Part.STATUS, Part.DURATION}
LOG = Source(SourceKind.LOG, "access.log", LOG_UNSEEN)
"""What a line of an access log shows: who, when, what, and how it went."""
LOOK_UP = "/v1/users/{phone}/status"


def observed(
    path: str = "/v1/things/17",
    answer: Any = None,
    status: int = 200,
    *,
    source: Source = SEES_ALL,
    at: float = NOW,
    address: str = "198.51.100.7",
    method: str = "GET",
    query: str = "",
    headers: tuple[tuple[str, str], ...] = (),
    sent: Any = None,
    **fields: Any,
) -> Observed:
    """As the source sees it: parts it cannot see are left out."""
    unseen = source.unseen
    told = () if Part.RESPONSE_HEADERS in unseen else (("content-type", "application/json"),)
    given: dict[str, Any] = {"service": "shop", "duration": 0.01} | fields
    return Observed(
        at=at,
        request=Request(
            method,
            "" if Part.SCHEME in unseen else "https",
            "" if Part.HOST in unseen else "api.example",
            path,
            query,
            headers_of(headers if sent is None else (*headers, *told)),
            address,
            body=_body(sent),
        ),
        response=Response(
            status, headers_of(told), NO_BODY if Part.RESPONSE_BODY in unseen else _body(answer)
        ),
        source=source,
        **given,
    )


def looked_up(number: int, *, hit: bool = True, **fields: Any) -> Observed:
    """Does this phone number have an account?"""
    answer = {"account_id": 48_000_000 + number, "status": "active"}
    return observed(
        f"/v1/users/{phone(number)}/status",
        answer if hit else {"error": "not found"},
        200 if hit else 404,
        route=LOOK_UP,
        **fields,
    )


def _body(value: Any) -> Body:
    if value is None:
        return NO_BODY
    data = json.dumps(value).encode()
    return Body(data, len(data))
