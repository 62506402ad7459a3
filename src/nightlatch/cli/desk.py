"""Where orders from the command line go: to the stores in the data directory, or to the console
that has them open.

The events file belongs to one process. While a collector or an application has it, whom a measure
would have hit is asked over the REST API, with the token that lies in the data directory.
"""

import getpass
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from nightlatch.app.stores import INGEST_TOKEN, data_dir, open_documents, open_events
from nightlatch.cli.output import Refusal
from nightlatch.exchange.facts import ServiceEndpoint
from nightlatch.exchange.measure import Measure
from nightlatch.policy.orders import Order, OrderRefused, whose
from nightlatch.respond.decisions import Decisions
from nightlatch.respond.measures import ClosedDoor, ListedMeasure, Measures, UnknownMeasure
from nightlatch.respond.preview import Preview
from nightlatch.respond.suggestions import Suggestion
from nightlatch.settings import Settings
from nightlatch.store.memory_events import MemoryEvents
from nightlatch.store.ports import DocumentStore, EventStore, StoreFailed

TIMEOUT = 60.0
"""Seconds: a preview reads a day of records."""
T = TypeVar("T")


class NoConsole(Refusal):
    """Nobody answers where the console should be."""


class Blind(Refusal):
    """The last day's records cannot be looked at; orders can be given all the same."""


class Desk(Protocol):
    """What both can do."""

    def preview(self, order: Order) -> Preview: ...

    def order(self, order: Order) -> Measure: ...

    def undo(self, measure_id: str) -> Measure: ...

    def renew(self, measure_id: str, lasts: float) -> Measure: ...

    def listed(self) -> list[ListedMeasure]: ...

    def suggestions(self, at: ServiceEndpoint) -> list[Suggestion]: ...

    def preview_closing(self, at: ServiceEndpoint) -> Preview: ...

    def close_door(self, at: ServiceEndpoint, reason: str, lasts: float) -> ClosedDoor: ...

    def open_door(self, at: ServiceEndpoint) -> None: ...

    def closed_doors(self) -> list[ClosedDoor]: ...


@contextmanager
def desk(settings: Settings, *, looks: bool) -> Iterator[Desk]:
    """`looks`: the last day's records will be asked for. Raises Refusal."""
    if not settings.url and not Path(settings.data_dir).is_dir():
        raise Refusal(
            f"There is no data in {settings.data_dir!r} yet. Start the application with the "
            "middleware from this directory, or name the place with NIGHTLATCH_DATA_DIR."
        )
    if settings.url:
        yield RemoteDesk(settings.url, console_token(settings))
        return
    with ExitStack() as stack:
        yield _nearest(settings, stack, looks=looks)


def _nearest(settings: Settings, stack: ExitStack, *, looks: bool) -> Desk:
    """The stores here; where somebody has the events open, the console; where none answers, the
    stores without events. What is opened is the stack's to close."""
    events: EventStore = MemoryEvents()
    blind = ""
    if looks:
        try:
            events = stack.enter_context(closing(open_events(settings)))
        except (ImportError, StoreFailed) as reason:
            try:
                return _running(settings)
            except NoConsole as silence:
                blind = f"{reason} {silence}"
    documents = stack.enter_context(closing(open_documents(settings)))
    return LocalDesk(Measures(Decisions(documents), events, documents), documents, blind)


class LocalDesk:
    """Over the stores in the data directory. Whoever runs over them takes orders up in a second."""

    def __init__(self, measures: Measures, documents: DocumentStore, blind: str = "") -> None:
        """`blind`: why the records cannot be looked at."""
        self._measures = measures
        self._documents = documents
        self._blind = blind
        self._author = author()

    def preview(self, order: Order) -> Preview:
        self._look()
        return self._measures.preview(order, time.time())

    def order(self, order: Order) -> Measure:
        return self._measures.order(order, self._author, time.time())

    def undo(self, measure_id: str) -> Measure:
        return self._measures.undo(measure_id, self._author, time.time())

    def renew(self, measure_id: str, lasts: float) -> Measure:
        return self._measures.renew(measure_id, self._author, time.time(), lasts)

    def listed(self) -> list[ListedMeasure]:
        return self._measures.listed(time.time())

    def suggestions(self, at: ServiceEndpoint) -> list[Suggestion]:
        self._look()
        return self._measures.suggestions(time.time(), at.endpoint, at.service)

    def preview_closing(self, at: ServiceEndpoint) -> Preview:
        self._look()
        return self._measures.preview_closing(self._meant(at), time.time())

    def close_door(self, at: ServiceEndpoint, reason: str, lasts: float) -> ClosedDoor:
        return self._measures.close_door(
            self._meant(at), self._author, time.time(), reason=reason, lasts=lasts
        )

    def open_door(self, at: ServiceEndpoint) -> None:
        self._measures.open_door(at, self._author, time.time())

    def closed_doors(self) -> list[ClosedDoor]:
        return self._measures.closed_doors()

    def _meant(self, at: ServiceEndpoint) -> ServiceEndpoint:
        return whose(at.endpoint, at.service, [one.at for one in self._documents.endpoints()])

    def _look(self) -> None:
        if self._blind:
            raise Blind(self._blind)


class RemoteDesk:
    """Over the REST API of a running console."""

    def __init__(self, url: str, token: str) -> None:
        self._url = urlsplit(url)
        self._token = token
        self._author = author()

    def preview(self, order: Order) -> Preview:
        return self._ask("POST", "/measures/preview", _Report, "", order).preview

    def order(self, order: Order) -> Measure:
        return self._ask("POST", "/measures", Measure, "", order)

    def undo(self, measure_id: str) -> Measure:
        path = f"/measures/{quote(measure_id, safe='')}/undo"
        return self._ask("POST", path, Measure, measure_id, {})

    def renew(self, measure_id: str, lasts: float) -> Measure:
        path = f"/measures/{quote(measure_id, safe='')}/renew"
        return self._ask("POST", path, Measure, measure_id, {"lasts": lasts})

    def listed(self) -> list[ListedMeasure]:
        return self._ask("GET", "/measures", list[ListedMeasure])

    def suggestions(self, at: ServiceEndpoint) -> list[Suggestion]:
        asked = urlencode(at._asdict())
        return self._ask("GET", f"/limits/suggestions?{asked}", list[Suggestion])

    def preview_closing(self, at: ServiceEndpoint) -> Preview:
        return self._ask("POST", "/doors/preview", _Report, at.endpoint, at._asdict()).preview

    def close_door(self, at: ServiceEndpoint, reason: str, lasts: float) -> ClosedDoor:
        closing = {**at._asdict(), "reason": reason, "lasts": lasts}
        return self._ask("POST", "/doors/close", ClosedDoor, at.endpoint, closing)

    def open_door(self, at: ServiceEndpoint) -> None:
        self._ask("POST", "/doors/open", list[ClosedDoor], at.endpoint, at._asdict())

    def closed_doors(self) -> list[ClosedDoor]:
        return self._ask("GET", "/doors", list[ClosedDoor])

    def _ask(
        self, method: str, path: str, shape: type[T], about: str = "", body: object = None
    ) -> T:
        """`about`: the id or the endpoint that the path is about."""
        status, data = self._exchange(method, path, body)
        if status == 404:
            raise UnknownMeasure(about)
        if status == 422:
            raise OrderRefused([_detail(data)])
        if status != 200:
            raise Refusal(f"The console at {self._url.geturl()} answered {status}: {_detail(data)}")
        return msgspec.json.decode(data, type=shape)

    def _exchange(self, method: str, path: str, body: object) -> tuple[int, bytes]:
        secure = self._url.scheme == "https"
        make = HTTPSConnection if secure else HTTPConnection
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            with closing(make(self._url.netloc, timeout=TIMEOUT)) as connection:
                given = None if body is None else self._signed(body)
                base = self._url.path.rstrip("/")
                connection.request(method, f"{base}/api/v1{path}", given, headers)
                answer = connection.getresponse()
                return answer.status, answer.read()
        except (OSError, HTTPException) as error:
            raise NoConsole(
                f"The console at {self._url.geturl()} does not answer ({error}). Is "
                "`nightlatch up` running there? NIGHTLATCH_URL says where it is."
            ) from error

    def _signed(self, body: object) -> bytes:
        """With the person for whom this program speaks."""
        values: dict[str, Any] = msgspec.to_builtins(body)
        return msgspec.json.encode({**values, "author": self._author})


class _Report(msgspec.Struct):
    preview: Preview


def author() -> str:
    """Who sits here, as the machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"


def _running(settings: Settings) -> RemoteDesk:
    """The console of whoever has the events file open. Raises NoConsole."""
    remote = RemoteDesk(console_url(settings), console_token(settings))
    remote.closed_doors()
    return remote


def console_url(settings: Settings) -> str:
    """Where the console of this machine is."""
    host, port = settings.console.host, settings.console.port
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def console_token(settings: Settings) -> str:
    """What opens its REST API. Raises NoConsole."""
    if settings.token:
        return settings.token
    path: Path = data_dir(settings) / INGEST_TOKEN
    try:
        return path.read_text("ascii").strip()
    except OSError:
        raise NoConsole(
            f"The console wants a token, and there is none in {path}: set NIGHTLATCH_TOKEN."
        ) from None


def _detail(data: bytes) -> str:
    try:
        told: str = msgspec.json.decode(data)["detail"]
    except (msgspec.MsgspecError, KeyError, TypeError):
        return "nothing that can be read"
    return told
