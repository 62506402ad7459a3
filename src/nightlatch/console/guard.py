"""The console's own door: host, session, origin, and the headers on every answer.

A pure ASGI middleware around everything the console serves, so that a new page is protected before
its author thinks of it.
"""

from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nightlatch.console.access import SESSION_LIFE, Access, Session, same_secret
from nightlatch.console.answers import problem
from nightlatch.store.ports import StoreFailed

COOKIE = "nightlatch-session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer": browsers then send `Origin: null` with our own forms (Fetch standard).
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Lets a request through to the console, or answers it here.

    Leaves in the scope's state: `session` (None for a machine with the API token) and `actor`.
    """

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        *,
        api_token: str,
        hosts: Collection[str],
        public: Collection[str],
        locked: Callable[..., Response],
        clock: Callable[[], float],
    ) -> None:
        self._app = app
        self._access = access
        self._api_token = api_token
        self._hosts = LOOPBACK | {host.lower() for host in hosts}
        self._public = tuple(public)
        self._locked = locked
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        send = _with_headers(send, scope["path"])
        try:
            refusal = await self._refuse(request)
        except StoreFailed as error:
            refusal = problem(503, "The console's store does not answer", str(error))
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refusal(scope, receive, send)

    async def _refuse(self, request: Request) -> Response | None:
        """The answer for a request that may not pass; None when it may."""
        # Not of `request.url`, which is made with the Host header: "127.0.0.1/static/" is one, too.
        path: str = request.scope["path"]
        if path.startswith(self._public):
            return None
        if _host(request) not in self._hosts:
            # DNS rebinding: another site's name that leads to this machine.
            return PlainTextResponse("This console does not answer to that host name.\n", 421)
        token = request.query_params.get("token")
        if token is not None and path == "/" and request.method == "GET":
            return await self._enter(request, token)
        return await self._authenticate(request)

    async def _enter(self, request: Request, token: str) -> Response:
        session = await run_in_threadpool(self._access.redeem, token, self._clock())
        if session is None:
            return self._locked(refused=True)
        response = RedirectResponse("/", 303)
        response.set_cookie(
            COOKIE,
            session.secret,
            max_age=int(SESSION_LIFE),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    async def _authenticate(self, request: Request) -> Response | None:
        api = request.scope["path"].startswith("/api/")
        if api and self._bearer(request):
            request.state.session, request.state.actor = None, "api"
            return None
        session = await self._session(request)
        if session is None:
            return _unauthorized() if api else self._locked(refused=False)
        if request.method not in SAFE_METHODS and not _same_origin(request):
            return problem(403, "This request came from another site", "Send it from the console.")
        request.state.session, request.state.actor = session, "console"
        return None

    def _bearer(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return (
            bool(self._api_token)
            and scheme.lower() == "bearer"
            and same_secret(given.strip(), self._api_token)
        )

    async def _session(self, request: Request) -> Session | None:
        secret = request.cookies.get(COOKIE)
        if not secret:
            return None
        return await run_in_threadpool(self._access.session, secret, self._clock())


def _unauthorized() -> Response:
    response = problem(
        401,
        "A session or an API token is needed",
        "Send `Authorization: Bearer <API token>`, or open the console with a one-time link.",
    )
    response.headers["www-authenticate"] = 'Bearer realm="nightlatch"'
    return response


def _host(request: Request) -> str:
    """The name in the Host header, without port and brackets; "" when it is malformed."""
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _same_origin(request: Request) -> bool:
    """Browsers send Origin with every request that is not GET or HEAD (Fetch standard)."""
    return request.headers.get("origin") == f"{request.url.scheme}://{request.headers['host']}"


def _with_headers(send: Send, path: str) -> Send:
    # The console's own files are public and checked by ETag; all else must not stay on a disk.
    cache = "no-cache" if path.startswith("/static/") else "no-store"

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["cache-control"] = cache
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return send_with_headers
