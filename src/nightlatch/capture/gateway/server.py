"""A small HTTP server for what proxies ask of us: bounded requests, answers that are at hand.

It is no server for the world: who asks is a proxy on the same machine.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final, cast

import httptools
from msgspec import Struct

from nightlatch.exchange.exchange import Response
from nightlatch.exchange.headers import Headers

MAX_BODY: Final = 65_536
"""Bytes of a body that are kept; the rest is counted."""
_MAX_HEAD: Final = 131_072
_MAX_QUEUED: Final = 64
AT_ONCE: Final = 1_000
"""Connections."""


class Asked(Struct, gc=False):
    """One request of a proxy."""

    method: str
    target: str
    """As it was sent, Latin-1."""
    headers: Headers
    version: str
    body: bytes
    size: int
    """Bytes of the body, all of them."""

    def field(self, name: bytes) -> str:
        return self.headers.get(name) or ""


Handle = Callable[[Asked], Response | Awaitable[Response]]
"""Answers at once, or later."""


class LeanServer:
    """Connections of one event loop, all answered by `handle`; `after` runs once the answers of a
    piece of input are written."""

    def __init__(self, handle: Handle, after: Callable[[], None] = lambda: None) -> None:
        self.handle = handle
        self.after = after
        self.connections: set[_Protocol] = set()

    def protocol(self) -> "_Protocol":
        """For `loop.create_server` and `create_unix_server`."""
        return _Protocol(self)

    def close(self) -> None:
        for connection in list(self.connections):
            connection.hang_up()


class _Protocol(asyncio.Protocol):
    """One connection. The methods in the middle are what httptools calls."""

    def __init__(self, server: LeanServer) -> None:
        self._server = server
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._asked: deque[tuple[Asked, bool]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._begin()

    def _begin(self) -> None:
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_size = 0
        self._body: list[bytes] = []
        self._size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if len(self._server.connections) >= AT_ONCE:
            self._transport.abort()
        self._server.connections.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._server.connections.discard(self)
        if self._task is not None:
            self._task.cancel()

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Another protocol is asked for; nothing of it is spoken here.
            pass
        except (httptools.HttpParserError, _TooMuch):
            self._write(_BAD, close=True)
            return
        self._work_off()
        self._server.after()

    def on_url(self, url: bytes) -> None:
        self._count(url)
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(name + value)
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if any(name == b"expect" for name, _ in self._headers) and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        if self._size < MAX_BODY:
            self._body.append(body)
        self._size += len(body)

    def on_message_complete(self) -> None:
        parser = self._parser
        asked = Asked(
            parser.get_method().decode("latin-1"),
            self._target.decode("latin-1"),
            Headers(self._headers),
            parser.get_http_version(),
            b"".join(self._body),
            self._size,
        )
        if len(self._asked) >= _MAX_QUEUED:
            raise _TooMuch
        self._asked.append((asked, parser.should_keep_alive()))
        self._begin()

    def _count(self, piece: bytes) -> None:
        self._head_size += len(piece)
        if self._head_size > _MAX_HEAD:
            raise _TooMuch

    def _work_off(self) -> None:
        """Answer in order; while one answer is made, the next requests wait."""
        while self._asked and self._task is None:
            asked, keep = self._asked.popleft()
            answer = self._server.handle(asked)
            if isinstance(answer, Response):
                self._write(answer, close=not keep, head=asked.method == "HEAD")
            else:
                later = self._answer(answer, keep=keep, head=asked.method == "HEAD")
                self._task = asyncio.get_running_loop().create_task(later)

    async def _answer(self, answer: Awaitable[Response], *, keep: bool, head: bool) -> None:
        self._write(await answer, close=not keep, head=head)
        self._task = None
        self._work_off()
        self._server.after()

    def _write(self, answer: Response, *, close: bool, head: bool = False) -> None:
        if self._transport is None:
            return
        self._transport.write(as_bytes(answer, head=head))
        if close:
            self._transport.close()


class _TooMuch(Exception):
    """More than a proxy would send."""


def as_bytes(answer: Response, *, head: bool = False) -> bytes:
    """The answer on the wire; `head`: without its body."""
    body = answer.body.data
    fields = [b"%b: %b\r\n" % field for field in answer.headers.raw]
    if answer.status not in _BODILESS and b"content-length" not in answer.headers:
        fields.append(b"content-length: %d\r\n" % len(body))
    first = b"HTTP/1.1 %d %b\r\n" % (answer.status, _phrase(answer.status))
    return b"".join((first, *fields, b"\r\n", b"" if head else body))


def _phrase(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""


_BODILESS: Final = frozenset({204, 304})
_BAD: Final = Response(400, Headers([(b"content-length", b"0")]))
