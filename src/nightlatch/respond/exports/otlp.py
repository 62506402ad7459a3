"""OpenTelemetry logs, and how they are written as OTLP/JSON (opentelemetry-proto 1.x): 64-bit
numbers are text, keys are in lowerCamelCase. A file of them has one whole request a line."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from nightlatch.exchange.judgement import Level
from nightlatch.exchange.record import Message, Record
from nightlatch.respond.exports import reading
from nightlatch.respond.exports.report import Report

SEVERITY = {Level.LOW: (9, "INFO"), Level.MEDIUM: (13, "WARN"), Level.HIGH: (17, "ERROR")}
SCOPE = "nightlatch"


class Log(Struct, frozen=True):
    """One log record, in whatever encoding. The resource is the service that it is about."""

    service: str
    name: str
    at: float
    level: Level
    line: str
    attributes: Mapping[str, Any]
    """Text, numbers and lists of text; what is empty is left out."""

    @property
    def nanoseconds(self) -> int:
        return int(self.at * 1e9)


def exchange(record: Record) -> bytes:
    return _encoded(log_of(record))


def report(told: Report) -> bytes:
    return _encoded(log_of_report(told))


def log_of(record: Record) -> Log:
    host, port = reading.host_and_port(record)
    seconds = reading.seconds(record)
    attributes: dict[str, Any] = {
        "log.record.uid": record.id,
        "http.request.method": record.method,
        "url.path": record.path,
        "url.query": record.query,
        "url.scheme": record.scheme,
        "server.address": host,
        "server.port": port or None,
        "http.response.status_code": record.status or None,
        "http.route": record.endpoint.partition(" ")[2],
        "client.address": record.address,
        "user_agent.original": reading.header(record.request, "user-agent"),
        "http.request.body.size": reading.request_size(record),
        "http.response.body.size": reading.response_size(record),
        "enduser.id": reading.actor(record),
        **_headers("http.request.header.", record.request),
        **_headers("http.response.header.", record.response),
        "nightlatch.duration_ms": None if seconds is None else seconds * 1_000,
        "nightlatch.level": record.level.word,
        "nightlatch.action": reading.action(record),
        "nightlatch.posture": record.posture.value,
        "nightlatch.findings": [one.check for one in record.findings],
        "nightlatch.people": len(record.disclosed),
    }
    line = reading.summary(record)
    return Log(record.service, "nightlatch.exchange", record.at, record.level, line,
               present(attributes))  # fmt: skip


def log_of_report(told: Report) -> Log:
    attributes: dict[str, Any] = {
        "log.record.uid": told.uid,
        "nightlatch.rule": told.rule,
        "nightlatch.endpoint": told.endpoint,
        "nightlatch.circle": told.circle,
        "nightlatch.record": told.record,
        "nightlatch.confidence": told.confidence,
        "nightlatch.people": told.subjects,
        "client.address": told.address,
    }
    name, line = f"nightlatch.{told.kind}", f"{told.title}. {told.text}"
    return Log(told.service, name, told.at, told.level, line, present(attributes))


def batch(logs: Sequence[bytes]) -> bytes:
    """An ExportLogsServiceRequest."""
    return b'{"resourceLogs":[' + b",".join(logs) + b"]}"


def _encoded(log: Log) -> bytes:
    """One ResourceLogs."""
    number, text = SEVERITY[log.level]
    nanoseconds = str(log.nanoseconds)
    told = {
        "timeUnixNano": nanoseconds,
        "observedTimeUnixNano": nanoseconds,
        "severityNumber": number,
        "severityText": text,
        "eventName": log.name,
        "body": {"stringValue": log.line},
        "attributes": _attributes(log.attributes),
    }
    resource = {"attributes": _attributes({"service.name": log.service})}
    scope = {"scope": {"name": SCOPE}, "logRecords": [told]}
    return msgspec.json.encode({"resource": resource, "scopeLogs": [scope]})


def present(told: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty: unseen is not the same as nothing. Numbers stay."""
    return {name: value for name, value in told.items() if value not in ("", None, [])}


def _headers(beginning: str, message: Message) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for name, value in message.headers:
        told.setdefault(beginning + name.lower(), []).append(value)
    return told


def _attributes(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in told.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(one) for one in value]}}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}
