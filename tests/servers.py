"""Real processes for tests: applications behind the middleware, the collector, the command line."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).parents[1]
PATIENCE = 30.0
"""Seconds that a condition may take to come true; how long it takes is no part of any test."""

CLIENT = httpx.Client(
    verify=False,
    timeout=PATIENCE,
    limits=httpx.Limits(max_keepalive_connections=0),
    cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
)
"""One for all: each would read the certificates of the world anew. A connection for each request,
as many clients have, and no memory: what one test's server sets is not for another's."""


def environment(**settings: str) -> dict[str, str]:
    """A process's environment with these settings, `NIGHTLATCH_` left out, and no other."""
    inherited = {name: text for name, text in os.environ.items() if "NIGHTLATCH_" not in name}
    given = {f"NIGHTLATCH_{name}": text for name, text in settings.items()}
    return {**inherited, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), **given}


def eventually(holds: Callable[[], Any], seconds: float = PATIENCE, pause: float = 0.2) -> Any:
    """Wait until it holds; what it was then."""
    until = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < until, "it never came to hold"
        time.sleep(pause)
    return value


def program(name: str) -> str | None:
    """A server's program, also where only root's shells look, and beside this Python."""
    places = (Path(sys.executable).parent, "/usr/local/sbin", "/usr/sbin")
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(map(str, places)))


# Below those that systems lend to whoever asks for any: nobody gets one while its server starts.
# Each process of a run begins elsewhere, and comes round only after 20,000.
_PORTS = range(10_000, 30_000)
_TURNS = count(os.getpid() * 1_009)


def free_port() -> int:
    """For a server that is about to start."""
    while True:
        port = _PORTS[next(_TURNS) % len(_PORTS)]
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@dataclass
class Server:
    """A running server and what it has written to its log."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def get(self, path: str, **options: Any) -> httpx.Response:
        return CLIENT.get(self.url + path, **options)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """As a supervisor does, or a person with Ctrl-C; the exit code."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)


@contextmanager
def running(command: list[str], port: int, place: Path, **settings: str) -> Iterator[Server]:
    """A Python module as a process that listens on `port`, started in `place`."""
    with started(command, port, place, environment(**settings)) as server:
        yield server


@contextmanager
def started(
    command: list[str], port: int, place: Path, variables: dict[str, str]
) -> Iterator[Server]:
    """The same with an environment of one's own."""
    log = place / f"server-{port}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=place,
            env=variables,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    server = Server(process, port, log)
    try:
        eventually(lambda: listens(server), pause=0.05)
        yield server
    finally:
        # Servers have workers, which outlive a parent that is killed: all of them go.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def listens(server: Server) -> bool:
    assert server.process.poll() is None, server.said
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", server.port)) == 0


@contextmanager
def shop(place: Path, app: str = "starlette", *options: str, **settings: str) -> Iterator[Server]:
    """An application of `tests/app/shop.py`, or the plain one, on uvicorn with these options."""
    port = free_port()
    module = "plain_shop" if app == "wrapped" else "shop"
    target = f"tests.app.{module}:{app}_app"
    command = ["uvicorn", target, "--port", str(port), "--no-access-log", *options]
    with running(command, port, place, **settings) as server:
        yield server


@contextmanager
def collector(place: Path, port: int = 0, **settings: str) -> Iterator[Server]:
    """`nightlatch up`."""
    port = port or free_port()
    with running(["nightlatch", "up"], port, place, CONSOLE_PORT=str(port), **settings) as server:
        yield server


def nightlatch(place: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command line, started in `place`."""
    return subprocess.run(
        [sys.executable, "-m", "nightlatch", *arguments],
        cwd=place,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=290,
        check=False,
    )


def answer_of(place: Path, *arguments: str, **settings: str) -> Any:
    """What a command says with --json."""
    done = nightlatch(place, *arguments, "--json", **settings)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def metrics(server: Server) -> dict[str, float]:
    """Every sample of a scrape, by name and labels."""
    found = {}
    for family in text_string_to_metric_families(server.get("/metrics").text):
        for sample in family.samples:
            labels = ",".join(f"{name}={text}" for name, text in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def outcomes(server: Server) -> dict[str, int]:
    """Exchanges by outcome, as the metrics have them."""
    prefix = "nightlatch_exchanges_total{outcome="
    return {
        name.removeprefix(prefix).rstrip("}"): int(value)
        for name, value in metrics(server).items()
        if name.startswith(prefix)
    }
