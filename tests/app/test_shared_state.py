"""Workers of one application that share their budgets and convictions in a real Redis."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random

import pytest
from tests.servers import eventually, nightlatch, shop
from tests.store.redis_servers import RedisServer, needs_redis, redis_server

from nightlatch.app.sharing import open_sharing, share
from nightlatch.detect.suspicions import Suspicion, Suspicions
from nightlatch.detect.watch import Watch
from nightlatch.exchange.disclosure import DataClass, Disclosure, Subject
from nightlatch.exchange.exchange import Caller
from nightlatch.policy.budgets import Budgets, Limits
from nightlatch.settings import Settings
from nightlatch.settings.tree import Counters

pytestmark = [needs_redis, pytest.mark.slow]

BUDGET = 40
NOW = 1_700_000_000.0
DOOR = "GET /users/{phone}"
CALLER = Caller("198.51.100.7", ("address:198.51.100.7", "network:198.51.100.0/24"))


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as one:
        yield one


def test_four_workers_have_one_budget(tmp_path: Path, server: RedisServer) -> None:
    budget = {f"BUDGETS_STRANGERS_{window}": str(BUDGET) for window in ("BURST", "HOUR", "DAY")}
    given = {"MODE": "enforce", "COUNTERS_URL": server.url, "SERVICE": "four", **budget}
    chance = Random(4)
    with shop(
        tmp_path, "starlette", "--workers", "4", TRUSTED_PROXIES="127.0.0.1", **given
    ) as application:

        def look_up(number: int) -> int:
            """Somebody else each time, from somewhere else: only the budget of all can tell."""
            sender = {"X-Forwarded-For": f"10.{number % 256}.{chance.randrange(256)}.7"}
            phone = chance.randrange(10**6) * 10
            return application.get(f"/v1/users/{phone}/status", headers=sender).status_code

        numbers = count()
        rounds: list[list[int]] = []

        def is_shut() -> bool:
            """Everybody is refused, or asked to solve a puzzle first."""
            rounds.append([look_up(next(numbers)) for _ in range(BUDGET)])
            return set(rounds[-1]) <= {403, 429}

        # A worker that is asked late hears of the others after its first answers.
        eventually(is_shut)
    disclosed = sum(one.count(200) for one in rounds)
    assert BUDGET <= disclosed < 1.5 * BUDGET


def test_an_application_whose_redis_is_gone_serves_and_says_so(tmp_path: Path) -> None:
    with shop(tmp_path, "starlette", COUNTERS_URL="redis://127.0.0.1:1") as application:
        assert application.get("/v1/users/120/status").status_code == 200
        eventually(lambda: "keeps its budgets for itself" in application.said)
    told = nightlatch(tmp_path, "doctor", COUNTERS_URL="redis://127.0.0.1:1")
    assert told.returncode == 1
    assert "cannot be reached" in " ".join(told.stdout.split())


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "no maxmemory"),
        ({"maxmemory": "200mb", "maxmemory-policy": "allkeys-lru"}, "evicts by allkeys-lru"),
        ({"maxmemory": "200mb", "maxmemory-policy": "volatile-ttl"}, "of its memory used"),
    ],
)
def test_the_doctor_looks_at_it(
    tmp_path: Path, server: RedisServer, settings: dict[str, str], says: str
) -> None:
    for name, value in settings.items():
        server.ask("CONFIG", "SET", name, value)
    told = nightlatch(tmp_path, "doctor", COUNTERS_URL=server.url, COUNTERS_PASSWORD="")
    flat = " ".join(told.stdout.split())
    assert f"redis://127.0.0.1:{server.port}/0 answers: a single server" in flat
    assert says in flat
    assert "there and back" in flat


def test_a_url_that_says_nothing_stops_the_start(tmp_path: Path) -> None:
    told = nightlatch(tmp_path, "doctor", COUNTERS_URL="localhost:6379")
    assert "it must begin with redis:// or rediss://" in told.stdout + told.stderr


def test_what_one_process_knows_the_others_act_upon(server: RedisServer) -> None:
    settings = Settings(service="two", counters=Counters(url=server.url))
    sharings = [open_sharing(settings) for _ in range(2)]
    suspicions = [Suspicions() for _ in sharings]
    watches = []
    for sharing, some in zip(sharings, suspicions, strict=True):
        shared = share(sharing, some)
        budgets = Budgets(strangers=Limits(5, 5, 5))
        watches.append(Watch(shared.counters, budgets, some, shared.counts))
    here, there = watches
    numbers = count()

    def give(watch: Watch) -> bool:
        """One more person to the caller; whether that is too many by now."""
        subject = Subject(next(numbers).to_bytes(8, "big"), DataClass.PHONE)
        disclosure = Disclosure((subject,), (subject,), hit=True)
        return watch.note(DOOR, CALLER, True, disclosure, NOW).bars

    assert [give(here) for _ in range(6)] == [False] * 5 + [True]
    # Each learns what all have given once it has given something itself.
    eventually(lambda: give(there), pause=0.02)
    assert next(numbers) < 10

    suspicions[0].enter("address:192.0.2.1", Suspicion("guesses", NOW + 60, convicts=True))
    suspect = Caller("192.0.2.1", ("address:192.0.2.1", "network:192.0.2.0/24"))
    eventually(lambda: there.standing(DOOR, suspect, True, NOW).convicted, pause=0.01)
    suspicions[0].lift("address:192.0.2.1")
    eventually(lambda: not there.standing(DOOR, suspect, True, NOW).convicted, pause=0.01)
    for sharing in sharings:
        assert sharing is not None
        sharing.close()
