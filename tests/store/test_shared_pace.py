"""A rate that several processes keep together, on a real Redis."""

import pytest
from tests.servers import eventually
from tests.store.redis_servers import Join, RedisServer, needs_redis

from nightlatch.detect.limits import Limiter
from nightlatch.exchange.exchange import Caller
from nightlatch.exchange.measure import Measure, MeasureKind

pytestmark = [needs_redis, pytest.mark.slow]

NOW = 1_800_000_000.0
CALLER = Caller("192.0.2.1", ("address:192.0.2.1", "network:192.0.2.0/24"))


def limit(each: str = "address", amount: int = 40) -> Measure:
    kind = MeasureKind.LIMIT_REQUESTS
    return Measure("m", kind, "Ada", "", 0.0, NOW * 2, amount=amount, seconds=3_600.0, each=each)


def passed(limiter: Limiter, order: Measure, requests: int, now: float = NOW) -> int:
    asked = [
        limiter.ask((order,), CALLER, "GET /a", now, stranger=True)[0] for _ in range(requests)
    ]
    return sum(not over for over in asked)


def test_the_moment_moves_on_for_all(join: Join) -> None:
    here, there = (join().counts.pace("limit", 10.0, 100.0) for _ in range(2))
    assert (here.due, there.due) == (0.0, 0.0)
    here.add(3, NOW)
    eventually(lambda: here.due == NOW + 30, pause=0.01)
    there.add(2, NOW + 5)
    eventually(lambda: there.due == NOW + 50, pause=0.01)
    there.add(1, NOW + 80)
    eventually(lambda: there.due == NOW + 90, pause=0.01)


def test_it_lies_no_further_ahead_than_its_bound(join: Join) -> None:
    pace = join().counts.pace("limit", 1.0, 100.0)
    pace.add(10**9, NOW)
    eventually(lambda: pace.due == NOW + 100, pause=0.01)


@pytest.mark.parametrize("each", ["address", ""])
def test_two_processes_have_one_limit(join: Join, each: str) -> None:
    first, second = join(), join()
    here, there, order = Limiter(shared=first.counts), Limiter(shared=second.counts), limit(each)
    assert passed(here, order, 25) == 25
    eventually(lambda: first.counts.idle, pause=0.01)
    # What the other one has said is known from the first round on.
    assert passed(there, order, 5) == 5
    eventually(lambda: second.counts.idle, pause=0.01)
    assert passed(there, order, 30) == 10
    eventually(lambda: second.counts.idle, pause=0.01)
    assert passed(here, order, 1) in (0, 1)
    eventually(lambda: first.counts.idle, pause=0.01)
    assert passed(here, order, 5) == 0


def test_each_goes_on_alone_while_redis_is_gone_and_tells_it_afterwards(
    join: Join, server: RedisServer
) -> None:
    sharing = join()
    limiter, order = Limiter(shared=sharing.counts), limit()
    server.stop()
    assert passed(limiter, order, 60) == 40
    assert passed(limiter, order, 5, NOW + 3_600 * 4) == 5
    server.start()
    eventually(lambda: sharing.counts.idle and not sharing.counts.trouble, pause=0.01)
    other = join().counts.pace("limit\0m\0address:192.0.2.1", 90.0, 7_200.0)
    other.add(1, NOW + 3_600 * 4)
    eventually(lambda: other.due > NOW + 3_600 * 4 + 5 * 90, pause=0.01)
