"""The agent's own part: what it tells the sink, which it hands the records to."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nightlatch.app.agent import Agent, Memory, Sink
from nightlatch.app.rooms import build_rooms
from nightlatch.exchange.exchange import Ending, Request
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.judgement import Mode, Outcome
from nightlatch.exchange.record import Record
from nightlatch.pipeline import Pipeline
from nightlatch.settings import Settings


class Remembering:
    """A sink that notes how many were said to wait while it took the records."""

    def __init__(self) -> None:
        self.directives = Directives()
        self.waiting: Callable[[], int] = lambda: -1
        self.took: list[int] = []

    def open(self, waiting: Callable[[], int]) -> Sink:
        self.waiting = waiting
        return self

    def take(self, records: list[Record]) -> None:
        self.took += [self.waiting()] * len(records)

    def lose(self, outcome: Outcome, number: int) -> None:
        raise AssertionError((outcome, number))

    def close(self) -> None:
        pass


@pytest.fixture
def sink() -> Remembering:
    return Remembering()


@pytest.fixture
def agent(sink: Remembering, tmp_path: Path) -> Agent:
    rooms = build_rooms(Settings(), Hasher(bytes(32)))
    memory = Memory({tmp_path / "learned": rooms.inventory, tmp_path / "watch": rooms.watch})
    return Agent(Pipeline(rooms, Mode.OBSERVE), sink.open, memory, queue=100)


def test_the_sink_is_told_how_many_exchanges_wait(agent: Agent, sink: Remembering) -> None:
    request = Request("GET", "http", "api", "/health", "", Headers(), "192.0.2.1")
    for _ in range(3):
        agent.finish(agent.on_request(request, 0.0), request, None, None, Ending.RAISED, 0.1)
    assert sink.waiting == agent.waiting
    assert agent.drain(10)
    assert sink.waiting() == 0
    # While a batch is handed on, the worker is at work.
    assert sink.took == [1, 1, 1]
    agent.close()


class Learning:
    """Learns a number."""

    def __init__(self, number: int = 0) -> None:
        self.number = number

    def dump(self) -> bytes:
        return str(self.number).encode()

    def load(self, dump: bytes, /) -> None:
        self.number = int(dump)


def test_what_could_not_be_kept_is_kept_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gone, there = tmp_path / "gone" / "one", tmp_path / "two"
    learners = Learning(1), Learning(2)
    memory = Memory(dict(zip((gone, there), learners, strict=True)))
    memory.changed = True
    memory.keep()
    assert memory.changed, "one of them is not on disk"
    assert "could not be kept in one" in caplog.text
    assert there.read_bytes() == b"2", "the others do not suffer"
    gone.parent.mkdir()
    memory.keep()
    assert not vars(memory)["changed"], "all of it is"
    assert gone.read_bytes() == b"1"


def test_nothing_is_written_by_who_learned_nothing(tmp_path: Path) -> None:
    memory = Memory({tmp_path / "one": Learning(1)})
    memory.keep()
    assert list(tmp_path.iterdir()) == []


def test_what_is_learned_while_it_is_kept_is_kept_the_next_time(tmp_path: Path) -> None:
    class Meanwhile(Learning):
        def dump(self) -> bytes:
            memory.changed = True
            return super().dump()

    memory = Memory({tmp_path / "one": Meanwhile(1)})
    memory.changed = True
    memory.keep()
    assert memory.changed
