"""`nightlatch gateway`: HAProxy as a child, and the agent that it asks in this process."""

import asyncio
import hashlib
import logging
import os
import signal
import socket
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from nightlatch.app.agent import Agent, build_agent
from nightlatch.app.haproxy import GatewayFailed, HAProxy, find_haproxy, write_second
from nightlatch.app.stores import data_dir
from nightlatch.capture.gateway.answers import Answers
from nightlatch.capture.gateway.haproxy import Plan, configuration, spoe_configuration
from nightlatch.capture.gateway.server import LeanServer
from nightlatch.capture.gateway.serving import GateServer
from nightlatch.capture.gateway.underway import Underway
from nightlatch.capture.gateway.upstream import read_upstream
from nightlatch.capture.spoe.agent import SpoeAgent
from nightlatch.exchange.source import Source, SourceKind
from nightlatch.flight import InFlight
from nightlatch.settings import Settings

log = logging.getLogger("nightlatch")

PID: Final = "gateway.pid"
ENDS: Final = "ends.sock"
GRACE: Final = 5.0
"""Seconds that answers under way have at the end."""
_EVERY: Final = 1.0
"""Seconds between two looks at what is under way, and at HAProxy."""
_LONGEST_PATH: Final = 80
"""Characters of a directory whose sockets still have names that the system takes (108)."""
SOURCE: Final = Source(SourceKind.GATEWAY, "haproxy")


def run_directory(settings: Settings) -> Path:
    """Where sockets and the configuration are, made for the owner only: `run` in the data
    directory, or, where its path is too long for a socket, a directory that is named after it."""
    place = (data_dir(settings) / "run").resolve()
    if len(str(place)) > _LONGEST_PATH:
        name = hashlib.blake2b(str(place).encode(), digest_size=8).hexdigest()
        place = Path(tempfile.gettempdir()) / f"nightlatch-{os.getuid()}-{name}"
    place.mkdir(mode=0o700, exist_ok=True)
    status = place.stat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise GatewayFailed(f"{place} must belong to this user, and be open to nobody else.")
    return place


def free(place: Path, name: str) -> Path:
    """The path of a socket, without what a killed process has left there."""
    path = place / name
    path.unlink(missing_ok=True)
    return path


def bind_ends(ends: socket.socket, place: Path) -> None:
    """Where a proxy on this machine logs how exchanges end."""
    path = free(place, ENDS)
    ends.bind(str(path))
    ends.setblocking(False)
    path.chmod(0o600)


def plan_of(settings: Settings, place: Path) -> Plan:
    """Raises GatewayFailed where the settings do not say enough."""
    gateway = settings.gateway
    if not gateway.upstream:
        raise GatewayFailed("Say where the application is: --upstream http://127.0.0.1:8000")
    try:
        upstream = read_upstream(gateway.upstream)
    except ValueError as error:
        raise GatewayFailed(f"gateway.upstream: {error}") from error
    if upstream.tls and upstream.is_address:
        log.warning(
            "HAProxy looks for names in certificates, and for no addresses: the application at "
            "%s is refused with 503 unless its certificate has that as a name. Name its host.",
            gateway.upstream,
        )
    for path in (gateway.tls_cert, gateway.upstream_authority):
        if path and not Path(path).is_file():
            raise GatewayFailed(f"{path} is not there, or is no file.")
    return Plan(
        listen=gateway.listen,
        upstream=upstream,
        place=place,
        certificate=gateway.tls_cert and str(Path(gateway.tls_cert).resolve()),
        upstream_h2=gateway.upstream_h2,
        upstream_authority=gateway.upstream_authority
        and str(Path(gateway.upstream_authority).resolve()),
        forwarded=gateway.forwarded,
        buffer=gateway.buffer_kb * 1024,
        fail_closed=settings.fail == "closed",
        connections=gateway.connections,
    )


class Gateway:
    """One HAProxy and its agent, until they are told to end."""

    def __init__(
        self, settings: Settings, read_settings: Callable[[], Settings], *, alone: bool = False
    ) -> None:
        """`read_settings`: for a reload; `alone`: without an HAProxy of ours. Raises
        GatewayFailed."""
        self._settings = settings
        self._read_settings = read_settings
        self.place = run_directory(settings)
        self._haproxy: HAProxy | None = None
        if alone:
            write_second(self.place, spoe_configuration())
        else:
            plan = plan_of(settings, self.place)
            self._haproxy = HAProxy(find_haproxy(settings.gateway.haproxy), self.place)
            self._haproxy.configure(configuration(plan), spoe_configuration())
        self._agent: Agent = build_agent(settings)
        self._underway: Underway[InFlight] = Underway(
            self._agent, SOURCE, self._agent.lose, fail_closed=settings.fail == "closed"
        )
        answers = Answers()
        self._spoe = SpoeAgent(self._underway, answers)
        gate = GateServer(answers, lambda: self._agent.gate, self._underway.clock)
        self._server = LeanServer(gate)
        self._ends = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._servers: list[asyncio.AbstractServer] = []
        self._ended = asyncio.Event()
        self._reloading: asyncio.Task[None] | None = None

    async def run(self, ready: Callable[[bool], None]) -> None:
        """Serve until a signal ends it; `ready` is told whether a running HAProxy was taken over.
        Raises GatewayFailed when HAProxy cannot run."""
        loop = asyncio.get_running_loop()
        try:
            await self._listen()
            haproxy = self._haproxy
            taken_over = haproxy is not None and await asyncio.to_thread(haproxy.start)
            (self.place / PID).write_text(f"{os.getpid()}\n")
            for how in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(how, self._ended.set)
            loop.add_signal_handler(signal.SIGHUP, self._reload_soon)
            ready(taken_over)
            await self._watch()
        finally:
            if self._haproxy is not None:
                await asyncio.to_thread(self._haproxy.stop, GRACE)
            self._close()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        for name, serve in (
            ("agent.sock", self._spoe.protocol),
            ("gate.sock", self._server.protocol),
        ):
            path = free(self.place, name)
            # Kept: a server that nobody holds is closed.
            self._servers.append(await loop.create_unix_server(serve, path, backlog=1024))
            path.chmod(0o600)
        ends = self._ends
        bind_ends(ends, self.place)
        loop.add_reader(ends, self._spoe.read_endings, ends)

    async def _watch(self) -> None:
        while not self._ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), _EVERY)
            self._underway.expire()
            self._underway.hand_over()
            if self._haproxy is not None and not self._ended.is_set():
                await self._keep_alive(self._haproxy)

    async def _keep_alive(self, haproxy: HAProxy) -> None:
        if not await asyncio.to_thread(haproxy.alive):
            log.error("HAProxy has ended by itself; it is started again.")
            await asyncio.to_thread(haproxy.start)

    def _reload_soon(self) -> None:
        idle = self._reloading is None or self._reloading.done()
        if self._haproxy is not None and idle:
            reloading = self._reload(self._haproxy)
            self._reloading = asyncio.get_running_loop().create_task(reloading)

    async def _reload(self, haproxy: HAProxy) -> None:
        """Read the settings anew; a mistake in them leaves everything as it is."""
        try:
            plan = plan_of(self._read_settings(), self.place)
            written = configuration(plan), spoe_configuration()
            await asyncio.to_thread(haproxy.configure, *written)
            await asyncio.to_thread(haproxy.reload)
        except Exception as error:  # noqa: BLE001  # a reload must not end what runs
            log.error("Not reloaded: %s", error)
        else:
            log.warning("Reloaded.")

    def _close(self) -> None:
        self._spoe.close()
        self._server.close()
        asyncio.get_running_loop().remove_reader(self._ends)
        self._ends.close()
        self._underway.close()
        self._agent.close()
        for name in (PID, "agent.sock", "gate.sock", ENDS):
            (self.place / name).unlink(missing_ok=True)


def run_gateway(
    settings: Settings,
    read_settings: Callable[[], Settings],
    ready: Callable[[bool, Path], None],
    *,
    alone: bool = False,
) -> None:
    """Run until ended by a signal; `ready` is told whether a running HAProxy was taken over, and
    where its files are. `alone`: the agent of an HAProxy that somebody else runs. Raises
    GatewayFailed."""

    async def serve() -> None:
        gateway = Gateway(settings, read_settings, alone=alone)
        await gateway.run(lambda taken_over: ready(taken_over, gateway.place))

    on_loop(serve)


def on_loop(serve: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run it to its end, on uvloop where there is one."""
    factory = None
    with suppress(ImportError):
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serve())
