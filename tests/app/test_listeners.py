"""Real clients write to real sockets: what they send arrives, and whatever does not is counted."""

import json
import logging
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from logging.handlers import SysLogHandler
from pathlib import Path
from typing import Any

import pygelf  # type: ignore[import-untyped]
import pytest
from tests.capture.intakes import RememberingIntake
from tests.servers import eventually

from nightlatch.app.configuration import configure
from nightlatch.app.listeners import Listeners
from nightlatch.exchange.tally import Tally
from nightlatch.settings import ConfigurationError

EXCHANGE = {"method": "GET", "path": "/users/7", "status": 200}


@contextmanager
def listening(intake: RememberingIntake, **settings: Any) -> Iterator[Listeners]:
    listeners = Listeners(configure(settings, {}), intake)
    listeners.start()
    try:
        yield listeners
    finally:
        listeners.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Certificate and key in one file; it vouches for itself."""
    both = tmp_path / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    options = [
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
        "-keyout",
        str(both),
        "-out",
        "c.pem",
    ]
    subprocess.run([*command, *options], cwd=tmp_path, check=True, capture_output=True)
    both.write_text(both.read_text() + (tmp_path / "c.pem").read_text())
    return both


def port_of(listeners: Listeners, number: int = 0) -> int:
    return int(listeners.addresses[number].rpartition(":")[2])


def tally_of(listeners: Listeners) -> Tally:
    return next(iter(listeners.tallies().values()))


def balanced(tally: Tally) -> bool:
    ends = tally.taken + tally.lost + tally.idle + tally.malformed + tally.pieces
    return tally.received == ends + tally.over_rate


def one_message(handler: logging.Handler, text: str = "hello") -> None:
    record = logging.LogRecord("api", logging.INFO, __file__, 1, text, None, None)
    with closing(handler):
        handler.handle(record)


def gelf_fields(path: str = "/users/7") -> dict[str, Any]:
    return {"_http.request.method": "GET", "_url.path": path, "_http.response.status_code": 200}


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("size", [10, 60_000])
def test_pygelf_over_udp(compress: bool, size: int) -> None:
    intake = RememberingIntake()
    with listening(intake, gelf_listen=("udp://127.0.0.1:0",)) as listeners:
        path = "/" + "".join(f"{one:x}" for one in range(size // 4))[:size]
        handler = pygelf.GelfUdpHandler(
            host="127.0.0.1",
            port=port_of(listeners),
            compress=compress,
            static_fields=gelf_fields(path),
        )
        one_message(handler)
        eventually(lambda: intake.seen, pause=0.01)
    assert [one.request.path for one in intake.seen] == [path]
    assert balanced(tally_of(listeners))
    assert (tally_of(listeners).pieces > 0) == (size > 10)


def test_pygelf_over_tcp() -> None:
    intake = RememberingIntake()
    with listening(intake, gelf_listen=("tcp://127.0.0.1:0",)) as listeners:
        handler = pygelf.GelfTcpHandler(
            host="127.0.0.1", port=port_of(listeners), static_fields=gelf_fields()
        )
        one_message(handler)
        eventually(lambda: intake.seen, pause=0.01)
    assert intake.seen[0].source.name == "gelf-tcp"


def test_pygelf_over_tls(certificate: Path) -> None:
    intake = RememberingIntake()
    with listening(
        intake, gelf_listen=("tls://127.0.0.1:0",), listeners_certificate=str(certificate)
    ) as listeners:
        handler = pygelf.GelfTlsHandler(
            host="127.0.0.1",
            port=port_of(listeners),
            validate=True,
            ca_certs=str(certificate),
            static_fields=gelf_fields(),
        )
        handler.ctx.check_hostname = False
        one_message(handler)
        eventually(lambda: intake.seen, pause=0.01)
    assert intake.seen[0].source.name == "gelf-tls"


def test_senders_over_tls_must_show_a_certificate_where_one_is_wanted(certificate: Path) -> None:
    intake = RememberingIntake()
    settings = {
        "listeners_certificate": str(certificate),
        "listeners_authority": str(certificate),
    }
    with listening(intake, syslog_listen=("tls://127.0.0.1:0",), **settings) as listeners:
        context = ssl.create_default_context(cafile=str(certificate))
        context.check_hostname = False
        with suppress(OSError), tls_client(context, port_of(listeners)) as nobody:
            nobody.sendall(b"<13>" + json.dumps({"method": "GET", "path": "/nobody"}).encode())
            assert nobody.recv(1) == b""
        context.load_cert_chain(certificate)
        with tls_client(context, port_of(listeners)) as known:
            known.sendall(b"<13>" + json.dumps(EXCHANGE).encode() + b"\n")
            eventually(lambda: intake.seen, pause=0.01)
    assert [one.request.path for one in intake.seen] == ["/users/7"]


@contextmanager
def tls_client(context: ssl.SSLContext, port: int) -> Iterator[ssl.SSLSocket]:
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped,
    ):
        yield wrapped


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_pythons_own_syslog_handler(kind: socket.SocketKind) -> None:
    intake = RememberingIntake()
    transport = "udp" if kind is socket.SOCK_DGRAM else "tcp"
    with listening(intake, syslog_listen=(f"{transport}://127.0.0.1:0",)) as listeners:
        handler = SysLogHandler(("127.0.0.1", port_of(listeners)), socktype=kind)
        handler.ident = "shop: "
        one_message(handler, json.dumps(EXCHANGE))
        eventually(lambda: intake.seen, pause=0.01)
    assert (intake.seen[0].request.path, intake.seen[0].service) == ("/users/7", "shop")


@pytest.mark.parametrize(
    "options", [("--udp", "--rfc3164"), ("--udp", "--rfc5424"), ("--tcp", "--rfc5424"),
                ("--tcp", "--octet-count"), ("--tcp", "--rfc3164")],
)  # fmt: skip
def test_the_systems_logger(options: tuple[str, ...]) -> None:
    intake = RememberingIntake()
    transport = options[0].removeprefix("--")
    with listening(intake, syslog_listen=(f"{transport}://127.0.0.1:0",)) as listeners:
        where = ["--server", "127.0.0.1", "--port", str(port_of(listeners)), "--tag", "shop"]
        subprocess.run(["logger", *options, *where, json.dumps(EXCHANGE)], check=True)
        eventually(lambda: intake.seen, pause=0.01)
    assert (intake.seen[0].request.path, intake.seen[0].service) == ("/users/7", "shop")
    assert abs(intake.seen[0].at - time.time()) < 60


def test_strangers_are_refused_and_counted() -> None:
    intake = RememberingIntake()
    with listening(
        intake,
        gelf_listen=("udp://127.0.0.1:0", "tcp://127.0.0.1:0"),
        gelf_allow=("192.0.2.0/24",),
    ) as listeners:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"{}", ("127.0.0.1", port_of(listeners)))
        with socket.create_connection(("127.0.0.1", port_of(listeners, 1))) as stranger:
            assert stranger.recv(1) == b""
        udp, tcp = listeners.tallies().values()
        eventually(lambda: udp.refused and tcp.refused, pause=0.01)
    assert (udp.received, tcp.received, intake.rejected) == (0, 0, [])


@pytest.mark.slow
def test_why_nothing_comes_in_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with listening(RememberingIntake(), syslog_listen=("udp://127.0.0.1:0",)) as listeners:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            for _ in range(150):
                client.sendto(b"<13>just a word", ("127.0.0.1", port_of(listeners)))
        eventually(lambda: tally_of(listeners).idle == 150, pause=0.01)
        eventually(lambda: "tells of an HTTP exchange" in caplog.text)
    assert len(caplog.records) == 1


def test_connections_are_bounded() -> None:
    intake = RememberingIntake()
    with listening(
        intake, syslog_listen=("tcp://127.0.0.1:0",), listeners_connections=2
    ) as listeners:
        where = ("127.0.0.1", port_of(listeners))
        with (
            socket.create_connection(where) as one,
            socket.create_connection(where) as two,
            socket.create_connection(where) as three,
        ):
            assert three.recv(1) == b""
            two.sendall(b"<13>" + json.dumps(EXCHANGE).encode() + b"\n")
            eventually(lambda: intake.seen, pause=0.01)
            one.close()
    assert tally_of(listeners).crowded == 1


def test_malformed_messages_are_told_and_do_not_stop_their_neighbours() -> None:
    intake = RememberingIntake()
    with listening(intake, gelf_listen=("tcp://127.0.0.1:0",)) as listeners:
        sound = json.dumps({"version": "1.1", "host": "h", "short_message": "s", **gelf_fields()})
        stream = [b"{", sound.encode(), b"\xff" * 900, b"[]", sound.encode(), b'{"version":"9"}']
        with socket.create_connection(("127.0.0.1", port_of(listeners))) as client:
            client.sendall(b"\0".join(stream) + b"\0")
        eventually(lambda: len(intake.rejected) == 4, pause=0.01)
    assert len(intake.seen) == 2
    assert max(len(excerpt) for *_, excerpt in intake.rejected) == 512
    assert balanced(tally_of(listeners))


def test_a_sender_over_its_rate_is_counted() -> None:
    intake = RememberingIntake()
    with listening(
        intake, syslog_listen=("tcp://127.0.0.1:0",), listeners_per_second=5
    ) as listeners:
        with socket.create_connection(("127.0.0.1", port_of(listeners))) as client:
            client.sendall((b"<13>" + json.dumps(EXCHANGE).encode() + b"\n") * 100)
        eventually(lambda: tally_of(listeners).received == 100, pause=0.01)
    tally = tally_of(listeners)
    assert balanced(tally)
    assert tally.over_rate >= 80
    assert sum(intake.lost.values()) == tally.over_rate


@pytest.mark.slow
def test_a_flood_of_datagrams_adds_up() -> None:
    """Some do not fit into the kernel's buffer, some not into the intake: all are counted."""
    intake = RememberingIntake(room=5_000)
    sent = 60_000
    with listening(
        intake, gelf_listen=("udp://127.0.0.1:0",), listeners_per_second=10_000_000
    ) as listeners:
        sound = json.dumps({
            "version": "1.1", "host": "h", "short_message": "s", **gelf_fields(), "_x": "y" * 1_000,
        }).encode()  # fmt: skip
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect(("127.0.0.1", port_of(listeners)))
            for number in range(sent):
                client.send(sound if number % 10 else b"{")
    tally = tally_of(listeners)
    assert balanced(tally)
    assert tally.received + tally.overrun == sent
    assert tally.taken == len(intake.seen)
    assert sum(intake.lost.values()) == tally.lost + tally.overrun
    assert tally.lost > 0
    assert len(intake.rejected) == tally.malformed


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = configure({"syslog_listen": (f"tcp://127.0.0.1:{port}",)}, {})
        with pytest.raises(OSError, match=f"tcp://127.0.0.1:{port}"):
            Listeners(settings, RememberingIntake())


def test_tls_without_a_certificate_is_told() -> None:
    settings = configure({"syslog_listen": ("tls://127.0.0.1:0",)}, {})
    with pytest.raises(OSError, match="NIGHTLATCH_LISTENERS_CERTIFICATE"):
        Listeners(settings, RememberingIntake())


def test_mistakes_in_the_settings_are_told_together() -> None:
    with pytest.raises(ConfigurationError) as caught:
        configure(
            {
                "gelf_listen": ("udp://127.0.0.1", "http://127.0.0.1:1"),
                "gelf_allow": ("everybody",),
                "syslog_fields": ("colour=red",),
            },
            {},
        )
    assert len(caught.value.mistakes) == 3
    assert "udp://127.0.0.1, http://127.0.0.1:1" in str(caught.value)


def test_nothing_is_opened_where_nothing_is_set() -> None:
    with listening(RememberingIntake()) as listeners:
        assert listeners.addresses == []
