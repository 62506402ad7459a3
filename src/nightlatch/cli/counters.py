"""What the doctor sees of the Redis that budgets are shared in."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nightlatch.app.sharing import counters_address
from nightlatch.cli.fact import Fact, State
from nightlatch.settings import Settings
from nightlatch.store.ports import StoreFailed
from nightlatch.store.redis_address import spell

if TYPE_CHECKING:
    from nightlatch.store.redis_nodes import RedisNodes

ABOUT = "counters"
WAIT = 2.0
SAMPLES = 20
SLOW = 0.005
"""Seconds for a script, above which budgets are shared late."""
OLDEST = (7, 0)
NEARLY_FULL = 0.9
_KEEPS = ("noeviction", "volatile-ttl")
"""Policies under which no count that still matters goes before one that matters less."""


def probe_counters(settings: Settings) -> Iterator[Fact]:
    if not settings.counters.url:
        yield Fact(State.OK, ABOUT, "kept in each process: no Redis is set")
        return
    address = counters_address(settings)
    # Late: only where a Redis is configured.
    from nightlatch.store.redis_nodes import RedisNodes

    nodes = RedisNodes(address)
    try:
        if not nodes.open(WAIT):
            trouble = nodes.trouble or "it does not answer"
            yield Fact(
                State.WRONG,
                ABOUT,
                f"{address}: {trouble}",
                "start it, or correct NIGHTLATCH_COUNTERS_URL; each process counts for itself now",
            )
            return
        kind = "a cluster" if nodes.clustered else "a single server"
        yield Fact(State.OK, ABOUT, f"{address} answers: {kind}")
        for node, info in nodes.ask_every(("INFO",), WAIT).items():
            if type(info) is bytes:
                yield from _server(spell(node), _figures(info))
        yield _latency(nodes)
    except StoreFailed as error:
        yield Fact(State.WRONG, ABOUT, str(error))
    finally:
        nodes.close()


def _server(name: str, figures: dict[str, str]) -> Iterator[Fact]:
    version = figures.get("redis_version", "0")
    own = f"Valkey {figures['valkey_version']}" if "valkey_version" in figures else ""
    yield Fact(State.OK, ABOUT, f"{name}: {own or f'Redis {version}'}")
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        yield Fact(State.WRONG, ABOUT, f"{name} is too old", "install Redis 7 or Valkey")
    if figures.get("role") == "slave":
        yield Fact(
            State.WRONG,
            ABOUT,
            f"{name} is a read-only replica",
            "point NIGHTLATCH_COUNTERS_URL to its primary",
        )
    yield from _memory(name, figures)


def _memory(name: str, figures: dict[str, str]) -> Iterator[Fact]:
    used, limit = int(figures.get("used_memory", 0)), int(figures.get("maxmemory", 0))
    policy = figures.get("maxmemory_policy", "noeviction")
    if not limit:
        yield Fact(
            State.NOTE,
            ABOUT,
            f"{name} has no maxmemory: it may take all the memory of its machine",
            "set maxmemory, and maxmemory-policy volatile-ttl",
        )
    elif policy not in _KEEPS:
        yield Fact(
            State.WRONG,
            ABOUT,
            f"{name} evicts by {policy} when it is full: counts that still matter may go first",
            "set its maxmemory-policy to volatile-ttl",
        )
    elif policy == "noeviction" and used > limit * NEARLY_FULL:
        yield Fact(
            State.WRONG,
            ABOUT,
            f"{name} has used {used / limit:.0%} of its memory and will take no more",
            "raise maxmemory, or set maxmemory-policy volatile-ttl",
        )
    else:
        yield Fact(State.OK, ABOUT, f"{name}: {used / limit:.0%} of its memory used, {policy}")


def _latency(nodes: "RedisNodes") -> Fact:
    """Raises StoreFailed when it cannot count at all."""
    from nightlatch.store.redis_counters import RedisCounters

    counters, took = RedisCounters(nodes, WAIT), []
    for _ in range(SAMPLES):
        began = time.perf_counter()
        counters.increment("doctor", 1, time.time(), 1.0)
        took.append(time.perf_counter() - began)
    median = sorted(took)[SAMPLES // 2]
    text = f"a decision takes {median * 1_000:.1f} ms there and back"
    if median <= SLOW:
        return Fact(State.OK, ABOUT, text)
    return Fact(State.NOTE, ABOUT, f"{text}: budgets are shared late", "move it nearer")


def _figures(info: bytes) -> dict[str, str]:
    pairs = (line.partition(":") for line in info.decode("utf-8", "replace").splitlines())
    return {name: text for name, _, text in pairs}
