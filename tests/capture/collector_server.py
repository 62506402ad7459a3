"""A collector on a real socket, for tests: uvicorn in a thread, a sink that remembers."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from tests.servers import free_port

from nightlatch.capture.ingest import Ingest
from nightlatch.exchange.agent import AgentReport
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.record import Record

TOKEN = "a-token-for-tests"


class RememberingSink:
    def __init__(self) -> None:
        self.directives = Directives()
        self.records: dict[str, Record] = {}
        self.taken = 0
        self.reports: list[AgentReport] = []
        self.rejected: Counter[str] = Counter()
        self.delay = 0.0

    def take(self, records: Sequence[Record]) -> None:
        time.sleep(self.delay)
        self.taken += len(records)
        self.records |= {record.id: record for record in records}

    def report(self, report: AgentReport, now: float) -> None:
        self.reports.append(report)

    def reject(self, reason: str) -> None:
        self.rejected[reason] += 1


@contextmanager
def serving(routes: Sequence[BaseRoute], port: int = 0) -> Iterator[str]:
    """The base URL of a real server that answers with these routes."""
    port = port or free_port()
    config = uvicorn.Config(
        Starlette(routes=routes), "127.0.0.1", port, log_config=None, lifespan="off",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def collector(sink: RememberingSink, port: int = 0, **options: Any) -> Iterator[str]:
    with serving([Ingest(sink, TOKEN, **options).route], port) as url:
        yield url


def eventually(holds: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until it holds; how long that takes is no part of any test."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise AssertionError("it never came to hold")
        time.sleep(0.01)
