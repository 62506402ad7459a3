"""What goes wrong on real machines: the application's answers stay, and nothing is lost unseen."""

import random
import re
import resource
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.servers import (
    Server,
    environment,
    eventually,
    free_port,
    metrics,
    nightlatch,
    outcomes,
    shop,
)
from websockets.sync.client import connect

from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.ports import EventQuery

pytestmark = pytest.mark.slow


@contextmanager
def watched(place: Path, **settings: str) -> Iterator[tuple[Server, Server]]:
    """The shop with its console in the same process: the shop, and where its metrics are."""
    port = str(free_port())
    with shop(place, CONSOLE_ENABLED="true", CONSOLE_PORT=port, **settings) as server:
        yield server, Server(server.process, int(port), server.log)


def look_up(server: Server, number: int) -> int:
    return server.get(f"/v1/users/1201555{number:04}/status").status_code


def raw(server: Server, *pieces: bytes, hang_up: bool = False) -> bytes:
    """Bytes as nobody's client sends them; the beginning of the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return b"" if hang_up else connection.recv(65_536)


def post(body: bytes, headers: str = "") -> bytes:
    head = f"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


ODD: dict[str, Callable[[Server], object]] = {
    "found": lambda server: look_up(server, 1),
    "not found": lambda server: look_up(server, 9),
    "no such path": lambda server: server.get("/wp-login.php"),
    "raises": lambda server: server.get("/boom"),
    "malformed JSON": lambda server: raw(server, post(b'{"a": ')),
    "wrong encoding": lambda server: raw(server, post(b'\xff\xfe{"a": 1}')),
    "deep JSON": lambda server: raw(server, post(b"[" * 60_000)),
    "no gzip": lambda server: raw(server, post(b"not gzip", "Content-Encoding: gzip\r\n")),
    "bad charset": lambda server: raw(
        server, post(b"{}", "Content-Type: application/json; charset=utf-99\r\n")
    ),
    "large header": lambda server: server.get("/health", headers={"x-note": "a" * 30_000}),
    "many headers": lambda server: server.get(
        "/health", headers={f"x-{number}": "1" for number in range(90)}
    ),
    "twice": lambda server: server.get(
        "/health", headers=[("x-api-key", "one-key-0001"), ("x-api-key", "two-keys-0002")]
    ),
    "odd path": lambda server: raw(server, b"GET /%ff%00/%ed%a0%80 HTTP/1.1\r\nHost: a\r\n\r\n"),
    "odd query": lambda server: server.get("/health?%zz=&&=%00&a=%ff"),
    "body cut short": lambda server: raw(server, post(b"[1, 2, 3]")[:-4], hang_up=True),
    "hangs up": lambda server: raw(server, b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n", hang_up=True),
    "websocket": lambda server: _chat(server),
}


def _chat(server: Server) -> None:
    with connect(f"ws://127.0.0.1:{server.port}/chat") as websocket:
        websocket.send("hello")
        assert websocket.recv() == "hello"


def test_every_exchange_has_one_outcome_whatever_it_was(tmp_path: Path) -> None:
    with watched(tmp_path) as (server, console):
        for _ in range(2):
            for ask in ODD.values():
                ask(server)
        sent = 2 * len(ODD)
        eventually(lambda: sum(outcomes(console).values()) == sent)
        assert outcomes(console)["recorded"] == sent
        assert server.get("/boom").status_code == 500
        eventually(lambda: outcomes(console)["recorded"] == sent + 1)
        endings = _endings(console, tmp_path)
        assert endings["raised"] == 3
        assert endings["client-gone"] >= 2
        assert endings["refused"] == 0
        assert metrics(console)["nightlatch_troubles"] == 0
        assert not [name for name in metrics(console) if "nightlatch_faults_total{" in name]
        eventually(lambda: f"{sent + 1} recorded" in nightlatch(tmp_path, "doctor").stdout)
        server.stop()
    assert "Nightlatch failed" not in server.said


def _endings(console: Server, place: Path) -> dict[str, int]:
    token = (place / ".nightlatch" / "ingest-token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    found = console.get("/api/v1/records?limit=500", headers=headers).json()
    kinds = ("answered", "refused", "raised", "client-gone")
    return {kind: sum(one["ending"] == kind for one in found) for kind in kinds}


def test_a_full_disk_is_said_survived_and_over_when_there_is_space(tmp_path: Path) -> None:
    with watched(tmp_path) as (server, console):
        assert look_up(server, 1) == 200
        eventually(lambda: outcomes(console)["recorded"] == 1)

        _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (512, hard))
        assert {look_up(server, number) for number in range(10, 15)} == {200}
        eventually(lambda: metrics(console)["nightlatch_store_waiting_records"] == 5)
        assert metrics(console)["nightlatch_troubles"] >= 1
        assert console.get("/healthz").status_code == 503
        assert outcomes(console)["recorded"] == 1

        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        eventually(lambda: outcomes(console)["recorded"] == 6)
        assert sum(outcomes(console).values()) == 6
        eventually(lambda: console.get("/healthz").status_code == 200)
        server.stop()
    assert nightlatch(tmp_path, "doctor").returncode == 0
    assert _records(tmp_path) == 6


def _records(place: Path) -> int:
    with closing(DuckDBEvents(place / ".nightlatch" / "events.duckdb")) as events:
        return events.count(EventQuery())


def test_what_never_found_space_is_counted_lost_and_the_doctor_says_so(tmp_path: Path) -> None:
    with watched(tmp_path) as (server, console):
        assert look_up(server, 1) == 200
        eventually(lambda: outcomes(console)["recorded"] == 1)
        # Room for the documents' log, not for the events'.
        _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1_000_000, hard))
        sent = 60
        for number in range(sent):
            assert raw(server, post(_incompressible(number), "Content-Type: text/plain\r\n"))
        eventually(lambda: metrics(console)["nightlatch_store_waiting_records"] > 0)
        server.stop()
    told = nightlatch(tmp_path, "doctor")
    recorded, lost = (
        int(re.search(pattern, _flat(told.stdout), re.ASCII)[1])  # type: ignore[index]
        for pattern in (r"(\d+) recorded", r"(\d+) exchanges were lost because the events store")
    )
    assert told.returncode == 1
    assert recorded + lost == sent + 1
    assert "look for a full disk" in _flat(told.stdout)
    assert _records(tmp_path) == recorded


def _incompressible(seed: int) -> bytes:
    """Words of no meaning, which nothing masks."""
    letters = random.Random(seed).choices("abcdefghijklmnopqrstuvwxyz      ", k=50_000)
    return "".join(letters).encode()


def _flat(text: str) -> str:
    return " ".join(text.split())


_HOLD = """
import sys, time
from pathlib import Path
from nightlatch.store.duckdb_events import DuckDBEvents
store = DuckDBEvents(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


def test_events_held_by_another_process_are_kept_in_memory_loudly(tmp_path: Path) -> None:
    held = tmp_path / ".nightlatch" / "events.duckdb"
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(held)], env=environment(), stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with watched(tmp_path) as (server, console):
            assert look_up(server, 1) == 200
            eventually(lambda: outcomes(console)["recorded"] == 1)
            assert "Records are kept in memory only" in server.said
            assert str(holder.pid) in server.said
            told = nightlatch(tmp_path, "doctor")
            assert (told.returncode, "held by another process" in _flat(told.stdout)) == (0, True)
    finally:
        holder.kill()
        holder.communicate()


def test_a_process_killed_while_it_writes_leaves_everything_sound(tmp_path: Path) -> None:
    acknowledged = kills = 0
    for _ in range(2):
        with watched(tmp_path) as (server, console):
            for number in range(40 + 10 * kills):
                assert look_up(server, number) in (200, 404)
            eventually(lambda: outcomes(console)["recorded"] > 0)
            for number in range(30):
                look_up(server, number)
            recorded = outcomes(console)["recorded"]
            server.process.kill()
            server.process.wait()
            kills += 1
        acknowledged += recorded
        found = _records(tmp_path)
        assert found >= acknowledged
        acknowledged = found
        told = nightlatch(tmp_path, "doctor")
        assert told.returncode == 0, told.stdout
    assert kills == 2
    with shop(tmp_path) as server:
        assert look_up(server, 1) == 200
        server.stop()
        assert "afresh" not in server.said
    assert _records(tmp_path) == acknowledged + 1


def test_a_queue_that_is_full_is_counted(tmp_path: Path) -> None:
    with watched(tmp_path, CAPTURE_QUEUE="1") as (server, console):
        ask = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(
                ask * 299 + ask.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
            )
            answers = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert answers.count(b"HTTP/1.1 200") == 300
        eventually(lambda: sum(outcomes(console).values()) == 300)
        counted = outcomes(console)
        assert counted["lost-queue-full"] > 0
        assert counted["recorded"] + counted["lost-queue-full"] == 300
