"""A console over the sample house: in process, or served on a loopback port."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from msgspec import Struct
from tests.console.sample_checks import SAMPLE_CHECKS
from tests.console.sample_house import NOW
from tests.console.stand_ins import Documents, Events, SampleRecorder, empty_house, full_house

from nightlatch.console.access import Access
from nightlatch.console.app import create_console

API_TOKEN = "api-token-of-the-tests"


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class House(Struct):
    """Everything behind one console."""

    app: FastAPI
    recorder: SampleRecorder
    events: Events
    documents: Documents
    access: Access
    clock: Clock


def build_house(*, empty: bool = False) -> House:
    recorder, events, documents = empty_house() if empty else full_house()
    access, clock = Access(documents), Clock()
    app = create_console(
        recorder, events, documents, SAMPLE_CHECKS, API_TOKEN, access=access, clock=clock
    )
    return House(app, recorder, events, documents, access, clock)


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
