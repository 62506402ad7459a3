"""Server-sent events made of the live feed."""

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any, cast

import pytest
from starlette.requests import Request
from tests.console.sample_house import NOW, one_more
from tests.console.stand_ins import Feed

from nightlatch.console import stream
from nightlatch.exchange.record import Record


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "TICK", 0.001)


async def _never() -> dict[str, Any]:
    await asyncio.Event().wait()
    return {}


def _open(feed: Feed, matches: stream.Matches = lambda record: True) -> AsyncIterator[bytes]:
    request = Request({"type": "http", "method": "GET", "headers": []}, _never)
    response = stream.live_response(request, lambda: feed, matches, lambda record: record.address)
    assert response.media_type == "text/event-stream"
    return cast("AsyncIterator[bytes]", response.body_iterator)


def _records(number: int) -> list[Record]:
    random = Random(3)
    return [one_more(random, NOW + n) for n in range(number)]


def test_every_line_of_the_data_is_a_field() -> None:
    assert stream.event("request", "a\nb") == b"event: request\ndata: a\ndata: b\n\n"
    assert stream.event("request", "") == b"event: request\ndata: \n\n"


async def test_records_arrive_in_order() -> None:
    feed, records = Feed(), _records(3)
    events = _open(feed)
    assert await anext(events) == b"retry: 2000\n\n"
    feed.waiting += records
    expected = b"".join(stream.event("request", record.address) for record in records)
    assert await anext(events) == expected


async def test_what_is_too_much_to_show_is_counted() -> None:
    feed, records = Feed(), _records(stream.PER_TICK + 4)
    feed.lost = 9
    feed.waiting += records
    events = _open(feed)
    await anext(events)
    chunk = await anext(events)
    assert chunk.startswith(b"event: passed\ndata: [4,9]\n\n")
    assert chunk.count(b"event: request") == stream.PER_TICK
    assert chunk.endswith(f"data: {records[-1].address}\n\n".encode())


async def test_what_does_not_match_is_silent_but_the_line_stays_alive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT", 0.003)
    feed = Feed()
    feed.waiting += _records(2)
    events = _open(feed, lambda record: False)
    await anext(events)
    assert await anext(events) == b": alive\n\n"


async def test_a_reader_who_leaves_is_unsubscribed() -> None:
    feed = Feed()
    events = _open(feed)
    await anext(events)
    await cast("Any", events).aclose()
    assert feed.closed
