"""The workbench's own authorization server, over real HTTP, with options and faults."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from msgspec import Struct

from nightlatch.workbench.oauth.server.app import create_server
from nightlatch.workbench.oauth.server.clients import demo_clients, demo_key
from nightlatch.workbench.oauth.server.state import Options, new_state
from nightlatch.workbench.tokens.material import public_part


class Serving(Struct):
    issuer: str
    key: dict[str, Any]
    """Of the client `demo-key`, private."""


@contextmanager
def serving(*faults: str, **options: Any) -> Iterator[Serving]:
    listening = socket.create_server(("127.0.0.1", 0))
    issuer = f"http://127.0.0.1:{listening.getsockname()[1]}"
    key = demo_key()
    chosen = Options(issuer=issuer, faults=frozenset(faults), auto=True, **options)
    state = new_state(chosen, demo_clients(issuer, public_part(key)))
    server = uvicorn.Server(
        uvicorn.Config(create_server(state), log_config=None, lifespan="off", ws="none")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield Serving(issuer, key)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
