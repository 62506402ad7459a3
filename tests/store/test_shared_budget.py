"""Four real processes and one budget."""

import pytest
from benchmarks.shared_budget import Attack, Guard, attack
from tests.store.redis_servers import RedisCluster, RedisServer, needs_redis

pytestmark = [needs_redis, pytest.mark.slow]

ATTACK = Attack(processes=4, budget=400, rate=200.0)


def test_four_processes_disclose_one_budget_and_the_slack(server: RedisServer) -> None:
    outcome = attack(server.url, ATTACK)
    assert all(share.shared and share.refused for share in outcome.shares)
    assert ATTACK.budget <= outcome.disclosed <= ATTACK.budget + outcome.slack
    # Not that each stopped at a budget of its own.
    assert max(share.disclosed for share in outcome.shares) < ATTACK.budget


@pytest.mark.parametrize("guard", [Guard.PEOPLE, Guard.REQUESTS])
def test_four_processes_keep_one_limit_that_a_person_ordered(
    server: RedisServer, guard: Guard
) -> None:
    outcome = attack(server.url, ATTACK._replace(guard=guard))
    assert all(share.shared and share.refused for share in outcome.shares)
    # A second or two refills the rate of an hour by less than one request.
    assert ATTACK.budget <= outcome.disclosed + 1 <= ATTACK.budget + outcome.slack + 2
    assert max(share.disclosed for share in outcome.shares) < ATTACK.budget


def test_they_do_so_on_a_cluster(cluster: RedisCluster) -> None:
    outcome = attack(cluster.url, ATTACK)
    assert all(share.shared and share.refused for share in outcome.shares)
    assert ATTACK.budget <= outcome.disclosed <= ATTACK.budget + outcome.slack


def test_without_a_redis_each_keeps_its_own_budget(server: RedisServer) -> None:
    server.stop()
    outcome = attack(server.url, ATTACK._replace(processes=2, budget=50))
    assert [share.disclosed for share in outcome.shares] == [50, 50]
    assert not any(share.shared for share in outcome.shares)
