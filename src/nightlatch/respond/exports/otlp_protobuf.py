"""OpenTelemetry logs as OTLP/protobuf, and what receivers answer (opentelemetry-proto 1.x,
docs/specification.md).

Loaded late: it takes protobuf along, which most installations never send.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
)
from opentelemetry.proto.logs.v1.logs_pb2 import (
    LogRecord,
    ResourceLogs,
    ScopeLogs,
    SeverityNumber,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from nightlatch.respond.exports.otlp import SCOPE, SEVERITY, Log

_RESOURCE_LOGS = b"\x0a"
"""Field 1 of an ExportLogsServiceRequest, with its length before it: requests are made by putting
ResourceLogs one behind the other."""


def encoded(log: Log) -> bytes:
    """One ResourceLogs."""
    number, text = SEVERITY[log.level]
    told = LogRecord(
        time_unix_nano=log.nanoseconds,
        observed_time_unix_nano=log.nanoseconds,
        severity_number=SeverityNumber.ValueType(number),
        severity_text=text,
        event_name=log.name,
        body=AnyValue(string_value=log.line),
        attributes=_attributes(log.attributes),
    )
    whole = ResourceLogs(
        resource=Resource(attributes=_attributes({"service.name": log.service})),
        scope_logs=[ScopeLogs(scope=InstrumentationScope(name=SCOPE), log_records=[told])],
    )
    return bytes(whole.SerializeToString())


def batch(logs: Sequence[bytes]) -> bytes:
    """An ExportLogsServiceRequest."""
    return b"".join(_RESOURCE_LOGS + _varint(len(log)) + log for log in logs)


def rejected(answer: bytes, media_type: str) -> tuple[int, str]:
    """How many records a receiver took not, though it answered 200, and why. None and nothing,
    where it does not say, or not so that one could read it."""
    if media_type == "application/json":
        return _rejected_in_json(answer)
    try:
        partial = ExportLogsServiceResponse.FromString(answer).partial_success
    except DecodeError:
        return 0, ""
    return max(0, partial.rejected_log_records), partial.error_message


def _rejected_in_json(answer: bytes) -> tuple[int, str]:
    try:
        told = msgspec.json.decode(answer or b"{}", type=_Answer).partial
    except msgspec.DecodeError:
        return 0, ""
    try:
        return max(0, int(told.rejected)), told.message
    except ValueError:
        return 0, told.message


class _Partial(msgspec.Struct):
    rejected: int | str = msgspec.field(name="rejectedLogRecords", default=0)
    message: str = msgspec.field(name="errorMessage", default="")


class _Answer(msgspec.Struct):
    partial: _Partial = msgspec.field(name="partialSuccess", default_factory=_Partial)


def _attributes(told: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=name, value=_value(value)) for name, value in told.items()]


def _value(value: Any) -> AnyValue:
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[_value(one) for one in value]))
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=value)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
