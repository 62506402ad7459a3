"""What the gateway passes, and what it costs: both bodies of a 1 KB exchange inspected.

Plain HAProxy, HAProxy with an agent that allows everything, and the gateway as people run it, in
turns on the same machine; the load generator (wrk) and the application (another HAProxy that always
gives one answer) share its processors, so requests per second are no capacity: compare within a
run. Needs haproxy and wrk.
"""

import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

SECONDS = 5
WARM = 2
CONNECTIONS = 64
ROUNDS = 2
KILLS = 3
_TICKS = os.sysconf("SC_CLK_TCK")
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_COUNT = re.compile(r"(\d+) requests in")
_BAD = re.compile(r"Non-2xx or 3xx responses: (\d+)")


class Way(Struct, frozen=True):
    """One way from the load to the application, while it runs."""

    port: int
    proxy: int
    """Process of the proxy, 0 for none."""
    agent: int
    place: Path


class Figure(Struct, frozen=True):
    rate: float
    proxy: float
    """CPU µs per request."""
    agent: float
    refused: int


def run() -> Mapping[str, object]:
    for program in ("haproxy", "wrk"):
        if shutil.which(program) is None:
            return {"not run": f"no {program} here; install the package '{program}'"}
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        with _application(place) as upstream:
            ways: dict[str, Callable[[Path, int], object]] = {
                "plain HAProxy": _plain,
                "agent that allows everything": _idle,
                "gateway": _gateway,
            }
            heard: dict[str, list[Figure]] = {name: [] for name in ways}
            for turn in range(ROUNDS):
                for name, start in ways.items():
                    own = place / f"{name.replace(' ', '-')}-{turn}"
                    own.mkdir()
                    with start(own, upstream) as way:  # type: ignore[attr-defined]
                        heard[name].append(_measure(way, own))
                    if name == "gateway" and turn == ROUNDS - 1:
                        figures.update(_kept(way))
            for name, found in heard.items():
                figures.update(_row(name, found))
            figures.update(_failing_open(place, upstream))
    return figures


def _row(name: str, found: list[Figure]) -> dict[str, object]:
    """Medians."""
    return {
        f"{name}, requests/s": round(statistics.median(one.rate for one in found)),
        f"{name}, CPU µs per request: proxy": round(statistics.median(f.proxy for f in found), 1),
        f"{name}, CPU µs per request: agent": round(statistics.median(f.agent for f in found), 1),
        f"{name}, answers that were none": max(one.refused for one in found),
    }


def _measure(way: Way, place: Path) -> Figure:
    _load(way, place, WARM)
    before = _cpu(way.proxy), _cpu(way.agent)
    told = _load(way, place, SECONDS)
    after = _cpu(way.proxy), _cpu(way.agent)
    number, rate = _COUNT.search(told), _RATE.search(told)
    if number is None or rate is None:
        raise RuntimeError(f"wrk says: {told}")
    costs = [1e6 * (b - a) / int(number[1]) for a, b in zip(before, after, strict=True)]
    bad = _BAD.search(told)
    return Figure(float(rate[1]), costs[0], costs[1], int(bad[1]) if bad else 0)


def _kept(way: Way) -> dict[str, object]:
    """What became of the exchanges: those on record, and those lost for want of time."""
    command = [sys.executable, "-m", "nightlatch", "doctor", "--json"]
    told = subprocess.run(
        command, cwd=way.place, env=_environment(), capture_output=True, text=True, check=False
    )
    facts = {fact["about"]: fact["text"] for fact in json.loads(told.stdout)}
    return {"gateway, exchanges": facts.get("exchanges", "unknown")}


def _load(way: Way, place: Path, seconds: int) -> str:
    script = place / "load.lua"
    script.write_text(_LUA)
    done = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", script,
         f"http://127.0.0.1:{way.port}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def _cpu(pid: int) -> float:
    """Seconds of processor time of a process."""
    if not pid:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _failing_open(place: Path, upstream: int) -> dict[str, object]:
    """The longest that a request took around the agent's end, milliseconds."""
    longest: dict[str, list[float]] = {"killed": [], "stopped": []}
    for turn in range(KILLS):
        for name, how in (("killed", signal.SIGKILL), ("stopped", signal.SIGSTOP)):
            own = place / f"{name}-{turn}"
            own.mkdir()
            with _gateway(own, upstream) as way:
                longest[name].append(_longest_around(way, lambda w=way, h=how: os.kill(w.agent, h)))  # type: ignore[misc]
                if how is signal.SIGSTOP:
                    os.kill(way.agent, signal.SIGCONT)
                else:
                    _end_haproxy(own)
    return {
        f"longest request around an agent that is {name}, ms": (
            f"{statistics.median(found):.1f}, at worst {max(found):.1f}"
        )
        for name, found in longest.items()
    }


def _longest_around(way: Way, end: Callable[[], None]) -> float:
    request = b"POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
    took = []
    with socket.create_connection(("127.0.0.1", way.port)) as talk:
        until = time.monotonic() + 2.0
        ended = False
        while time.monotonic() < until:
            if not ended and until - time.monotonic() < 1.5:
                end()
                ended = True
            began = time.perf_counter()
            talk.sendall(request)
            talk.recv(65_536)
            if ended:
                took.append(time.perf_counter() - began)
            time.sleep(0.001)
    return 1e3 * max(took)


@contextmanager
def _application(place: Path) -> Iterator[int]:
    """Answers each request alike, with one person's record of 1 KB."""
    port = _free_port()
    (place / "answer.json").write_text(json.dumps(_ANSWER))
    config = place / "application.cfg"
    config.write_text(f"""
global
    nbthread 1
defaults
    mode http
    timeout client 1m
    timeout server 1m
    timeout connect 1s
frontend application
    bind 127.0.0.1:{port}
    http-request return status 200 content-type application/json file {place}/answer.json
""")
    with _process(["haproxy", "-f", str(config)], port, place):
        yield port


@contextmanager
def _plain(place: Path, upstream: int) -> Iterator[Way]:
    port = _free_port()
    config = place / "plain.cfg"
    config.write_text(f"""
defaults
    mode http
    timeout client 1m
    timeout server 1m
    timeout connect 1s
frontend plain
    bind 127.0.0.1:{port}
    default_backend application
backend application
    server application 127.0.0.1:{upstream}
""")
    with _process(["haproxy", "-f", str(config)], port, place) as process:
        yield Way(port, process.pid, 0, place)


@contextmanager
def _idle(place: Path, upstream: int) -> Iterator[Way]:
    """The gateway's own way, without a pipeline behind it."""
    with _agent(place, upstream, [sys.executable, "-m", "benchmarks.gateway"]) as way:
        yield way


@contextmanager
def _gateway(place: Path, upstream: int) -> Iterator[Way]:
    with _agent(place, upstream, [sys.executable, "-m", "nightlatch", "gateway"]) as way:
        yield way


@contextmanager
def _agent(place: Path, upstream: int, command: list[str]) -> Iterator[Way]:
    port = _free_port()
    options = ["--upstream", f"http://127.0.0.1:{upstream}", "--listen", f"127.0.0.1:{port}"]
    with _process([*command, *options], port, place) as process:
        deadline = time.monotonic() + 20
        while _get(port, "/.nightlatch/health")[-2:] != b"ok":
            if time.monotonic() > deadline:
                raise RuntimeError((place / "said.log").read_text())
            time.sleep(0.05)
        yield Way(port, _worker(_directory(place)), process.pid, place)


def _directory(place: Path) -> Path:
    from nightlatch.app.gateway import run_directory
    from nightlatch.settings import Settings

    return run_directory(Settings(data_dir=str(place / ".nightlatch")))


def _worker(place: Path) -> int:
    from nightlatch.app.haproxy import HAProxy

    deadline = time.monotonic() + 20
    while not (workers := HAProxy(Path("haproxy"), place).workers()):
        if time.monotonic() > deadline:
            raise RuntimeError("HAProxy does not say which processes it has")
        time.sleep(0.05)
    return next(iter(workers))


def _end_haproxy(place: Path) -> None:
    from nightlatch.app.haproxy import HAProxy

    HAProxy(Path("haproxy"), _directory(place)).stop(0.1)


def _get(port: int, path: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as talk:
        talk.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        heard = b""
        while piece := talk.recv(65_536):
            heard += piece
    return heard


@contextmanager
def _process(command: list[str], port: int, place: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with (place / "said.log").open("ab") as said:
        process = subprocess.Popen(
            command,
            cwd=place,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
    try:
        deadline = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", port)):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((place / "said.log").read_text())
            time.sleep(0.02)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment() -> dict[str, str]:
    root = Path(__file__).parents[1]
    return {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


_ANSWER = {
    "order": {"id": 48_211, "state": "shipped", "total": "129.90", "currency": "EUR"},
    "customer": {"name": "Ida Example", "email": "ida@example.org", "phone": "+436601234567"},
    "lines": [
        {"sku": f"A-{number:05}", "text": "A thing that somebody ordered", "count": number}
        for number in range(10)
    ],
}
_LUA = """
local turn = 0
local head = {["content-type"] = "application/json"}
local filler = string.rep("x", 850)
request = function()
  turn = turn + 1
  local body = string.format(
    '{"customer": {"phone": "+43660%07d", "email": "user%d@example.org"}, "note": "%s"}',
    turn % 5000, turn % 5000, filler)
  head["authorization"] = string.format("Bearer token-of-user-%d", turn % 500)
  return wrk.format("POST", string.format("/orders/%d", turn % 1000), head, body)
end
"""


def _serve_idle() -> None:
    """`nightlatch gateway` with a pipeline that allows everything, for comparison."""
    from nightlatch.app import gateway as app
    from nightlatch.cli import run as command_line

    vars(app)["build_agent"] = _AllowAll
    sys.argv = ["nightlatch", "gateway", *sys.argv[1:]]
    command_line()


class _AllowAll:
    gate = None
    reads_bodies = False

    def __init__(self, _settings: object) -> None: ...

    def on_request(self, request: object, now: float) -> object:
        from nightlatch.exchange.judgement import ALLOW_ENFORCE

        flight = _Flight()
        flight.decision = ALLOW_ENFORCE
        return flight

    def on_response(self, *_seen: object) -> object:
        from nightlatch.exchange.judgement import ALLOW_ENFORCE

        return ALLOW_ENFORCE

    def finish(self, *_seen: object) -> None: ...

    def lose(self, *_lost: object) -> None: ...

    def close(self) -> None: ...


class _Flight:
    decision: object
    source: object


if __name__ == "__main__":
    _serve_idle()
