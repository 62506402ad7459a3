"""Every way in but the applications' own, from settings to what runs: who may send, what reads it,
and the observer that takes it."""

from collections.abc import Mapping, Sequence

from starlette.routing import Route

from nightlatch.app.doorkeeper import TokenDoor, source_tokens
from nightlatch.app.listeners import Listeners
from nightlatch.app.observer import Observer
from nightlatch.app.services import Services
from nightlatch.capture.attributes import read_fields
from nightlatch.capture.gelf.http import GelfHttp
from nightlatch.capture.http_source import HttpSource
from nightlatch.capture.intake import Doorkeeper, Intake
from nightlatch.capture.otlp.source import OtlpSource
from nightlatch.capture.texts import TextReader
from nightlatch.capture.treblle.source import treblle_source
from nightlatch.respond.recorder import Recorder
from nightlatch.settings import Settings
from nightlatch.store.ports import DocumentStore


def http_sources(settings: Settings, intake: Intake, doorkeeper: Doorkeeper) -> list[HttpSource]:
    """What arrives over HTTP: a line each."""
    attributes = read_fields(settings.gelf.fields)
    texts = TextReader(attributes, settings.gelf.format)
    return [
        treblle_source(intake, doorkeeper),
        OtlpSource(intake, doorkeeper),
        GelfHttp(attributes, texts, intake, doorkeeper),
    ]


class Intakes:
    """Opens the sockets that the settings name: OSError that tells what to do where one cannot be
    had. Until `start` nothing is read from them."""

    def __init__(self, settings: Settings, recorder: Recorder, documents: DocumentStore) -> None:
        self.observer = Observer(
            recorder,
            lambda: Services(settings, settings.sources.services),
            capacity=settings.sources.queue,
            default_service=settings.service,
        )
        door = TokenDoor(source_tokens(settings, documents))
        self._http = http_sources(settings, self.observer, door)
        self._listeners = Listeners(settings, self.observer)
        recorder.ways.listeners = self._listeners.tallies
        recorder.ways.ignored = self.ignored
        recorder.ways.waiting = self.observer.waiting

    @property
    def routes(self) -> Sequence[Route]:
        """For the collector, and for the listener that has nothing else."""
        return [route for source in self._http for route in source.routes]

    def ignored(self) -> Mapping[str, int]:
        """What came over HTTP and tells of no exchange, by path."""
        return {path: number for one in self._http for path, number in one.ignored.items()}

    @property
    def addresses(self) -> list[str]:
        """Where else it listens, such as "gelf udp://127.0.0.1:12201"."""
        return self._listeners.addresses

    def start(self) -> None:
        self._listeners.start()

    def close(self) -> None:
        """Take what has arrived, and record it, within about two seconds."""
        self._listeners.stop(1.0)
        self.observer.close()
