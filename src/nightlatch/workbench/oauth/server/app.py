"""The edge: HTTP in, values through, HTTP out; and the clock."""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nightlatch.workbench.oauth.server import (
    authorization,
    grants,
    inspection,
    logout,
    metadata,
    registration,
    resource,
    waiting,
)
from nightlatch.workbench.oauth.server.answers import MAX_BODY, Answer, Asked, Refusal
from nightlatch.workbench.oauth.server.state import State

Handler = Callable[[State, Asked, float], Answer]
Clock = Callable[[], float]
SLOWNESS = 2.0
"""Seconds, of the fault `slow`."""
_GET, _POST, _BOTH = ["GET"], ["POST"], ["GET", "POST"]

ENDPOINTS: tuple[tuple[str, list[str], Handler], ...] = (
    ("/.well-known/openid-configuration", _GET, metadata.metadata),
    ("/.well-known/oauth-authorization-server", _GET, metadata.metadata),
    ("/.well-known/oauth-protected-resource/api", _GET, resource.resource_metadata),
    ("/.well-known/webfinger", _GET, metadata.webfinger),
    ("/jwks", _GET, metadata.jwks),
    ("/authorize", _BOTH, authorization.authorize),
    ("/consent", _POST, authorization.consent),
    ("/callback", _BOTH, authorization.arrival),
    ("/par", _POST, authorization.push),
    ("/token", _POST, grants.token),
    ("/device_authorization", _POST, waiting.device_authorization),
    ("/bc-authorize", _POST, waiting.backchannel),
    ("/device", _GET, waiting.device_page),
    ("/device", _POST, waiting.device_decision),
    ("/introspect", _POST, inspection.introspect),
    ("/revoke", _POST, inspection.revoke),
    ("/userinfo", _BOTH, resource.userinfo),
    ("/register", _POST, registration.register),
    ("/logout", _BOTH, logout.logout),
    ("/api/me", _GET, resource.me),
)


def create_server(state: State, clock: Clock = time.time) -> Starlette:
    """Starlette, to be served on the address that the issuer names."""
    # No cookie is ever set, so that a page of another origin gains nothing by asking.
    cross_origin = Middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "DPoP"],
        expose_headers=["DPoP-Nonce", "WWW-Authenticate"],
    )  # fmt: skip
    routes = [
        Route(path, _served(handler, state, clock), methods=methods)
        for path, methods, handler in ENDPOINTS
    ]
    return Starlette(routes=routes, middleware=[cross_origin])


def _served(
    handler: Handler, state: State, clock: Clock
) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        if state.has("slow"):
            await asyncio.sleep(SLOWNESS)
        now = clock()
        try:
            answer = handler(state, await _asked(request), now)
        except Refusal as refusal:
            answer = refusal.answer()
        headers = dict(answer.headers)
        if state.options.dpop_nonce:
            headers.setdefault("DPoP-Nonce", state.nonce(now))
        return Response(answer.body, answer.status, headers, answer.media)

    return serve


async def _asked(request: Request) -> Asked:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise Refusal("invalid_request", f"the body has more than {MAX_BODY} bytes", 413)
    return Asked(
        method="GET" if request.method == "HEAD" else request.method,
        path=request.url.path,
        query=request.url.query,
        headers=tuple(request.headers.items()),
        body=bytes(body),
        certificate=_shown(request),
    )


def _shown(request: Request) -> bytes:
    """The client's certificate, where the server asks for one: ASGI's TLS extension."""
    chain = request.scope.get("extensions", {}).get("tls", {}).get("client_cert_chain", ())
    return ssl.PEM_cert_to_DER_cert(chain[0]) if chain else b""
