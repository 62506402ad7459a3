"""Spans and log records in both encodings, for tests: written once, as JSON has them."""

import json
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from nightlatch.capture.http_source import Sent
from nightlatch.capture.intake import Grant
from nightlatch.capture.otlp.telemetry import Telemetry
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.source import SourceKind

NOW = 1_795_000_000.0
BEGIN, END = int(NOW - 2) * 10**9, int(NOW - 2) * 10**9 + 25_000_000
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
STABLE: dict[str, Any] = {
    "http.request.method": "GET",
    "url.scheme": "https",
    "url.path": "/v1/users/15550001111/status",
    "url.query": "full=1",
    "server.address": "api.example.com",
    "server.port": 443,
    "client.address": "203.0.113.7",
    "network.peer.address": "10.0.0.1",
    "http.route": "/v1/users/{phone}/status",
    "http.response.status_code": 200,
    "user_agent.original": "curl/8",
    "network.protocol.version": "2",
}
FORMER: dict[str, Any] = {
    "http.method": "GET",
    "http.scheme": "https",
    "http.target": "/v1/users/15550001111/status?full=1",
    "http.host": "api.example.com",
    "net.host.port": 443,
    "net.peer.ip": "203.0.113.7",
    "http.route": "/v1/users/{phone}/status",
    "http.status_code": 200,
    "http.user_agent": "curl/8",
    "http.flavor": "2",
}


def item(attributes: dict[str, Any], **changes: Any) -> Telemetry:
    """As either encoding is read."""
    resource = {"service.name": "shop"} | changes.pop("resource", {})
    ids = {"trace": TRACE, "span": SPAN, "begin": BEGIN, "end": END}
    told: dict[str, Any] = ids | {"attributes": attributes, "resource": resource} | changes
    return Telemetry(**told)


def value_of(value: object) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [value_of(one) for one in value]}}
    return {"stringValue": value}


def pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": value_of(value)} for name, value in attributes.items()]


def span(told: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "traceId": TRACE,
        "spanId": SPAN,
        "name": "GET /v1/users/{phone}/status",
        "kind": 2,
        "startTimeUnixNano": str(BEGIN),
        "endTimeUnixNano": str(END),
        "attributes": pairs(STABLE if told is None else told),
    } | changes


def record(told: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "traceId": TRACE,
        "spanId": SPAN,
        "timeUnixNano": str(BEGIN),
        "body": {"stringValue": "GET"},
        "attributes": pairs(STABLE if told is None else told),
    } | changes


def traces(*spans: Any) -> bytes:
    """As JSON."""
    resource = {"attributes": pairs({"service.name": "shop"})}
    group = {"resource": resource, "scopeSpans": [{"scope": {"name": "x"}, "spans": spans}]}
    return json.dumps({"resourceSpans": [group], "unknownField": [1]}).encode()


def logs(*records: Any) -> bytes:
    """As JSON."""
    resource = {"attributes": pairs({"service.name": "shop"})}
    group = {"resource": resource, "scopeLogs": [{"logRecords": records}]}
    return json.dumps({"resourceLogs": [group]}).encode()


def traces_protobuf(*spans: dict[str, Any]) -> bytes:
    """The same, as protobuf."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    _add(group.resource.attributes, pairs({"service.name": "shop"}))
    scope = group.scope_spans.add()
    for one in spans:
        proto = scope.spans.add(
            trace_id=bytes.fromhex(one["traceId"]),
            span_id=bytes.fromhex(one["spanId"]),
            kind=one["kind"],
            start_time_unix_nano=int(one["startTimeUnixNano"]),
            end_time_unix_nano=int(one["endTimeUnixNano"]),
            parent_span_id=bytes.fromhex(one.get("parentSpanId", "")),
            flags=one.get("flags", 0),
        )
        _add(proto.attributes, one["attributes"])
    return bytes(request.SerializeToString())


def logs_protobuf(*records: dict[str, Any]) -> bytes:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    _add(group.resource.attributes, pairs({"service.name": "shop"}))
    scope = group.scope_logs.add()
    for one in records:
        proto = scope.log_records.add(
            trace_id=bytes.fromhex(one["traceId"]),
            span_id=bytes.fromhex(one["spanId"]),
            time_unix_nano=int(one["timeUnixNano"]),
        )
        _add(proto.attributes, one["attributes"])
    return bytes(request.SerializeToString())


def _add(target: Any, attributes: list[dict[str, Any]]) -> None:
    for one in attributes:
        target.append(KeyValue(key=one["key"], value=_any(one["value"])))


def _any(value: dict[str, Any]) -> AnyValue:
    ((kind, one),) = value.items()
    match kind:
        case "intValue":
            return AnyValue(int_value=int(one))
        case "boolValue":
            return AnyValue(bool_value=one)
        case "doubleValue":
            return AnyValue(double_value=one)
        case "arrayValue":
            found = AnyValue()
            found.array_value.values.extend(_any(each) for each in one["values"])
            return found
    return AnyValue(string_value=one)


def sent(path: str, body: bytes, media: str, *, service: str = "") -> Sent:
    grant = Grant("shop-otel", frozenset({SourceKind.OTLP}), service)
    return Sent(path, headers_of([("content-type", media)]), body, grant, NOW)
