"""Collector side: takes the batches that applications ship and hands directives back."""

import asyncio
import hmac
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Protocol

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from nightlatch.capture import wire
from nightlatch.exchange.agent import AgentReport
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.record import Record

AT_ONCE = 8
"""Batches in memory at a time; further ones are asked to come back."""
READ_WITHIN = 30.0
"""Seconds for a body to arrive."""


class Sink(Protocol):
    """Where records go; the recorder is one. Called from worker threads."""

    @property
    def directives(self) -> Directives: ...

    def take(self, records: Sequence[Record]) -> None:
        """Never raises; ignores records that came before, so a batch may be sent again."""

    def report(self, report: AgentReport, now: float) -> None: ...

    def reject(self, reason: str) -> None:
        """A batch was turned away, for one of a few fixed reasons."""


class _Rejected(Exception):
    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.detail = detail


class Ingest:
    """An ASGI application for one path. Raises ValueError for an empty token: it would let anyone
    write into the record of what happened."""

    def __init__(
        self,
        sink: Sink,
        token: str,
        *,
        max_body: int = wire.MAX_BODY,
        max_batch: int = wire.MAX_BATCH,
        at_once: int = AT_ONCE,
        read_within: float = READ_WITHIN,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not token:
            raise ValueError("the collector's token is empty")
        self._sink = sink
        self._authorization = f"Bearer {token}".encode()
        self._max_body = max_body
        self._max_batch = max_batch
        self._at_once = at_once
        self._read_within = read_within
        self._clock = clock
        self._in_progress = 0

    @property
    def route(self) -> Route:
        """For a Starlette or FastAPI application."""
        return Route(wire.PATH, self, methods=["POST"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except _Rejected as rejected:
            self._sink.reject(rejected.reason)
            response = _problem(rejected)
        except ClientDisconnect:
            self._sink.reject("cut short on the way")
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if not self._authorized(request):
            await self._discard(request)
            raise _Rejected(401, "wrong token", "Send the collector's token as a bearer token.")
        if self._in_progress >= self._at_once:
            await self._discard(request)
            raise _Rejected(503, "too many at once", "Come back in a second.")
        self._in_progress += 1
        try:
            body = await self._read(request)
            encoding = request.headers.get("content-encoding", "").strip().lower()
            answer = await run_in_threadpool(self._take, body, encoding)
        finally:
            self._in_progress -= 1
        return Response(answer, media_type=wire.MEDIA_TYPE)

    def _authorized(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode("latin-1")
        return hmac.compare_digest(given, self._authorization)

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
            raise _Rejected(
                408, "too slow", f"The body took more than {self._read_within:.0f} s."
            ) from error
        if size > self._max_body:
            raise _Rejected(413, "too large", f"A body has at most {self._max_body:,} bytes.")
        return b"".join(chunks)

    async def _discard(self, request: Request) -> None:
        """Read what they send, or they find a broken pipe instead of the reason."""
        with suppress(_Rejected):
            await self._read(request, keep=False)

    def _take(self, body: bytes, encoding: str) -> bytes:
        try:
            batch = wire.unpack(body, encoding, self._max_batch)
        except wire.Unreadable as error:
            raise _Rejected(400, "unreadable", str(error)) from error
        except wire.TooLarge as error:
            raise _Rejected(413, "too large", str(error)) from error
        self._sink.report(batch.agent, self._clock())
        self._sink.take(batch.records)
        directives = self._sink.directives
        news = directives if directives.revision != batch.agent.revision else None
        return wire.pack_answer(wire.Answer(directives.revision, news))


def _problem(rejected: _Rejected) -> Response:
    """Problem details, RFC 9457."""
    headers = {}
    if rejected.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="nightlatch"'
    if rejected.status == 503:
        headers["Retry-After"] = "1"
    document = {
        "title": HTTPStatus(rejected.status).phrase,
        "status": rejected.status,
        "detail": rejected.detail,
    }
    return Response(
        msgspec.json.encode(document), rejected.status, headers, "application/problem+json"
    )
