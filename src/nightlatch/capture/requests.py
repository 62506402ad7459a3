"""The request as the ASGI scope tells it (ASGI HTTP and WebSocket specification 2.5)."""

from nightlatch.capture.ports import Scope
from nightlatch.exchange.exchange import Body, Request
from nightlatch.exchange.headers import Headers


def request_of(scope: Scope) -> Request:
    """The head; a server that leaves out an optional key gets the specification's default."""
    raw = scope.get("headers") or ()
    if raw and type(raw[0]) is not tuple:
        # The specification allows any pair; some servers give lists.
        raw = [(name, value) for name, value in raw]
    headers = Headers(raw)
    client = scope.get("client")
    return Request(
        scope.get("method", "GET"),
        scope.get("scheme") or ("ws" if scope["type"] == "websocket" else "http"),
        headers.get(b"host") or "",
        scope.get("path", ""),
        scope.get("query_string", b"").decode("latin-1"),
        headers,
        client[0] if client else "",
        scope.get("http_version", "1.1"),
    )


def with_body(request: Request, body: Body) -> Request:
    """The same request with its body, as far as it was read."""
    return Request(
        request.method,
        request.scheme,
        request.host,
        request.path,
        request.query,
        request.headers,
        request.peer,
        request.http_version,
        body,
    )


def is_preflight(request: Request) -> bool:
    """Does a browser ask what a page of another origin may do (a CORS preflight)?"""
    return (
        request.method == "OPTIONS"
        and b"origin" in request.headers
        and b"access-control-request-method" in request.headers
    )
