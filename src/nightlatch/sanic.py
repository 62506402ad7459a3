"""Nightlatch in Sanic.

    from nightlatch.sanic import Nightlatch

    app = Sanic("shop")
    Nightlatch(app)

Settings come from `app.config.NIGHTLATCH`, over the environment and `nightlatch.toml`; keywords go
over all of them.
"""

from typing import Any

from sanic import HTTPResponse, Request, Sanic

from nightlatch.app.configuration import keywords
from nightlatch.app.installation import Installation
from nightlatch.capture.frameworks.sanic import SanicCapture

_BEFORE_ALL_OTHERS = 1_000


class Nightlatch:
    """Watches every exchange of `app`. Raises ConfigurationError for wrong settings."""

    def __init__(self, app: "Sanic[Any, Any]", **settings: Any) -> None:
        given = {**keywords(app.config.get("NIGHTLATCH", {})), **settings}
        self._installation = Installation(
            given, lambda agent, limits: SanicCapture(agent, **limits)
        )
        app.register_middleware(self._watch, "request", priority=_BEFORE_ALL_OTHERS)
        app.register_listener(self._close, "after_server_stop")

    async def _watch(self, request: Request) -> HTTPResponse | None:
        guard = self._installation.guard()
        if guard is None or self._installation.leaves_alone(request.path):
            return None
        return await guard.run(request)

    async def _close(self, _app: "Sanic[Any, Any]") -> None:
        self._installation.close()
