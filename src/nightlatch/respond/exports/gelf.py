"""GELF 1.1. The extra fields have OpenTelemetry's names, with "_" for "."."""

import socket
from typing import Any

import msgspec

from nightlatch.exchange.judgement import Level
from nightlatch.exchange.record import Record
from nightlatch.respond.exports import reading
from nightlatch.respond.exports.report import Report

_SYSLOG = {Level.LOW: 6, Level.MEDIUM: 4, Level.HIGH: 3}
_HOST = socket.gethostname() or "nightlatch"


def exchange(record: Record) -> bytes:
    host, port = reading.host_and_port(record)
    seconds = reading.seconds(record)
    extra: dict[str, Any] = {
        "event": "exchange",
        "record": record.id,
        "http_request_method": record.method,
        "url_path": record.path,
        "url_query": record.query,
        "url_scheme": record.scheme,
        "server_address": host,
        "server_port": port or None,
        "http_response_status_code": record.status or None,
        "http_route": record.endpoint.partition(" ")[2],
        "client_address": record.address,
        "user_agent_original": reading.header(record.request, "user-agent"),
        "http_request_body_size": reading.request_size(record),
        "http_response_body_size": reading.response_size(record),
        "duration_ms": None if seconds is None else round(seconds * 1_000, 3),
        "service_name": record.service,
        "user_id": reading.actor(record),
        "threat_level": record.level.word,
        "action": reading.action(record),
        "posture": record.posture.value,
        "findings": ",".join(one.check for one in record.findings),
        "people": len(record.disclosed),
    }
    ended = record.at + record.duration
    return _message(reading.summary(record), record.reason, ended, record.level, extra)


def report(told: Report) -> bytes:
    extra: dict[str, Any] = {
        "event": told.kind.value,
        "uid": told.uid,
        "rule": told.rule,
        "endpoint": told.endpoint,
        "service_name": told.service,
        "offender": told.address,
        "circle": told.circle,
        "record": told.record,
        "confidence": told.confidence,
        "people": told.subjects,
        "threat_level": told.level.word,
    }
    return _message(told.title, told.text, told.at, told.level, extra)


def _message(short: str, full: str, at: float, level: Level, extra: dict[str, Any]) -> bytes:
    message: dict[str, Any] = {
        "version": "1.1",
        "host": _HOST,
        "short_message": short or "-",
        "timestamp": round(at, 3),
        "level": _SYSLOG[level],
    }
    if full:
        message["full_message"] = full
    message |= {f"_{name}": value for name, value in extra.items() if value not in ("", None)}
    return msgspec.json.encode(message)
