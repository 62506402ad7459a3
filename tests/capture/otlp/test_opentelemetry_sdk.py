"""The real OpenTelemetry SDK: an instrumented application and its exporters, over real sockets."""

import time
from collections.abc import Iterator

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind
from tests.capture.collector_server import eventually, serving
from tests.capture.intakes import TOKEN, OneToken, RememberingIntake
from tests.capture.otlp.running import running
from tests.capture.otlp.spans import STABLE
from tests.servers import CLIENT, free_port

from nightlatch.capture.intake import OverRate
from nightlatch.capture.otlp.source import OtlpSource
from nightlatch.capture.otlp.telemetry import Signal
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part, SourceKind

pytest.importorskip("opentelemetry.instrumentation.fastapi", reason="NOT RUN: not installed")
pytestmark = pytest.mark.slow

INTAKE = RememberingIntake()
SOURCE = OtlpSource(INTAKE, OneToken(SourceKind.OTLP))
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module", params=["", "http"], ids=["former", "stable"])
def shop(request: pytest.FixtureRequest) -> Iterator[str]:
    INTAKE.seen.clear()
    SOURCE.ignored.clear()
    with (
        serving(SOURCE.routes) as server,
        running(
            "opentelemetry",
            OTEL_EXPORTER_OTLP_ENDPOINT=server,
            OTEL_EXPORTER_OTLP_HEADERS=f"Authorization=Bearer%20{TOKEN}",
            OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
            OTEL_SERVICE_NAME="shop",
            OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=staging",
            OTEL_SEMCONV_STABILITY_OPT_IN=request.param,
            OTEL_BSP_SCHEDULE_DELAY="200",
            OTEL_BLRP_SCHEDULE_DELAY="200",
            OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST="authorization",
            OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS="authorization",
        ) as url,
    ):
        yield url


def arrived(path: str) -> Observed:
    def found() -> list[Observed]:
        return [seen for seen in INTAKE.seen if seen.request.path == path]

    eventually(found)
    (seen,) = found()
    return seen


def test_an_exchange_arrives_whole(shop: str) -> None:
    phone = "15550001111"
    headers = {"Authorization": "Bearer eyJ-secret"}
    CLIENT.get(f"{shop}/v1/users/{phone}/status?full=1", headers=headers)
    seen = arrived(f"/v1/users/{phone}/status")
    request, response = seen.request, seen.response
    assert (request.method, request.query, request.peer) == ("GET", "full=1", "127.0.0.1")
    assert f"{request.scheme}://{request.host}" == shop
    assert request.headers.get(b"authorization") == "[REDACTED]"
    assert response is not None
    assert response.status == 200
    assert seen.route == "/v1/users/{phone}/status"
    assert 0 < seen.duration < 5
    assert abs(seen.at - time.time()) < 60
    assert seen.service == "shop@staging"
    assert len(seen.id) == 48
    unseen = {Part.REQUEST_HEADERS, Part.REQUEST_BODY, Part.RESPONSE_HEADERS, Part.RESPONSE_BODY}
    assert seen.source.unseen == unseen | {Part.SECRETS}


def test_log_records_that_tell_of_requests(shop: str) -> None:
    CLIENT.get(f"{shop}/v1/users/15550002222/status")
    eventually(lambda: any(seen.request.path == "/logged" for seen in INTAKE.seen))
    seen = next(seen for seen in INTAKE.seen if seen.request.path == "/logged")
    assert (seen.request.peer, Part.DURATION in seen.source.unseen) == ("::1", True)
    eventually(lambda: SOURCE.ignored[Signal.LOGS])


def test_an_exception_that_nobody_caught(shop: str) -> None:
    CLIENT.get(f"{shop}/v1/fails")
    seen = arrived("/v1/fails")
    assert seen.ending is Ending.RAISED
    assert seen.response is not None
    assert seen.response.status == 500


def test_without_a_credential_nobody_knows_whether_there_was_one(shop: str) -> None:
    CLIENT.post(f"{shop}/v1/login", json={"password": "x"})
    seen = arrived("/v1/login")
    assert Part.CREDENTIALS in seen.source.unseen


# What the exporter does when we do not answer as it likes


def provider(url: str) -> TracerProvider:
    provider = TracerProvider(resource=Resource({"service.name": "shop"}))
    exporter = OTLPSpanExporter(f"{url}/v1/traces", headers=HEADERS)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=100))
    return provider


def tell(provider: TracerProvider, *kinds: SpanKind) -> None:
    for kind in kinds:
        provider.get_tracer("x").start_span("GET", kind=kind, attributes=STABLE).end()


def test_what_was_turned_away_comes_again() -> None:
    intake, door = RememberingIntake(), OneToken(SourceKind.OTLP)
    door.refusals += [OverRate("web"), OverRate("web")]
    with serving(OtlpSource(intake, door).routes) as url:
        sender = provider(url)
        tell(sender, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.SERVER)
        eventually(lambda: intake.seen, 40)
        sender.shutdown()
    assert len(intake.seen) == 2
    assert intake.reasons == {"over its rate": 2}
    assert len({seen.id for seen in intake.seen}) == 2


def test_a_collector_that_comes_back(caplog: pytest.LogCaptureFixture) -> None:
    intake, port = RememberingIntake(), free_port()
    sender = provider(f"http://127.0.0.1:{port}")
    tell(sender, SpanKind.SERVER)
    eventually(lambda: "retrying" in caplog.text.lower() or "failed" in caplog.text.lower(), 20)
    with serving(OtlpSource(intake, OneToken(SourceKind.OTLP)).routes, port):
        eventually(lambda: intake.seen, 40)
        sender.shutdown()
    assert len(intake.seen) == 1


def test_a_damaged_batch_does_not_come_again() -> None:
    """400 is for good."""
    intake = RememberingIntake()
    with serving(OtlpSource(intake, OneToken(SourceKind.OTLP)).routes) as url:
        sender = TracerProvider()
        exporter = OTLPSpanExporter(f"{url}/v1/logs", headers=HEADERS)
        sender.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=100))
        tell(sender, SpanKind.SERVER)
        sender.shutdown()
    assert len(intake.rejected) <= 1
    assert not intake.seen
