"""What a user puts around an ASGI application: `app.add_middleware(Nightlatch)`."""

from functools import partial
from typing import TYPE_CHECKING, Any

from nightlatch.app.installation import Installation
from nightlatch.capture.asgi import AsgiCapture
from nightlatch.capture.ports import Application, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from nightlatch.app.agent import Agent


class Nightlatch:
    """ASGI middleware: watches every exchange of `app`, and refuses what may not leave.

    Any setting can be given by keyword, `budgets.caller_hour` as `budgets_caller_hour`. With wrong
    settings, wherever they come from, the application does not start; on a server that does not
    speak the lifespan protocol, every request raises the ConfigurationError.
    """

    def __init__(self, app: Application, /, **settings: Any) -> None:
        self._bare = app
        # Not raised here: frameworks build their middleware during the lifespan protocol's start,
        # and servers take an exception there for an application that does not speak it.
        self._refusal: Exception | None = None
        try:
            self._installation = Installation(
                settings, lambda agent, limits: AsgiCapture(app, agent, **limits)
            )
        except Exception as error:  # noqa: BLE001
            self._refusal = error

    @property
    def agent(self) -> "Agent | None":
        return self._installation.agent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            guarded = self._guarded(starting=scope["type"] == "lifespan")
        except Exception as error:  # noqa: BLE001
            await _refuse_to_start(error, scope, receive, send)
            return
        if scope["type"] == "lifespan":
            await self._bare(scope, partial(self._listen, receive), send)
        elif self._installation.leaves_alone(scope.get("path", "")):
            await self._bare(scope, receive, send)
        else:
            await guarded(scope, receive, send)

    def start(self) -> None:
        """Start what watches, if it was not. Raises what keeps it from starting."""
        self._guarded(starting=True)

    def stop(self) -> None:
        """Record what there is."""
        self._installation.close()

    def _guarded(self, *, starting: bool) -> Application:
        """What requests are given to."""
        if self._refusal is not None:
            raise self._refusal
        return self._installation.guard(starting=starting) or self._bare

    async def _listen(self, receive: Receive) -> Message:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            self.stop()
        return message


async def _refuse_to_start(refusal: Exception, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "lifespan":
        raise refusal
    await receive()
    await send({"type": "lifespan.startup.failed", "message": str(refusal)})
