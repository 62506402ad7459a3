"""The ASGI middleware: watches each exchange and carries the pipeline's decisions out.

Pure ASGI. Without a withholding decision every message passes as the application sent it, in order;
a fault of ours leaves the application alone (`fail="open"`) or answers 503 (`fail="closed"`).
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Unpack

from nightlatch.capture.handshake import Handshake
from nightlatch.capture.ports import Application, F, Inline, Message, Receive, Scope, Send
from nightlatch.capture.refusal import as_messages, problem
from nightlatch.capture.setup import Limits, Setup
from nightlatch.capture.watching import StreamCut, Watching, is_cut
from nightlatch.exchange.exchange import Response

if TYPE_CHECKING:
    from nightlatch.capture.gate import Gate


class AsgiCapture(Setup[F]):
    """Middleware: `app.add_middleware(AsgiCapture, inline=…)`, or around any ASGI application.

    All its requests come on one event loop: nothing in here is locked.
    """

    def __init__(self, app: Application, inline: Inline[F], **limits: Unpack[Limits]) -> None:
        super().__init__(inline, **limits)
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        exchange: _HttpExchange[F] | Handshake[F]
        if kind == "http":
            gate = self.inline.gate
            if gate is not None and gate.owns(scope):
                await self._serve(gate, scope, receive, send)
                return
            exchange = _HttpExchange(self, scope, receive, send)
        elif kind == "websocket":
            exchange = Handshake(self, scope, receive, send)
        else:
            await self.app(scope, receive, send)
            return
        refused = exchange.open()
        if refused is not None:
            await exchange.refuse(refused)
        elif exchange.blind:
            await self.app(scope, receive, send)
        else:
            await exchange.run(self.app)

    async def _serve(self, gate: "Gate", scope: Scope, receive: Receive, send: Send) -> None:
        """A path of ours, which is no exchange of the application."""
        try:
            answer = await gate.answer(scope, receive, self.clock())
        except Exception as error:  # noqa: BLE001
            self.fault("capture.gate", error)
            answer = problem(503)
        for message in as_messages(answer):
            await send(message)


class _HttpExchange(Watching[F]):
    """One request and its answer. `receive` and `send` are what the application gets."""

    __slots__ = ("_receive", "_send")

    def __init__(self, capture: Setup[F], scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(capture, scope)
        self._receive = receive
        self._send = send

    async def refuse(self, response: Response) -> None:
        await self._send_all(self.answer.withhold(response))

    async def run(self, app: Application) -> None:
        try:
            await app(self._scope, self.receive, self.send)
        except Exception as error:
            # What the application had sent must leave first; its error goes on, not one of ours.
            with suppress(Exception):
                await self._send_all(self.let_go())
                await self._send_all(self.cover())
            self.finish()
            # Who finds the client gone while reading says so; that is our doing, not a fault.
            if not self.barred and not is_cut(error):
                raise
        except BaseException:
            # Cancelled, with the client or the server gone: there is nobody to send anything to.
            self.gone = True
            self.finish()
            raise
        else:
            await self._send_all(self.let_go())
            self.finish()

    async def receive(self) -> Message:
        if self.barred:
            return {"type": "http.disconnect"}
        message = await self._receive()
        kind = message.get("type")
        if kind == "http.request":
            more = message.get("more_body", False)
            refused = self.hear(message.get("body", b""), more=more)
            if refused:
                await self._send_all(refused)
                return {"type": "http.disconnect"}
        elif kind == "http.disconnect" and not self.answer.complete:
            self.gone = True
        return message

    async def send(self, message: Message) -> None:
        messages = self.take(message)
        if messages:
            await self._send_all(messages)
        elif self.cut:
            self.finish()
            raise StreamCut

    async def _send_all(self, messages: Sequence[Message]) -> None:
        if self.delay:
            await self._wait()
        try:
            for message in messages:
                await self._send(message)
        except OSError:
            # What an ASGI server raises when the client is gone (specification 2.4).
            self.gone = True
            raise
        # At once, not when the application returns: it may have background tasks to do.
        if self.answer.complete:
            self.finish()

    async def _wait(self) -> None:
        try:
            await self._capture.delays.wait(self.take_delay())
        except Exception as error:  # noqa: BLE001
            self._capture.fault("capture.wait", error)
