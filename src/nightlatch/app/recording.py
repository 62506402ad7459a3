"""Where an import's exchanges go: judged in this process, kept here or at the collector."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import Protocol

from msgspec import Struct, field

from nightlatch.app.observer import Observer
from nightlatch.app.services import Services
from nightlatch.app.sinks import RemoteSink
from nightlatch.app.stores import build_recorder, open_documents, open_events
from nightlatch.app.ticker import Ticker
from nightlatch.capture.intake import Intake
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.incident import IncidentState
from nightlatch.exchange.judgement import Level, Outcome
from nightlatch.exchange.record import Record
from nightlatch.respond.recorder import Recorder
from nightlatch.respond.source_book import SourceBook
from nightlatch.settings import Settings
from nightlatch.store.ports import StoreFailed

MAX_ENDPOINTS = 100_000
"""Told apart in the summary."""
MAX_IN_MEMORY = 20_000
"""Records on their way to the collector, beyond which an import waits."""
_LOOK_EVERY = 0.02
_PATIENCE = 30.0
"""Seconds that a store or a collector that takes nothing is waited for."""


class Found(Struct):
    """What the records of an import say."""

    levels: Counter[Level] = field(default_factory=Counter)
    endpoints: Counter[str] = field(default_factory=Counter)
    detections: Counter[str] = field(default_factory=Counter)
    incidents: int = 0
    """Open at its end; 0 where a collector has them."""
    lost: int = 0
    """Records that could not be kept."""

    def note(self, records: Sequence[Record]) -> None:
        for record in records:
            self.levels[record.level] += 1
            if record.endpoint in self.endpoints or len(self.endpoints) < MAX_ENDPOINTS:
                self.endpoints[record.endpoint] += 1
            for detection in record.detections:
                self.detections[detection.kind.value] += 1


class Keeper(Protocol):
    """What keeps records, here or elsewhere."""

    @property
    def directives(self) -> Directives: ...

    @property
    def sources(self) -> SourceBook: ...

    @property
    def waiting(self) -> int:
        """Records that are taken and not yet safe."""

    def take(self, records: Sequence[Record]) -> None: ...

    def count(self, outcome: Outcome, number: int = 1) -> None: ...


class _Local:
    """The recorder of this machine."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.take = recorder.take
        self.count = recorder.count
        self.sources = recorder.sources

    @property
    def directives(self) -> Directives:
        return self._recorder.directives

    @property
    def waiting(self) -> int:
        return self._recorder.health(time.time()).waiting


class _Remote:
    """The collector behind `NIGHTLATCH_URL`; a file can wait for it, so nothing is shed."""

    def __init__(self, sink: RemoteSink) -> None:
        self._sink = sink
        self.count = sink.lose
        self.sources = SourceBook()

    @property
    def directives(self) -> Directives:
        return self._sink.directives

    @property
    def waiting(self) -> int:
        return self._sink.in_memory

    def take(self, records: Sequence[Record]) -> None:
        while self._sink.in_memory > MAX_IN_MEMORY:
            time.sleep(_LOOK_EVERY)
        self._sink.take(list(records))


class _Noting:
    """Looks at what passes."""

    def __init__(self, keeper: Keeper, found: Found) -> None:
        self._keeper = keeper
        self._found = found
        self.count = keeper.count
        self.sources = keeper.sources

    @property
    def directives(self) -> Directives:
        return self._keeper.directives

    def take(self, records: Sequence[Record]) -> None:
        self._found.note(records)
        self._keeper.take(records)


class Recording:
    """A destination for an import."""

    def __init__(self, settings: Settings, keeper: Keeper) -> None:
        self.found = Found()
        self._keeper = keeper
        self._observer = Observer(
            _Noting(keeper, self.found),
            lambda: Services(settings, settings.sources.services),
            capacity=settings.sources.queue,
            default_service=settings.service,
            at_once=True,
        )

    @property
    def intake(self) -> Intake:
        return self._observer

    def settle(self) -> bool:
        """Wait until all that was pushed so far is kept; False where it cannot be."""
        until = time.monotonic() + _PATIENCE
        if not self._observer.drain(_PATIENCE):
            return False
        while self._keeper.waiting:
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK_EVERY)
        return True

    def close(self) -> None:
        self._observer.close()


@contextmanager
def open_recording(settings: Settings) -> Iterator[Recording]:
    """Raises StoreFailed, ConfigurationError."""
    with ExitStack() as stack:
        if settings.url:
            sink = stack.enter_context(closing(RemoteSink(settings, int)))
            recording = stack.enter_context(closing(Recording(settings, _Remote(sink))))
            yield recording
            recording.settle()
            recording.found.lost = sink.lost
            return
        recorder = _open_recorder(settings, stack)
        recording = stack.enter_context(closing(Recording(settings, _Local(recorder))))
        yield recording
        recording.settle()
        open_ones = [one for one in recorder.incidents(1_000) if one.state is IncidentState.OPEN]
        recording.found.incidents = len(open_ones)


def _open_recorder(settings: Settings, stack: ExitStack) -> Recorder:
    try:
        events = stack.enter_context(closing(open_events(settings)))
    except StoreFailed as failure:
        raise StoreFailed(
            f"{failure} By these settings it is "
            f"NIGHTLATCH_URL=http://{settings.console.host}:{settings.console.port}"
        ) from failure
    documents = stack.enter_context(closing(open_documents(settings)))
    recorder = build_recorder(settings, events, documents)
    ticker = Ticker(recorder.tick)
    stack.callback(lambda: recorder.close(time.time()))
    stack.callback(ticker.stop)
    return recorder
