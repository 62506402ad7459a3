"""The ring in memory."""

import pytest
from tests.store.conformance.events import EventStoreConformance, numbers
from tests.store.records import record

from nightlatch.store.memory_events import MemoryEvents
from nightlatch.store.ports import EventQuery


class TestMemoryEvents(EventStoreConformance):
    @pytest.fixture
    def store(self) -> MemoryEvents:
        return MemoryEvents()


def test_the_oldest_go_first_beyond_the_number_of_records() -> None:
    store = MemoryEvents(max_records=5)
    store.append([record(number) for number in range(4)])
    store.append([record(number) for number in range(9, 3, -1)])
    assert numbers(store.search(EventQuery())) == [9, 8, 7, 6, 5]
    assert store.get(record(0).id) is None


def test_the_oldest_go_first_beyond_the_bytes() -> None:
    store = MemoryEvents(max_bytes=100_000)
    for number in range(100):
        store.append([record(number, query="x" * 5_000)])
    size = store.size()
    assert 10 < size.records < 20
    assert 90_000 < size.bytes <= 100_000
    assert numbers(store.search(EventQuery(limit=1))) == [99]


def test_bytes_return_to_zero() -> None:
    store = MemoryEvents()
    store.append([record(number, disclosed=(1, 2)) for number in range(10)])
    store.prune(0.0, 0.0, 0)
    assert store.size().bytes == 0
