"""Where the browser comes back to: a listener on this machine alone (RFC 8252, section 7.3)."""

import asyncio
import base64
import hashlib
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from nightlatch.workbench.oauth.flows.call import Pairs
from nightlatch.workbench.oauth.flows.steps import FlowFault

_MAX_FIELDS = 50
_MAX_BODY = 1 << 18
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_POLICY = "default-src 'none'; script-src 'sha256-{}'; connect-src 'self'"
_DONE = "<!doctype html><title>Nightlatch</title><p>Nightlatch has it. You can close this window."
_FORWARD = (
    "fetch(location.pathname,{method:'POST',headers:{'Content-Type':"
    "'application/x-www-form-urlencoded'},body:location.hash.slice(1)}).then(()=>{"
    "history.replaceState(null,'',location.pathname);document.body.textContent="
    "'Nightlatch has it. You can close this window.'})"
)
_FRAGMENT = f"<!doctype html><title>Nightlatch</title><body><script>{_FORWARD}</script>"
"""A fragment never reaches a server: this page hands it on, and takes it out of the history."""
HOSTS = ("127.0.0.1", "localhost", "::1")


class Listener:
    """Takes the first answer that comes to `redirect_uri`; a port of 0 is any free one. For another
    log-in after that, `expect` comes first."""

    def __init__(self, redirect_uri: str = "http://127.0.0.1:0/callback") -> None:
        parts = urlsplit(redirect_uri)
        if parts.hostname not in HOSTS or parts.scheme != "http":
            raise FlowFault("only an http address of this machine can be listened at")
        self._host = parts.hostname
        self._port = parts.port or 0
        self._path = parts.path or "/"
        self._runner: web.AppRunner | None = None
        self._brought: asyncio.Future[Pairs] | None = None
        self.redirect_uri = redirect_uri

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_get(self._path, self._get)
        app.router.add_post(self._path, self._post)
        self.expect()
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise FlowFault(f"cannot listen at {self.redirect_uri}: {error.strerror}") from None
        port = self._runner.addresses[0][1]
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.redirect_uri = f"http://{host}:{port}{self._path}"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:  # fmt: skip
        if self._runner:
            await self._runner.cleanup()

    def expect(self) -> None:
        """What came before is no answer to what comes now."""
        self._brought = asyncio.get_running_loop().create_future()

    async def brought(self, patience: float = 300.0) -> Pairs:
        """What the browser comes back with, within so many seconds. Raises FlowFault."""
        if self._brought is None:
            raise RuntimeError("a Listener is used within `async with`")
        try:
            return await asyncio.wait_for(asyncio.shield(self._brought), patience)
        except TimeoutError:
            raise FlowFault(f"the browser did not come back within {patience:g} seconds") from None

    async def _get(self, request: web.Request) -> web.Response:
        if not request.query_string:
            policy = _POLICY.format(_hash(_FORWARD))
            return _page(_FRAGMENT, policy)
        return self._take(request.query_string)

    async def _post(self, request: web.Request) -> web.Response:
        return self._take((await request.read()).decode("utf-8", "replace"))

    def _take(self, text: str) -> web.Response:
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
        except ValueError:
            return web.Response(status=400, text="Too many parameters.")
        if pairs and self._brought and not self._brought.done():
            self._brought.set_result(tuple(pairs))
        return _page(_DONE, "default-src 'none'")


def _page(text: str, policy: str) -> web.Response:
    headers = _HEADERS | {"Content-Security-Policy": policy}
    return web.Response(text=text, content_type="text/html", headers=headers)


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
