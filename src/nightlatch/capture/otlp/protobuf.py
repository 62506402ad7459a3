"""OTLP as protobuf. A message that is damaged anywhere is damaged as a whole: its encoding has no
place from which to go on."""

from collections.abc import Iterable

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from nightlatch.capture.otlp.telemetry import (
    ERROR,
    SERVER,
    Attributes,
    Decoded,
    Telemetry,
    Undecodable,
    Value,
    identifiers,
)

_DEEPEST = 4


def read_traces(body: bytes) -> Decoded:
    """Raises Undecodable."""
    request = ExportTraceServiceRequest()
    _parse(request, body)
    found: list[Telemetry] = []
    spans = 0
    for group in request.resource_spans:
        resource = _attributes(group.resource.attributes)
        for scope in group.scope_spans:
            spans += len(scope.spans)
            found += [_span(span, resource) for span in scope.spans if span.kind == SERVER]
    return Decoded(found, spans - len(found))


def read_logs(body: bytes) -> Decoded:
    """Raises Undecodable."""
    request = ExportLogsServiceRequest()
    _parse(request, body)
    found: list[Telemetry] = []
    for group in request.resource_logs:
        resource = _attributes(group.resource.attributes)
        for scope in group.scope_logs:
            found += [_record(record, resource) for record in scope.log_records]
    return Decoded(found)


def count_points(body: bytes) -> int:
    """Data points of a metrics request. Raises Undecodable."""
    request = ExportMetricsServiceRequest()
    _parse(request, body)
    return sum(
        _points(metric)
        for group in request.resource_metrics
        for scope in group.scope_metrics
        for metric in scope.metrics
    )


def _parse(
    request: ExportTraceServiceRequest | ExportLogsServiceRequest | ExportMetricsServiceRequest,
    body: bytes,
) -> None:
    try:
        request.ParseFromString(body)
    except (DecodeError, RecursionError, MemoryError) as error:
        raise Undecodable(
            "The body is not the protobuf message that belongs to this path."
        ) from error


def _span(span: Span, resource: Attributes) -> Telemetry:
    trace, own = identifiers(span.trace_id.hex(), span.span_id.hex())
    return Telemetry(
        trace,
        own,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        _attributes(span.attributes),
        resource,
        failed=span.status.code == ERROR,
        raised=any(event.name == "exception" for event in span.events),
    )


def _record(record: LogRecord, resource: Attributes) -> Telemetry:
    trace, own = identifiers(record.trace_id.hex(), record.span_id.hex())
    at = record.time_unix_nano or record.observed_time_unix_nano
    return Telemetry(trace, own, at, 0, _attributes(record.attributes), resource, is_log=True)


def _attributes(pairs: Iterable[KeyValue]) -> Attributes:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue, depth: int = _DEEPEST) -> Value:
    # By far the most are texts, and to ask which it is takes as long as everything else.
    text = value.string_value
    if text:
        return text
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one, depth - 1) for one in value.array_value.values] if depth else None
    if kind is None or kind == "kvlist_value":
        return None
    plain: Value = getattr(value, kind)
    return plain


def _points(metric: Metric) -> int:
    kind = metric.WhichOneof("data")
    return len(getattr(metric, kind).data_points) if kind else 0
