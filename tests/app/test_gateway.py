"""The gateway as a person runs it: a real HAProxy in front of a real application."""

import json
import os
import secrets
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
from tests.app.gateway_house import gateway, needs_haproxy, on_record, upstream
from tests.servers import CLIENT, PATIENCE, Server, eventually, nightlatch, running
from websockets.sync.client import connect

from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.source import SourceKind

pytestmark = [pytest.mark.slow, needs_haproxy]

MEGABYTES = 50 << 20


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with upstream(tmp_path_factory.mktemp("upstream")) as server:
        yield server


@pytest.fixture(scope="module")
def door(behind: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """In observe mode: everything passes."""
    with gateway(tmp_path_factory.mktemp("door"), behind, GATEWAY_FORWARDED="false") as server:
        yield server


def raw(server: Server, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    return answer


def parts(answer: bytes) -> tuple[bytes, list[bytes], bytes]:
    """Status line, header fields in order with names as HTTP compares them, and body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *fields = head.split(b"\r\n")
    named = [field.partition(b":") for field in fields]
    kept = [name.lower() + b":" + value for name, _, value in named if name.lower() != b"date"]
    return status, kept, body


REQUESTS = {
    "get": b"GET /users?n=3 HTTP/1.1\r\nHost: a\r\n%s\r\n",
    "escaped": b"GET /echo/a%%2Fb%%20c?x=%%zz&&y HTTP/1.1\r\nHost: a\r\n%s\r\n",
    "duplicates": b"GET /echo HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\n%s\r\n",
    "head": b"HEAD /echo HTTP/1.1\r\nHost: a\r\n%s\r\n",
    "missing": b"GET /nothing HTTP/1.1\r\nHost: a\r\n%s\r\n",
    "wrong method": b"DELETE /users HTTP/1.1\r\nHost: a\r\n%s\r\n",
    "body": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n%s\r\nhello",
    "empty body": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n%s\r\n",
    "bytes": b"POST /back HTTP/1.1\r\nHost: a\r\nContent-Length: 256\r\n%s\r\n"
    + bytes(range(256)).replace(b"%", b"%%"),
    "buffer": b"POST /back HTTP/1.1\r\nHost: a\r\nContent-Length: 49152\r\n%s\r\n" + b"y" * 49_152,
    "beyond": b"POST /back HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n%s\r\n"
    + b"z" * 300_000,
    "expect": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n%s\r\ngo",
    "sized download": b"GET /download?n=300000&sized HTTP/1.1\r\nHost: a\r\n%s\r\n",
}


@pytest.mark.parametrize("name", REQUESTS)
def test_answers_pass_as_the_application_gave_them(door: Server, behind: Server, name: str) -> None:
    request = REQUESTS[name] % b"Connection: close\r\n"
    direct, passed = parts(raw(behind, request)), parts(raw(door, request))
    assert passed[0] == direct[0]
    # HAProxy speaks of each connection for itself, and the application was asked by HAProxy.
    assert [f for f in passed[1] if not f.startswith(b"connection")] == [
        f for f in direct[1] if not f.startswith(b"connection")
    ]
    assert passed[2] == direct[2]


def test_pieces_without_a_length_arrive_whole(door: Server, behind: Server) -> None:
    body = [b"a" * 70_000, b"b", b"c" * 9]
    for server in (behind, door):
        heard = CLIENT.post(f"{server.url}/back", content=iter(body))
        assert heard.content == b"".join(body)
    assert door.get("/chunked").json() == behind.get("/chunked").json()
    assert door.get("/download?n=1000000").content == behind.get("/download?n=1000000").content


def test_large_uploads_and_downloads_pass(door: Server, tmp_path: Path) -> None:
    size = MEGABYTES
    heard = CLIENT.post(f"{door.url}/echo", content=(b"\1" * (1 << 20) for _ in range(50)))
    assert heard.json()["size"] == size
    with httpx.stream("GET", f"{door.url}/download?n={size}&sized", timeout=PATIENCE) as answer:
        assert sum(map(len, answer.iter_raw())) == size


def test_events_arrive_one_by_one(door: Server) -> None:
    key = secrets.token_hex(4)
    with httpx.stream("GET", f"{door.url}/events?key={key}", timeout=PATIENCE) as answer:
        lines = answer.iter_lines()
        for number in range(3):
            assert next(lines) == f"data: {number}"
            assert next(lines) == ""
            # Only now is the next one made: whoever holds events back waits for ever.
            door.get(f"/go-on?key={key}")


def test_websockets_talk(door: Server) -> None:
    with connect(f"ws://127.0.0.1:{door.port}/talk") as talk:
        for number in range(3):
            talk.send(f"{number}")
            assert talk.recv() == f"you said {number}"


def test_it_says_whether_it_is_well(door: Server) -> None:
    assert door.get("/.nightlatch/health").text == "ok"


def certificate(place: Path) -> Path:
    pem = place / "site.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", place / "key.pem",
         "-out", place / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    pem.write_bytes((place / "cert.pem").read_bytes() + (place / "key.pem").read_bytes())
    return pem


def test_tls_and_http2(behind: Server, tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with gateway(tmp_path, behind, "--tls-cert", str(pem)) as server:
        url = f"https://127.0.0.1:{server.port}"
        for version, wanted in (("--http1.1", "1.1"), ("--http2", "2")):
            heard = subprocess.run(
                ["curl", "-sk", version, "-w", "\n%{http_version}", "-d", "hello", f"{url}/echo"],
                capture_output=True, text=True, timeout=PATIENCE, check=True,
            ).stdout  # fmt: skip
            body, _, spoken = heard.rpartition("\n")
            assert spoken == wanted
            assert json.loads(body)["size"] == 5
            assert ["x-forwarded-proto", "https"] in json.loads(body)["fields"]


def test_everything_is_on_record_with_its_size(behind: Server, tmp_path: Path) -> None:
    with gateway(tmp_path, behind) as server:
        server.get("/users?n=3")
        CLIENT.post(f"{server.url}/echo", content=b"x" * 300_000)
        CLIENT.post(f"{server.url}/back", content=iter([b"y" * 200_000]))
        server.get("/download?n=1000000")
        server.get("/chunked")
        with socket.create_connection(("127.0.0.1", server.port)) as impatient:
            impatient.sendall(b"GET /left?n=50000000&sized HTTP/1.1\r\nHost: a\r\n\r\n")
            assert impatient.recv(1_000)
        assert server.stop() == 0
    found = {one.path: one for one in on_record(tmp_path)}
    assert {one.source for one in found.values()} == {SourceKind.GATEWAY}
    assert {path: one.ending for path, one in found.items()} == {
        "/users": Ending.ANSWERED, "/echo": Ending.ANSWERED, "/back": Ending.ANSWERED,
        "/download": Ending.ANSWERED, "/chunked": Ending.ANSWERED, "/left": Ending.CLIENT_GONE,
    }  # fmt: skip
    assert (found["/echo"].request.size, found["/echo"].request.truncated) == (300_000, True)
    assert found["/users"].response.truncated is found["/chunked"].response.truncated is False
    assert len(found["/users"].disclosed) == len(found["/chunked"].disclosed) == 3
    # Without a declared length HAProxy's count is taken, which its own framing makes inexact.
    assert 200_000 <= found["/back"].request.size < 202_000
    assert 1_000_000 <= found["/download"].response.size < 1_002_000


def walk(server: Server, number: int) -> list[httpx.Response]:
    """One caller tries phone numbers in their order."""
    return [server.get(f"/users/{436_601_000_000 + turn}") for turn in range(number)]


def test_a_walk_is_refused(behind: Server, tmp_path: Path) -> None:
    settings = {"MODE": "enforce", "BUDGETS_CALLER_BURST": "20"}
    with gateway(tmp_path, behind, **settings) as server:
        heard = walk(server, 40)
        assert [one.status_code for one in heard[:15]] == [200] * 15
        refused = heard[-1]
        assert refused.status_code in (403, 429)
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["status"] == refused.status_code
        assert "nightlatch" not in refused.headers


def test_a_list_is_withheld_and_nobody_in_it_leaves(behind: Server, tmp_path: Path) -> None:
    settings = {"MODE": "enforce", "BUDGETS_CALLER_BURST": "20"}
    with gateway(tmp_path, behind, **settings) as server:
        heard = server.get("/users?n=100")
        assert heard.status_code in (403, 429)
        assert "example.org" not in heard.text
        # The application was asked: it was the answer that was too much.
        assert server.get("/users?n=0").status_code in (200, 403, 429)


class Traffic:
    """Requests without a pause, each with its status and how it failed."""

    def __init__(self, server: Server, path: str = "/echo") -> None:
        self.heard: list[int] = []
        self.failed: list[str] = []
        self._url = server.url + path
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(4)]

    def _run(self) -> None:
        with httpx.Client(timeout=PATIENCE) as client:
            while not self._stop.is_set():
                try:
                    self.heard.append(client.post(self._url, json={"a": 1}).status_code)
                except httpx.HTTPError as error:
                    self.failed.append(repr(error))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def go_on(self, number: int = 200) -> None:
        """Until so many more were answered."""
        before = len(self.heard)
        eventually(lambda: len(self.heard) >= before + number, pause=0.02)


def test_without_its_agent_everything_passes_and_it_comes_back(
    behind: Server, tmp_path: Path
) -> None:
    place = tmp_path
    with gateway(place, behind) as server:
        with Traffic(server) as traffic:
            traffic.go_on()
            server.process.kill()
            server.process.wait()
            traffic.go_on(500)
        assert not traffic.failed
        assert set(traffic.heard) == {200}
        assert server.get("/.nightlatch/health").text == "unprotected"
        with again(place, behind, server) as second:
            eventually(lambda: second.get("/.nightlatch/health").text == "ok", pause=0.02)
            eventually(lambda: "goes on with this agent" in second.said, pause=0.02)
            assert second.get("/users?n=1").status_code == 200
            assert second.stop() == 0
    assert not listens(server)


def again(place: Path, behind: Server, before: Server) -> Any:
    """The gateway, started once more where it was killed, on the same port."""
    listen = f"127.0.0.1:{before.port}"
    command = ["nightlatch", "gateway", "--upstream", behind.url, "--listen", listen]
    return running(command, before.port, place)


def listens(server: Server) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", server.port)) == 0


def test_closed_means_closed(behind: Server, tmp_path: Path) -> None:
    with gateway(tmp_path, behind, FAIL="closed") as server:
        assert server.get("/users?n=1").status_code == 200
        assert server.get("/chunked").status_code == 200
        os.kill(server.process.pid, signal.SIGSTOP)
        eventually(lambda: server.get("/users?n=1").status_code == 503, pause=0.02)
        os.kill(server.process.pid, signal.SIGCONT)
        eventually(lambda: server.get("/users?n=1").status_code == 200, pause=0.02)


def test_a_reload_loses_no_request(behind: Server, tmp_path: Path) -> None:
    with gateway(tmp_path, behind) as server:
        with Traffic(server) as traffic:
            traffic.go_on()
            for turn in range(3):
                told = nightlatch(tmp_path, "gateway", "reload")
                assert told.returncode == 0, told.stderr
                eventually(lambda: server.said.count("Reloaded.") > turn, pause=0.02)  # noqa: B023
                traffic.go_on()
        assert not traffic.failed
        assert set(traffic.heard) == {200}


def test_a_mistake_at_a_reload_changes_nothing(behind: Server, tmp_path: Path) -> None:
    with gateway(tmp_path, behind) as server:
        (tmp_path / "nightlatch.toml").write_text("[gateway]\nbuffer_kb = 1\n")
        assert nightlatch(tmp_path, "gateway", "reload").returncode == 2
        os.kill(server.process.pid, signal.SIGHUP)
        eventually(lambda: "Not reloaded" in server.said)
        assert server.get("/users?n=1").status_code == 200


def test_an_answer_under_way_is_finished_at_the_end(behind: Server, tmp_path: Path) -> None:
    with gateway(tmp_path, behind) as server:
        heard: list[int] = []
        slow = threading.Thread(target=lambda: heard.append(server.get("/slow?s=1").status_code))
        slow.start()
        time.sleep(0.3)
        assert server.stop() == 0
        slow.join()
        assert heard == [200]
        assert not listens(server)
