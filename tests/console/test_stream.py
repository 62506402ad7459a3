"""Server-sent events made of the live feed."""

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any, cast

import pytest
from starlette.requests import Request
from tests.console.sample_house import NOW, one_more

from nightlatch.console import stream
from nightlatch.exchange.record import Record
from nightlatch.respond.live import Feed, Subscription
from nightlatch.store.ports import EventQuery

ALL = EventQuery()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "TICK", 0.001)


async def _never() -> dict[str, Any]:
    await asyncio.Event().wait()
    return {}


def _open(feed: Feed, query: EventQuery = ALL) -> AsyncIterator[bytes]:
    request = Request({"type": "http", "method": "GET", "headers": []}, _never)
    return stream.live(request, feed.subscribe, query, lambda record: record.address)


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
    feed.publish(records)
    expected = b"".join(stream.event("request", record.address) for record in records)
    assert await anext(events) == expected


async def test_what_is_too_much_to_show_is_counted() -> None:
    feed, records = Feed(capacity=stream.PER_TICK + 4), _records(stream.PER_TICK + 13)
    events = _open(feed)
    await anext(events)
    feed.publish(records)
    chunk = await anext(events)
    assert chunk.startswith(b"event: passed\ndata: [4,9]\n\n")
    assert chunk.count(b"event: request") == stream.PER_TICK
    assert chunk.endswith(f"data: {records[-1].address}\n\n".encode())


async def test_what_does_not_match_is_silent_but_the_line_stays_alive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT", 0.003)
    feed = Feed()
    events = _open(feed, EventQuery(method="DELETE"))
    await anext(events)
    feed.publish(_records(2))
    assert await anext(events) == b": alive\n\n"


async def test_a_reader_who_leaves_is_unsubscribed() -> None:
    feed = Feed()
    events = _open(feed)
    await anext(events)
    assert feed.readers == 1
    await cast("Any", events).aclose()
    assert feed.readers == 0


async def test_a_reader_who_never_reads_is_never_subscribed() -> None:
    feed = Feed()
    _open(feed)
    assert feed.readers == 0


async def test_a_reader_who_was_crowded_out_is_told_by_the_end() -> None:
    feed, readers = Feed(max_readers=1), []

    def subscribe() -> Subscription:
        readers.append(feed.subscribe())
        return readers[-1]

    request = Request({"type": "http", "method": "GET", "headers": []}, _never)
    events = stream.live(request, subscribe, ALL, lambda record: record.id)
    await anext(events)
    feed.subscribe()
    assert [chunk async for chunk in events] == []
