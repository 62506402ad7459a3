"""A console over the sample house: in process, or served on a loopback port."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import httpx
import uvicorn
from fastapi import FastAPI
from msgspec import Struct
from tests.console.sample_checks import SAMPLE_CHECKS
from tests.console.sample_house import NOW, make_records, older_incidents

from nightlatch.checks.check import Check
from nightlatch.console.access import Access
from nightlatch.console.app import create_console
from nightlatch.console.guard import COOKIE
from nightlatch.exchange.agent import AgentReport
from nightlatch.exchange.facts import Contract
from nightlatch.exchange.judgement import DetectionKind
from nightlatch.exchange.record import Record
from nightlatch.respond.recorder import Recorder
from nightlatch.store.memory_documents import MemoryDocuments
from nightlatch.store.memory_events import MemoryEvents

WALKS = (DetectionKind.ENUMERATION, DetectionKind.DISTRIBUTED_ENUMERATION)
API_TOKEN = "api-token-of-the-tests"


BASE = "http://127.0.0.1:8765"


class Client:
    """Speaks HTTP to a console in this process, from tests that are not coroutines. Keeps cookies,
    follows no redirect."""

    def __init__(self, app: FastAPI, **headers: str) -> None:
        self._runner = asyncio.Runner()
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=BASE, headers=headers
        )
        self.cookies = self._http.cookies
        self.headers = self._http.headers

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._http.request(method, url, **options))

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> httpx.Response:
        return self.request("PUT", url, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._http.aclose())
        self._runner.close()


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class House(Struct):
    """Everything behind one console: the real rooms, in memory."""

    app: FastAPI
    recorder: Recorder
    events: MemoryEvents
    documents: MemoryDocuments
    access: Access
    clock: Clock
    records: tuple[Record, ...]
    """What has happened, oldest first."""

    @property
    def walk(self) -> str:
        """The page of the sample attack's incident."""
        (incident,) = (one for one in self.recorder.incidents() if one.kind in WALKS)
        return f"/incidents/{incident.id}"

    def contract(self, endpoint: str) -> Contract | None:
        decided = self.recorder.directives.contracts
        return next((one for one in decided if one.endpoint == endpoint), None)

    def csrf_of(self, client: Client) -> str:
        """What a form of this client's session carries."""
        session = self.access.session(client.cookies[COOKIE], self.clock())
        assert session is not None
        return session.csrf


def build_house(
    honest: int = 250,
    attack: int = 400,
    checks: Sequence[Check] = SAMPLE_CHECKS,
    *,
    network: bool = True,
    clock: Clock | None = None,
) -> House:
    """With a day of traffic, the last of it an attack; `build_house(0, 0)` is an empty one."""
    events, documents, clock = MemoryEvents(), MemoryDocuments(), clock or Clock()
    if attack:
        for incident in older_incidents():
            documents.put_incident(incident)
    recorder, access = Recorder(events, documents, notifiers=()), Access(documents)
    records = make_records(honest, attack)
    recorder.take(records)
    if honest:
        report = AgentReport("accounts-api", "worker-1", "0.1.0", queue_depth=3)
        recorder.report(report, clock() - 2)
    app = create_console(
        recorder, events, documents, checks, API_TOKEN, access=access, network=network, clock=clock
    )
    return House(app, recorder, events, documents, access, clock, records)


def enter(house: House) -> Client:
    """A browser with a session, at the console's own origin."""
    client = Client(house.app, origin=BASE)
    client.get("/", params={"token": house.access.issue(house.clock())})
    return client


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve on a free loopback port; yields the base address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(
            app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
