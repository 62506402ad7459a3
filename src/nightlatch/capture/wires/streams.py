"""TCP and TLS: connections of bounded number, each cut into messages by a framer."""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import cast

from nightlatch.capture.wires.allowed import AllowList
from nightlatch.capture.wires.inbox import Inbox
from nightlatch.capture.wires.reading import Framer, Malformed
from nightlatch.exchange.tally import Tally

SILENT_FOR = 3_600.0
"""Seconds after which a connection that says nothing is closed."""
HANDSHAKE_WITHIN = 10.0
_RECOVER = 0.2
"""Seconds of rest when the system has no descriptor left for another connection."""


_FAREWELL = 1.0


class StreamListener:
    """Serves one listening TCP socket, which it then owns."""

    def __init__(
        self,
        listening: socket.socket,
        inbox: Inbox,
        framer: Callable[[], Framer],
        allowed: AllowList,
        *,
        tls: ssl.SSLContext | None = None,
        connections: int = 256,
        silent_for: float = SILENT_FOR,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`connections`: open at a time; further ones are closed at once."""
        self._socket = listening
        self._inbox = inbox
        self._framer = framer
        self._allowed = allowed
        self._tls = tls
        self._most = connections
        self._silent_for = silent_for
        self._clock = clock
        self._open: set[_Connection] = set()
        self._greeting: set[asyncio.Task[None]] = set()
        self._accepting: asyncio.Task[None] | None = None
        listening.setblocking(False)

    @property
    def tally(self) -> Tally:
        return self._inbox.tally

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._accepting = loop.create_task(self._accept(loop))

    def tick(self) -> None:
        now = self._clock()
        for connection in list(self._open):
            if now - connection.heard > self._silent_for:
                connection.close()
        self._inbox.tick(now)

    async def stop(self, _loop: asyncio.AbstractEventLoop) -> None:
        """Take what has come, and hang up."""
        tasks = [*self._greeting, *([self._accepting] if self._accepting else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # One turn for what the sockets hold already.
        await asyncio.sleep(0)
        leaving = list(self._open)
        for connection in leaving:
            connection.close()
        # A peer that does not answer our farewell is not waited for.
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                await asyncio.gather(*(connection.gone.wait() for connection in leaving))
        for connection in list(self._open):
            connection.abort()
        await asyncio.sleep(0)
        self.tick()
        self._socket.close()

    async def _accept(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            try:
                accepted, peer = await loop.sock_accept(self._socket)
            except OSError:
                await asyncio.sleep(_RECOVER)
                continue
            if self._welcomes(peer[0]):
                task = loop.create_task(self._greet(loop, accepted, f"{peer[0]} {peer[1]}"))
                self._greeting.add(task)
                task.add_done_callback(self._greeting.discard)
            else:
                accepted.close()

    def _welcomes(self, address: str) -> bool:
        """Before the handshake: it costs more than all that follows."""
        if not self._allowed.admits(address):
            self.tally.refused += 1
            return False
        if len(self._open) + len(self._greeting) >= self._most:
            self.tally.crowded += 1
            return False
        return True

    async def _greet(
        self, loop: asyncio.AbstractEventLoop, accepted: socket.socket, sender: str
    ) -> None:
        make = partial(_Connection, self._inbox, self._framer(), sender, self._clock, self._open)
        within = HANDSHAKE_WITHIN if self._tls else None
        # A handshake that fails, or is given up, is the sender's affair.
        with suppress(OSError):
            await loop.connect_accepted_socket(
                make, accepted, ssl=self._tls, ssl_handshake_timeout=within
            )


class _Connection(asyncio.Protocol):
    def __init__(
        self,
        inbox: Inbox,
        framer: Framer,
        sender: str,
        clock: Callable[[], float],
        among: "set[_Connection]",
    ) -> None:
        self._inbox = inbox
        self._framer = framer
        self._sender = sender
        self._address = sender.partition(" ")[0]
        self._clock = clock
        self._among = among
        self._transport: asyncio.Transport | None = None
        self.heard = clock()
        """When it last said something."""
        self.gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._among.add(self)

    def data_received(self, data: bytes) -> None:
        self.heard = self._clock()
        self._take(self._framer.feed(data))

    def connection_lost(self, _error: Exception | None) -> None:
        self._among.discard(self)
        self.gone.set()
        self._take(self._framer.end())

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _take(self, messages: Sequence[bytes | Malformed]) -> None:
        if messages:
            sender, address = self._sender, self._address
            self._inbox.take([(one, sender, address) for one in messages], self._clock())
