"""Shipping over real sockets: taken, retried, refused, interrupted, forked, ended."""

import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from tests.capture.collector_server import (
    TOKEN,
    RememberingSink,
    collector,
    eventually,
    serving,
)
from tests.records import record
from tests.servers import free_port

from nightlatch.capture import outbox, shipping, wire
from nightlatch.capture.shipping import Shipper
from nightlatch.exchange.facts import Contract, Directives
from nightlatch.exchange.judgement import Mode, Outcome

pytestmark = pytest.mark.slow

GONE = Outcome.LOST_COLLECTOR_GONE.value
FAULT = Outcome.LOST_FAULT.value


@pytest.fixture
def sink() -> RememberingSink:
    return RememberingSink()


@pytest.fixture(autouse=True)
def _haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "POLL_EVERY", 0.1)
    monkeypatch.setattr(outbox, "LINGER", 0.05)


@pytest.fixture
def shippers() -> Iterator[list[Shipper]]:
    """Those that a test makes; ended after it."""
    made: list[Shipper] = []
    yield made
    for shipper in made:
        shipper.close(0.5)


@pytest.fixture
def ship(shippers: list[Shipper]) -> Any:
    def make(url: str, token: str = TOKEN, **options: Any) -> Shipper:
        shipper = Shipper(url, token, "api", version="1.0", **options)
        shippers.append(shipper)
        return shipper

    return make


def test_twenty_thousand_records_arrive_once_each(sink: RememberingSink, ship: Any) -> None:
    with collector(sink) as url:
        shipper = ship(url)
        for start in range(0, 20_000, 500):
            shipper.send([record(number) for number in range(start, start + 500)])
        eventually(lambda: len(sink.records) == 20_000)
        eventually(lambda: shipper.shipment().shipped == 20_000)
        shipper.close()
    assert sink.taken == 20_000
    assert shipper.shipment().lost == {}
    assert sink.records[record(7).id] == record(7)
    assert sink.reports[-1].leaving
    assert not sink.reports[0].leaving
    assert len({report.instance for report in sink.reports}) == 1


def test_a_collector_that_comes_later_gets_everything(
    sink: RememberingSink, ship: Any, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    shipper = ship(f"http://127.0.0.1:{port}")
    shipper.send([record(number) for number in range(1_500)])
    eventually(lambda: shipper.shipment().problem)
    assert "start it with `nightlatch up`" in shipper.shipment().problem
    with collector(sink, port):
        eventually(lambda: len(sink.records) == 1_500)
        eventually(lambda: not shipper.shipment().problem)
        lines = [line.message for line in caplog.records if line.levelno >= logging.WARNING]
    assert lines[0].startswith(f"The collector at http://127.0.0.1:{port} cannot be reached")
    assert lines[-1] == "The collector takes records again"
    assert len(lines) == 2, "it does not repeat itself"


def test_a_collector_that_restarts_loses_nothing(sink: RememberingSink, ship: Any) -> None:
    port = free_port()
    with collector(sink, port) as url:
        shipper = ship(url)
        shipper.send([record(1)])
        eventually(lambda: len(sink.records) == 1)
    shipper.send([record(2)])
    with collector(sink, port):
        shipper.send([record(3)])
        eventually(lambda: len(sink.records) == 3)
    assert shipper.shipment().lost == {}


def test_a_slow_collector_never_slows_the_application(sink: RememberingSink, ship: Any) -> None:
    sink.delay = 0.3
    with collector(sink) as url:
        shipper = ship(url, max_records=2_000)
        for number in range(8_000):
            shipper.send([record(number)])
        assert shipper.shipment().waiting <= 2_000
        eventually(lambda: shipper.shipment().waiting == 0)
        shipper.close()
    assert len(sink.records) + shipper.shipment().lost[GONE] == 8_000
    assert record(7_999).id in sink.records, "the oldest are dropped, not the newest"
    assert sink.reports[-1].lost[GONE] > 0


def test_decisions_reach_an_idle_application(sink: RememberingSink, ship: Any) -> None:
    got: list[Directives] = []
    with collector(sink) as url:
        shipper = ship(url, on_directives=got.append)
        shipper.start()
        eventually(lambda: sink.reports)
        decided = Directives(7, Mode.ENFORCE, (Contract("GET /", hourly_limit=3),))
        sink.directives = decided
        eventually(lambda: got and got[-1] == decided)
        eventually(lambda: sink.reports[-1].revision == 7)
        shipper.close()
    assert len(got) == 1, "only news is sent"
    assert shipper.shipment().revision == 7


def test_directives_that_cannot_be_applied_are_tried_again(
    sink: RememberingSink, ship: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE")
    tries: list[int] = []

    def apply(directives: Directives) -> None:
        tries.append(directives.revision)
        if len(tries) < 2:
            raise KeyError("a bug")

    sink.directives = Directives(7)
    with collector(sink) as url:
        shipper = ship(url, on_directives=apply)
        shipper.start()
        eventually(lambda: len(tries) == 2)
        eventually(lambda: shipper.shipment().revision == 7)
        shipper.send([record(1)])
        eventually(lambda: sink.records)


def test_a_wrong_token_says_what_to_set(
    sink: RememberingSink, ship: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with collector(sink) as url:
        shipper = ship(url, "a-wrong-token")
        shipper.send([record(number) for number in range(1_000)])
        eventually(lambda: "NIGHTLATCH_TOKEN" in shipper.shipment().problem)
        shipper.close()
    assert sink.records == {}
    assert shipper.shipment().lost == {GONE: 1_000}
    assert "a-wrong-token" not in caplog.text


async def _teapot(request: Request) -> Response:
    return PlainTextResponse("Hello, I am a blog.")


async def _redirect(request: Request) -> Response:
    return RedirectResponse("https://elsewhere.example/")


async def _overloaded(request: Request) -> Response:
    return Response(status_code=503, headers={"Retry-After": "1"})


@pytest.mark.parametrize(
    ("routes", "words"),
    [
        ([], "takes records of version 1 (status 404"),
        ([Route(wire.PATH, _teapot, methods=["POST"])], "is not a Nightlatch collector"),
        ([Route(wire.PATH, _redirect, methods=["POST"])], "redirects to https://elsewhere"),
        ([Route(wire.PATH, _overloaded, methods=["POST"])], "busy or failing (status 503)"),
    ],
    ids=["another path", "another server", "a redirect", "an overloaded one"],
)
def test_a_wrong_address_says_what_it_found(routes: list[Route], words: str, ship: Any) -> None:
    with serving(routes) as url:
        shipper = ship(url)
        shipper.send([record(1)] * 1_000)
        eventually(lambda: words in shipper.shipment().problem)
    assert shipper.shipment().lost == {}, "it may be put right: nothing is lost yet"


def test_what_does_not_speak_http_is_no_collector(ship: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            for _ in range(2):
                connection, _ = server.accept()
                connection.recv(65536)
                connection.sendall(b"SSH-2.0-OpenSSH\r\n")
                connection.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        shipper = ship(f"http://127.0.0.1:{server.getsockname()[1]}")
        shipper.start()
        eventually(lambda: "cannot be reached" in shipper.shipment().problem)


def test_a_batch_that_cannot_be_read_is_dropped_and_counted(
    sink: RememberingSink, ship: Any
) -> None:
    with collector(sink) as url:
        shipper = ship(url)
        shipper.send([record(1, status=-5)] * 1_000)
        eventually(lambda: shipper.shipment().lost == {FAULT: 1_000})
        assert "run the same version" in shipper.shipment().problem
        shipper.send([record(2)] * 1_000)
        eventually(lambda: sink.records)


def test_a_batch_that_is_too_large_is_halved(sink: RememberingSink, ship: Any) -> None:
    with collector(sink, max_batch=100_000) as url:
        shipper = ship(url)
        giant = record(9_999, reason="x" * 200_000)
        shipper.send([*(record(number) for number in range(999)), giant])
        eventually(lambda: len(sink.records) == 999)
        eventually(lambda: shipper.shipment().lost == {FAULT: 1})
        assert sink.rejected["too large"] > 1


def test_text_that_cannot_be_encoded_is_counted(sink: RememberingSink, ship: Any) -> None:
    with collector(sink) as url:
        shipper = ship(url)
        shipper.send([record(1, path="/\udcff"), record(2)])
        eventually(lambda: list(sink.records) == [record(2).id])
    assert shipper.shipment().lost == {FAULT: 1}


def test_losses_elsewhere_in_the_process_are_reported(sink: RememberingSink, ship: Any) -> None:
    with collector(sink) as url:
        shipper = ship(url, queue_depth=lambda: 12)
        shipper.count(Outcome.LOST_QUEUE_FULL, 4)
        shipper.start()
        eventually(lambda: sink.reports)
    assert sink.reports[0].lost == {"lost-queue-full": 4}
    assert sink.reports[0].queue_depth == 12
    assert (sink.reports[0].service, sink.reports[0].version) == ("api", "1.0")


def test_what_waits_at_the_end_is_sent(sink: RememberingSink, ship: Any) -> None:
    with collector(sink) as url:
        shipper = ship(url)
        shipper.send([record(number) for number in range(2_500)])
        shipper.close()
    assert len(sink.records) == 2_500
    assert sink.reports[-1].leaving


def test_the_end_does_not_wait_for_a_collector_that_hangs(ship: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        shipper = ship(f"http://127.0.0.1:{hanging.getsockname()[1]}")
        shipper.send([record(number) for number in range(1_200)])
        # The first batch is under way: a full one, or a part if the sender woke while we queued.
        eventually(lambda: 200 <= shipper.shipment().waiting < 1_200)
        shipper.close(0.3)
    eventually(lambda: shipper.shipment().lost == {GONE: 1_200})
    shipper.send([record(1)])
    assert shipper.shipment().lost == {GONE: 1_201}, "after the end"


def test_an_end_without_a_beginning_is_nothing(ship: Any) -> None:
    ship("http://127.0.0.1:1").close()


def test_what_a_collector_that_is_gone_does_not_take_waits_on_disk(
    sink: RememberingSink, ship: Any, tmp_path: Path
) -> None:
    port = free_port()
    shipper = ship(f"http://127.0.0.1:{port}", spool=tmp_path, max_records=2_000)
    for start in range(0, 20_000, 500):
        shipper.send([record(number) for number in range(start, start + 500)])
        eventually(lambda: shipper.shipment().waiting < 1_500)
    eventually(lambda: shipper.shipment().spooled == 20_000)
    assert shipper.shipment().lost == {}, "memory holds a tenth of them"
    with collector(sink, port):
        eventually(lambda: len(sink.records) == 20_000, 30)
        eventually(lambda: not shipper.shipment().spooled)
        shipper.send([record(20_000)])
        eventually(lambda: record(20_000).id in sink.records)
    assert sink.taken == 20_001
    assert shipper.shipment().lost == {}
    assert max(report.spooled for report in sink.reports) > 10_000
    assert list(tmp_path.iterdir()) == []


def test_what_waits_at_the_end_goes_to_disk_and_the_next_process_sends_it(
    sink: RememberingSink, ship: Any, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        shipper = ship(f"http://127.0.0.1:{hanging.getsockname()[1]}", spool=tmp_path)
        shipper.send([record(number) for number in range(2_500)])
        shipper.close(1.0)
    assert shipper.shipment().lost == {}
    assert shipper.shipment().spooled == 2_500
    with collector(sink) as url:
        ship(url, spool=tmp_path).start()
        eventually(lambda: len(sink.records) == 2_500)
    assert sink.taken == 2_500


def test_a_full_spool_lets_the_oldest_go_and_counts_them(
    sink: RememberingSink, ship: Any, tmp_path: Path
) -> None:
    port = free_port()
    shipper = ship(f"http://127.0.0.1:{port}", spool=tmp_path, spool_bytes=100_000)
    for start in range(0, 20_000, 1_000):
        shipper.send([record(number) for number in range(start, start + 1_000)])
        eventually(lambda: not shipper.shipment().waiting)
    size = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert 50_000 < size <= 100_000
    with collector(sink, port):
        eventually(lambda: not shipper.shipment().spooled and sink.records, 30)
    lost = shipper.shipment().lost[GONE]
    assert lost > 0
    assert len(sink.records) + lost == 20_000
    assert record(19_999).id in sink.records
    assert record(0).id not in sink.records


def test_without_room_on_disk_memory_is_what_there_is(
    sink: RememberingSink, ship: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    not_a_folder = tmp_path / "file"
    not_a_folder.touch()
    port = free_port()
    shipper = ship(f"http://127.0.0.1:{port}", spool=not_a_folder)
    assert "stay in memory" in caplog.text
    shipper.send([record(number) for number in range(1_500)])
    eventually(lambda: shipper.shipment().problem)
    with collector(sink, port):
        eventually(lambda: len(sink.records) == 1_500)
    assert shipper.shipment().lost == {}


def test_a_batch_that_is_refused_does_not_stay_on_disk(
    sink: RememberingSink, ship: Any, tmp_path: Path
) -> None:
    port = free_port()
    shipper = ship(f"http://127.0.0.1:{port}", spool=tmp_path)
    shipper.send([record(1, status=-5)] * 1_000)
    eventually(lambda: shipper.shipment().spooled == 1_000)
    shipper.send([record(2)])
    with collector(sink, port):
        eventually(lambda: sink.records)
        eventually(lambda: shipper.shipment().lost == {FAULT: 1_000})
    assert list(tmp_path.iterdir()) == []


def test_decisions_are_asked_for_at_once(
    sink: RememberingSink, ship: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "POLL_EVERY", 60.0)
    sink.directives = Directives(3)
    with collector(sink) as url:
        shipper = ship(url)
        shipper.start()
        eventually(lambda: shipper.shipment().revision == 3)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "must look like"),
        ("collector:4180", "must look like"),
        ("ftp://collector", "must look like"),
        ("http://", "must look like"),
        ("http://collector:notaport", "Port"),
        ("http://user:secret@collector", "put the token into NIGHTLATCH_TOKEN"),
        ("http://collector/?token=1", "put the token into NIGHTLATCH_TOKEN"),
    ],
)
def test_an_address_that_cannot_work_is_said_at_the_start(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as error:
        Shipper(url, TOKEN, "api")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "ümlaut"])
def test_a_token_that_cannot_work_is_said_at_the_start(token: str) -> None:
    with pytest.raises(ValueError, match="NIGHTLATCH_TOKEN"):
        Shipper("http://collector", token, "api")
