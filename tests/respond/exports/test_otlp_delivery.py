"""OTLP over real sockets: to our own door, and to receivers that say no in every way there is."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from google.protobuf.json_format import Parse
from msgspec import Struct
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from tests.capture.collector_server import serving
from tests.capture.intakes import TOKEN, OneToken, RememberingIntake
from tests.records import record

from nightlatch.capture.otlp.source import OtlpSource
from nightlatch.exchange.record import Record
from nightlatch.exchange.source import SourceKind
from nightlatch.respond.exports.destination import read_destination
from nightlatch.respond.exports.exporter import Exporter
from nightlatch.respond.exports.formats import FORMATS
from nightlatch.respond.exports.sending import Undelivered, Unwanted
from nightlatch.respond.exports.web import HttpSender
from nightlatch.respond.live import Feed

FORMS = ("otlp", "otlp-protobuf")
NOW = 1_795_029_508.0


class Answer(Struct):
    status: int = 200
    body: bytes = b""
    media: str = "application/x-protobuf"
    retry_after: str = ""


class Receiver(ThreadingHTTPServer):
    """Answers as it is told, and keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = Answer()
        self.heard: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/logs"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fields = {name.lower(): text for name, text in self.headers.items()}
        self.server.heard.append((fields, body))
        answer = self.server.answer
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media)
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.retry_after:
            self.send_header("Retry-After", answer.retry_after)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_words: Any) -> None: ...


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        yield server
        server.shutdown()


def send(url: str, form: str, *batches: list[bytes]) -> None:
    authorization = f"Bearer {TOKEN}"
    with closing(HttpSender(url, FORMATS[form], authorization, clock=lambda: NOW)) as sender:
        for batch in batches:
            sender.send(batch)


def events(form: str, *records: Record) -> list[bytes]:
    return [FORMATS[form].exchange(one) for one in records]


def understood(body: bytes, media: str) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    if media == "application/json":
        Parse(body, request)
    else:
        assert media == "application/x-protobuf"
        request.ParseFromString(body)
    return request


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_batch_is_one_request_and_packed(receiver: Receiver, form: str) -> None:
    send(receiver.url, form, events(form, *map(record, range(50))))
    ((fields, body),) = receiver.heard
    assert fields["content-encoding"] == "gzip"
    assert fields["authorization"] == f"Bearer {TOKEN}"
    whole = gzip.decompress(body)
    assert len(body) < len(whole) / 5
    assert len(understood(whole, fields["content-type"]).resource_logs) == 50


@pytest.mark.parametrize("form", FORMS)
def test_what_is_small_is_not_packed(receiver: Receiver, form: str) -> None:
    send(receiver.url, form, [])
    fields, body = receiver.heard[0]
    assert "content-encoding" not in fields
    assert len(understood(body, fields["content-type"]).resource_logs) == 0


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_our_own_door_takes_all_of_it(form: str) -> None:
    intake = RememberingIntake()
    with serving(OtlpSource(intake, OneToken(SourceKind.OTLP)).routes) as url:
        sent = [record(number, path=f"/{number}") for number in range(300)]
        batches = [events(form, *sent[start : start + 100]) for start in range(0, 300, 100)]
        send(f"{url}/v1/logs", form, *batches)
    assert [seen.request.path for seen in intake.seen] == [f"/{number}" for number in range(300)]
    assert not intake.rejected


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_our_own_door_says_how_many_it_had_no_room_for(form: str) -> None:
    intake = RememberingIntake(room=40)
    with (
        serving(OtlpSource(intake, OneToken(SourceKind.OTLP)).routes) as url,
        pytest.raises(Unwanted, match="no room") as unwanted,
    ):
        send(f"{url}/v1/logs", form, events(form, *map(record, range(100))))
    assert (len(intake.seen), unwanted.value.number) == (40, 60)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("status", "comes_again"),
    [(429, True), (502, True), (503, True), (504, True), (401, True), (404, True),
     (400, False), (413, False), (500, False), (501, False)],
)  # fmt: skip
def test_what_is_sent_again_and_what_never(
    receiver: Receiver, form: str, status: int, comes_again: bool
) -> None:
    receiver.answer = Answer(status)
    with pytest.raises(Undelivered if comes_again else Unwanted, match=str(status)):
        send(receiver.url, form, events(form, record(1)))


WAITS = {
    "7": 7.0,
    "100000": 300.0,
    formatdate(NOW + 42, usegmt=True): 42.0,
    formatdate(NOW - 42, usegmt=True): 0.0,
    "soon": 0.0,
    "Mon, 01 Jan 2024 00:00:00 +99999999999999999999": 0.0,
    "-5": 0.0,
    "": 0.0,
}


@pytest.mark.parametrize("told", WAITS)
def test_receivers_say_when_to_come_again(receiver: Receiver, told: str) -> None:
    receiver.answer = Answer(503, retry_after=told)
    with pytest.raises(Undelivered) as undelivered:
        send(receiver.url, "otlp", events("otlp", record(1)))
    assert undelivered.value.retry_after == WAITS[told]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("media", ["application/x-protobuf", "application/json"])
def test_what_is_rejected_of_a_batch_is_counted_and_not_sent_again(
    receiver: Receiver, form: str, media: str
) -> None:
    partial = ExportLogsPartialSuccess(rejected_log_records=2, error_message="too\nold")
    binary = ExportLogsServiceResponse(partial_success=partial).SerializeToString()
    text = json.dumps({"partialSuccess": {"rejectedLogRecords": "2", "errorMessage": "too\nold"}})
    receiver.answer = Answer(200, text.encode() if media.endswith("json") else binary, media)
    with pytest.raises(Unwanted, match=r"rejected 2 \(tooold\)") as unwanted:
        send(receiver.url, form, events(form, *map(record, range(5))))
    assert unwanted.value.number == 2


def test_a_receiver_that_rejects_more_than_it_was_sent_confuses_no_count(
    receiver: Receiver,
) -> None:
    told = json.dumps({"partialSuccess": {"rejectedLogRecords": "9" * 400}})
    receiver.answer = Answer(200, told.encode(), "application/json")
    feed = Feed()
    exporter = Exporter(read_destination(f"otlp {receiver.url}"), feed.subscribe(10, lasting=True))
    feed.publish([record(1)])
    exporter.stop()
    assert (exporter.counts.sent, exporter.counts.unwanted) == (0, 1)


def test_protobuf_goes_over_http_alone() -> None:
    assert read_destination("otlp-protobuf http://127.0.0.1:4318/v1/logs").form.binary
    for place in ("file:/tmp/x", "syslog+udp://a", "udp://a"):
        with pytest.raises(ValueError, match="HOST/PATH"):
            read_destination(f"otlp-protobuf {place}")
