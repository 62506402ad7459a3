"""What OTLP's senders are told, in the encoding they speak (OTLP/HTTP, "OTLP/HTTP Response")."""

import msgspec
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from starlette.requests import Request
from starlette.responses import Response

from nightlatch.capture.otlp.telemetry import Signal
from nightlatch.capture.reception import Rejected, fields

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

_REJECTED_MEMBER = {
    Signal.TRACES: "rejectedSpans",
    Signal.LOGS: "rejectedLogRecords",
    Signal.METRICS: "rejectedDataPoints",
}
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 408: 4, 413: 3, 415: 3, 429: 8, 500: 13, 503: 14}
"""google.rpc.Code by HTTP status."""


def media_type(header: str | None) -> str:
    """Of a Content-Type, without its parameters."""
    return (header or "").partition(";")[0].strip().lower()


def success(signal: Signal, media: str, rejected: int = 0, message: str = "") -> Response:
    """200. With `rejected` items the sender must not send them again."""
    if media == JSON:
        partial = {_REJECTED_MEMBER[signal]: str(rejected), "errorMessage": message}
        return Response(
            msgspec.json.encode({"partialSuccess": partial} if message else {}), media_type=JSON
        )
    return Response(_protobuf(signal, rejected, message), media_type=PROTOBUF)


def refusal(request: Request, rejected: Rejected) -> Response:
    """A google.rpc.Status, as the specification demands of every answer from 400 on."""
    code = _CODES.get(rejected.status, 2)
    media = media_type(request.headers.get("content-type"))
    if media == JSON:
        content = msgspec.json.encode({"code": code, "message": rejected.detail})
    else:
        media, content = PROTOBUF, _status(code, rejected.detail)
    return Response(content, rejected.status, fields(rejected), media)


def _protobuf(signal: Signal, rejected: int, message: str) -> bytes:
    return _message(signal, rejected, message).SerializeToString() if message else b""


def _message(signal: Signal, rejected: int, message: str) -> Message:
    match signal:
        case Signal.TRACES:
            spans = ExportTracePartialSuccess(rejected_spans=rejected, error_message=message)
            return ExportTraceServiceResponse(partial_success=spans)
        case Signal.LOGS:
            logs = ExportLogsPartialSuccess(rejected_log_records=rejected, error_message=message)
            return ExportLogsServiceResponse(partial_success=logs)
        case Signal.METRICS:
            points = ExportMetricsPartialSuccess(
                rejected_data_points=rejected, error_message=message
            )
            return ExportMetricsServiceResponse(partial_success=points)


def _status(code: int, message: str) -> bytes:
    """`google.rpc.Status`: field 1 the code, field 2 the message."""
    text = message.encode()
    return b"\x08" + _varint(code) + b"\x12" + _varint(len(text)) + text


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
