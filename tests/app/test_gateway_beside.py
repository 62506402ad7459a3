"""What `--print haproxy` prints, in a configuration that somebody had before, and its agent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import indent

import pytest
from tests.app.gateway_house import gateway_agent, needs_haproxy, on_record, proxy, upstream
from tests.servers import CLIENT, Server, eventually, nightlatch

from nightlatch.cli.desk import desk
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.measure import MeasureKind
from nightlatch.policy.orders import Order
from nightlatch.settings import Settings

pytestmark = [pytest.mark.slow, needs_haproxy]

GIVEN = """\
global
    log {log} local1
    tune.bufsize 65536
defaults
    mode http
    log global
    option httplog
    option dontlognull
    option httpchk GET /users?n=0
    option idle-close-on-response
    default-server check inter 1s
    timeout connect 5s
    timeout client 50s
    timeout server 50s

frontend www
    bind 127.0.0.1:{{port}}
    http-request set-header x-ours yes
    http-request deny deny_status 405 if METH_TRACE
    acl is_api path_beg /users /echo /download
{printed}
    use_backend api if is_api
    default_backend pages

backend api
    balance roundrobin
    server one 127.0.0.1:{behind}
backend pages
    http-request return status 200 content-type text/plain string page
"""
"""{printed} is put where it says: all but the backends into the frontend."""


class Log:
    """Where their own HAProxy logs to, as it always did."""

    def __init__(self, path: Path) -> None:
        self.lines: list[str] = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            self.lines.append(self.socket.recv(16_384).decode())

    def of(self, what: str) -> list[str]:
        return [line for line in self.lines if what in line]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with upstream(tmp_path_factory.mktemp("upstream")) as server:
        yield server


@contextmanager
def theirs(place: Path, behind: Server, **settings: str) -> Iterator[Server]:
    """Their HAProxy, with what we print in it; `place / "log"` is where it logs to."""
    printed = nightlatch(place, "gateway", "--print", "haproxy", **settings)
    assert printed.returncode == 0, printed.stderr
    rules, backend, rest = printed.stdout.partition("\nbackend nightlatch-gate")
    config = GIVEN.format(log=place / "log", printed=indent(rules, "    "), behind=behind.port)
    with proxy(place, config + backend + rest) as server:
        yield server


def test_everything_is_seen_and_their_logs_stay(behind: Server, tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    with gateway_agent(tmp_path) as agent, theirs(tmp_path, behind) as server:
        eventually(lambda: server.get("/.nightlatch/health").text == "ok", pause=0.02)
        assert server.get("/other").text == "page"
        assert len(server.get("/users?n=3").json()) == 3
        told = dict(CLIENT.post(f"{server.url}/echo", json={"a": 1}).json()["fields"])
        assert told["x-ours"] == "yes"
        server.get("/download?n=1000000")
        with socket.create_connection(("127.0.0.1", server.port)) as impatient:
            impatient.sendall(b"GET /download?n=50000000&sized HTTP/1.1\r\nHost: gone\r\n\r\n")
            assert impatient.recv(1_000)
        eventually(lambda: log.of("n=50000000"), pause=0.02)
        for sent in ("/users?n=3", "POST /echo", "GET /other", "n=1000000"):
            (line,) = log.of(sent)
            assert "www" in line
        assert agent.stop() == 0
        assert server.get("/users?n=1").status_code == 200
    found = {(one.path, one.host == "gone"): one for one in on_record(tmp_path)}
    assert {key: one.ending for key, one in found.items()} == {
        ("/other", False): Ending.ANSWERED, ("/users", False): Ending.ANSWERED,
        ("/echo", False): Ending.ANSWERED, ("/download", False): Ending.ANSWERED,
        ("/download", True): Ending.CLIENT_GONE,
    }  # fmt: skip
    assert len(found["/users", False].disclosed) == 3
    assert 1_000_000 <= found["/download", False].response.size < 1_002_000


def test_answers_of_ours_and_none_when_the_agent_is_gone(behind: Server, tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    with gateway_agent(tmp_path) as agent, theirs(tmp_path, behind) as server:
        eventually(lambda: server.get("/.nightlatch/health").text == "ok", pause=0.02)
        order = Order(MeasureKind.CHALLENGE, "127.0.0.1", lasts=600.0)
        with desk(Settings(data_dir=str(tmp_path / ".nightlatch")), looks=False) as one:
            one.order(order)
        eventually(lambda: server.get("/users?n=1").status_code == 403, pause=0.05)
        told = server.get("/users?n=1")
        assert told.headers["content-type"] == "application/problem+json"
        # From our own server, which their checks would have taken down.
        page = server.get("/users?n=1", headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["content-type"][:9]) == (403, "text/html")
        agent.process.kill()
        agent.process.wait()
        assert server.get("/users?n=4").status_code == 200
        assert eventually(lambda: log.of("n=4"), pause=0.02)
