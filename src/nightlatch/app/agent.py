"""Everything of Nightlatch that runs inside one application process."""

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

from msgspec import Struct

from nightlatch.app.previews import sources_for_previews
from nightlatch.app.rooms import Closable, background, build_gate, build_rooms, troubles_of
from nightlatch.app.sharing import open_sharing
from nightlatch.app.sinks import LocalSink, RemoteSink
from nightlatch.app.stores import BEHAVED, KEY, LEARNED, WATCHED, cache_dir, data_dir
from nightlatch.capture.backlog import Backlog
from nightlatch.capture.gate import Gate
from nightlatch.exchange.exchange import Ending, Request, Response
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.judgement import Outcome
from nightlatch.exchange.record import Record
from nightlatch.faults import guarded
from nightlatch.flight import InFlight
from nightlatch.pipeline import Pipeline
from nightlatch.settings import Settings
from nightlatch.store.files import clear_drafts, replace_file
from nightlatch.store.keys import load_or_create_key

if TYPE_CHECKING:
    from nightlatch.store.sharing import Sharing

log = logging.getLogger("nightlatch")

KEEP_EVERY = 60.0
"""Seconds between two keepings of what the inventory learned."""
BATCH = 1_000
BATCH_TEXT = 4 << 20
"""Records that are handed on together, at most, and how long all their bodies may be: to store a
batch costs as much as forty records do, however few it has."""


class Sink(Protocol):
    """Where an application's records go: its own recorder, or the collector's."""

    @property
    def directives(self) -> Directives: ...

    def take(self, records: list[Record]) -> None: ...

    def lose(self, outcome: Outcome, number: int) -> None: ...

    def close(self) -> None: ...


class Finished(Struct, frozen=True, gc=False):
    """An exchange that is over, on its way to the third moment."""

    flight: InFlight
    request: Request
    response: Response | None
    route: str | None
    ending: Ending
    duration: float


class Agent:
    """Answers capture while the caller waits, and does the rest in the backlog's thread."""

    def __init__(
        self,
        pipeline: Pipeline,
        open_sink: Callable[[Callable[[], int]], Sink],
        memory: "Memory",
        queue: int,
        gate: Gate | None = None,
        background: Sequence[Closable] = (),
        sharing: "Sharing | None" = None,
    ) -> None:
        """`open_sink` is given `waiting`, for the collector to be told; without a `gate` whoever
        is to be challenged is refused. `background` is what works beside it, until it is closed.
        """
        self._sharing = sharing
        self._pipeline = pipeline
        self._gate = gate
        self._memory = memory
        self._directives = Directives()
        self._records: list[Record] = []
        self._text = 0
        """Length of their bodies."""
        self._closed = False
        self._background = background
        self._backlog = Backlog(self._complete, queue, self.lose, tick=self._tick)
        self._open_sink = open_sink
        self._opening = Lock()
        self._sink = open_sink(self.waiting)
        _AGENTS.add(self)
        self.reads_bodies = pipeline.refuses_attacks
        self.on_body = pipeline.on_body
        self.on_response = pipeline.on_response
        self.mark = pipeline.mark
        self.on_stream = pipeline.on_stream

    @property
    def gate(self) -> Gate | None:
        return self._gate if self._pipeline.may_challenge else None

    def on_request(self, request: Request, now: float) -> InFlight:
        if self._sink.directives is not self._directives:
            self._directives = self._sink.directives
            self._pipeline.apply(self._directives)
        return self._pipeline.on_request(request, now)

    def finish(
        self,
        in_flight: InFlight,
        request: Request,
        response: Response | None,
        route: str | None,
        ending: Ending,
        duration: float,
    ) -> None:
        self._pipeline.on_sent(in_flight, response)
        weight = len(request.body.data) + (len(response.body.data) if response else 0)
        finished = Finished(in_flight, request, response, route, ending, duration)
        self._backlog.put(finished, weight)

    def lose(self, outcome: Outcome, number: int) -> None:
        self._sink.lose(outcome, number)

    def waiting(self) -> int:
        """Exchanges that have ended and are not yet recorded."""
        return len(self._backlog)

    def drain(self, timeout: float) -> bool:
        """Wait until all that has happened so far is recorded; False after `timeout` seconds."""
        return self._backlog.drain(timeout)

    def close(self) -> None:
        """Record what there is, within about two seconds. Again does nothing."""
        if self._closed:
            return
        self._closed = True
        for worker in self._background:
            with guarded("app.close"):
                worker.close()
        with guarded("app.close"):
            self._backlog.close()
            if self._records:
                self._hand_on()
        self._memory.keep()
        with guarded("app.close"):
            self._sink.close()
        if self._sharing is not None:
            with guarded("app.close"):
                self._sharing.close()

    def after_fork(self) -> None:
        """In a child: files and connections are those of the process that opened them. The child
        opens its own when it first has something to do, which not every child has."""
        self._opening = Lock()
        self._records, self._text = [], 0
        self._memory.forget_changes()
        self._sink = _Unopened(self._reopen)

    def _reopen(self) -> Sink:
        with self._opening:
            if isinstance(self._sink, _Unopened):
                for worker in self._background:
                    with guarded("app.fork"):
                        worker.after_fork()
                self._sink = self._open_sink(self.waiting)
            return self._sink

    def _complete(self, one: Finished) -> None:
        self._memory.changed = True
        record = self._pipeline.on_exchange(
            one.flight, one.request, one.response, one.route, one.ending, one.duration
        )
        self._records.append(record)
        self._text += len(record.request.body) + len(record.response.body)
        if len(self._records) >= BATCH or self._text >= BATCH_TEXT:
            self._hand_on()

    def _hand_on(self) -> None:
        records, self._records, self._text = self._records, [], 0
        self._sink.take(records)

    def _tick(self) -> None:
        if self._records:
            self._hand_on()
        self._memory.tick(time.monotonic())


class _Unopened:
    """Stands for a child's sink until it is needed."""

    def __init__(self, reopen: Callable[[], Sink]) -> None:
        self._reopen = reopen

    @property
    def directives(self) -> Directives:
        return self._reopen().directives

    def take(self, records: list[Record]) -> None:
        self._reopen().take(records)

    def lose(self, outcome: Outcome, number: int) -> None:
        self._reopen().lose(outcome, number)

    def close(self) -> None:
        """There is nothing to close."""


_AGENTS: "WeakSet[Agent]" = WeakSet()


def _after_fork() -> None:
    for agent in list(_AGENTS):
        agent.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Learner(Protocol):
    """What learns, and would forget with its process."""

    def dump(self) -> bytes: ...

    def load(self, dump: bytes, /) -> object: ...


class Memory:
    """What was learned, each kept in a file of its own across restarts."""

    def __init__(self, learners: Mapping[Path, Learner]) -> None:
        self._learners = learners
        self.changed = False
        """This process learned something since it was kept last. One that learned nothing, such as
        the master of a pre-forking server, must not overwrite what its children learned."""
        self._due = time.monotonic() + KEEP_EVERY
        for directory in {path.parent for path in learners}:
            clear_drafts(directory)
        for path, learner in learners.items():
            if path.exists():
                learner.load(path.read_bytes())

    def tick(self, now: float) -> None:
        if now >= self._due:
            self._due = now + KEEP_EVERY
            self.keep()

    def forget_changes(self) -> None:
        """In a child: what was learned so far is its parent's to keep."""
        self.changed = False

    def keep(self) -> None:
        """All or nothing: a process that dies meanwhile leaves the files of before. What cannot be
        written now is tried again with the next keeping."""
        if not self.changed:
            return
        # Before they are written: what is learned meanwhile is a change again.
        self.changed = False
        kept = [_keep(path, learner) for path, learner in self._learners.items()]
        if not all(kept):
            self.changed = True


def _keep(path: Path, learner: Learner) -> bool:
    try:
        replace_file(path, learner.dump())
    except OSError as error:
        log.warning("What was learned could not be kept in %s: %s", path.name, error)
        return False
    return True


def build_agent(settings: Settings) -> Agent:
    """Everything an application needs, from its settings. Raises ConfigurationError."""
    hasher = Hasher(load_or_create_key(data_dir(settings) / KEY))
    sharing = open_sharing(settings)
    rooms = build_rooms(settings, hasher, sharing)
    # Before the first request: compiling the patterns takes half a second.
    rooms.inventory.warm(cache_dir(settings))
    memory = Memory(
        {
            data_dir(settings) / LEARNED: rooms.inventory,
            data_dir(settings) / WATCHED: rooms.watch,
            data_dir(settings) / BEHAVED: rooms.behaviours,
        }
    )

    workers = background(settings, rooms)

    def trouble() -> str:
        return "" if sharing is None else sharing.trouble

    def all_trouble() -> str:
        feeds = [f"{one.place}: {one.text}" for one in troubles_of(workers)]
        return " ".join(filter(None, (trouble(), *feeds)))

    def open_sink(waiting: Callable[[], int]) -> Sink:
        if settings.url:
            return RemoteSink(settings, waiting, all_trouble)
        sources = sources_for_previews(settings, rooms.networks)
        return LocalSink(settings, trouble, lambda: troubles_of(workers), sources)

    return Agent(
        Pipeline(rooms, settings.mode, refuses_attacks=settings.attacks.refuse),
        open_sink,
        memory,
        settings.capture.queue,
        build_gate(settings, hasher, rooms),
        workers,
        sharing,
    )
