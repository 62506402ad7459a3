"""Events as the SDKs write them, for tests."""

import json
from typing import Any

from tests.capture.intakes import TOKEN

from nightlatch.capture.http_source import Sent
from nightlatch.capture.intake import Grant
from nightlatch.capture.treblle.reading import read_treblle
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind

NOW = 1_795_000_000.0
REQUEST: dict[str, Any] = {
    "timestamp": "2026-11-18 12:00:00",
    "ip": "203.0.113.7",
    "url": "https://api.example.com/v1/users/15550001111/status?full=1",
    "user_agent": "curl/8",
    "method": "GET",
    "headers": {"Host": "api.example.com", "User-Agent": "curl/8"},
    "body": {},
}
RESPONSE: dict[str, Any] = {
    "headers": {"content-type": "application/json"},
    "code": 200,
    "size": 19,
    "load_time": 12,
    "body": {"registered": True},
}


def event(
    request: dict[str, Any] | None = None,
    response: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    **top: Any,
) -> bytes:
    """The first generation's; of `top`, `sdk_token` makes it one of the second."""
    parts = {"request": REQUEST | (request or {}), "response": RESPONSE | (response or {})}
    whole = {"sdk": "php", "version": 20, "data": {"server": {}, **parts, **(data or {})}}
    names = {} if "sdk_token" in top else {"api_key": TOKEN, "project_id": "shop-api"}
    return json.dumps(names | whole | top).encode()


def sent(body: bytes, *, service: str = "") -> Sent:
    grant = Grant("shop-sdk", frozenset({SourceKind.TREBLLE}), service)
    return Sent("/", headers_of([("x-api-key", TOKEN)]), body, grant, NOW)


def observed(*args: Any, **top: Any) -> Observed:
    (seen,) = read_treblle(sent(event(*args, **top))).seen
    return seen
