"""What a user adds to their application: `app.add_middleware(Nightlatch)`."""

import atexit
import logging
from fnmatch import translate
from functools import partial
from re import Pattern
from re import compile as compile_pattern
from typing import TYPE_CHECKING, Any

from nightlatch.capture.asgi import AsgiCapture
from nightlatch.capture.ports import Application, Message, Receive, Scope, Send
from nightlatch.exchange.judgement import Mode
from nightlatch.exchange.keys import KeyRefused
from nightlatch.settings import ConfigurationError, Settings
from nightlatch.store.ports import StoreFailed

if TYPE_CHECKING:
    from nightlatch.app.agent import Agent

log = logging.getLogger("nightlatch")


class Nightlatch:
    """ASGI middleware: watches every exchange of `app`, and refuses what may not leave.

    Any setting can be given by keyword, `budgets.caller_hour` as `budgets_caller_hour`. With wrong
    settings, wherever they come from, the application does not start; on a server that does not
    speak the lifespan protocol, every request raises the ConfigurationError.
    """

    def __init__(self, app: Application, /, **settings: Any) -> None:
        # Late: an application that imports us, in a tool or a test, need not load the whole house.
        from nightlatch.app.configuration import configure

        self.agent: Agent | None = None
        self._bare = app
        self._guarded = app
        self._excluded: Pattern[str] | None = None
        # Not raised here: frameworks build their middleware during the lifespan protocol's start,
        # and servers take an exception there for an application that does not speak it.
        self._refusal: Exception | None = None
        try:
            self._begin(configure(settings))
        except Exception as error:  # noqa: BLE001
            self._refusal = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._refusal is not None:
            await _refuse_to_start(self._refusal, scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._bare(scope, partial(self._listen, receive), send)
        elif self._excluded is not None and self._excluded.match(scope.get("path", "")):
            await self._bare(scope, receive, send)
        else:
            await self._guarded(scope, receive, send)

    def _begin(self, settings: Settings) -> None:
        """Start everything; a machine that does not let us must not stop the application."""
        if settings.mode is Mode.OFF:
            return
        from nightlatch.app.agent import build_agent

        try:
            self.agent = agent = build_agent(settings)
        except Exception as error:
            if isinstance(error, ConfigurationError) or settings.fail == "closed":
                raise
            log.critical("%s: %s", _UNPROTECTED, error, exc_info=_unexpected(error))
            return
        self._excluded = _patterns(settings.capture.exclude)
        self._guarded = AsgiCapture(
            self._bare,
            agent,
            body_limit=settings.capture.body_limit,
            fail="closed" if settings.fail == "closed" else "open",
            on_lost=agent.lose,
        )
        atexit.register(agent.close)

    async def _listen(self, receive: Receive) -> Message:
        message = await receive()
        if message["type"] == "lifespan.shutdown" and self.agent is not None:
            self.agent.close()
        return message


_UNPROTECTED = "Nightlatch could not start; the application runs without it, UNPROTECTED"


def _unexpected(error: Exception) -> bool:
    """Errors of the machine explain themselves; those of ours need their trace."""
    return not isinstance(error, KeyRefused | OSError | StoreFailed)


async def _refuse_to_start(refusal: Exception, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "lifespan":
        raise refusal
    await receive()
    await send({"type": "lifespan.startup.failed", "message": str(refusal)})


def _patterns(globs: tuple[str, ...]) -> Pattern[str] | None:
    return compile_pattern("|".join(map(translate, globs))) if globs else None


__all__ = ["Nightlatch", "Settings"]
