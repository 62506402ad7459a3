"""Apitally's SDK, unmodified: one variable of the environment leads it here."""

import pytest
from tests.capture.collector_server import eventually, serving
from tests.capture.intakes import TOKEN, OneToken, RememberingIntake
from tests.capture.otlp.running import running
from tests.servers import CLIENT

from nightlatch.capture.otlp.source import OtlpSource
from nightlatch.capture.otlp.telemetry import Signal
from nightlatch.exchange.exchange import NO_BODY, Ending
from nightlatch.exchange.identifiers import identifier_kind
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import Part, SourceKind

pytest.importorskip("apitally.fastapi", reason="NOT RUN: `apitally[fastapi]` is not installed")
pytestmark = pytest.mark.slow

WRITE_TOKEN = "apt_" + "x" * 24
"""It takes tokens of its own spelling only, and sends them unless the URL has another."""


@pytest.fixture(scope="module")
def intake() -> RememberingIntake:
    """What arrived of four requests, when the application was stopped."""
    intake = RememberingIntake()
    source = OtlpSource(intake, OneToken(SourceKind.OTLP))
    with serving(source.routes) as server:
        with running(
            "apitally",
            APITALLY_OTLP_ENDPOINT=server.replace("://", f"://nightlatch:{TOKEN}@"),
            APITALLY_WRITE_TOKEN=WRITE_TOKEN,
            APITALLY_ENV="staging",
            OTEL_SERVICE_NAME="shop",
        ) as shop:
            headers = {"Authorization": "Bearer eyJ-secret", "X-Account": "ada"}
            CLIENT.get(f"{shop}/v1/users/15550001111/status?token=x", headers=headers)
            CLIENT.post(f"{shop}/v1/login", json={"username": "ada", "password": "hunter22"})
            CLIENT.get(f"{shop}/v1/fails")
        eventually(lambda: len(intake.seen) >= 4)
        eventually(lambda: source.ignored[Signal.METRICS] and source.ignored[Signal.LOGS])
    assert not intake.rejected
    return intake


def arrived(intake: RememberingIntake, path: str) -> Observed:
    (seen,) = [seen for seen in intake.seen if seen.request.path == path]
    return seen


def test_an_exchange_arrives_whole(intake: RememberingIntake) -> None:
    seen = arrived(intake, "/v1/users/15550001111/status")
    request, response = seen.request, seen.response
    assert (request.method, request.scheme, request.peer) == ("GET", "http", "127.0.0.1")
    assert request.query == "token=[REDACTED]"
    assert request.headers.get(b"authorization") == "[REDACTED]"
    assert request.headers.get(b"accept") == "*/*"
    assert request.body == NO_BODY
    assert response is not None
    assert response.status == 200
    assert response.headers.get(b"content-type") == "application/json"
    assert response.body.data == b'{"phone":"15550001111","registered":true}'
    assert seen.route == "/v1/users/{phone}/status"
    assert 0 < seen.duration < 5
    assert (seen.service, seen.principal) == ("shop@staging", "ada")
    # Its SDK captures all headers and, when told so, bodies.
    assert seen.source.unseen == {Part.SECRETS}


def test_a_body_with_masked_fields(intake: RememberingIntake) -> None:
    seen = arrived(intake, "/v1/login")
    assert seen.request.body.data == b'{"username":"ada","password":"[REDACTED]"}'
    assert identifier_kind("username", "[REDACTED]") is None
    assert seen.response is not None
    assert seen.response.status == 401
    assert seen.source.unseen == frozenset()


def test_an_exception_that_nobody_caught(intake: RememberingIntake) -> None:
    seen = arrived(intake, "/v1/fails")
    assert seen.ending is Ending.RAISED
    assert seen.response is not None
    assert seen.response.status == 500
