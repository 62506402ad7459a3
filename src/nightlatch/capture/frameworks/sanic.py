"""Sanic, on its own server or another's: watched where its answers are sent.

Every answer is connected to the request's stream and sent through it; a stream of ours before the
real one sees heads and pieces in order, and can hold them.

Sanic reads a request's body before any middleware runs, unless the handler streams it: then it is
the handler's own.
"""

import re
from asyncio import current_task
from collections.abc import Sequence
from typing import Any

from sanic.request import Request
from sanic.response import BaseHTTPResponse, HTTPResponse

from nightlatch.capture.bodies import octets
from nightlatch.capture.ports import F, Message, Scope
from nightlatch.capture.refusal import as_messages, problem
from nightlatch.capture.served import PRINCIPAL, Served
from nightlatch.capture.setup import Setup
from nightlatch.capture.watching import StreamCut, Watching
from nightlatch.capture.wsgi import answer_at_once
from nightlatch.exchange.exchange import Response

_PARAMETER = re.compile(r"<(\w+)(?::[^<>]*)?>")
"""`<id>` and `<id:int>`: the other way round than elsewhere."""
_GIVEN = "nightlatch.given"
"""Beside a head: its fields, as the application gave them."""


class SanicCapture(Setup[F]):
    """Watches the requests of one application; all of them come on one event loop."""

    async def run(self, request: Request) -> HTTPResponse | None:
        """What a request middleware returns: our answer, if the handler is not to be asked."""
        scope = scope_of_request(request)
        gate = self.inline.gate
        if gate is not None and gate.owns(scope):
            return self._serve(gate, scope, request)
        exchange = _SanicExchange(self, scope, request)
        refused = exchange.open()
        if refused is not None:
            return exchange.refuse(refused)
        if exchange.blind:
            return None
        if request.body:
            instead = exchange.hear(request.body, more=False)
            if instead:
                exchange.finish()
                return _response_of(*instead)
        exchange.stand_between()
        return None

    def _serve(self, gate: Any, scope: Scope, request: Request) -> HTTPResponse:
        """A path of ours, which is no exchange of the application."""
        try:
            answer = answer_at_once(gate, scope, request.body or b"", self.clock())
        except Exception as error:  # noqa: BLE001
            self.fault("capture.gate", error)
            answer = problem(503)
        return _response_of(*as_messages(answer))


class _SanicExchange(Watching[F]):
    """One request and its answer."""

    __slots__ = ("_asked", "_real", "_task")

    def __init__(self, capture: Setup[F], scope: Scope, request: Request) -> None:
        super().__init__(capture, scope)
        self._asked = request
        self._real: Any = request.stream
        self._task = current_task()

    def refuse(self, response: Response) -> HTTPResponse:
        messages = self.answer.withhold(response)
        self.finish()
        return _response_of(*messages)

    def stand_between(self) -> None:
        request = self._asked
        route = request.route
        if route is not None and getattr(route.extra, "websocket", False):
            # The handshake is between Sanic and the client; what is left to do is to note it.
            head = {"type": "http.response.start", "status": 101, "headers": []}
            if not self.answer.added:
                self.take(head)
                self.let_go()
            self.finish()
            return
        if self._task is not None:
            self._task.add_done_callback(self._left)
        request.stream = _Stream(self, self._real)  # type: ignore[assignment]

    async def send(self, response: BaseHTTPResponse, data: bytes, *, end: bool) -> None:
        """The application sends this of its answer."""
        messages: list[Message] = []
        if not self.answer.status:
            messages.extend(self.take(_head_of(response)))
            if not data and response.body:
                # A whole answer: Sanic takes the body from the object.
                data, end = response.body, True
        body = {"type": "http.response.body", "body": octets(data), "more_body": not end}
        messages.extend(self.take(body))
        await self._emit(response, messages)
        if self.cut:
            self.finish()
            raise StreamCut

    async def _emit(self, response: BaseHTTPResponse, messages: Sequence[Message]) -> None:
        if self.delay:
            await self._capture.delays.wait(self.take_delay())
        real = self._real
        try:
            if messages and messages[0]["type"] == "http.response.start":
                await self._begin(response, messages)
            else:
                for message in messages:
                    await real.send(message["body"], end_stream=not message["more_body"])
        except (ConnectionError, OSError):
            self.gone = True
            self.finish()
            raise
        if self.answer.complete:
            self.finish()

    async def _begin(self, response: BaseHTTPResponse, messages: Sequence[Message]) -> None:
        head, *rest = messages
        if head.get(_GIVEN) is None:
            ours = self._real.respond(_response_of(*messages))
            await self._real.send(ours.body, end_stream=True)
            return
        if head["headers"] != head[_GIVEN]:
            _take_over(response, head["headers"])
        for message in rest:
            # With an empty piece Sanic would take the whole body from the object.
            response.body = b"" if not message["body"] else response.body
            await self._real.send(message["body"], end_stream=not message.get("more_body", False))

    def finish(self) -> None:
        super().finish()
        if self._task is not None:
            self._task.remove_done_callback(self._left)

    def _left(self, _: object) -> None:
        """The connection's task has ended, and the answer had not: it was cancelled."""
        self.gone = True
        self.finish()

    def _look(self) -> Served:
        request = self._asked
        principal = getattr(request.ctx, PRINCIPAL.replace(".", "_"), "")
        route = request.route
        if route is None:
            return Served(None, principal)
        template = _PARAMETER.sub(r"{\1}", "/" + route.path.lstrip("/"))
        return Served(template, principal, route.handler)


class _Stream:
    """Stands before the real stream."""

    def __init__(self, exchange: _SanicExchange[Any], real: Any) -> None:
        vars(self).update(_exchange=exchange, _real=real)

    def respond(self, response: BaseHTTPResponse) -> BaseHTTPResponse:
        self._real.respond(response)
        response.stream = _Sender(self._exchange, self._real, response)  # type: ignore[assignment]
        return response

    def __getattr__(self, name: str) -> Any:
        return getattr(vars(self)["_real"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._real, name, value)

    async def __aiter__(self) -> Any:
        async for piece in self._real:
            yield piece


class _Sender:
    """What one answer believes to be its stream."""

    def __init__(self, exchange: _SanicExchange[Any], real: Any, response: Any) -> None:
        self._exchange = exchange
        self._real = real
        self._response = response

    @property
    def send(self) -> Any:
        return self._send if self._real.send is not None else None

    async def _send(self, data: bytes, end_stream: bool = False) -> None:  # noqa: FBT001, FBT002
        await self._exchange.send(self._response, data, end=end_stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def scope_of_request(request: Request) -> Scope:
    # Only an HTTP/1 stream has the head as it came; of others the words are put together again.
    raw = request.raw_url
    path, _, query = raw.partition(b"?")
    client = request.conn_info.peername if request.conn_info else None
    return {
        "type": "http",
        "method": request.method,
        "scheme": "https" if request.conn_info and request.conn_info.ssl else "http",
        "path": request.path,
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [
            (name.encode("latin-1"), value.encode("latin-1", "surrogateescape"))
            for name, value in request.headers.items()
        ],
        "client": client if isinstance(client, tuple) else None,
        "http_version": request.version,
    }


def _head_of(response: BaseHTTPResponse) -> Message:
    # Not `processed_headers`, which adds to the fields, and so changes their order on the wire.
    fields = [
        (name.lower().encode("latin-1", "replace"), str(value).encode("utf-8", "surrogateescape"))
        for name, value in response.headers.items()
    ]
    if response.content_type and "content-type" not in response.headers:
        fields.append((b"content-type", response.content_type.encode("latin-1", "replace")))
    if response.body and "content-length" not in response.headers:
        # Sanic adds it as it sends a whole answer.
        fields.append((b"content-length", b"%d" % len(response.body)))
    return {
        "type": "http.response.start",
        "status": response.status,
        "headers": fields,
        _GIVEN: fields,
    }


def _take_over(response: BaseHTTPResponse, fields: Sequence[tuple[bytes, bytes]]) -> None:
    response.headers.clear()
    for name, value in fields:
        response.headers.add(name.decode("latin-1"), value.decode("latin-1"))


def _response_of(head: Message, *bodies: Message) -> HTTPResponse:
    response = HTTPResponse(b"".join(one["body"] for one in bodies), head["status"])
    _take_over(response, head["headers"])
    response.content_type = response.headers.get("content-type")
    return response
