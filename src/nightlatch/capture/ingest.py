"""Collector side: takes the batches that applications ship and hands directives back."""

import hmac
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nightlatch.capture import wire
from nightlatch.capture.reception import READ_WITHIN, Reception, Rejected
from nightlatch.exchange.agent import AgentReport
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.record import Record

AT_ONCE = 8
"""Batches in memory at a time; further ones are asked to come back."""


class Sink(Protocol):
    """Where records go; the recorder is one. Called from worker threads."""

    @property
    def directives(self) -> Directives: ...

    def take(self, records: Sequence[Record]) -> None:
        """Never raises; ignores records that came before, so a batch may be sent again."""

    def report(self, report: AgentReport, now: float) -> None: ...

    def reject(self, reason: str) -> None:
        """A batch was turned away, for one of a few fixed reasons."""


class Ingest(Reception[None]):
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
        super().__init__(max_body=max_body, at_once=at_once, read_within=read_within)
        if not token:
            raise ValueError("the collector's token is empty")
        self._sink = sink
        self._authorization = f"Bearer {token}".encode()
        self._max_batch = max_batch
        self._clock = clock

    @property
    def route(self) -> Route:
        """For a Starlette or FastAPI application."""
        return Route(wire.PATH, self, methods=["POST"])

    def _admit(self, request: Request) -> None:
        given = request.headers.get("authorization", "").encode("latin-1")
        if not hmac.compare_digest(given, self._authorization):
            raise Rejected(401, "wrong token", "Send the collector's token as a bearer token.")

    def _take(self, request: Request, body: bytes, granted: None) -> Response:  # noqa: ARG002
        encoding = request.headers.get("content-encoding", "").strip().lower()
        try:
            batch = wire.unpack(body, encoding, self._max_batch)
        except wire.Unreadable as error:
            raise Rejected(400, "unreadable", str(error)) from error
        except wire.TooLarge as error:
            raise Rejected(413, "too large", str(error)) from error
        self._sink.report(batch.agent, self._clock())
        self._sink.take(batch.records)
        directives = self._sink.directives
        if not batch.agent.sorts_directives:
            directives = directives.of(batch.agent.service)
        news = directives if directives.revision != batch.agent.revision else None
        answer = wire.pack_answer(wire.Answer(directives.revision, news))
        return Response(answer, media_type=wire.MEDIA_TYPE)

    def _count(self, rejected: Rejected, granted: None) -> None:  # noqa: ARG002
        self._sink.reject(rejected.reason)
