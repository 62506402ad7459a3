"""Opening a connection to a Redis server, and waking the thread that waits for one."""

import select
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import hiredis

from nightlatch.store.redis_address import Node, RedisAddress
from nightlatch.store.redis_questions import Refusal, pack

CONNECT = 1.0
"""Seconds for connecting, and for each step of logging in."""
RECEIVE = 65_536


class Garbled(OSError):
    """Something answers there that is no Redis."""


class Bell:
    """Wakes a thread that waits for a connection to become readable."""

    def __init__(self) -> None:
        self._inside, self._outside = socket.socketpair()
        self._inside.setblocking(False)
        self._outside.setblocking(False)
        self.fileno = self._inside.fileno

    def ring(self) -> None:
        # Full or closed: the thread is awake, or gone.
        with suppress(OSError):
            self._outside.send(b"!")

    def hush(self) -> None:
        with suppress(BlockingIOError):
            self._inside.recv(4_096)

    def wait(self, seconds: float) -> None:
        select.select([self._inside], [], [], seconds)
        self.hush()

    def close(self) -> None:
        self._inside.close()
        self._outside.close()


def connect(node: Node, address: RedisAddress) -> tuple[socket.socket, hiredis.Reader]:
    """Connected, logged in and no longer blocking. Raises OSError, EOFError, Refusal."""
    connection = _open_socket(node, address)
    try:
        reader = hiredis.Reader(Garbled, Refusal)
        for command in _greeting(address):
            connection.sendall(pack(*command))
            answer = _read_one(connection, reader)
            # An old server need not know our name.
            if isinstance(answer, Refusal) and command[0] != "CLIENT":
                raise answer
        connection.setblocking(False)
    except BaseException:
        connection.close()
        raise
    return connection, reader


def receive(connection: socket.socket) -> bytes | None:
    """None when there is nothing for now; b"" at the end. Raises OSError."""
    try:
        return connection.recv(RECEIVE)
    except OSError as error:
        if _later(error):
            return None
        raise


def send(connection: socket.socket, data: bytes) -> int:
    """How much of it went; 0 when the connection takes none for now. Raises OSError."""
    try:
        return connection.send(data)
    except OSError as error:
        if _later(error):
            return 0
        raise


def _later(error: OSError) -> bool:
    """Nothing is wrong; of ssl's words for it we know only the names, as it is imported late."""
    return isinstance(error, BlockingIOError | InterruptedError) or type(error).__name__ in (
        "SSLWantReadError",
        "SSLWantWriteError",
    )


def _open_socket(node: Node, address: RedisAddress) -> socket.socket:
    plain = socket.create_connection(node, CONNECT)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not address.tls:
        return plain
    # Late: it takes 10 ms to import.
    import ssl

    try:
        context = ssl.create_default_context(cafile=address.authority or None)
        return context.wrap_socket(plain, server_hostname=node[0])
    except BaseException:
        plain.close()
        raise


def _greeting(address: RedisAddress) -> Sequence[tuple[str, ...]]:
    commands: list[tuple[str, ...]] = []
    if address.password:
        login = (address.user, address.password) if address.user else (address.password,)
        commands.append(("AUTH", *login))
    if address.database:
        commands.append(("SELECT", str(address.database)))
    commands.append(("CLIENT", "SETNAME", "nightlatch"))
    return commands


def _read_one(connection: socket.socket, reader: hiredis.Reader) -> Any:
    while (answer := reader.gets()) is False:
        data = connection.recv(RECEIVE)
        if not data:
            raise EOFError("the server closed the connection during the login")
        reader.feed(data)
    return answer
