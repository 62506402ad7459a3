"""The guide's table of what each source sees is what their readers say of a typical message."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.app.test_intakes import EVENT
from tests.capture.intakes import OneToken, RememberingIntake

from nightlatch.capture.attributes import Origin, read_fields
from nightlatch.capture.gelf.reader import GelfReader
from nightlatch.capture.http_source import Sent
from nightlatch.capture.intake import Grant
from nightlatch.capture.otlp.source import OtlpSource
from nightlatch.capture.texts import TextReader
from nightlatch.capture.treblle.reading import read_treblle
from nightlatch.console.words import PARTS
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import IN_PROCESS, Part, SourceKind

NOW = 1_795_000_000.0
GUIDE = Path(__file__).parents[1] / "docs" / "guides" / "sources.md"
COMBINED = (
    '203.0.113.7 - - [23/Nov/2026:00:30:00 +0000] "GET /users/17?page=1 HTTP/1.1" 200 512 "-" '
    '"curl/8.5.0"'
)
SPAN = {
    "traceId": "5b8efff798038103d269b633813fc60c",
    "spanId": "eee19b7ec3c1b174",
    "name": "GET /users/{id}",
    "kind": 2,
    "startTimeUnixNano": str(int(NOW * 1e9)),
    "endTimeUnixNano": str(int(NOW * 1e9) + 12_000_000),
    "attributes": [
        {"key": key, "value": value}
        for key, value in {
            "http.request.method": {"stringValue": "GET"},
            "url.scheme": {"stringValue": "https"},
            "url.path": {"stringValue": "/users/17"},
            "url.query": {"stringValue": "page=1"},
            "server.address": {"stringValue": "api.shop.example"},
            "client.address": {"stringValue": "203.0.113.7"},
            "http.route": {"stringValue": "/users/{id}"},
            "user_agent.original": {"stringValue": "curl/8.5.0"},
            "http.response.status_code": {"intValue": "200"},
        }.items()
    ],
}


def _sent(path: str, body: object, kind: SourceKind) -> Sent:
    headers = Headers([(b"content-type", b"application/json")])
    grant = Grant("web", frozenset({kind}), "shop")
    return Sent(path, headers, json.dumps(body).encode(), grant, NOW)


def _treblle() -> Observed:
    (seen,) = read_treblle(_sent("/", EVENT, SourceKind.TREBLLE)).seen
    return seen


def _span() -> Observed:
    source = OtlpSource(RememberingIntake(), OneToken(SourceKind.OTLP))
    batch = {"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]}
    (seen,) = source._read_batch(_sent("/v1/traces", batch, SourceKind.OTLP)).seen
    return seen


def _line() -> Observed:
    texts, origin = TextReader(read_fields(())), Origin(SourceKind.LOG, "access.log", "shop")
    seen = texts.read(COMBINED, origin, NOW, NOW, "shop")
    assert seen is not None
    return seen


def _gelf() -> Observed:
    message = {"version": "1.1", "host": "web-1", "short_message": COMBINED, "timestamp": NOW}
    attributes = read_fields(())
    reader = GelfReader(Origin(SourceKind.GELF, "gelf", ""), attributes, TextReader(attributes))
    seen = reader.read(json.dumps(message).encode(), "192.0.2.1", NOW)
    assert isinstance(seen, Observed)
    return seen


TYPICAL: dict[str, Callable[[], frozenset[Part]]] = {
    "Middleware, gateway, HAR": lambda: IN_PROCESS.unseen,
    "Treblle SDK": lambda: _treblle().source.unseen,
    "OpenTelemetry span": lambda: _span().source.unseen,
    "nginx `combined`, as a file or in GELF or syslog": lambda: _line().source.unseen,
}


def rows() -> list[str]:
    """The table, as the guide must have it."""
    unseen = {name: look() for name, look in TYPICAL.items()}
    lines = [f"| | {' | '.join(unseen)} |", f"|---|{'---|' * len(unseen)}"]
    for part, words in PARTS.items():
        # Of a credential that cannot be seen nobody knows which it was.
        parts = {part, Part.CREDENTIALS} if part is Part.SECRETS else {part}
        seen = ("yes" if parts.isdisjoint(hidden) else "no" for hidden in unseen.values())
        lines.append(f"| {words} | {' | '.join(seen)} |")
    return lines


def test_the_guide_says_what_readers_say() -> None:
    assert "\n".join(rows()) in GUIDE.read_text()
    assert len(rows()) == len(Part) + 2


def test_a_line_is_the_same_in_gelf() -> None:
    assert _gelf().source.unseen == _line().source.unseen


@pytest.mark.parametrize("part", Part)
def test_every_part_is_explained(part: Part) -> None:
    assert re.search(rf"\| {re.escape(PARTS[part])} \|", GUIDE.read_text())
