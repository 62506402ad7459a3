"""In place of a backlog, where whoever brings something can wait for it."""

import threading
from collections import Counter

import pytest

from nightlatch.app.at_once import AtOnce
from nightlatch.exchange.judgement import Outcome
from nightlatch.faults import FAULTS


class _Desk:
    """Where the items end up."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.threads: set[int] = set()
        self.flushed = 0
        self.lost: Counter[Outcome] = Counter()
        self.queue = AtOnce[str](self.work, self.lose, tick=self.flush)

    def work(self, item: str) -> None:
        if item == "bug":
            raise ValueError(item)
        if item == "ctrl-c":
            raise KeyboardInterrupt
        self.done.append(item)
        self.threads.add(threading.get_ident())

    def flush(self) -> None:
        self.flushed += 1

    def lose(self, outcome: Outcome, number: int) -> None:
        self.lost[outcome] += number


def test_an_item_is_done_when_it_is_put_by_whoever_puts_it() -> None:
    desk = _Desk()
    assert desk.queue.put("a")
    assert desk.done == ["a"]
    assert desk.threads == {threading.get_ident()}
    assert len(desk.queue) == 0
    assert desk.queue.drain()
    assert desk.flushed > 0


def test_a_bug_costs_the_item_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE", raising=False)
    desk, faults = _Desk(), FAULTS.counts().get("app.at_once", 0)
    assert all(desk.queue.put(item) for item in ("a", "bug", "b"))
    assert desk.done == ["a", "b"]
    assert desk.lost == {Outcome.LOST_FAULT: 1}
    assert FAULTS.counts()["app.at_once"] == faults + 1
    assert desk.queue.drain()


def test_after_an_interruption_nothing_is_said_to_have_arrived() -> None:
    desk = _Desk()
    with pytest.raises(KeyboardInterrupt):
        desk.queue.put("ctrl-c")
    assert not desk.queue.drain()
    assert desk.queue.close() == 0
