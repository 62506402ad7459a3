"""Runs the demo: nine runs of the same attack against real servers, and what each came to."""

import asyncio
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
from msgspec import Struct

from nightlatch.exchange.judgement import Mode
from nightlatch.faults import Mistake
from nightlatch.workbench.demo.alert import first_alert
from nightlatch.workbench.demo.cast import Cast, attack_addresses
from nightlatch.workbench.demo.traffic import CONNECTIONS, Traffic

START_LIMIT = 20.0
"""Seconds a server may take to answer its first request."""


class Run(Struct, frozen=True):
    """One attack and its result: a row of the table, an object of the JSON."""

    mode: Mode
    addresses: int
    attempts: int
    disclosed: int
    legit_requests: int
    legit_refused: int
    people: int
    people_refused: int
    first_alert_after: int | None
    """Attempts sent when the first alert was raised; None when there was none."""


class Scene(Struct, frozen=True):
    mode: Mode
    addresses: int


SCENES: tuple[Scene, ...] = tuple(
    Scene(mode, count)
    # Observe comes last: it is the one that stays on stage, with its door still open.
    for mode in (Mode.OFF, Mode.ENFORCE, Mode.OBSERVE)
    for count in (1, 100, 10_000)
)


class DemoFailed(Mistake):
    """The demo cannot go on; the text says what to do."""


class Stage(Struct, frozen=True):
    """A running server: the sample API behind Nightlatch, with its console."""

    process: subprocess.Popen[bytes]
    api: str
    data: Path
    console_port: int

    @property
    def log(self) -> Path:
        return self.data / "server.log"

    @property
    def said(self) -> str:
        """The end of its log, which goes with the demo's directory."""
        return self.log.read_text(errors="replace")[-2_000:]

    def strike(self) -> None:
        """Let it end while the next scene is on."""
        self.process.terminate()

    def stop(self) -> None:
        """End it, and wait for that. May be called again."""
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


Announce = Callable[[Scene, str, int], Callable[[], None]]
"""Told what begins (scene, words, steps); returns what to call after each step."""


def set_stage(scene: Scene, directory: Path, attempts: int) -> Stage:
    """Start the sample API in its own process, the way a user would: settings by environment."""
    port, console_port = free_ports(2)
    data = directory / f"{scene.mode}-{scene.addresses}"
    data.mkdir(parents=True)
    log = data / "server.log"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("NIGHTLATCH_")},
        "NIGHTLATCH_MODE": scene.mode,
        "NIGHTLATCH_SERVICE": "sample-api",
        "NIGHTLATCH_TRUSTED_PROXIES": "127.0.0.1",
        "NIGHTLATCH_DATA_DIR": str(data),
        "NIGHTLATCH_CONSOLE_ENABLED": "true",
        "NIGHTLATCH_CONSOLE_PORT": str(console_port),
    }
    command = [sys.executable, "-m", "nightlatch", "serve-sample", str(port), str(attempts)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)  # noqa: S603
    return Stage(process, f"http://127.0.0.1:{port}", data, console_port)


@asynccontextmanager
async def open_session() -> AsyncIterator[aiohttp.ClientSession]:
    """A client with as many connections as the demo uses."""
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    timeout = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield session


async def play(stage: Stage, scene: Scene, cast: Cast, announce: Announce) -> Run:
    """Learn from honest traffic, attack, and count. Raises DemoFailed when the server does not
    answer."""
    async with open_session() as session:
        await _until_ready(stage, session)
        traffic = Traffic(stage.api, cast, session)
        honest = traffic.honest_stretch()
        await traffic.run(honest, announce(scene, "honest traffic", len(honest)))
        attack = traffic.attack(attack_addresses(scene.addresses))
        await traffic.run(attack, announce(scene, "attack", len(attack)))
    tally = traffic.tally
    if tally.failed:
        raise DemoFailed(
            f"{tally.failed} requests of the demo got no answer; the server said:\n{stage.said}"
        )
    alert = None if scene.mode is Mode.OFF else first_alert(stage.data)
    return Run(
        mode=scene.mode,
        addresses=scene.addresses,
        attempts=tally.attempts,
        disclosed=tally.disclosed,
        legit_requests=tally.legit_requests,
        legit_refused=tally.legit_refused,
        people=len(cast.people) + 1,
        people_refused=len(tally.refused_people),
        first_alert_after=None if alert is None else tally.attempts_before(alert),
    )


async def _until_ready(stage: Stage, session: aiohttp.ClientSession) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if stage.process.poll() is not None:
            break
        try:
            async with session.get(f"{stage.api}/health") as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.05)
    raise DemoFailed(
        f"the sample API did not start within {START_LIMIT:.0f} s; it said:\n{stage.said}"
    )


def free_ports(count: int) -> list[int]:
    """Ports below those that systems hand out by themselves: with thousands of connections in the
    air, a port that was free a moment ago may be one's own client's."""
    found: dict[int, None] = {}
    while len(found) < count:
        port = random.randrange(20_000, 30_000)  # noqa: S311 - any will do
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found[port] = None
    return list(found)
