"""Plays many replays, some of them at a time, each scenario in a process of its own.

The learning stretch is played once for each scenario. Then the process forks for each number of
addresses and each attacker, so that all of them meet the same memory; where there is no fork, it is
played again.
"""

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing.connection import Connection
from typing import TypeVar

from msgspec import Struct

from nightlatch.workbench.replay.attack import ATTACKERS
from nightlatch.workbench.replay.folk import INLAND, Folk
from nightlatch.workbench.replay.result import Outcome, Row
from nightlatch.workbench.replay.run import LEARNING_DAYS, Replay
from nightlatch.workbench.replay.scenario import Scenario
from nightlatch.workbench.replay.stage import Made

Make = Callable[[], Made]
_Result = TypeVar("_Result")


class Order(Struct, frozen=True, kw_only=True):
    """How the replays are to be played."""

    attackers: tuple[str, ...]
    """Names; the first one's figures are the row's own."""
    learning_days: float = LEARNING_DAYS
    """0: the endpoints are enforced without history, with wide defaults."""
    hash_rate: float = 1e6
    seed: int = 7
    folk: Folk = INLAND
    processes: int = 1


class Played(Struct, frozen=True):
    """One scenario with all its rows."""

    rows: tuple[Row, ...]
    learned: int
    """Honest requests of the learning stretch."""


def play_all(scenarios: Sequence[Scenario], make: Make, order: Order) -> Iterator[Played]:
    """Every scenario, as each is done. `make` is called in other processes: it must pickle."""
    played = [scenario for scenario in scenarios if scenario.seen]
    for scenario in scenarios:
        if not scenario.seen:
            reason = scenario.unseen_because
            yield Played((Row(id=scenario.id, addresses=None, seen=False, reason=reason),), 0)
    if order.processes == 1 or len(played) == 1:
        yield from (play(scenario, make, order) for scenario in played)
        return
    yield from in_processes(partial(play, make=make, order=order), played, order.processes)


def in_processes(
    work: Callable[[Scenario], _Result], scenarios: Sequence[Scenario], processes: int
) -> Iterator[_Result]:
    """What `work` makes of each scenario, as each is done, so many at a time. Whoever stops asking
    stops the work."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(scenarios)), context) as pool:
        waiting = [pool.submit(work, scenario) for scenario in scenarios]
        try:
            for done in as_completed(waiting):
                yield done.result()
        except BaseException:
            # Else the pool would wait for minutes of work that nobody wants any more.
            pool.shutdown(wait=False, cancel_futures=True)
            for child in multiprocessing.active_children():
                child.terminate()
            raise


def play(scenario: Scenario, make: Make, order: Order) -> Played:
    """One scenario from each number of addresses, with each attacker."""
    runs = [(name, count) for count in scenario.addresses for name in order.attackers]
    if len(runs) == 1 or not hasattr(os, "fork"):
        return _one_by_one(scenario, make, order, runs)
    replay = Replay(scenario, make, order.seed, folk=order.folk)
    learned = replay.learn(order.learning_days)
    # What has been learned is not to be copied because the collector looked at it.
    gc.freeze()
    outcomes = [_forked(replay, order, *run) for run in runs]
    gc.unfreeze()
    return Played(_rows(scenario, order, outcomes), learned)


def _one_by_one(
    scenario: Scenario, make: Make, order: Order, runs: Sequence[tuple[str, int]]
) -> Played:
    outcomes, learned = [], 0
    for name, count in runs:
        replay = Replay(scenario, make, order.seed, folk=order.folk)
        learned = replay.learn(order.learning_days)
        outcomes.append(replay.attack(ATTACKERS[name], count, order.hash_rate))
    return Played(_rows(scenario, order, outcomes), learned)


def _forked(replay: Replay, order: Order, name: str, count: int) -> Outcome:
    """The attack in a copy of this process, so that the next one meets what this one met."""
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_tell, args=(theirs, replay, order, name, count))
    child.start()
    theirs.close()
    try:
        outcome = mine.recv()
    except EOFError:
        child.join()
        raise RuntimeError(f"the replay of {replay.scenario.id} broke off; see above") from None
    child.join()
    if not isinstance(outcome, Outcome):
        raise TypeError(f"not an outcome: {outcome!r}")
    return outcome


def _tell(pipe: Connection, replay: Replay, order: Order, name: str, count: int) -> None:
    pipe.send(replay.attack(ATTACKERS[name], count, order.hash_rate))
    pipe.close()


def _rows(scenario: Scenario, order: Order, outcomes: Sequence[Outcome]) -> tuple[Row, ...]:
    step = len(order.attackers)
    return tuple(
        Row(
            id=scenario.id,
            addresses=count,
            outcomes=tuple(outcomes[nth * step : (nth + 1) * step]),
        )
        for nth, count in enumerate(scenario.addresses)
    )
