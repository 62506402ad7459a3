"""The workbench's own authorization server, over real HTTP, with options and faults."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from msgspec import Struct
from tests.servers import eventually, free_port

from nightlatch.workbench.oauth.probe.forgery import take_apart
from nightlatch.workbench.oauth.server.app import create_server
from nightlatch.workbench.oauth.server.certificates import (
    CLIENT_SUBJECT,
    Files,
    certificates,
    registered_key,
)
from nightlatch.workbench.oauth.server.clients import demo_clients, demo_key, demo_tls_clients
from nightlatch.workbench.oauth.server.serving import serve_together, tls_servers
from nightlatch.workbench.oauth.server.state import Options, State, new_state
from nightlatch.workbench.tokens.making import sign
from nightlatch.workbench.tokens.material import public_part


class Serving(Struct):
    issuer: str
    key: dict[str, Any]
    """Of the client `demo-key`, private."""
    state: State

    def expired(self, token: str) -> str:
        """The same, an hour ago."""
        return self._resigned(token, iat=int(time.time()) - 7_200, exp=int(time.time()) - 3_600)

    def elsewhere(self, token: str) -> str:
        """The same, for another API."""
        return self._resigned(token, aud="https://other.example/api")

    def _resigned(self, token: str, **claims: object) -> str:
        parts = take_apart(token)
        assert parts is not None
        return sign({**parts.claims, **claims}, self.state.key, typ=parts.header["typ"])


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
        yield Serving(issuer, key, state)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


class ServingTls(Serving):
    files: Files


@contextmanager
def serving_tls(directory: Path, *faults: str, **options: Any) -> Iterator[ServingTls]:
    """With TLS, and a second address where clients are asked for certificates."""
    files = certificates(directory, (), time.time())
    ports = free_port(), free_port()
    issuer, mutual = (f"https://127.0.0.1:{port}" for port in ports)
    key = demo_key()
    chosen = Options(
        issuer=issuer, mutual=mutual, faults=frozenset(faults), auto=True, **options
    )  # fmt: skip
    known = (
        *demo_clients(issuer, public_part(key)),
        *demo_tls_clients(issuer, CLIENT_SUBJECT, registered_key(files.self_signed)),
    )
    state = new_state(chosen, known)
    servers = tls_servers(state, files, "127.0.0.1", ports)
    thread = threading.Thread(target=lambda: asyncio.run(serve_together(servers)), daemon=True)
    thread.start()
    try:
        eventually(lambda: all(one.started for one in servers), pause=0.02)
        yield ServingTls(issuer, key, state, files)
    finally:
        servers[0].should_exit = True
        thread.join()
