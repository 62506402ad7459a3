"""Nightlatch in Litestar.

    from nightlatch.litestar import Nightlatch

    app = Litestar(...)
    Nightlatch(app)

It stands before Litestar's own routing, so that it also sees what is not found; a middleware of
Litestar would not. `app` stays what it was, for Litestar's command line and its tests.
"""

from typing import TYPE_CHECKING, Any, cast

from nightlatch.app.middleware import Nightlatch as Middleware

if TYPE_CHECKING:
    from litestar import Litestar

    from nightlatch.app.agent import Agent


class Nightlatch:
    """Watches every exchange of `app`. Any setting can be given by keyword, `budgets.caller_hour`
    as `budgets_caller_hour`. With wrong ones the application does not start."""

    def __init__(self, app: "Litestar", **settings: Any) -> None:
        # The same protocol, which Litestar spells with types of its own.
        self._middleware = Middleware(cast("Any", app.asgi_handler), **settings)
        app.asgi_handler = cast("Any", self._middleware)
        app.on_startup.append(self._start)
        app.on_shutdown.append(self._stop)

    @property
    def agent(self) -> "Agent | None":
        return self._middleware.agent

    async def _start(self) -> None:
        self._middleware.start()

    async def _stop(self) -> None:
        self._middleware.stop()
