"""`nightlatch gateway --authorize`: answers what an nginx or Envoy of somebody's own asks."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from nightlatch.app.agent import build_agent
from nightlatch.app.gateway import ENDS, PID, bind_ends, on_loop, run_directory
from nightlatch.app.haproxy import GatewayFailed
from nightlatch.capture.gateway.answers import Answers
from nightlatch.capture.gateway.authorize import Authorize
from nightlatch.capture.gateway.server import LeanServer
from nightlatch.capture.gateway.serving import GateServer
from nightlatch.capture.gateway.tail import Tail
from nightlatch.capture.gateway.underway import Underway
from nightlatch.capture.gateway.upstream import read_upstream
from nightlatch.exchange.source import Part, Source, SourceKind
from nightlatch.flight import InFlight
from nightlatch.settings import Settings

_EVERY: Final = 1.0
_READ_EVERY: Final = 0.2
"""Seconds between two looks at the access log."""
_LONGEST_LINE: Final = 65_536
SOURCE: Final = Source(
    SourceKind.GATEWAY,
    "authorize",
    frozenset({Part.RESPONSE_BODY, Part.RESPONSE_HEADERS}),
)


class Authorizer:
    def __init__(self, settings: Settings, listen: str, access_log: str) -> None:
        """Raises GatewayFailed."""
        self._host, self._port = _address(listen)
        self.place = run_directory(settings)
        self._agent = build_agent(settings)
        self._underway: Underway[InFlight] = Underway(
            self._agent,
            SOURCE,
            self._agent.lose,
            fail_closed=settings.fail == "closed",
            holds_answers=False,
        )
        answers = Answers()
        gate = GateServer(answers, lambda: self._agent.gate, self._underway.clock)
        self._authorize = Authorize(self._underway, answers, gate)
        self._server = LeanServer(self._authorize, self._underway.hand_over)
        self._ends = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._tail = Tail(Path(access_log)) if access_log else None
        self._ended = asyncio.Event()

    async def run(self, ready: Callable[[], None]) -> None:
        """Serve until a signal ends it."""
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(self._server.protocol, self._host, self._port)
        except OSError as error:
            raise GatewayFailed(
                f"Cannot listen on {self._host}:{self._port} ({error.strerror})."
            ) from error
        try:
            bind_ends(self._ends, self.place)
            loop.add_reader(self._ends, self._read_ends)
            (self.place / PID).write_text(f"{os.getpid()}\n")
            for how in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(how, self._ended.set)
            ready()
            await self._watch()
        finally:
            server.close()
            self._close()

    async def _watch(self) -> None:
        pause = _READ_EVERY if self._tail else _EVERY
        while not self._ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), pause)
            while self._tail and (lines := self._tail.read()):
                for line in lines:
                    self._authorize.ended(line)
            self._underway.expire()
            self._underway.hand_over()

    def _read_ends(self) -> None:
        with suppress(BlockingIOError):
            while True:
                self._authorize.ended(self._ends.recv(_LONGEST_LINE))
        self._underway.hand_over()

    def _close(self) -> None:
        self._server.close()
        asyncio.get_running_loop().remove_reader(self._ends)
        self._ends.close()
        if self._tail:
            self._tail.close()
        self._underway.close()
        self._agent.close()
        for name in (PID, ENDS):
            (self.place / name).unlink(missing_ok=True)


def run_authorizer(
    settings: Settings, listen: str, access_log: str, ready: Callable[[], None]
) -> None:
    """Run until ended by a signal. Raises GatewayFailed."""

    async def serve() -> None:
        await Authorizer(settings, listen, access_log).run(ready)

    on_loop(serve)


def _address(listen: str) -> tuple[str, int]:
    try:
        parsed = read_upstream(f"http://{listen}")
    except ValueError as error:
        raise GatewayFailed(f"--authorize wants HOST:PORT, not {listen!r}.") from error
    return parsed.host, parsed.port
