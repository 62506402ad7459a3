"""UDP: takes what the kernel has kept, and asks it what it could not keep."""

import asyncio
import socket
import struct
import time
from collections.abc import Callable

from nightlatch.capture.wires.allowed import AllowList
from nightlatch.capture.wires.inbox import Arrival, Inbox
from nightlatch.exchange.tally import Tally

AT_ONCE = 128
"""Datagrams between two turns of the event loop."""
RECEIVE_BUFFER = 8 << 20
"""Bytes that the kernel is asked to keep for us; it gives as many as `net.core.rmem_max` allows."""
LARGEST = 65_535
_SO_MEMINFO = 55
_DROPS = 8
"""linux/sock_diag.h: the index of SK_MEMINFO_DROPS among nine 32-bit numbers."""


class DatagramListener:
    """Reads one bound UDP socket, which it then owns."""

    def __init__(
        self,
        bound: socket.socket,
        inbox: Inbox,
        allowed: AllowList,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._socket = bound
        self._inbox = inbox
        self._allowed = allowed
        self._clock = clock
        self._buffer = memoryview(bytearray(LARGEST))
        self._dropped = 0
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)

    @property
    def tally(self) -> Tally:
        return self._inbox.tally

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.add_reader(self._socket.fileno(), self._take)

    def tick(self) -> None:
        self._inbox.tick(self._clock(), self._overrun())

    async def stop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take what has arrived until now, as much as the buffer can hold, and close."""
        loop.remove_reader(self._socket.fileno())
        for _ in range(RECEIVE_BUFFER // LARGEST):
            if not self._take():
                break
            await asyncio.sleep(0)
        self.tick()
        self._socket.close()

    def _take(self) -> int:
        """How many datagrams there were, AT_ONCE at most."""
        arrivals: list[Arrival] = []
        number = 0
        while number < AT_ONCE:
            try:
                size, sender = self._socket.recvfrom_into(self._buffer)
            except OSError:
                # Nothing more, or what an earlier answer of the network left behind.
                break
            number += 1
            if self._allowed.admits(sender[0]):
                arrivals.append((bytes(self._buffer[:size]), f"{sender[0]} {sender[1]}", sender[0]))
            else:
                self.tally.refused += 1
        self._inbox.take(arrivals, self._clock())
        return number

    def _overrun(self) -> int:
        """Datagrams that the kernel has thrown away since it was last asked."""
        before, self._dropped = self._dropped, kernel_drops(self._socket)
        return (self._dropped - before) % (1 << 32)


def kernel_drops(bound: socket.socket) -> int:
    """How many datagrams were thrown away for want of room, as a 32-bit count. 0 where the system
    does not say: Linux does, since 4.12."""
    try:
        answer = bound.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 36)
        drops: int = struct.unpack("=9I", answer)[_DROPS]
    except (OSError, struct.error):
        return 0
    return drops
