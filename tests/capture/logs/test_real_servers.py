"""Logs that real servers wrote, of requests that real and hostile clients sent."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.capture.logs.intakes import Remembering
from tests.servers import eventually, free_port, program

from nightlatch.capture.logs.bookmarks import Bookmarks
from nightlatch.capture.logs.custom import chosen_format
from nightlatch.capture.logs.log_format import LogFormat
from nightlatch.capture.logs.registry import format_by_id
from nightlatch.capture.logs.run import Run, Ways
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part

pytestmark = pytest.mark.slow


def request(line: str, *fields: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([line.encode(), *fields, b"Connection: close", b"", body])


AGENT = b'a"b\\c\t\xc3\xa9'
HOST = b"Host: shop.example"
REQUESTS = (
    request("GET /v1/users/49151?full=1&x=%22 HTTP/1.1", HOST, b"User-Agent: " + AGENT),
    request(
        "POST /a%20b%2Fc HTTP/1.1",
        HOST + b":80",
        b"Content-Length: 5",
        b"X-Forwarded-For: 203.0.113.7",
        body=b"hello",
    ),
    request("GET http://other.example/abs?q HTTP/1.1", b"Host: other.example"),
    request("OPTIONS / HTTP/1.0"),
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00",
    b"GARBAGE\r\n\r\n",
)
UNDERSTOOD = 4

TIMED = (
    "$remote_addr [$time_iso8601] $msec \"$request\" $status $body_bytes_sent $request_time "
    "$scheme \"$http_host\" \"$http_user_agent\""
)  # fmt: skip


def need(name: str, package: str) -> str:
    found = program(name)
    if found is None:
        pytest.skip(f"NOT RUN: install the package `{package}` with the system's package manager")
    return found


@contextmanager
def listening(command: list[str], port: int, log: Path | None = None) -> Iterator[None]:
    with (log or Path("/dev/null")).open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: _answers(port))
        yield
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def send(port: int, request: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        while line.recv(65_536):
            pass


def read(log: Path, chosen: LogFormat | None = None) -> tuple[Run, Remembering]:
    intake = Remembering()
    bookmarks = Bookmarks(log.parent / "imports")
    with Run(str(log), Ways("api", chosen), bookmarks, intake, intake.settle) as run:
        while run.step():
            pass
        run.finish()
    return run, intake


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory in which an nginx wrote its logs."""
    program, place, port = (
        need("nginx", "nginx-light"),
        tmp_path_factory.mktemp("nginx"),
        free_port(),
    )
    known = format_by_id("nginx-combined")
    assert known is not None
    best = known.setup.replace("/var/log/nginx/access.json", f"{place}/best.log")
    (place / "nginx.conf").write_text(
        f"""
        daemon off; pid {place}/pid; error_log {place}/error.log; worker_processes 1;
        events {{ worker_connections 64; }}
        http {{
            client_body_temp_path {place}/body; proxy_temp_path {place}/proxy;
            fastcgi_temp_path {place}/fastcgi; uwsgi_temp_path {place}/uwsgi;
            scgi_temp_path {place}/scgi;
            log_format timed '{TIMED}';
            {best}
            access_log {place}/combined.log;
            access_log {place}/timed.log timed;
            server {{ listen 127.0.0.1:{port}; location / {{ return 200 'hello'; }} }}
        }}
        """
    )
    with listening([program, "-p", str(place), "-c", str(place / "nginx.conf")], port):
        for request in REQUESTS:
            send(port, request)
        # The probes of `listening` sent nothing, and nginx writes nothing of them.
        eventually(lambda: (place / "combined.log").read_text().count("\n") >= len(REQUESTS))
    return place


def check(seen: list[Observed]) -> None:
    now = time.time()
    first, second, absolute, options = seen
    assert all(abs(one.at - now) < 60 for one in seen)
    assert (first.request.path, first.request.query) == ("/v1/users/49151", "full=1&x=%22")
    assert first.request.peer == "127.0.0.1"
    assert (second.request.method, second.request.path) == ("POST", "/a b/c")
    assert (absolute.request.path, absolute.request.query) == ("/abs", "q")
    assert (options.request.method, options.request.http_version) == ("OPTIONS", "1.0")
    assert {one.response.status for one in seen if one.response} == {200}


def test_nginx_combined(nginx: Path) -> None:
    run, intake = read(nginx / "combined.log")
    assert run.format.id == "nginx-combined"
    assert len(intake.seen) == UNDERSTOOD
    assert [reason for _, _, reason, _ in intake.rejected] == ["the request is not HTTP"] * 2
    check(intake.seen)
    assert intake.seen[0].request.headers.get(b"user-agent") == AGENT.decode("latin-1")
    assert intake.seen[2].request.host == "other.example"


def test_nginx_with_a_format_of_ones_own(nginx: Path) -> None:
    _, intake = read(nginx / "timed.log", chosen_format(f"log_format timed '{TIMED}';"))
    assert len(intake.seen) == UNDERSTOOD
    check(intake.seen)
    assert intake.seen[1].request.host == "shop.example:80"
    assert Part.DURATION not in intake.seen[0].source.unseen


def test_nginx_as_the_help_says(nginx: Path) -> None:
    """The lines for its configuration that show the most."""
    run, intake = read(nginx / "best.log")
    assert run.format.id == "json"
    seen = intake.seen[:UNDERSTOOD]
    check(seen)
    assert seen[0].request.headers.get(b"user-agent") == AGENT.decode("latin-1")
    assert seen[1].request.headers.get(b"x-forwarded-for") == "203.0.113.7"
    assert seen[0].source.unseen == {
        Part.CREDENTIALS, Part.REQUEST_BODY, Part.REQUEST_HEADERS, Part.RESPONSE_BODY,
        Part.RESPONSE_HEADERS,
    }  # fmt: skip


HAPROXY = """
global
    log stdout format raw local0
    # Two write their lines in whatever order they come to it.
    nbthread 1
defaults
    mode http
    timeout client 5s
    timeout connect 5s
    timeout server 5s
frontend {name}
    bind 127.0.0.1:{port}
    log global
    {logging}
    http-request return status 200 content-type text/plain string hello
"""


def haproxy(place: Path, name: str, logging: str) -> Path:
    """What an HAProxy wrote of the same requests."""
    program, port = need("haproxy", "haproxy"), free_port()
    configuration, log = place / f"{name}.cfg", place / f"{name}.log"
    configuration.write_text(HAPROXY.format(name=name, port=port, logging=logging))
    with listening([program, "-db", "-f", str(configuration)], port, log):
        for request in REQUESTS:
            send(port, request)
        eventually(lambda: log.read_text(errors="replace").count("\n") >= len(REQUESTS))
    return log


@pytest.mark.parametrize(
    ("logging", "format_id"),
    [
        ("option httplog", "haproxy"),
        ("option httplog\n    capture request header Host len 64", "haproxy"),
        ("option httplog clf", "haproxy-clf"),
        ("option httpslog", "haproxy-https"),
    ],
    ids=["httplog", "captured", "clf", "httpslog"],
)
def test_haproxy(tmp_path: Path, logging: str, format_id: str) -> None:
    run, intake = read(haproxy(tmp_path, "web", logging))
    assert run.format.id == format_id, (tmp_path / "web.log").read_text()
    seen = [one for one in intake.seen if one.response and one.response.status == 200]
    assert len(seen) == UNDERSTOOD
    check(seen)
    assert {one.request.scheme for one in seen[:2]} == {"http"}
    assert Part.DURATION not in seen[0].source.unseen


def test_haproxy_says_what_was_captured(tmp_path: Path) -> None:
    capturing = (
        "option httplog",
        "capture request header Host len 64",
        "capture request header User-Agent len 64",
        "http-response capture res.hdr(content-type) id 0",
        "declare capture response len 64",
    )
    log = haproxy(tmp_path, "web", "\n    ".join(capturing))
    _, intake = read(log, chosen_format("haproxy{Host|User-Agent}{Content-Type}"))
    seen = [one for one in intake.seen if one.response and one.response.status == 200]
    assert len(seen) == UNDERSTOOD, log.read_text()
    check(seen)
    assert [one.request.host for one in seen[:3]] == [
        "shop.example", "shop.example:80", "other.example",
    ]  # fmt: skip
    assert seen[0].request.headers.get(b"user-agent") == AGENT.decode("latin-1")
    assert Part.HOST not in seen[0].source.unseen


def test_haproxy_with_a_format_of_ones_own(tmp_path: Path) -> None:
    text = "%ci:%cp\\ [%tr]\\ %ft\\ %ST\\ %Ta\\ %HM\\ %HU\\ %HV"
    log = haproxy(tmp_path, "web", f"log-format {text}")
    _, intake = read(log, chosen_format(f"haproxy:log-format {text}"))
    seen = [one for one in intake.seen if one.response and one.response.status == 200]
    assert len(seen) == UNDERSTOOD, log.read_text()
    check(seen)


def test_haproxy_as_the_help_says(tmp_path: Path) -> None:
    known = format_by_id("haproxy")
    assert known is not None
    run, intake = read(haproxy(tmp_path, "web", known.setup.replace("\n", "\n    ")))
    seen = [one for one in intake.seen if one.response and one.response.status == 200]
    assert run.format.id == "json"
    assert len(seen) == UNDERSTOOD
    check(seen)
    assert seen[1].request.host == "shop.example:80"
    assert seen[0].request.headers.get(b"user-agent") == AGENT.decode("latin-1")
    assert {Part.HOST, Part.DURATION}.isdisjoint(seen[0].source.unseen)
