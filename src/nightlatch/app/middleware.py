"""What a user adds to their application: `app.add_middleware(Nightlatch)`."""

import atexit
import logging
from fnmatch import translate
from functools import partial
from re import Pattern
from re import compile as compile_pattern
from typing import Any

from nightlatch.app.agent import Agent, build_agent
from nightlatch.capture.asgi import AsgiCapture
from nightlatch.capture.ports import Application, Message, Receive, Scope, Send
from nightlatch.exchange.judgement import Mode
from nightlatch.faults import FAULTS, raising
from nightlatch.settings import Settings, load_settings

log = logging.getLogger("nightlatch")


class Nightlatch:
    """ASGI middleware: watches every exchange of `app`, and refuses what may not leave.

    Any setting can be given by keyword, `budgets.caller_hour` as `budgets_caller_hour`. Raises
    ConfigurationError when settings are wrong, from wherever they come.
    """

    def __init__(self, app: Application, /, **settings: Any) -> None:
        self.settings = load_settings(settings)
        self.agent: Agent | None = None
        self._bare = app
        self._guarded = app
        self._excluded = _patterns(self.settings.capture.exclude)
        if self.settings.mode is not Mode.OFF:
            self._guard()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._bare(scope, partial(self._listen, receive), send)
        elif self._excluded is not None and self._excluded.match(scope.get("path", "")):
            await self._bare(scope, receive, send)
        else:
            await self._guarded(scope, receive, send)

    def _guard(self) -> None:
        """Start everything; a machine that does not let us must not stop the application."""
        try:
            self.agent = agent = build_agent(self.settings)
        except Exception as error:
            if raising() or self.settings.fail == "closed":
                raise
            FAULTS.note("app.start", error)
            return
        self._guarded = AsgiCapture(
            self._bare,
            agent,
            body_limit=self.settings.capture.body_limit,
            fail="closed" if self.settings.fail == "closed" else "open",
            on_lost=agent.lose,
        )
        atexit.register(agent.close)

    async def _listen(self, receive: Receive) -> Message:
        message = await receive()
        if message["type"] == "lifespan.shutdown" and self.agent is not None:
            self.agent.close()
        return message


def _patterns(globs: tuple[str, ...]) -> Pattern[str] | None:
    return compile_pattern("|".join(map(translate, globs))) if globs else None


__all__ = ["Nightlatch", "Settings"]
