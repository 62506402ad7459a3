"""OpenTelemetry logs as OTLP/JSON (opentelemetry-proto 1.x): 64-bit numbers are text, keys are in
lowerCamelCase. A file of them has one whole request a line."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from nightlatch.exchange.judgement import Level
from nightlatch.exchange.record import Message, Record
from nightlatch.respond.exports import reading
from nightlatch.respond.exports.report import Report

_SEVERITY = {Level.LOW: (9, "INFO"), Level.MEDIUM: (13, "WARN"), Level.HIGH: (17, "ERROR")}
_SCOPE = {"name": "nightlatch"}


def exchange(record: Record) -> bytes:
    attributes: dict[str, Any] = {
        "log.record.uid": record.id,
        "http.request.method": record.method,
        "url.path": record.path,
        "url.query": record.query,
        "url.scheme": record.scheme,
        "server.address": record.host,
        "http.response.status_code": record.status or None,
        "http.route": record.endpoint.partition(" ")[2],
        "client.address": record.address,
        "user_agent.original": reading.header(record.request, "user-agent"),
        "http.request.body.size": record.request.size,
        "http.response.body.size": record.response.size,
        "enduser.id": reading.actor(record),
        **_headers("http.request.header.", record.request),
        **_headers("http.response.header.", record.response),
        "nightlatch.duration_ms": record.duration * 1_000,
        "nightlatch.level": record.level.word,
        "nightlatch.action": reading.action(record),
        "nightlatch.posture": record.posture.value,
        "nightlatch.findings": [one.check for one in record.findings],
        "nightlatch.people": len(record.disclosed),
    }
    line = reading.summary(record)
    return _log(record.service, "nightlatch.exchange", record.at, record.level, line, attributes)


def report(told: Report) -> bytes:
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
    return _log(told.service, name, told.at, told.level, line, attributes)


def batch(logs: Sequence[bytes]) -> bytes:
    """An ExportLogsServiceRequest."""
    return b'{"resourceLogs":[' + b",".join(logs) + b"]}"


def _log(
    service: str, name: str, at: float, level: Level, line: str, attributes: Mapping[str, Any]
) -> bytes:
    """One ResourceLogs: the resource is the service that it is about."""
    number, text = _SEVERITY[level]
    nanoseconds = str(int(at * 1e9))
    log = {
        "timeUnixNano": nanoseconds,
        "observedTimeUnixNano": nanoseconds,
        "severityNumber": number,
        "severityText": text,
        "eventName": name,
        "body": {"stringValue": line},
        "attributes": _attributes(attributes),
    }
    resource = {"attributes": _attributes({"service.name": service})}
    return msgspec.json.encode(
        {"resource": resource, "scopeLogs": [{"scope": _SCOPE, "logRecords": [log]}]}
    )


def _headers(beginning: str, message: Message) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for name, value in message.headers:
        told.setdefault(beginning + name.lower(), []).append(value)
    return told


def _attributes(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": name, "value": _value(value)}
        for name, value in told.items()
        if value not in ("", None, [])
    ]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(one) for one in value]}}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}
