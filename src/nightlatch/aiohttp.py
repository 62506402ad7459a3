"""Nightlatch in aiohttp's own server: the first of the application's middlewares.

from nightlatch.aiohttp import middleware

app = web.Application(middlewares=[middleware()])
"""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from nightlatch.app.installation import Installation
from nightlatch.capture.frameworks.aiohttp import AiohttpCapture, Handler

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware


def middleware(**settings: Any) -> "Middleware":
    """Watches every exchange. Any setting can be given by keyword, `budgets.caller_hour` as
    `budgets_caller_hour`. Raises ConfigurationError for wrong settings."""
    installation = Installation(settings, lambda agent, limits: AiohttpCapture(agent, **limits))

    @web.middleware
    async def nightlatch(request: web.Request, handler: Handler) -> web.StreamResponse:
        guard = installation.guard()
        if guard is None or installation.leaves_alone(request.path):
            return await handler(request)
        return await guard.run(request, handler)

    return nightlatch
