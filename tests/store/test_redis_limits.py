"""Limits that are exact over all processes: one script a decision."""

import asyncio
from collections.abc import Iterator

import pytest
from tests.servers import eventually
from tests.store.redis_servers import RedisServer, needs_redis

from nightlatch.store.ports import StoreFailed
from nightlatch.store.redis_address import read_address
from nightlatch.store.redis_limits import RedisLimits
from nightlatch.store.redis_nodes import RedisNodes

pytestmark = [needs_redis, pytest.mark.slow]

PATIENT = 20.0
NOW = 1_700_000_000.0


@pytest.fixture
def nodes(server: RedisServer) -> Iterator[RedisNodes]:
    nodes = RedisNodes(read_address(server.url))
    assert nodes.open(PATIENT)
    yield nodes
    nodes.close()


def test_a_burst_then_one_each_interval(nodes: RedisNodes) -> None:
    limits = RedisLimits(nodes, PATIENT)
    waits = [limits.wait("a", 2.0, 3, NOW) for _ in range(5)]
    assert waits == [0.0, 0.0, 0.0, 2.0, 2.0]
    assert limits.wait("a", 2.0, 3, NOW + 1.5) == 0.5
    assert limits.wait("a", 2.0, 3, NOW + 2.0) == 0.0
    assert limits.wait("a", 2.0, 3, NOW + 2.0) == 2.0
    assert limits.wait("b", 2.0, 3, NOW) == 0.0


def test_several_at_once_pass_together_or_not_at_all(nodes: RedisNodes) -> None:
    limits = RedisLimits(nodes, PATIENT)
    assert limits.wait("a", 1.0, 10, NOW, cost=8) == 0.0
    assert limits.wait("a", 1.0, 10, NOW, cost=4) == 2.0
    assert limits.wait("a", 1.0, 10, NOW, cost=2) == 0.0


async def test_awaiting_lets_no_more_pass(nodes: RedisNodes) -> None:
    limits = RedisLimits(nodes, PATIENT)
    waits = await asyncio.gather(*(limits.soon("a", 1.0, 40, NOW) for _ in range(100)))
    assert waits.count(0.0) == 40


async def test_awaiting_ends_at_the_deadline(nodes: RedisNodes, server: RedisServer) -> None:
    limits = RedisLimits(nodes, 0.02)
    server.freeze()
    with pytest.raises(StoreFailed, match="in time"):
        await limits.soon("a", 1.0, 1, NOW)
    server.thaw()
    eventually(lambda: not nodes.trouble, pause=0.01)


def test_an_answer_for_a_loop_that_is_closed_is_dropped(
    nodes: RedisNodes, server: RedisServer
) -> None:
    limits = RedisLimits(nodes, PATIENT)

    async def give_up() -> None:
        server.freeze()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(limits.soon("a", 1.0, 1, NOW), 0.05)

    asyncio.run(give_up())
    server.thaw()
    assert limits.wait("a", 1.0, 1, NOW) == 1.0
