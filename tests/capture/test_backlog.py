"""The backlog under load, faults, forks and shutdown. Events, not clocks, order these tests."""

import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

import nightlatch.faults
from nightlatch.capture.backlog import Backlog
from nightlatch.exchange.judgement import Outcome
from nightlatch.faults import FAULTS

WITHIN = 30.0


class Gate:
    """Work that waits until it is let through, and remembers what it was given."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()
        self.done: list[int] = []

    def __call__(self, item: int) -> None:
        self.entered.set()
        assert self.open.wait(WITHIN)
        self.done.append(item)


class Losses:
    def __init__(self) -> None:
        self.counted: list[tuple[Outcome, int]] = []

    def __call__(self, outcome: Outcome, count: int) -> None:
        self.counted.append((outcome, count))


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


@pytest.fixture
def losses() -> Losses:
    return Losses()


def test_everything_is_done_in_order(losses: Losses) -> None:
    done: list[int] = []
    backlog = Backlog(done.append, on_lost=losses)
    assert all(backlog.put(number) for number in range(1_000))
    assert backlog.drain(WITHIN)
    assert done == list(range(1_000))
    assert len(backlog) == 0
    assert losses.counted == []
    assert backlog.close() == 0


def test_no_thread_before_there_is_work() -> None:
    before = threading.active_count()
    backlog = Backlog[int](lambda _: None)
    assert threading.active_count() == before
    assert backlog.drain(0.0)
    assert backlog.close() == 0


def test_a_full_queue_loses_the_new_and_counts_it(gate: Gate, losses: Losses) -> None:
    backlog = Backlog(gate, capacity=3, on_lost=losses)
    assert backlog.put(0)
    assert gate.entered.wait(WITHIN)
    assert [backlog.put(number) for number in range(1, 6)] == [True, True, True, False, False]
    assert len(backlog) == 4
    assert losses.counted == [(Outcome.LOST_QUEUE_FULL, 1)] * 2
    gate.open.set()
    assert backlog.drain(WITHIN)
    assert gate.done == [0, 1, 2, 3]


def test_a_heavy_queue_is_full_too(gate: Gate, losses: Losses) -> None:
    backlog = Backlog(gate, on_lost=losses, max_weight=100)
    assert backlog.put(0, weight=60)
    assert not backlog.put(1, weight=41)
    assert backlog.put(2, weight=40)
    gate.open.set()
    assert backlog.drain(WITHIN)
    assert backlog.put(3, weight=100)
    assert backlog.drain(WITHIN)
    assert gate.done == [0, 2, 3]


def test_drain_gives_up_in_time(gate: Gate) -> None:
    backlog = Backlog(gate)
    backlog.put(0)
    assert not backlog.drain(0.01)


@pytest.mark.slow
def test_close_counts_what_is_left(gate: Gate, losses: Losses) -> None:
    backlog = Backlog(gate, on_lost=losses)
    for number in range(4):
        backlog.put(number)
    assert gate.entered.wait(WITHIN)
    assert backlog.close(timeout=0.01) == 3
    assert losses.counted == [(Outcome.LOST_QUEUE_FULL, 3)]
    assert not backlog.put(9)
    assert losses.counted[-1] == (Outcome.LOST_QUEUE_FULL, 1)


def test_close_ends_the_thread() -> None:
    before = set(threading.enumerate())
    backlog = Backlog[int](lambda _: None)
    backlog.put(0)
    [thread] = set(threading.enumerate()) - before
    backlog.close()
    thread.join(WITHIN)
    assert not thread.is_alive()


def test_the_tick_flushes_after_work_and_before_drain_returns() -> None:
    order: list[str] = []
    backlog = Backlog[int](lambda _: order.append("work"), tick=lambda: order.append("tick"))
    backlog.put(0)
    assert backlog.drain(WITHIN)
    assert order[0] == "work"
    assert order[-1] == "tick"
    seen = len(order)
    assert backlog.drain(WITHIN)
    assert len(order) == seen


@pytest.mark.slow
def test_the_tick_comes_by_itself() -> None:
    ticked = threading.Event()
    backlog = Backlog[int](lambda _: None, tick=ticked.set)
    backlog.put(0)
    assert ticked.wait(WITHIN)


@pytest.mark.slow
def test_few_items_are_flushed_together_and_not_one_a_tick() -> None:
    done: list[int] = []
    flushed: list[int] = []
    ticked = threading.Event()

    def tick() -> None:
        flushed.append(len(done))
        ticked.set()

    backlog = Backlog(done.append, on_lost=lambda *_: None, tick=tick)
    assert all(backlog.put(number) for number in range(20))
    assert ticked.wait(WITHIN)
    assert flushed[0] == 20


def test_what_still_waits_when_the_tick_comes_gets_one_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nightlatch.capture.backlog.TICK", 0.01)
    waiting = threading.Event()
    flushed = threading.Event()
    done: list[int] = []

    def work(item: int) -> None:
        assert waiting.wait(WITHIN)
        if item == 1:
            time.sleep(0.02)  # beyond the tick
        done.append(item)

    def tick() -> None:
        if done == [1, 2]:
            flushed.set()

    backlog = Backlog(work, tick=tick)
    backlog.put(1)
    backlog.put(2)
    waiting.set()
    assert flushed.wait(WITHIN)


def test_a_fault_loses_one_item_and_no_more(
    losses: Losses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE")
    done: list[float] = []
    before = FAULTS.counts().get("capture.backlog.work", 0)
    backlog = Backlog[int](lambda item: done.append(1 / item), on_lost=losses)
    for item in (1, 0, 2):
        backlog.put(item)
    assert backlog.drain(WITHIN)
    assert done == [1.0, 0.5]
    assert losses.counted == [(Outcome.LOST_FAULT, 1)]
    assert FAULTS.counts()["capture.backlog.work"] == before + 1


def test_a_fault_in_the_tick_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE")
    before = FAULTS.counts().get("capture.backlog.tick", 0)

    def broken() -> None:
        raise RuntimeError("a bug of ours")

    backlog = Backlog[int](lambda _: None, tick=broken)
    backlog.put(0)
    assert backlog.drain(WITHIN)
    assert FAULTS.counts()["capture.backlog.tick"] == before + 1


def test_a_dead_thread_is_replaced_and_counted(
    losses: Losses, monkeypatch: pytest.MonkeyPatch
) -> None:
    died = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _: died.set())
    done: list[int] = []
    before = FAULTS.counts().get("capture.backlog.thread", 0)

    def work(item: int) -> None:
        if item == 0:
            raise SystemExit
        done.append(item)

    backlog = Backlog(work, on_lost=losses)
    for item in (0, 1, 2):
        backlog.put(item)
    assert backlog.drain(WITHIN)
    assert died.wait(WITHIN)
    assert done == [1, 2]
    assert losses.counted == [(Outcome.LOST_FAULT, 1)]
    assert FAULTS.counts()["capture.backlog.thread"] == before + 1


def test_many_putters_lose_nothing(losses: Losses) -> None:
    done: list[int] = []
    backlog = Backlog(done.append, on_lost=losses)
    putters = [
        threading.Thread(target=lambda: [backlog.put(n, weight=1) for n in range(500)])
        for _ in range(4)
    ]
    for putter in putters:
        putter.start()
    for putter in putters:
        putter.join(WITHIN)
    assert backlog.drain(WITHIN)
    assert sorted(done) == sorted(list(range(500)) * 4)
    assert losses.counted == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_starts_its_own_and_leaves_the_parents_work(gate: Gate) -> None:
    backlog = Backlog(gate)
    backlog.put(1)
    backlog.put(2)
    assert gate.entered.wait(WITHIN)
    child = os.fork()
    if child == 0:  # pragma: no cover  # not measured across processes
        gate.open.set()
        gate.done.clear()
        well = backlog.put(3) and backlog.drain(WITHIN) and gate.done == [3]
        os._exit(0 if well else 1)
    deadline = time.monotonic() + WITHIN
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
        assert time.monotonic() < deadline, "the child hangs"
        time.sleep(0.01)
    assert os.waitstatus_to_exitcode(ended[1]) == 0
    gate.open.set()
    assert backlog.drain(WITHIN)
    assert gate.done == [1, 2]


@pytest.mark.slow
def test_at_exit_the_work_is_finished_and_the_rest_is_counted() -> None:
    code = (
        "import time; from nightlatch.capture import backlog\n"
        "def work(item):\n"
        "    time.sleep(item)\n"
        "    print('done', item, flush=True)\n"
        "lost = lambda outcome, count: print(outcome.value, count, flush=True)\n"
        "backlog.CLOSE_WITHIN = 0.3\n"
        "quick, slow = backlog.Backlog(work, on_lost=lost), backlog.Backlog(work, on_lost=lost)\n"
        "quick.put(0); quick.put(0.001); slow.put(60); slow.put(61)\n"
        "time.sleep(0.1)\n"
    )
    source = str(Path(nightlatch.faults.__file__).parents[1])
    out = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        text=True,
        timeout=WITHIN,
        env={"PYTHONPATH": source},
    )
    assert sorted(out.stdout.split("\n")) == ["", "done 0", "done 0.001", "lost-queue-full 1"]


@pytest.mark.slow
def test_an_unused_backlog_can_be_forgotten() -> None:
    backlog = Backlog[int](lambda _: None)
    remembered = weakref.ref(backlog)
    del backlog
    gc.collect()
    assert remembered() is None
