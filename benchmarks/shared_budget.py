"""Several processes with one budget, or one limit of a person's, under one attack: how much in all?

Each process is a real one with the real ledger, or the real limiter. Each request comes from an
address of its own, as in a distributed attack, and asks for a person nobody asked for before; the
budget of all strangers together, or the limit, is all there is against it. At most that and the
slack leaves:

    processes · (1 + rate · longest round)

a round being the time from a disclosure until its process knows what all have disclosed: the
interval, the way to Redis and back, and what the process was busy with meanwhile.
"""

import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from math import inf
from typing import NamedTuple

from nightlatch.detect.limits import Limiter
from nightlatch.detect.watch import Watch
from nightlatch.exchange.disclosure import DataClass, Disclosure, Subject
from nightlatch.exchange.exchange import Caller
from nightlatch.exchange.measure import Measure, MeasureKind
from nightlatch.policy.budgets import Budgets, Limits
from nightlatch.store.memory_counters import MemoryCounters
from nightlatch.store.redis_address import read_address
from nightlatch.store.sharing import Sharing

ENDPOINT = "GET /users/{phone}"
SETTLED = 0.5
"""Seconds without an answer after which a process takes it that the budget is used up."""


class Guard(StrEnum):
    """What stands in the way of the attack."""

    LEDGER = "ledger"
    """The budget of all strangers together."""
    PEOPLE = "people"
    """A limit in people that somebody ordered, for all callers together."""
    REQUESTS = "requests"


class Attack(NamedTuple):
    processes: int
    budget: int
    rate: float
    """Requests a second that each process gets."""
    guard: Guard = Guard.LEDGER
    seconds: float = 20.0
    """At most."""


class Share(NamedTuple):
    """What one process saw."""

    disclosed: int
    refused: int
    longest_round: float
    mean_round: float
    shared: bool


class Outcome(NamedTuple):
    attack: Attack
    shares: Sequence[Share]

    @property
    def disclosed(self) -> int:
        return sum(share.disclosed for share in self.shares)

    @property
    def beyond(self) -> int:
        return self.disclosed - self.attack.budget

    @property
    def slack(self) -> float:
        """What may leave beyond the budget, by the longest round of this run."""
        longest = max(share.longest_round for share in self.shares)
        return self.attack.processes * (1 + self.attack.rate * longest)

    @property
    def words(self) -> str:
        mean = sum(share.mean_round for share in self.shares) / len(self.shares)
        longest = max(share.longest_round for share in self.shares)
        return (
            f"{self.disclosed:,} left, {self.beyond:+,} (slack {self.slack:.0f}: rounds of "
            f"{mean * 1e3:.1f} ms on average, {longest * 1e3:.1f} ms at most)"
        )


def attack(url: str, one: Attack) -> Outcome:
    """Attack as many processes at once, each started anew."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(one.processes) as pool:
        service = f"attacked-{time.monotonic_ns()}"
        # Processes take a moment to start: they begin together.
        begin = time.time() + 1.5
        jobs = [(url, service, one, number, begin) for number in range(one.processes)]
        return Outcome(one, pool.starmap(_attacked, jobs, chunksize=1))


def cpu_of_sharing(url: str, disclosures: int = 2_000, rate: float = 1_000.0) -> float:
    """Seconds of CPU, all threads together, that sharing adds to each disclosure at this rate."""
    sharing = Sharing(read_address(url), "busy")
    sharing.start(5.0)
    alone = _cpu_of(Watch(MemoryCounters(), _LARGE), disclosures, rate)
    shared = _cpu_of(Watch(MemoryCounters(), _LARGE, shared=sharing.counts), disclosures, rate)
    sharing.close()
    return shared - alone


_LARGE = Budgets(strangers=Limits(10**6, 10**6, 10**6))


def _cpu_of(watch: Watch, disclosures: int, rate: float) -> float:
    began, cpu = time.monotonic(), time.process_time()
    for turn in range(disclosures):
        _served(watch, 0, turn)
        time.sleep(max(0.0, began + (turn + 1) / rate - time.monotonic()))
    return (time.process_time() - cpu) / disclosures


def _attacked(url: str, service: str, one: Attack, number: int, begin: float) -> Share:
    sharing = Sharing(read_address(url), service)
    sharing.start(5.0)
    serve = _guarded(one, sharing)
    time.sleep(max(0.0, begin - time.time()))
    disclosed = refused = turn = 0
    began = last = time.monotonic()
    while (now := time.monotonic()) - began < one.seconds and now - last < SETTLED:
        if serve(number, turn):
            disclosed += 1
            last = now
        else:
            refused += 1
        turn += 1
        time.sleep(max(0.0, began + turn / one.rate - time.monotonic()))
    slack, shared = sharing.counts.slack, not sharing.trouble
    sharing.close()
    return Share(disclosed, refused, slack.worst, slack.mean, shared)


def _guarded(one: Attack, sharing: Sharing) -> Callable[[int, int], bool]:
    limit = one.budget
    if one.guard is Guard.LEDGER:
        budgets = Budgets(strangers=Limits(limit, limit, limit), sighted=1)
        return partial(_served, Watch(MemoryCounters(), budgets, shared=sharing.counts))
    kind = MeasureKind.LIMIT_PEOPLE
    if one.guard is Guard.REQUESTS:
        kind = MeasureKind.LIMIT_REQUESTS
    order = Measure("m", kind, "Ada", "", 0.0, inf, amount=limit, seconds=3_600.0)
    return partial(_within, Limiter(shared=sharing.counts), order)


def _within(limiter: Limiter, order: Measure, process: int, turn: int) -> bool:
    """The same of a limit."""
    caller, now = _caller(process, turn), time.time()
    over, _ = limiter.ask((order,), caller, ENDPOINT, now, stranger=True)
    if not over:
        limiter.disclose((order,), caller, ENDPOINT, (_person(process, turn),), now, stranger=True)
    return not over


def _served(watch: Watch, process: int, turn: int) -> bool:
    """One request, as the pipeline has it; False when it was refused."""
    caller = _caller(process, turn)
    if watch.standing(ENDPOINT, caller, True, time.time()).bars:
        return False
    subject = _person(process, turn)
    # Nothing is withheld for what it says of one person: what stands against it, bars the next.
    watch.note(ENDPOINT, caller, True, Disclosure((subject,), (subject,), True), time.time())
    return True


def _person(process: int, turn: int) -> Subject:
    return Subject((process << 32 | turn).to_bytes(8, sys.byteorder), DataClass.PHONE)


def _caller(process: int, turn: int) -> Caller:
    network = f"10.{process}.{turn % 250}"
    address = f"{network}.{turn // 250 % 250}"
    return Caller(address, (f"address:{address}", f"network:{network}.0/24"))
