"""Counters on a real Redis: what every CounterStore must do, and what this one must."""

from collections.abc import Iterator

import pytest
from tests.servers import eventually
from tests.store.conformance.counters import CounterStoreConformance
from tests.store.redis_servers import RedisServer, needs_redis

from nightlatch.store.ports import StoreFailed
from nightlatch.store.redis_address import read_address
from nightlatch.store.redis_counters import RedisCounters
from nightlatch.store.redis_nodes import RedisNodes

pytestmark = [needs_redis, pytest.mark.slow]

PATIENT = 20.0
"""Seconds: what is tested here is not speed."""


@pytest.fixture
def store(server: RedisServer) -> Iterator[RedisCounters]:
    nodes = RedisNodes(read_address(server.url))
    assert nodes.open(PATIENT)
    yield RedisCounters(nodes, PATIENT)
    nodes.close()


def test_a_full_server_says_what_to_do(store: RedisCounters, server: RedisServer) -> None:
    store.increment("k", 1, 0.0, 60)
    server.ask("CONFIG", "SET", "maxmemory", "1")
    for change in (
        lambda: store.add_distinct("k", [1], 0.0, 60),
        lambda: store.increment("new", 1, 0.0, 60),
        lambda: store.set_flag("k", "x", 0.0, 60),
    ):
        with pytest.raises(StoreFailed, match="maxmemory-policy to volatile-ttl"):
            change()
    assert store.count("k", 0.0) == 1
    server.ask("CONFIG", "SET", "maxmemory", "0")
    assert store.increment("k", 1, 0.0, 60) == 2


def test_what_ends_first_is_evicted_first_and_counted(
    store: RedisCounters, server: RedisServer
) -> None:
    used = int(server.ask("INFO", "memory").split(b"used_memory:")[1].split()[0])
    server.ask("CONFIG", "SET", "maxmemory-policy", "volatile-ttl")
    server.ask("CONFIG", "SET", "maxmemory-samples", "64")
    store.set_flag("stays", "x", 0.0, 1e6)
    server.ask("CONFIG", "SET", "maxmemory", str(used + 300_000))
    for number in range(200):
        store.set_flag(f"goes {number}", "x" * 5_000, 0.0, 60)
    eventually(lambda: store.evicted > 100, pause=0.1)
    assert store.flag("stays", 1.0) == "x"
    server.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")


def test_a_server_that_is_gone_fails_at_once(store: RedisCounters, server: RedisServer) -> None:
    server.stop()
    with pytest.raises(StoreFailed, match="Redis"):
        store.increment("k", 1, 0.0, 60)
    server.start()

    def counts() -> bool:
        try:
            return store.increment("k", 1, 0.0, 60) == 1
        except StoreFailed:
            return False

    eventually(counts, pause=0.01)


class TestRedisCounters(CounterStoreConformance):
    @pytest.fixture(autouse=True)
    def _with(self, store: RedisCounters) -> None:
        """The fixture of this file."""
