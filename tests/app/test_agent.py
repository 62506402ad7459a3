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
