"""Protobuf and JSON: the same values from both, and nothing that raises."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from tests.capture.otlp import spans
from tests.capture.otlp.spans import BEGIN, END, SPAN, STABLE, TRACE, record, span

from nightlatch.capture.otlp import plain, protobuf
from nightlatch.capture.otlp.telemetry import (
    MAX_ATTRIBUTES,
    MAX_ITEMS,
    Damaged,
    Telemetry,
    Undecodable,
)

VALUES = {
    "text": "x",
    "number": 200,
    "large": 2**53 + 1,
    "yes": True,
    "half": 0.5,
    "list": ["a", "b"],
    "mixed": [1, "a"],
}


def read_json(*found: Any) -> list[Telemetry | Damaged]:
    return list(plain.read_traces(spans.traces(*found)).found)


def test_both_encodings_say_the_same() -> None:
    one, other = span(VALUES | STABLE), span({}, kind=2)
    from_json = plain.read_traces(spans.traces(one, other))
    from_protobuf = protobuf.read_traces(spans.traces_protobuf(one, other))
    assert from_json == from_protobuf
    first, _ = from_json.found
    assert isinstance(first, Telemetry)
    assert first.attributes == VALUES | STABLE
    assert (first.trace, first.span, first.begin, first.end) == (TRACE, SPAN, BEGIN, END)
    assert first.resource == {"service.name": "shop"}


def test_logs_as_well() -> None:
    from_json = plain.read_logs(spans.logs(record(), record({})))
    assert from_json == protobuf.read_logs(spans.logs_protobuf(record(), record({})))
    first = from_json.found[0]
    assert isinstance(first, Telemetry)
    assert (first.begin, first.end, first.is_log) == (BEGIN, 0, True)


@pytest.mark.parametrize("kind", [0, 1, 3, 4, 5, "SPAN_KIND_CLIENT", None, {}])
def test_spans_of_other_kinds_are_counted(kind: object) -> None:
    decoded = plain.read_traces(spans.traces(span(kind=kind), span()))
    assert (len(decoded.found), decoded.ignored) == (1, 1)


def test_other_kinds_in_protobuf() -> None:
    decoded = protobuf.read_traces(spans.traces_protobuf(span(kind=3), span(), span(kind=1)))
    assert (len(decoded.found), decoded.ignored) == (1, 2)


def test_kinds_by_their_names() -> None:
    assert len(read_json(span(kind="SPAN_KIND_SERVER"))) == 1


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({"traceId": TRACE.upper()}, (TRACE, SPAN)),
        ({"traceId": "0" * 32}, ("", "")),
        ({"spanId": "0" * 16}, ("", "")),
        ({"traceId": "CvdlGRbNQ92ESOshHIAxnA=="}, ("", "")),
        ({"traceId": None}, ("", "")),
        ({"spanId": 7}, ("", "")),
    ],
)
def test_ids_are_hexadecimal(changes: dict[str, Any], ids: tuple[str, str]) -> None:
    (found,) = read_json(span(**changes))
    assert isinstance(found, Telemetry)
    assert (found.trace, found.span) == ids


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"intValue": "200"}, 200),
        ({"intValue": 200}, 200),
        ({"intValue": "x"}, 0),
        ({"intValue": "9" * 5000}, 0),
        ({"doubleValue": "NaN"}, None),
        ({"bytesValue": "AAE="}, b"\0\1"),
        ({"bytesValue": "A"}, None),
        ({"kvlistValue": {"values": []}}, None),
        ({"arrayValue": {}}, []),
        ({"arrayValue": 7}, []),
        ({"stringValue": 7}, None),
        ({}, None),
        (None, None),
    ],
)
def test_values(value: Any, read: object) -> None:
    (found,) = read_json(span(attributes=[{"key": "x", "value": value}]))
    assert isinstance(found, Telemetry)
    assert found.attributes == {"x": read}


def test_a_damaged_span_does_not_spoil_its_neighbours() -> None:
    damaged: tuple[Any, ...] = (None, 7, [], {"kind": 2, "attributes": "x"})
    found = read_json(span(), *damaged, span())
    assert [type(one) for one in found] == [Telemetry, *[Damaged] * 4, Telemetry]


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 1_000_000])
def test_what_is_no_document(body: bytes) -> None:
    for read in (plain.read_traces, plain.read_logs, plain.count_points):
        with pytest.raises(Undecodable):
            read(body)


@pytest.mark.parametrize("body", [b"\xff", b"\x0a\x05ab", b"{}", b"\x0a\x80\x80\x80\x80\x10"])
def test_what_is_no_message(body: bytes) -> None:
    for read in (protobuf.read_traces, protobuf.read_logs, protobuf.count_points):
        with pytest.raises(Undecodable):
            read(body)


@pytest.mark.parametrize("part", [b"\x0a\x00", b"\x0a\x02\x12\x00", b"\x0a\x04\x12\x02\x12\x00"])
def test_a_flood_of_empty_parts(part: bytes) -> None:
    """Groups, scopes, spans and records: two bytes each on the wire."""
    for read in (protobuf.read_traces, protobuf.read_logs):
        with pytest.raises(Undecodable):
            read(part * (MAX_ITEMS + 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    "part", [b"{}", b'{"scopeSpans":[{}]}', b'{"scopeSpans":[{"spans":[{}]}]}']
)
def test_a_flood_of_empty_parts_in_json(part: bytes) -> None:
    flood = b",".join([part] * (MAX_ITEMS + 1))
    with pytest.raises(Undecodable):
        plain.read_traces(b'{"resourceSpans":[' + flood + b"]}")


def test_attributes_are_bounded() -> None:
    many = {f"a{number}": "x" for number in range(2 * MAX_ATTRIBUTES)}
    for decoded in (
        plain.read_traces(spans.traces(span(many))),
        protobuf.read_traces(spans.traces_protobuf(span(many))),
    ):
        (found,) = decoded.found
        assert isinstance(found, Telemetry)
        assert len(found.attributes) == MAX_ATTRIBUTES


def test_nothing_is_something() -> None:
    assert protobuf.read_traces(b"").found == []
    assert plain.read_traces(b"{}").found == []


def test_requests_that_were_joined() -> None:
    """Apitally's SDK writes one after the other into one body, which protobuf allows."""
    one = spans.traces_protobuf(span())
    assert len(protobuf.read_traces(one + one).found) == 2


def test_data_points() -> None:
    request = ExportMetricsServiceRequest()
    scope = request.resource_metrics.add().scope_metrics.add()
    scope.metrics.add().sum.data_points.add()
    scope.metrics.add().histogram.data_points.add()
    scope.metrics.add()
    assert protobuf.count_points(request.SerializeToString()) == 2
    points = {"name": "x", "sum": {"dataPoints": [{}, {}]}}
    metrics = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [points, 7]}]}]}
    assert plain.count_points(json.dumps(metrics).encode()) == 2


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
MEMBERS = ["resource", "scopeSpans", "spans", "scopeLogs", "logRecords", "attributes", "kind"]
MEMBERS += ["traceId", "startTimeUnixNano", "status", "events", "key", "value", "arrayValue"]


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(MEMBERS), JSON), JSON)
@settings(max_examples=100, deadline=None)
def test_no_document_raises(members: dict[str, Any], other: Any) -> None:
    for document in (members, {"resourceSpans": [members]}, {"resourceLogs": other}):
        body = json.dumps(document).encode()
        plain.read_traces(body)
        plain.read_logs(body)
        plain.count_points(body)
    plain.read_traces(spans.traces(span() | members, other))


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_bytes_raise(body: bytes) -> None:
    whole = spans.traces_protobuf(span())
    for damaged in (body, whole + body, whole[: len(body)], whole[:90] + body + whole[90:]):
        for reader in (plain, protobuf):
            for read in (reader.read_traces, reader.read_logs):
                try:
                    read(damaged)
                except Undecodable:
                    continue
