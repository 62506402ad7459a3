"""Counters on a real cluster of six: slots, redirections, and the loss of a primary."""

from collections.abc import Iterator

import pytest
from tests.servers import eventually
from tests.store.conformance.counters import CounterStoreConformance
from tests.store.redis_servers import RedisCluster, needs_redis

from nightlatch.store.ports import StoreFailed
from nightlatch.store.redis_address import read_address
from nightlatch.store.redis_counters import RedisCounters
from nightlatch.store.redis_nodes import RedisNodes, slot_of
from nightlatch.store.redis_scripts import name_of

pytestmark = [needs_redis, pytest.mark.slow]

PATIENT = 20.0


@pytest.fixture
def nodes(cluster: RedisCluster) -> Iterator[RedisNodes]:
    nodes = RedisNodes(read_address(cluster.url))
    assert nodes.open(PATIENT)
    yield nodes
    nodes.close()


@pytest.fixture
def store(nodes: RedisNodes) -> RedisCounters:
    return RedisCounters(nodes, PATIENT)


class TestRedisCluster(CounterStoreConformance):
    @pytest.fixture(autouse=True)
    def _empty(self, cluster: RedisCluster) -> None:
        for node in cluster.nodes:
            node.ask("FLUSHALL")


def test_the_other_servers_are_learned(nodes: RedisNodes, cluster: RedisCluster) -> None:
    assert nodes.clustered
    asked: list[object] = []
    assert nodes.every(("PING",), lambda node, answer: asked.append((node, answer)), PATIENT) == 3
    eventually(lambda: len(asked) == 3, pause=0.01)


def test_a_slot_that_moves_is_followed(
    nodes: RedisNodes, store: RedisCounters, cluster: RedisCluster
) -> None:
    """While it is under way (ASK) and once it has moved (MOVED)."""
    slot = slot_of(name_of("moving") + b":c")
    assert store.increment("moving", 1, 0.0, 60) == 1
    source = cluster.primary_of(slot)
    target = next(one for one in cluster.nodes[:3] if one is not source)
    here, there = (node.ask("CLUSTER", "MYID").decode() for node in (source, target))
    target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", here)
    source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", there)
    # What the source still has, it answers for; for what it has not, it sends us to the target.
    assert store.increment("moving", 1, 0.0, 60) == 2
    store.set_flag("moving", "asked", 0.0, 60)
    assert store.flag("moving", 1.0) == "asked"
    key = name_of("moving").decode() + ":c"
    assert source.ask("MIGRATE", "127.0.0.1", target.port, key, 0, 1_000) in (b"OK", "OK")
    assert store.increment("moving", 1, 0.0, 60) == 3
    for node in (target, source, *cluster.nodes):
        node.ask("CLUSTER", "SETSLOT", slot, "NODE", there)
    assert store.increment("moving", 1, 0.0, 60) == 4
    assert store.flag("moving", 1.0) == "asked"


def test_a_lost_primary_is_replaced(cluster: RedisCluster, nodes: RedisNodes) -> None:
    eventually(lambda: cluster.replicated, pause=0.1)
    store = RedisCounters(nodes, 0.05)
    slot = slot_of(name_of("survivor") + b":c")
    lost = cluster.primary_of(slot)
    assert RedisCounters(nodes, PATIENT).increment("survivor", 1, 0.0, 6_000) == 1
    eventually(lambda: lost.ask("WAIT", 1, 1_000) == 1)
    lost.stop()

    def counts() -> bool:
        try:
            return store.increment("survivor", 1, 0.0, 6_000) >= 2
        except StoreFailed:
            return False

    try:
        assert not counts()
        eventually(counts, pause=0.02)
        assert cluster.primary_of(slot) is not lost
    finally:
        lost.start()
        eventually(lambda: cluster.healthy, pause=0.05)
