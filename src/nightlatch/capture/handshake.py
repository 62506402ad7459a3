"""WebSocket handshakes: noted as exchanges, refused where decided; messages are not inspected."""

import time
from collections.abc import Sequence

from nightlatch.capture.opening import Opening
from nightlatch.capture.ports import Application, F, Message, Receive, Scope, Send
from nightlatch.capture.refusal import as_messages, problem
from nightlatch.capture.setup import Setup
from nightlatch.exchange.exchange import Ending, Response
from nightlatch.exchange.headers import Headers

_DENIAL = "websocket.http.response"
_ABNORMAL_CLOSURE = 1006
"""RFC 6455 section 7.4.1: what an application is told of a connection that never came to be."""


class Handshake(Opening[F]):
    """One WebSocket connection up to its acceptance or refusal."""

    __slots__ = ("_denied", "_receive", "_send")

    def __init__(self, capture: Setup[F], scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(capture, scope)
        self._receive = receive
        self._send = send
        self._denied = False

    async def refuse(self, response: Response) -> None:
        await self._receive()  # websocket.connect: only then may it be answered
        for message in self._deny(response):
            await self._send(message)

    async def run(self, app: Application) -> None:
        try:
            await app(self._scope, self.receive, self.send)
        finally:
            self._note(None, Ending.RAISED)

    async def receive(self) -> Message:
        if self._denied:
            return {"type": "websocket.disconnect", "code": _ABNORMAL_CLOSURE}
        message = await self._receive()
        if not self._finished and message["type"] == "websocket.disconnect":
            self._note(None, Ending.CLIENT_GONE)
        return message

    async def send(self, message: Message) -> None:
        if self._denied:
            return
        messages: Sequence[Message] = (message,)
        if not self._finished:
            response = _response_of(message)
            if response is not None:
                refused = self._verdict(response)
                if refused is not None:
                    messages = self._deny(refused)
                else:
                    self._note(response, Ending.ANSWERED)
                    messages = (self._with_pass(message),)
        for each in messages:
            await self._send(each)

    def _verdict(self, response: Response) -> Response | None:
        """Our answer, where the application's must not leave."""
        capture = self._capture
        try:
            served = self._find()
            now = capture.clock()
            decision = capture.inline.on_response(
                self._in_flight, self._request, response, served.route, now, served.principal
            )
        except Exception as error:  # noqa: BLE001
            capture.fault("capture.handshake", error)
            return problem(503) if capture.fail_closed else None
        return self._refusal(decision) if decision.withhold else None

    def _with_pass(self, message: Message) -> Message:
        admission = self._admission
        if admission is None or not admission.fields or message["type"] == "websocket.close":
            return message
        return {**message, "headers": [*(message.get("headers") or ()), *admission.fields]}

    def _deny(self, response: Response) -> Sequence[Message]:
        self._denied = True
        self._note(response, Ending.REFUSED)
        if _DENIAL in (self._scope.get("extensions") or {}):
            return as_messages(response, "websocket.http")
        return ({"type": "websocket.close", "code": 1008},)

    def _note(self, response: Response | None, ending: Ending) -> None:
        """Hand the exchange over, once."""
        if self._finished:
            return
        self._finished = True
        duration = time.perf_counter() - self._began
        try:
            self._capture.inline.finish(
                self._in_flight, self._request, response, self._look().route, ending, duration
            )
        except Exception as error:  # noqa: BLE001
            self._capture.lose("capture.finish", error)


def _response_of(message: Message) -> Response | None:
    """The answer to the handshake, as HTTP has it; None when this message does not answer it, or
    is not as the specification has it: the server will say so."""
    kind = message.get("type")
    if kind == "websocket.accept":
        status: int | None = 101
    elif kind == "websocket.close":
        status = 403
    elif kind == "websocket.http.response.start":
        status = message.get("status")
    else:
        return None
    try:
        raw = [(bytes(name).lower(), value) for name, value in message.get("headers") or ()]
    except (TypeError, ValueError):
        return None
    return Response(status, Headers(raw)) if isinstance(status, int) else None
