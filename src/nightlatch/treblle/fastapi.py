"""FastAPI and Starlette, for projects that come from Treblle's SDK for them, `trenasty`.

    from nightlatch.treblle.fastapi import TreblleMiddleware  # was trenasty.middleware.treblle

    app = FastAPI()
    app.middleware("http")(TreblleMiddleware(app))

That is their way to say it; `app.add_middleware(TreblleMiddleware)` does the same without a second
layer around every request. Masked fields come from the environment, as there
(`TREBLLE_SENSITIVE_KEYS`, `TREBLLE_MASKED_FIELDS`), or by keyword, as in the other SDKs:
`masked_fields`, `excluded_routes`.
"""

import logging
from collections.abc import Callable
from typing import Any

from nightlatch.app.middleware import Nightlatch
from nightlatch.app.treblle import treblle_keywords, with_environment
from nightlatch.capture.ports import Application

__all__ = ["TreblleMiddleware"]

log = logging.getLogger("nightlatch")


class TreblleMiddleware:
    """Watches `app`, a whole application or a part of its stack."""

    def __init__(self, app: Any, /, **given: Any) -> None:
        settings = treblle_keywords(with_environment(given))
        self._watched: Application = app
        if hasattr(app, "add_middleware"):
            # A whole application, which keeps us as one of its layers from here on.
            app.add_middleware(_layer_of(app), **settings)
        else:
            self._watched = Nightlatch(app, **settings)

    async def __call__(self, asked: Any, following: Any, send: Any = None) -> Any:
        """As `app.middleware("http")` calls it, `(request, call_next)`, or as ASGI has it,
        `(scope, receive, send)`."""
        if send is None:
            # Their layer stays where it was put, and has nothing to do: ours is below it.
            return await following(asked)
        return await self._watched(asked, following, send)


def _layer_of(whole: Any) -> Callable[..., Application]:
    """Makes our layer of an application, once it knows all of its layers."""

    # Starlette before 0.35, with which people have `trenasty`, gives what is below it by name.
    def layer(app: Application, **settings: Any) -> Application:
        if any(one.cls is Nightlatch for one in whole.user_middleware):
            log.warning(
                "The application has Nightlatch: the layer with Treblle's name does nothing."
            )
            return app
        return Nightlatch(app, **settings)

    return layer
