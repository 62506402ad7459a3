"""Real files, real servers: what leaves arrives whole, once, and what cannot is counted."""

import gzip
import json
import math
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.app.test_listeners import listening, port_of
from tests.capture.intakes import RememberingIntake
from tests.records import record
from tests.respond.exports.samples import ALERT
from tests.servers import eventually

from nightlatch.exchange.record import Record
from nightlatch.respond.exports.destination import open_sender, read_destination
from nightlatch.respond.exports.exporter import Exporter
from nightlatch.respond.exports.formats import FORMATS
from nightlatch.respond.exports.sending import Undelivered, Unwanted
from nightlatch.respond.exports.wire import gelf_datagrams
from nightlatch.respond.live import Feed

pytestmark = pytest.mark.slow


class Collecting(ThreadingHTTPServer):
    """Answers as it is told, and keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[int] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Collecting

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.answers.pop(0) if self.server.answers else 200
        if status == 200:
            self.server.bodies.append(body)
        self.server.headers.append({name.lower(): text for name, text in self.headers.items()})
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_words: Any) -> None: ...


@pytest.fixture
def siem() -> Iterator[Collecting]:
    with Collecting() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        yield server
        server.shutdown()


@contextmanager
def exporting(entry: str, feed: Feed, capacity: int = 10_000) -> Iterator[Exporter]:
    subscription = feed.subscribe(capacity, lasting=True)
    exporter = Exporter(read_destination(entry), subscription)
    try:
        yield exporter
    finally:
        exporter.stop()


def url(server: Collecting) -> str:
    return f"http://bearer:sesame@127.0.0.1:{server.server_port}/in"


def records(number: int) -> Sequence[Record]:
    return [record(one, path=f"/{one}") for one in range(number)]


def paths(lines: Sequence[bytes]) -> list[str]:
    told = [json.loads(line) for line in lines]
    return [one["exchange"]["path"] for one in told if one["event"] == "exchange"]


EXPECTED = [f"/{one}" for one in range(1_200)]


def test_a_file_has_every_record_on_a_line(tmp_path: Path) -> None:
    feed, file = Feed(), tmp_path / "out.ndjson"
    with exporting(f"jsonl file:{file}", feed) as exporter:
        feed.publish(records(1_200))
    assert paths(file.read_bytes().splitlines()) == EXPECTED
    assert (exporter.counts.sent, exporter.counts.lost, exporter.counts.trouble) == (1_200, 0, "")
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("form", [one for one in FORMATS if not FORMATS[one].binary])
def test_a_path_that_is_no_text_hides_nothing(tmp_path: Path, form: str) -> None:
    feed, file = Feed(), tmp_path / "out"
    with exporting(f"{form} file:{file}", feed) as exporter:
        feed.publish([record(1), record(2, path="/\udcff\ud800"), record(3)])
    assert len(file.read_bytes().splitlines()) == 3
    assert b"/??" in file.read_bytes()
    assert (exporter.counts.sent, exporter.counts.lost) == (3, 0)


def test_what_cannot_be_written_is_counted_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE")
    feed, file = Feed(), tmp_path / "out"
    with exporting(f"ocsf file:{file}", feed) as exporter:
        feed.publish([record(1), record(2, at=math.inf), record(3)])
    assert len(file.read_bytes().splitlines()) == 2
    assert (exporter.counts.sent, exporter.counts.lost) == (2, 1)


@pytest.mark.parametrize("how", ["rename", "remove"])
def test_a_rotated_file_is_followed(tmp_path: Path, how: str) -> None:
    file, old = tmp_path / "out", tmp_path / "out.1"
    sender = open_sender(read_destination(f"cef file:{file}"))
    sender.send([b"one", b"two"])
    os.link(file, old)
    if how == "rename":
        file.rename(tmp_path / "out.2")
    else:
        file.unlink()
    sender.send([b"three"])
    sender.close()
    assert (old.read_bytes(), file.read_bytes()) == (b"one\ntwo\n", b"three\n")


def test_a_disk_that_is_full_leaves_whole_lines() -> None:
    sender = open_sender(read_destination("cef file:/dev/full"))
    with pytest.raises(Undelivered, match="/dev/full"):
        sender.send([b"one"])


def test_http_takes_batches_with_its_token(siem: Collecting) -> None:
    feed = Feed()
    with exporting(f"jsonl {url(siem)}", feed) as exporter:
        feed.publish(records(1_200))
        eventually(lambda: exporter.counts.sent == 1_200, pause=0.02)
    assert len(siem.bodies) == 3
    assert paths(b"".join(siem.bodies).splitlines()) == EXPECTED
    assert siem.headers[0]["authorization"] == "Bearer sesame"


@pytest.mark.parametrize("status", [500, 503, 429, 401])
def test_what_fails_is_sent_again_and_once(siem: Collecting, status: int) -> None:
    feed = Feed()
    siem.answers = [status]
    with exporting(f"jsonl {url(siem)}", feed) as exporter:
        feed.publish(records(700))
        eventually(lambda: str(status) in exporter.counts.trouble, pause=0.02)
        eventually(lambda: exporter.counts.sent == 700, pause=0.02)
    assert paths(b"".join(siem.bodies).splitlines()) == EXPECTED[:700]
    assert exporter.counts.trouble == ""


def test_what_is_refused_for_good_is_counted_and_left(siem: Collecting) -> None:
    feed = Feed()
    siem.answers = [400]
    with exporting(f"jsonl {url(siem)}", feed) as exporter:
        feed.publish(records(700))
        eventually(lambda: exporter.counts.sent == 200, pause=0.02)
    assert exporter.counts.unwanted == 500
    assert paths(b"".join(siem.bodies).splitlines()) == EXPECTED[500:700]


def test_a_destination_that_is_gone_slows_nobody_and_is_counted() -> None:
    feed = Feed()
    began = time.monotonic()
    with exporting("jsonl http://127.0.0.1:1/in", feed, capacity=1_000) as exporter:
        feed.publish(records(100))
        eventually(lambda: exporter.counts.trouble, pause=0.02)
        for _ in range(20):
            feed.publish(records(500))
        published = time.monotonic() - began
    assert published < 20
    assert exporter.counts.sent == 0
    assert exporter.counts.lost == 10_100


def test_only_what_is_wanted_leaves(siem: Collecting) -> None:
    feed = Feed()
    with exporting(f'jsonl {url(siem)} where path ~ "/7*"', feed) as exporter:
        feed.publish(records(100))
        eventually(lambda: exporter.counts.sent == 11, pause=0.02)
    assert all(path.startswith("/7") for path in paths(siem.bodies[0].splitlines()))


def test_alerts_leave_too(siem: Collecting) -> None:
    with exporting(f"ocsf {url(siem)}", Feed()) as exporter:
        exporter.notify(ALERT)
        eventually(lambda: siem.bodies, pause=0.02)
    assert json.loads(siem.bodies[0])["class_uid"] == 2004


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_gelf_arrives_at_our_own_listener(transport: str) -> None:
    intake, feed = RememberingIntake(), Feed()
    with listening(intake, gelf_listen=(f"{transport}://127.0.0.1:0",)) as listeners:
        port = port_of(listeners)
        with exporting(f"gelf {transport}://127.0.0.1:{port}", feed):
            feed.publish(records(300))
            eventually(lambda: len(intake.seen) == 300, pause=0.02)
    assert [one.request.path for one in intake.seen] == EXPECTED[:300]
    assert intake.rejected == []


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_syslog_arrives_at_our_own_listener(transport: str) -> None:
    """GELF's JSON as the text of a syslog message: both ends and what is between them."""
    intake, feed = RememberingIntake(), Feed()
    with listening(intake, syslog_listen=(f"{transport}://127.0.0.1:0",)) as listeners:
        place = f"syslog+{transport}://127.0.0.1:{port_of(listeners)}"
        with exporting(f"gelf {place}", feed):
            feed.publish(records(300))
            eventually(lambda: len(intake.seen) == 300, pause=0.02)
    assert [one.request.path for one in intake.seen] == EXPECTED[:300]


def test_a_large_event_is_chunked_and_a_huge_one_unwanted() -> None:
    noise = gzip.compress(os.urandom(50_000), 0)
    chunks = gelf_datagrams(noise)
    assert len(chunks) == 7
    assert all(chunk[:2] == b"\x1e\x0f" and chunk[11] == 7 for chunk in chunks)
    with pytest.raises(Unwanted):
        gelf_datagrams(os.urandom(2_000_000))


def test_an_event_too_large_for_a_datagram_does_not_stop_its_neighbours() -> None:
    intake, feed = RememberingIntake(), Feed()
    with listening(intake, syslog_listen=("udp://127.0.0.1:0",)) as listeners:
        place = f"syslog+udp://127.0.0.1:{port_of(listeners)}"
        with exporting(f"gelf {place}", feed) as exporter:
            feed.publish([record(1), record(2, path="/" + "x" * 70_000), record(3)])
            eventually(lambda: len(intake.seen) == 2, pause=0.02)
    assert (exporter.counts.sent, exporter.counts.unwanted) == (2, 1)
