"""Server-sent events (WHATWG HTML section 9.2), among them those of the recorder's live feed."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from nightlatch.console.access import Session
from nightlatch.console.answers import problem
from nightlatch.console.context import Console, get_console, get_session
from nightlatch.console.ports import Subscription
from nightlatch.console.streams import MACHINES, TooMany
from nightlatch.exchange.record import Record
from nightlatch.store.ports import EventQuery, StoreFailed
from nightlatch.store.query import matches

TICK = 0.5
"""Seconds between two looks at the feed."""
HEARTBEAT = 15.0
"""Seconds of silence after which a comment shows both ends that the connection lives."""
AGAIN = 10
"""Seconds after which a page that was refused asks again."""
PER_TICK = 25
"""Records shown per tick: more than an eye can follow. The rest is counted, not hidden."""

Subscribe = Callable[[], Subscription]
Render = Callable[[Record], str]


def event(name: str, data: str) -> bytes:
    """One event; every line of the data gets its own field, as the standard asks."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n{lines}\n".encode()


class EventStream(StreamingResponse):
    """Events for a page of the session that asks: one of so many (see `streams`), which ends when
    the session does. `chunks` says something at least every HEARTBEAT."""

    def __init__(self, request: Request, chunks: AsyncGenerator[bytes, None]) -> None:
        self._console, self._session = get_console(request), get_session(request)
        self._events = self._while_open(chunks)
        super().__init__(
            self._events,
            media_type="text/event-stream",
            headers={"x-accel-buffering": "no"},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        owner = self._session.csrf if self._session else MACHINES
        try:
            # Only now: an answer that is never sent must leave nothing behind.
            with self._console.streams.one_more(owner):
                # Whoever leaves while something is sent to them must not be read on for.
                async with aclosing(self._events):
                    await super().__call__(scope, receive, send)
        except TooMany as refusal:
            await _refused(scope["path"], refusal)(scope, receive, send)

    async def _while_open(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        looked = time.monotonic()
        async with aclosing(chunks):
            async for chunk in chunks:
                yield chunk
                if time.monotonic() - looked < HEARTBEAT:
                    continue
                looked = time.monotonic()
                if not await run_in_threadpool(_is_open, self._console, self._session):
                    return


def _refused(path: str, refusal: TooMany) -> Response:
    words, again = str(refusal), {"retry-after": str(AGAIN)}
    if not path.startswith("/api/"):
        # For the page's own script, which shows it.
        return PlainTextResponse(words, refusal.status, again)
    answer = problem(refusal.status, "Too many streams", words)
    answer.headers.update(again)
    return answer


def _is_open(console: Console, session: Session | None) -> bool:
    try:
        return session is None or bool(console.access.session(session.secret, console.clock()))
    except StoreFailed:
        # A store that does not answer ends nobody's session.
        return True


async def live(
    request: Request, subscribe: Subscribe, query: EventQuery, render: Render
) -> AsyncGenerator[bytes, None]:
    """`request` events with rendered records, oldest first; `passed` events count the rest."""
    silent = 0.0
    # Only now: events that are never asked for must leave no reader behind.
    feed = subscribe()
    try:
        yield b"retry: 2000\n\n"
        async with aclosing(_ticks(request, feed)) as ticks:
            async for records, lost in ticks:
                chunk = await run_in_threadpool(_events, records, lost, query, render)
                silent = 0.0 if chunk else silent + TICK
                if silent >= HEARTBEAT:
                    chunk, silent = b": alive\n\n", 0.0
                if chunk:
                    yield chunk
    finally:
        feed.close()


async def _ticks(
    request: Request, feed: Subscription
) -> AsyncGenerator[tuple[Sequence[Record], int], None]:
    while not (feed.closed or await request.is_disconnected()):
        yield feed.take()
        await asyncio.sleep(TICK)


def _events(records: Sequence[Record], lost: int, query: EventQuery, render: Render) -> bytes:
    wanted = [record for record in records if matches(record, query)]
    shown = wanted[-PER_TICK:]
    passed = len(wanted) - len(shown)
    chunks = [event("request", render(record)) for record in shown]
    if passed or lost:
        # Those lost before they could be filtered are told apart: they may not have matched.
        chunks.insert(0, event("passed", msgspec.json.encode([passed, lost]).decode()))
    return b"".join(chunks)
