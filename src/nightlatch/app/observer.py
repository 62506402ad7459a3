"""Where all that was seen from outside goes: a bounded queue, one thread, and a
pipeline for each service."""

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec.structs import replace

from nightlatch.app.agent import BATCH, BATCH_TEXT
from nightlatch.app.at_once import AtOnce
from nightlatch.app.services import Services
from nightlatch.capture.backlog import CLOSE_WITHIN, Backlog
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.judgement import Outcome
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.record import Record
from nightlatch.exchange.source import Source, SourceKind
from nightlatch.faults import guarded
from nightlatch.respond.source_book import SourceBook

MAX_WEIGHT = 128 << 20
"""Bytes of bodies that may wait."""
OVERHEAD = 2_048
"""Bytes that an exchange weighs beside its bodies, a little more than measured."""
KNOWN_IDS = 100_000
"""Exchanges with a name of their own that are remembered, so that none is counted twice."""
AHEAD = 86_400.0
"""Seconds that a source's clock may be ahead of ours; what is further is dated now."""
MAX_SERVICE = 128
MAX_ROUTE = 512
"""Characters; a longer template is no template."""
RETRY_EVERY = 0.01
"""Seconds after which somebody who can wait looks for room again."""


class Sink(Protocol):
    """The recorder."""

    @property
    def directives(self) -> Directives: ...

    @property
    def sources(self) -> SourceBook: ...

    def take(self, records: Sequence[Record]) -> None: ...

    def count(self, outcome: Outcome, number: int = 1) -> None: ...


class Observer:
    """An Intake: every exchange that it takes is recorded, or its loss is counted."""

    def __init__(
        self,
        sink: Sink,
        open_services: Callable[[], Services],
        *,
        capacity: int,
        default_service: str,
        max_weight: int = MAX_WEIGHT,
        clock: Callable[[], float] = time.time,
        at_once: bool = False,
    ) -> None:
        """`open_services` is called in the worker thread when there is something to observe. With
        `at_once` there is no such thread and no queue: whoever offers does the work."""
        self._sink = sink
        self._book = sink.sources
        self._open_services = open_services
        self._services: Services | None = None
        self._default_service = default_service
        self._clock = clock
        self._closing = False
        self._ids: OrderedDict[int, None] = OrderedDict()
        self._records: list[Record] = []
        self._text = 0
        self._backlog: Backlog[Observed] | AtOnce[Observed]
        if at_once:
            self._backlog = AtOnce(self._observe, self._count_lost, tick=self._tick)
        else:
            self._backlog = Backlog(
                self._observe, capacity, self._count_lost, tick=self._tick, max_weight=max_weight
            )

    # The intake

    def offer(self, seen: Sequence[Observed]) -> int:
        taken = 0
        for one in seen:
            if self._closing or not self._backlog.put(one, _weight(one)):
                break
            taken += 1
        if taken:
            self._note_taken(seen[:taken])
        return taken

    def push(self, seen: Sequence[Observed]) -> None:
        at = 0
        while at < len(seen):
            at += self.offer(seen[at:])
            if at < len(seen):
                if self._closing:
                    self._lose_rest(seen[at:])
                    return
                time.sleep(RETRY_EVERY)

    def lose(self, kind: SourceKind, name: str, number: int) -> None:
        if number > 0:
            self._book.lose(kind, name, number, self._clock())
            self._sink.count(Outcome.LOST_QUEUE_FULL, number)

    def reject(self, kind: SourceKind, name: str, reason: str, excerpt: bytes = b"") -> None:
        self._book.reject(kind, name, reason, excerpt, self._clock())

    # Its life

    def waiting(self) -> int:
        """Exchanges that were taken and are not yet recorded."""
        return len(self._backlog)

    def drain(self, timeout: float) -> bool:
        """Wait until all that was taken is recorded; False after `timeout` seconds."""
        return self._backlog.drain(timeout)

    def close(self, timeout: float = CLOSE_WITHIN) -> None:
        """Record what there is, within `timeout` seconds; the rest is lost, and counted. Again does
        nothing."""
        if self._closing:
            return
        self._closing = True
        self._backlog.close(timeout)
        with guarded("app.observer"):
            self._hand_on()
            if self._services is not None:
                self._services.close()
        self._book.settle()

    # In the worker's thread

    def _observe(self, seen: Observed) -> None:
        try:
            if self._repeats(seen):
                return
            services = self._services
            if services is None:
                services = self._services = self._open_services()
            services.apply(self._sink.directives)
            record = services.observe(self._sound(seen))
        except BaseException:
            self._book.fail(seen.source.kind, seen.source.name, 1, self._clock())
            raise
        self._book.record(seen.source.kind, seen.source.name, self._clock())
        self._records.append(record)
        self._text += len(record.request.body) + len(record.response.body)
        if len(self._records) >= BATCH or self._text >= BATCH_TEXT:
            self._hand_on()

    def _repeats(self, seen: Observed) -> bool:
        """It came before: the oldest names are forgotten first."""
        if not seen.id:
            return False
        source, ids = seen.source, self._ids
        key = hash((source.kind, source.name, seen.id))
        if key in ids:
            ids.move_to_end(key)
            self._book.repeat(source.kind, source.name, self._clock())
            return True
        ids[key] = None
        if len(ids) > KNOWN_IDS:
            ids.popitem(last=False)
        return False

    def _sound(self, seen: Observed) -> Observed:
        """With a time and a service that stores can live with, whatever the source said."""
        service, at, now = seen.service or self._default_service, seen.at, self._clock()
        if len(service) > MAX_SERVICE:
            service = service[:MAX_SERVICE]
        if not 0 < at <= now + AHEAD:
            at = now
        route = seen.route if seen.route and len(seen.route) <= MAX_ROUTE else None
        duration = seen.duration if math.isfinite(seen.duration) and seen.duration > 0 else 0.0
        if (service, at, route, duration) == (seen.service, seen.at, seen.route, seen.duration):
            return seen
        return replace(seen, service=service, at=at, route=route, duration=duration)

    def _hand_on(self) -> None:
        records, self._records, self._text = self._records, [], 0
        if records:
            self._sink.take(records)

    def _tick(self) -> None:
        self._hand_on()
        if self._services is not None:
            self._services.tick()

    # Accounts

    def _note_taken(self, taken: Sequence[Observed]) -> None:
        now = self._clock()
        for source, services in _by_source(taken).items():
            self._book.accept(source.kind, source.name, services, now)

    def _lose_rest(self, rest: Sequence[Observed]) -> None:
        for source, services in _by_source(rest).items():
            self.lose(source.kind, source.name, services.total())

    def _count_lost(self, outcome: Outcome, number: int) -> None:
        """By the queue itself. What had no room was never taken: its sender decides what becomes of
        it, and counts it where it is gone."""
        if outcome is not Outcome.LOST_QUEUE_FULL or self._closing:
            self._sink.count(outcome, number)


def _weight(seen: Observed) -> int:
    answer = seen.response
    return OVERHEAD + len(seen.request.body.data) + (len(answer.body.data) if answer else 0)


def _by_source(seen: Sequence[Observed]) -> dict[Source, Counter[str]]:
    found: dict[Source, Counter[str]] = {}
    for one in seen:
        found.setdefault(one.source, Counter())[one.service] += 1
    return found
