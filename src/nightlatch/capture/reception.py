"""The door of everything that arrives over HTTP: who sends, how much, how long it may take.

Whoever is turned away is told why (problem details, RFC 9457), and each reason is counted.
"""

import asyncio
import base64
from abc import ABC, abstractmethod
from contextlib import suppress
from http import HTTPStatus
from typing import Generic, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from nightlatch.capture.codings import decoder_for
from nightlatch.exchange.headers import Headers

G = TypeVar("G")
"""What a sender was granted."""

READ_WITHIN = 30.0
"""Seconds for a body to arrive."""


class Rejected(Exception):
    """A sender is turned away; `reason` is one of a few fixed phrases, `detail` says what to do."""

    def __init__(self, status: int, reason: str, detail: str, retry_after: int = 0) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after
        """Seconds; 0 where coming back does not help."""
        self.excerpt = b""
        """The beginning of what could not be read, where that is why."""
        self.sender = ""
        """Whose it was, where nothing was granted and that is known."""


class CutShort(Rejected):
    """The sender hung up in the middle: nobody is there to be told."""

    def __init__(self) -> None:
        super().__init__(400, "cut short on the way", "")


class Reception(ABC, Generic[G]):
    """An ASGI application that takes one body a request, and never more than it can hold."""

    def __init__(
        self, *, max_body: int, at_once: int, read_within: float = READ_WITHIN, on_loop: int = 0
    ) -> None:
        """`at_once`: bodies in memory at a time; further ones are asked to come back. `on_loop`:
        bodies of at most so many bytes, and without a content coding, are taken on the event loop:
        to hand one to a thread costs several times as much. For what never waits in `_take`."""
        self._max_body = max_body
        self._on_loop = on_loop
        self._at_once = at_once
        self._read_within = read_within
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        granted: G | None = None
        try:
            granted = await self._let_in(request)
            response = await self._answer(request, granted)
        except Rejected as rejected:
            self._count(rejected, granted)
            response = self._refusal(request, rejected)
        except ClientDisconnect:
            self._count(CutShort(), granted)
            return
        await response(scope, receive, send)

    @abstractmethod
    def _admit(self, request: Request) -> G:
        """May they send what they announce? Raises Rejected. Before a byte of it is read."""

    @abstractmethod
    def _take(self, request: Request, body: bytes, granted: G) -> Response:
        """In a worker thread, unless it is small: read the body, as it came. Raises Rejected."""

    @abstractmethod
    def _count(self, rejected: Rejected, granted: G | None) -> None:
        """Somebody was turned away; without a grant, before it was known who."""

    def _refusal(self, request: Request, rejected: Rejected) -> Response:  # noqa: ARG002
        return problem(rejected)

    async def _let_in(self, request: Request) -> G:
        try:
            granted = self._admit(request)
            if self._in_progress >= self._at_once:
                raise Rejected(503, "too many at once", "Come back in a second.", retry_after=1)
        except Rejected:
            await self._discard(request)
            raise
        return granted

    async def _answer(self, request: Request, granted: G) -> Response:
        self._in_progress += 1
        try:
            body = await self._read(request)
            if len(body) <= self._on_loop and "content-encoding" not in request.headers:
                return self._take(request, body, granted)
            return await run_in_threadpool(self._take, request, body, granted)
        finally:
            self._in_progress -= 1

    async def _read(self, request: Request, *, keep: bool = True) -> bytes:
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._read_within):
                async for chunk in request.stream():
                    size += len(chunk)
                    if keep and size <= self._max_body:
                        chunks.append(chunk)
                    if size > 2 * self._max_body:
                        break
        except TimeoutError as error:
            detail = f"The body took more than {self._read_within:.0f} s."
            raise Rejected(408, "too slow", detail) from error
        if size > self._max_body:
            raise Rejected(413, "too large", f"A body has at most {self._max_body:,} bytes.")
        return b"".join(chunks)

    async def _discard(self, request: Request) -> None:
        """Read what they send, or they find a broken pipe instead of the reason."""
        with suppress(Rejected):
            await self._read(request, keep=False)


def presented(request: Request, *names: str) -> str:
    """The token a sender shows: a bearer token or the password of a user, else the first of the
    headers `names` that is there. Empty when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    if scheme.lower() == "basic" and (password := _password(token)):
        return password
    for name in names:
        value = request.headers.get(name, "").strip()
        if value:
            return value
    return ""


def _password(encoded: str) -> str:
    """For senders that take no header, but a URL: `https://any:TOKEN@collector`."""
    try:
        return base64.b64decode(encoded).partition(b":")[2].decode("ascii")
    except ValueError:
        return ""


def announced(request: Request) -> int:
    """Bytes that the body is said to have; 0 where that is not said."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() and len(length) < 16 else 0


def undo(request: Request, body: bytes, max_bytes: int) -> bytes:
    """The body without its content codings (gzip, deflate, br, zstd; RFC 9110 section 8.4), of at
    most `max_bytes`. Raises Rejected."""
    decoder = decoder_for(Headers(request.headers.raw))
    if decoder is None:
        if len(body) > max_bytes:
            raise _bomb(max_bytes)
        return body
    plain = decoder.feed(body, max_bytes)
    if decoder.overflowed:
        raise _bomb(max_bytes)
    if decoder.fault:
        raise Rejected(400, "unreadable", f"The body's content coding: {decoder.fault}.")
    if not decoder.finished:
        raise Rejected(400, "unreadable", "The body ends in the middle of its content coding.")
    return plain


def _bomb(max_bytes: int) -> Rejected:
    detail = f"A body has at most {max_bytes:,} bytes when its content codings are undone."
    return Rejected(413, "too large", detail)


def problem(rejected: Rejected) -> Response:
    """Problem details, RFC 9457."""
    document = {
        "title": HTTPStatus(rejected.status).phrase,
        "status": rejected.status,
        "detail": rejected.detail,
    }
    content = msgspec.json.encode(document)
    return Response(content, rejected.status, fields(rejected), "application/problem+json")


def fields(rejected: Rejected) -> dict[str, str]:
    """The header fields that go with a refusal, whatever its body looks like."""
    given = {}
    if rejected.status == 401:
        given["WWW-Authenticate"] = 'Bearer realm="nightlatch"'
    if rejected.retry_after:
        given["Retry-After"] = str(rejected.retry_after)
    return given
