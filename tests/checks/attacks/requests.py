"""Requests as the product sees them, in one line each."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from nightlatch.exchange.content import EMPTY, Content, Leaf, query_leaves, read_content
from nightlatch.exchange.exchange import NO_BODY, Body, Request
from nightlatch.exchange.headers import headers_of

_SHORT = {"form": "application/x-www-form-urlencoded", "json": "application/json"}


def a_request(
    method: str = "GET",
    target: str = "/",
    body: Any = b"",
    content_type: str = "",
    headers: Sequence[tuple[str, str]] = (),
) -> Request:
    """A body that is not bytes is sent as JSON."""
    if not isinstance(body, bytes):
        body, content_type = json.dumps(body).encode(), "json"
    path, _, query = target.partition("?")
    fields = list(headers)
    if content_type:
        fields.append(("content-type", _SHORT.get(content_type, content_type)))
    return Request(
        method=method,
        scheme="https",
        host="api.example.com",
        path=unquote(path),
        query=query,
        headers=headers_of(fields),
        peer="203.0.113.7",
        body=Body(body, len(body)) if body else NO_BODY,
    )


def read(request: Request) -> tuple[Request, tuple[Leaf, ...], Content]:
    """The request with its query and content read, as the engine wants them."""
    if not request.body.data:
        return request, query_leaves(request.query), EMPTY
    content = read_content(request.body, request.headers.get(b"content-type"))
    return request, query_leaves(request.query), content
