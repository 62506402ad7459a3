"""Counters on a real Redis: what every CounterStore must do, and what this one must."""

from collections.abc import Iterator

import pytest
from tests.store.conformance.counters import CounterStoreConformance
from tests.store.redis_servers import RedisServer, needs_redis

from nightlatch.store.redis_address import read_address
from nightlatch.store.redis_counters import RedisCounters
from nightlatch.store.redis_nodes import RedisNodes

pytestmark = needs_redis

PATIENT = 5.0
"""Seconds: what is tested here is not speed."""


@pytest.fixture
def store(server: RedisServer) -> Iterator[RedisCounters]:
    nodes = RedisNodes(read_address(server.url))
    assert nodes.open(PATIENT)
    yield RedisCounters(nodes, PATIENT)
    nodes.close()


class TestRedisCounters(CounterStoreConformance):
    @pytest.fixture(autouse=True)
    def _with(self, store: RedisCounters) -> None:
        """The fixture of this file."""
