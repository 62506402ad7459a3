"""Server-sent events (WHATWG HTML section 9.2) made of the recorder's live feed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from nightlatch.console.ports import Subscription
from nightlatch.exchange.record import Record
from nightlatch.store.ports import EventQuery
from nightlatch.store.query import matches

TICK = 0.5
"""Seconds between two looks at the feed."""
HEARTBEAT = 15.0
"""Seconds of silence after which a comment shows both ends that the connection lives."""
PER_TICK = 25
"""Records shown per tick: more than an eye can follow. The rest is counted, not hidden."""

Subscribe = Callable[[], Subscription]
Render = Callable[[Record], str]


def event(name: str, data: str) -> bytes:
    """One event; every line of the data gets its own field, as the standard asks."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n{lines}\n".encode()


def live_response(
    request: Request, subscribe: Subscribe, query: EventQuery, render: Render
) -> StreamingResponse:
    """`request` events with rendered records, oldest first; `passed` events count the rest."""
    return StreamingResponse(
        _live(request, subscribe, query, render),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )


async def _live(
    request: Request, subscribe: Subscribe, query: EventQuery, render: Render
) -> AsyncIterator[bytes]:
    silent = 0.0
    # Only now: an answer that is never read must leave no reader behind.
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
