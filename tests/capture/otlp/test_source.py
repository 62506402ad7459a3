"""The door for OpenTelemetry, over real sockets: answers as the specification has them."""

import gzip
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from tests.capture.collector_server import serving
from tests.capture.intakes import TOKEN, OneToken, RememberingIntake
from tests.capture.otlp.spans import (
    SPAN,
    STABLE,
    TRACE,
    logs,
    logs_protobuf,
    record,
    span,
    traces,
    traces_protobuf,
)
from tests.servers import CLIENT

from nightlatch.capture.intake import OverRate
from nightlatch.capture.otlp.answers import JSON, PROTOBUF
from nightlatch.capture.otlp.source import MAX_BODY, OtlpSource
from nightlatch.capture.otlp.telemetry import Signal
from nightlatch.exchange.source import SourceKind

TARGETLESS = span({"http.request.method": "GET"})


@pytest.fixture
def intake() -> RememberingIntake:
    return RememberingIntake()


@pytest.fixture
def door() -> OneToken:
    return OneToken(SourceKind.OTLP)


@pytest.fixture
def source(intake: RememberingIntake, door: OneToken) -> OtlpSource:
    return OtlpSource(intake, door)


@pytest.fixture
def url(source: OtlpSource) -> Iterator[str]:
    with serving(source.routes) as url:
        yield url


def post(
    url: str, body: bytes, media: str = PROTOBUF, path: str = Signal.TRACES, **headers: str
) -> httpx.Response:
    given = {"Authorization": f"Bearer {TOKEN}", "Content-Type": media} | headers
    return CLIENT.post(url + path, content=body, headers=given)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("media", "path", "body", "answer"),
    [
        (PROTOBUF, Signal.TRACES, traces_protobuf(span(), span()), b""),
        (PROTOBUF, Signal.LOGS, logs_protobuf(record(), record()), b""),
        (JSON, Signal.TRACES, traces(span(), span()), b"{}"),
        (JSON, Signal.LOGS, logs(record(), record()), b"{}"),
        ("application/json; charset=utf-8", Signal.TRACES, traces(span(), span()), b"{}"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_taken_whole(
    url: str,
    intake: RememberingIntake,
    media: str,
    path: str,
    body: bytes,
    answer: bytes,
    packed: bool,
) -> None:
    headers = {"Content-Encoding": "gzip"} if packed else {}
    response = post(url, gzip.compress(body) if packed else body, media, path, **headers)
    assert (response.status_code, response.content) == (200, answer)
    assert response.headers["content-type"] == media.partition(";")[0]
    assert [seen.id for seen in intake.seen] == [TRACE + SPAN] * 2


@pytest.mark.slow
def test_partial_success_in_protobuf(url: str, intake: RememberingIntake) -> None:
    response = post(url, traces_protobuf(span(), TARGETLESS))
    answer = ExportTraceServiceResponse.FromString(response.content)
    assert answer.partial_success.rejected_spans == 1
    reason = "an HTTP span that does not say what was asked for"
    assert answer.partial_success.error_message == f"Not taken: {reason}."
    assert len(intake.seen) == 1
    assert intake.reasons == {reason: 1}
    assert intake.excerpts == [b"http.request.method"]


@pytest.mark.slow
def test_partial_success_in_json(url: str, intake: RememberingIntake) -> None:
    response = post(url, traces(TARGETLESS, 7, span()), JSON)
    partial = response.json()["partialSuccess"]
    # 64-bit integers are texts.
    assert partial["rejectedSpans"] == "2"
    assert "not a span" in partial["errorMessage"]
    assert len(intake.seen) == 1


@pytest.mark.slow
def test_partial_success_of_logs(url: str, intake: RememberingIntake) -> None:
    targetless = record({**STABLE, "url.path": 7})
    response = post(url, logs_protobuf(record(), targetless), path=Signal.LOGS)
    answer = ExportLogsServiceResponse.FromString(response.content)
    assert answer.partial_success.rejected_log_records == 1


@pytest.mark.slow
def test_what_half_fits_comes_again_whole(url: str, intake: RememberingIntake) -> None:
    """By their names those that were taken count once."""
    intake.room = 1
    assert post(url, traces(span(), span(), span()), JSON).status_code == 429
    assert (len(intake.seen), intake.lost.total()) == (1, 0)


@pytest.mark.slow
def test_what_has_no_name_and_no_room_is_told(url: str, intake: RememberingIntake) -> None:
    intake.room = 1
    nameless = record(traceId="", spanId="")
    response = post(url, logs(record(), nameless, nameless), JSON, Signal.LOGS)
    assert response.json()["partialSuccess"] == {
        "rejectedLogRecords": "2",
        "errorMessage": "Not taken: no room.",
    }
    assert (len(intake.seen), intake.lost.total()) == (1, 2)


@pytest.mark.slow
def test_no_room_at_all_may_be_tried_again(url: str, intake: RememberingIntake) -> None:
    intake.room = 0
    response = post(url, traces(span(), span()), JSON)
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    assert response.json() == {"code": 8, "message": response.json()["message"]}
    assert intake.lost.total() == 0


@pytest.mark.slow
def test_what_is_no_exchange_is_taken_and_counted(
    url: str, intake: RememberingIntake, source: OtlpSource
) -> None:
    others = [span(kind=3), span(kind=1), span({"rpc.system": "grpc"}), span()]
    assert post(url, traces(*others), JSON).json() == {}
    assert post(url, logs(record({}), record()), JSON, Signal.LOGS).json() == {}
    assert source.ignored == Counter({Signal.TRACES: 3, Signal.LOGS: 1})
    assert len(intake.seen) == 2
    assert not intake.rejected


@pytest.mark.slow
def test_metrics_are_answered(url: str, source: OtlpSource) -> None:
    request = ExportMetricsServiceRequest()
    scope = request.resource_metrics.add().scope_metrics.add()
    scope.metrics.add().gauge.data_points.add()
    response = post(url, request.SerializeToString(), path=Signal.METRICS)
    assert response.status_code == 200
    answer = ExportMetricsServiceResponse.FromString(response.content)
    assert answer.partial_success.rejected_data_points == 1
    assert "no metrics" in answer.partial_success.error_message
    assert source.ignored == Counter({Signal.METRICS: 1})
    assert post(url, b"{}", JSON, Signal.METRICS).json() == {}


@pytest.mark.slow
@pytest.mark.parametrize("path", list(Signal))
@pytest.mark.parametrize(
    ("media", "headers", "body", "status", "code", "reason"),
    [
        (JSON, {}, b"{", 400, 3, "not OTLP"),
        (PROTOBUF, {}, b"\xff", 400, 3, "not OTLP"),
        ("text/plain", {}, b"x", 415, 3, "another content type"),
        (JSON, {"Authorization": "Bearer another"}, b"{}", 401, 16, "wrong token"),
        (JSON, {"Content-Encoding": "gzip"}, b"\x1f\x8bx", 400, 3, "unreadable"),
        (
            JSON,
            {"Content-Encoding": "gzip"},
            gzip.compress(bytes(MAX_BODY + 1)),
            413,
            3,
            "too large",
        ),
    ],
)
def test_what_is_refused(
    url: str,
    intake: RememberingIntake,
    path: str,
    media: str,
    headers: dict[str, str],
    body: bytes,
    status: int,
    code: int,
    reason: str,
) -> None:
    response = post(url, body, media, path, **headers)
    assert response.status_code == status
    assert intake.reasons == {reason: 1}
    if media == JSON:
        assert response.headers["content-type"] == JSON
        assert response.json()["code"] == code
        assert response.json()["message"]
    else:
        # A google.rpc.Status: field 1 is the code, field 2 the message.
        assert response.headers["content-type"] == PROTOBUF
        assert response.content[:3] == bytes([8, code, 18])
        assert len(response.content) > 20
    assert post(url, traces(span()), JSON).status_code == 200


@pytest.mark.slow
def test_over_its_rate(url: str, door: OneToken) -> None:
    door.refusals.append(OverRate("web"))
    response = post(url, traces(span()), JSON)
    assert response.status_code == 429
    assert "retry-after" in response.headers


@pytest.mark.slow
@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"bearer {TOKEN}"},
        {"Authorization": "", "x-api-key": TOKEN},
    ],
)
def test_where_a_token_may_stand(url: str, headers: dict[str, Any]) -> None:
    assert post(url, traces(span()), JSON, **headers).status_code == 200


@pytest.mark.slow
def test_a_token_in_the_url(url: str) -> None:
    inside = url.replace("http://", f"http://any:{TOKEN}@")
    response = CLIENT.post(
        inside + Signal.TRACES, content=traces(span()), headers={"Content-Type": JSON}
    )
    assert response.status_code == 200


@pytest.mark.slow
def test_a_token_may_say_the_service() -> None:
    intake = RememberingIntake()
    door = OneToken(SourceKind.OTLP, service="payments")
    with serving(OtlpSource(intake, door).routes) as url:
        post(url, traces(span()), JSON)
    assert [seen.service for seen in intake.seen] == ["payments"]
