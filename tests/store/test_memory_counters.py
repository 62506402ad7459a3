"""Counters in memory."""

import threading

import pytest
from tests.store.conformance.counters import CounterStoreConformance, members

from nightlatch.store.memory_counters import MemoryCounters


class TestMemoryCounters(CounterStoreConformance):
    @pytest.fixture
    def store(self) -> MemoryCounters:
        return MemoryCounters()


def test_what_ends_first_is_evicted_first_and_counted() -> None:
    counters = MemoryCounters(max_keys=3)
    counters.set_flag("ends at 30", "x", 0.0, 30)
    counters.increment("ends at 10", 1, 0.0, 10)
    counters.add_distinct("ends at 20", [1], 0.0, 20)
    counters.set_flag("ends at 40", "x", 0.0, 40)
    assert counters.count("ends at 10", 1.0) == 0
    assert counters.evicted == 1
    counters.set_flag("ends at 50", "x", 1.0, 49)
    assert counters.distinct("ends at 20", 1.0) == 0
    assert counters.flag("ends at 30", 1.0) == "x"
    assert (counters.evicted, len(counters)) == (2, 3)


def test_what_has_ended_makes_room_without_being_counted() -> None:
    counters = MemoryCounters(max_keys=100)
    for number in range(1_000):
        counters.increment(f"k{number}", 1, float(number), 50)
    assert counters.evicted == 0
    assert len(counters) <= 51


def test_many_that_end_at_once_are_cleared_away_a_few_at_a_time() -> None:
    counters = MemoryCounters()
    for number in range(1_000):
        counters.increment(f"k{number}", 1, 0.0, 10)
    counters.increment("later", 1, 10.0, 10)
    assert 900 < len(counters) < 1_001
    for number in range(100):
        counters.increment(f"later{number}", 1, 10.0, 10)
    assert len(counters) == 101
    assert counters.evicted == 0


def test_members_are_bounded_too() -> None:
    counters = MemoryCounters(max_members=5_000)
    everyone = members(900)
    for number in range(20):
        assert counters.add_distinct(f"k{number}", everyone, float(number), 60) == 900
    assert len(counters) == 5
    assert counters.evicted == 15
    assert counters.distinct("k19", 20.0) == 900


def test_a_sketch_weighs_less_than_the_set_it_replaces() -> None:
    counters = MemoryCounters(max_members=3_000)
    for number in range(10):
        counters.add_distinct(f"k{number}", members(1_200, seed=number), 0.0, 60)
    assert len(counters) == 10
    assert counters.evicted == 0


def test_replacing_a_flag_for_ever_takes_no_memory() -> None:
    counters = MemoryCounters()
    for number in range(10_000):
        counters.set_flag("k", "x", float(number), 1e9)
    assert len(counters._ends) < 2_000


def test_nothing_is_lost_between_threads() -> None:
    counters = MemoryCounters()

    def work(worker: int) -> None:
        for number in range(500):
            counters.increment("count", 1, 0.0, 60)
            counters.add_distinct("set", [worker * 500 + number], 0.0, 60)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counters.count("count", 0.0) == counters.distinct("set", 0.0) == 1_000
