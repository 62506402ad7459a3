"""JSON answers, good and bad."""

from typing import Any

import msgspec
from starlette.responses import Response


def json(value: Any, status: int = 200) -> Response:
    """Anything msgspec can write."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def problem(status: int, title: str, detail: str = "") -> Response:
    """An error for machines, as RFC 9457 problem details."""
    body = {"title": title, "status": status, "detail": detail}
    return Response(msgspec.json.encode(body), status, media_type="application/problem+json")
