"""aiohttp's own server: watched where its answers are written.

Every answer, whoever made it and however it is sent, goes through the request's stream writer; so a
writer of ours in front of the real one sees heads and pieces in order and can hold them. Files that
the kernel sends go past it, and are judged by their head.

A request's body is known as far as the handler had it read at once (`read`, `json`, `text`, a form
that is not multipart); what it reads piece by piece is its own.
"""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict

from nightlatch.capture.bodies import octets
from nightlatch.capture.ports import F, Message, Scope
from nightlatch.capture.refusal import as_messages, problem
from nightlatch.capture.served import PRINCIPAL, Served
from nightlatch.capture.setup import Setup
from nightlatch.capture.uploads import MAX_FORM
from nightlatch.capture.watching import StreamCut, Watching
from nightlatch.exchange.exchange import Response

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_GIVEN = "nightlatch.given"
"""Beside a head: its fields in bytes, the status line and the fields as aiohttp gave them."""


class AiohttpCapture(Setup[F]):
    """Watches the requests of one application; all of them come on one event loop."""

    async def run(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        scope = scope_of_request(request)
        gate = self.inline.gate
        if gate is not None and gate.owns(scope):
            return await self._serve(gate, scope, request)
        exchange = _AiohttpExchange(self, scope, request)
        refused = exchange.open()
        if refused is not None:
            return exchange.refuse(refused)
        if exchange.blind:
            return await handler(request)
        exchange.stand_between()
        if self.inline.reads_bodies and not await exchange.may_have_its_body():
            # Whatever the handler would say is swallowed, and this too; ours has left.
            return web.Response()
        try:
            response = await handler(request)
        except web.HTTPException:
            raise
        except Exception:
            # The server makes an answer of it, unless it has begun one.
            if exchange.answer.status:
                await exchange.let_go_and_end()
            raise
        except BaseException:
            exchange.gone = True
            exchange.finish()
            raise
        exchange.is_file = isinstance(response, web.FileResponse)
        return response

    async def _serve(self, gate: Any, scope: Scope, request: web.Request) -> web.Response:
        """A path of ours, which is no exchange of the application."""

        async def receive() -> Message:
            form = await request.content.read(MAX_FORM + 1)
            return {"type": "http.request", "body": form, "more_body": False}

        try:
            answer = await gate.answer(scope, receive, self.clock())
        except Exception as error:  # noqa: BLE001
            self.fault("capture.gate", error)
            answer = problem(503)
        return _response_of(answer)


class _AiohttpExchange(Watching[F]):
    """One request and its answer."""

    __slots__ = ("_asked", "_writer", "is_file")

    def __init__(self, capture: Setup[F], scope: Scope, request: web.Request) -> None:
        super().__init__(capture, scope)
        self._asked = request
        self._writer: Any = None
        self.is_file = False

    def refuse(self, response: Response) -> web.Response:
        self.answer.withhold(response)
        self.finish()
        return _response_of(response)

    def stand_between(self) -> None:
        request = self._asked
        self._writer = request._payload_writer  # noqa: SLF001  # no public way to set it
        request._payload_writer = _Writer(self, self._writer)  # noqa: SLF001

    async def may_have_its_body(self) -> bool:
        """Read the body before the handler, who will find it read."""
        request = self._asked
        if request.can_read_body and (request.content_length or 0) <= self._capture.body_limit:
            refused = self.hear(await request.read(), more=False)
            await self.emit(refused)
        return not self.barred

    def overhear(self) -> None:
        """The body, if the handler had it read."""
        body = self._asked._read_bytes  # noqa: SLF001
        if body and not self._body.size:
            self.hear(body, more=False)

    async def begin(self, status_line: str, headers: "CIMultiDict[str]") -> None:
        self.overhear()
        writer: _Writer = self._asked._payload_writer  # type: ignore[assignment]  # noqa: SLF001
        head = _head_of(status_line, headers, coded=not writer.compressed)
        messages = list(self.take(head))
        if self.is_file or head["status"] == 101:
            # What follows does not come this way.
            messages.extend(self.let_go())
        await self.emit(messages)
        if head["status"] == 101:
            self.finish()

    async def pass_on(self, chunk: Any, *, more: bool) -> None:
        body = {"type": "http.response.body", "body": octets(chunk), "more_body": more}
        await self.emit(self.take(body))
        if self.cut:
            self.finish()
            raise StreamCut

    async def let_go_and_end(self) -> None:
        await self.emit(self.let_go())
        self.finish()

    async def emit(self, messages: Sequence[Message]) -> None:
        if self.delay:
            await self._capture.delays.wait(self.take_delay())
        writer: _Writer = self._asked._payload_writer  # type: ignore[assignment]  # noqa: SLF001
        try:
            for message in messages:
                await writer.emit(message)
        except ConnectionError:
            self.gone = True
            self.finish()
            raise
        if self.answer.complete:
            self.finish()

    def _look(self) -> Served:
        info = self._asked.match_info
        resource = info.route.resource
        principal = self._asked.get(PRINCIPAL, "")
        return Served(resource.canonical if resource else None, principal, info.handler)


class _Writer(AbstractStreamWriter):
    """Stands before the real writer, which gets what leaves."""

    def __init__(self, exchange: _AiohttpExchange[Any], real: Any) -> None:
        self._exchange = exchange
        self._real = real
        self._chunked = False
        self._compression: tuple[Any, ...] | None = None
        self._begun = False
        """The real writer has the head."""
        self.length: int | None = None

    @property
    def output_size(self) -> int:  # type: ignore[override]
        """Bytes on the wire: by it the server knows whether an error page can still be sent."""
        size: int = self._real.output_size
        return size

    @property
    def buffer_size(self) -> int:  # type: ignore[override]
        size: int = self._real.buffer_size
        return size

    @property
    def compressed(self) -> bool:
        """The real writer compresses: what we see is not coded yet."""
        return self._compression is not None

    def enable_chunking(self) -> None:
        self._chunked = True

    def enable_compression(self, *how: Any) -> None:
        self._compression = how

    async def write_headers(self, status_line: str, headers: "CIMultiDict[str]") -> None:
        await self._exchange.begin(status_line, headers)

    def send_headers(self) -> None:
        if self._begun:
            self._real.send_headers()

    async def write(self, chunk: Any, *_: Any, **__: Any) -> None:
        await self._exchange.pass_on(chunk, more=True)

    async def write_eof(self, chunk: Any = b"") -> None:
        await self._exchange.pass_on(chunk, more=False)

    async def drain(self) -> None:
        await self._real.drain()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def emit(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif message.get("more_body", False):
            await self._real.write(message["body"])
        else:
            await self._real.write_eof(message["body"])

    async def _begin(self, head: Message) -> None:
        real, given = self._real, head.get(_GIVEN)
        self._begun = True
        if given is not None:
            if self._chunked:
                real.enable_chunking()
            if self._compression is not None:
                real.enable_compression(*self._compression)
            real.length = self.length
        if given is not None and head["headers"] == given[0]:
            await real.write_headers(given[1], given[2])
            return
        headers = CIMultiDict(
            (n.decode("latin-1"), v.decode("latin-1")) for n, v in head["headers"]
        )
        if given is not None and self.compressed:
            headers["Content-Encoding"] = given[2]["Content-Encoding"]
        declared = headers.get("Content-Length", "")
        real.length = int(declared) if declared.isdigit() else None
        phrase = HTTPStatus(head["status"]).phrase
        line = given[1] if given is not None else f"HTTP/1.1 {head['status']} {phrase}"
        await real.write_headers(line, headers)


def scope_of_request(request: web.Request) -> Scope:
    path, _, query = request.raw_path.partition("?")
    peer = request.transport.get_extra_info("peername") if request.transport else None
    version = request.version
    return {
        "type": "http",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.path,
        "raw_path": path.encode("latin-1", "replace"),
        "query_string": query.encode("latin-1", "replace"),
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.raw_headers],
        "client": (peer[0], peer[1]) if isinstance(peer, tuple) else None,
        "http_version": f"{version.major}.{version.minor}",
    }


def _head_of(status_line: str, headers: "CIMultiDict[str]", *, coded: bool) -> Message:
    fields = [
        (name.encode("latin-1"), value.encode("utf-8", "surrogateescape"))
        for name, value in headers.items()
        if coded or name.lower() != "content-encoding"
    ]
    return {
        "type": "http.response.start",
        "status": int(status_line.split(" ", 2)[1]),
        "headers": fields,
        _GIVEN: (fields, status_line, headers),
    }


def _response_of(answer: Response) -> web.Response:
    head, body = as_messages(answer)
    headers = CIMultiDict((n.decode("latin-1"), v.decode("latin-1")) for n, v in head["headers"])
    return web.Response(status=answer.status, body=body["body"], headers=headers)
