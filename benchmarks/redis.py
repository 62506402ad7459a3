"""What a decision costs with a Redis in between, and what leaves beyond a budget that is shared.

Needs a redis-server on this machine. All figures of a comparison are from one run; redis-py is
measured where it is installed.
"""

import asyncio
import gc
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from statistics import median
from threading import Event
from typing import Any

from benchmarks.shared_budget import Attack, Guard, attack, cpu_of_sharing
from nightlatch.store.redis_address import read_address
from nightlatch.store.redis_limits import RedisLimits
from nightlatch.store.redis_nodes import RedisNodes
from nightlatch.store.redis_scripts import GCRA, name_of

AT_ONCE = 32
DECISIONS = 8_000
ROUNDS = 5
PATIENT = 5.0
ATTACKS = (
    Attack(processes=4, budget=500, rate=250.0),
    Attack(processes=4, budget=2_000, rate=1_000.0),
    Attack(processes=4, budget=500, rate=250.0, guard=Guard.PEOPLE),
    Attack(processes=4, budget=500, rate=250.0, guard=Guard.REQUESTS),
)

Decide = Callable[[int], Awaitable[object]]


def run() -> Mapping[str, object]:
    if shutil.which("redis-server") is None:
        return {"not run": "no redis-server here; install the package 'redis-server'"}
    with _server() as url:
        figures = asyncio.run(_decisions(url))
        cost = min(cpu_of_sharing(url) for _ in range(3))
        figures["sharing, CPU µs per disclosure at 1,000/s"] = round(1e6 * cost, 1)
        for one in ATTACKS:
            what = "budget" if one.guard is Guard.LEDGER else f"limit in {one.guard}"
            name = f"{one.processes} processes, {one.rate:,.0f}/s each, {what} {one.budget:,}"
            figures[name] = attack(url, one).words
    return figures


async def _decisions(url: str) -> dict[str, object]:
    ways: dict[str, Decide] = {"memory": _memory()}
    nodes = RedisNodes(read_address(url))
    nodes.open(PATIENT)
    ways["awaited"] = _awaited(nodes)
    if find_spec("redis") is not None:
        ways["redis-py"] = _redis_py(url)
    costs: dict[str, list[float]] = {name: [] for name in (*ways, "in the background")}
    for _ in range(ROUNDS):
        for name, decide in ways.items():
            costs[name].append(await _cpu_of(decide))
        costs["in the background"].append(_cpu_in_background(nodes))
    nodes.close()
    # The least of five: what else ran on the machine only ever adds.
    best = {name: min(values) for name, values in costs.items()}
    figures: dict[str, object] = {
        f"{name}, CPU µs per decision": round(1e6 * value, 2) for name, value in best.items()
    }
    if "redis-py" in best:
        for name in ("awaited", "in the background"):
            ratios = [o / t for o, t in zip(costs[name], costs["redis-py"], strict=True)]
            figures[f"{name}, to redis-py"] = round(median(ratios), 3)
    return figures


async def _cpu_of(decide: Decide) -> float:
    """Seconds of this process's CPU per decision, `AT_ONCE` of them under way."""

    async def worker(number: int) -> None:
        for turn in range(DECISIONS // AT_ONCE):
            await decide(number * 1_000 + turn % 100)

    gc.collect()
    began = time.process_time()
    await asyncio.gather(*(worker(number) for number in range(AT_ONCE)))
    return (time.process_time() - began) / DECISIONS


def _cpu_in_background(nodes: RedisNodes) -> float:
    """The same where nobody waits, as the ledger uses it: each answer lets the next be asked."""
    done, left = Event(), DECISIONS

    def ask(number: int) -> None:
        words = (time.time(), 0.01, 10, 1)
        nodes.run(GCRA, (name_of(f"limit:{number}") + b":g",), words, answered, PATIENT)

    def answered(_answer: object) -> None:
        nonlocal left
        left -= 1
        if left >= AT_ONCE:
            ask(left % 1_000)
        elif not left:
            done.set()

    began = time.process_time()
    for number in range(AT_ONCE):
        ask(number)
    done.wait(PATIENT)
    return (time.process_time() - began) / DECISIONS


def _memory() -> Decide:
    due_at: dict[str, float] = {}

    async def decide(number: int) -> bool:
        name, now = f"limit:{number}", time.time()
        after = max(now, due_at.get(name, now)) + 0.01
        if after - 0.1 > now:
            return False
        due_at[name] = after
        return True

    return decide


def _awaited(nodes: RedisNodes) -> Decide:
    limits = RedisLimits(nodes, PATIENT)

    async def decide(number: int) -> float:
        return await limits.soon(f"limit:{number}", 0.01, 10, time.time())

    return decide


def _redis_py(url: str) -> Decide:
    # By name: it is compared with where it happens to be, and nothing needs it.
    client: Any = import_module("redis.asyncio").Redis.from_url(url)
    script = client.register_script(GCRA.source)

    async def decide(number: int) -> float:
        return float(await script(keys=[f"limit:{number}"], args=[time.time(), 0.01, 10, 1]))

    return decide


@contextmanager
def _server() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as place:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", place]
        process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        try:
            while socket.socket().connect_ex(("127.0.0.1", port)):
                time.sleep(0.01)
            yield f"redis://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()
