"""An address of one's own that a token can name: does the API go and fetch it?"""

from types import TracebackType
from typing import Any, Self

from aiohttp import web

from nightlatch.workbench.oauth.flows.steps import FlowFault
from nightlatch.workbench.tokens.material import generate, public_part

_MOST = 1_000
"""Paths that are remembered; who asks for more has been found out long before."""
_WELL_KNOWN = "/.well-known/"


class Listener:
    """Serves the public part of its `key` as a key set, at whatever path is asked for."""

    def __init__(self, address: str, host: str, port: int) -> None:
        """`address` is how the API reaches what listens at `host` and `port`."""
        self.address = address.rstrip("/")
        self.key: dict[str, Any] = {**generate("EC"), "alg": "ES256", "use": "sig"}
        self._keys = {"keys": [public_part(self.key)]}
        self._place = host, port
        self._asked: set[str] = set()
        self._runner: web.AppRunner | None = None

    def asked(self) -> frozenset[str]:
        """Paths, so far."""
        return frozenset(self._asked)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1_024)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, *self._place).start()
        except OSError as error:
            await self._runner.cleanup()
            raise FlowFault(
                f"cannot listen at {self._place[0]}:{self._place[1]}: {error.strerror}"
            ) from None
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:  # fmt: skip
        if self._runner:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        path = request.path
        if len(self._asked) < _MOST:
            self._asked.add(path[:300])
        if _WELL_KNOWN not in path:
            return web.json_response(self._keys)
        issuer = self.address + path.partition(_WELL_KNOWN)[0]
        return web.json_response({"issuer": issuer, "jwks_uri": f"{issuer}/jwks"})
