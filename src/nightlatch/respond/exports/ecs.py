"""Elastic Common Schema 9. https://www.elastic.co/docs/reference/ecs"""

from typing import Any

import msgspec

from nightlatch.exchange.judgement import Level
from nightlatch.exchange.record import Record
from nightlatch.respond.exports import reading
from nightlatch.respond.exports.report import Report

VERSION = "9.0.0"
_RISK = {Level.LOW: 10, Level.MEDIUM: 50, Level.HIGH: 90}


def exchange(record: Record) -> bytes:
    host, port = reading.host_and_port(record)
    return msgspec.json.encode(
        _without_empty({
            "@timestamp": reading.moment(record.at),
            "message": reading.summary(record),
            "ecs": {"version": VERSION},
            "event": {
                **_event(record.id, record.level, "exchange"),
                "kind": "event",
                # Only what is of the network can be denied, by ECS's table of allowed values.
                "category": ["web", "network"] if record.refused else ["web"],
                "type": ["access", "denied"] if record.refused else ["access"],
                "action": reading.action(record),
                "outcome": _outcome(record.status),
                "duration": _nanoseconds(reading.seconds(record)),
                "reason": record.reason,
            },
            "http": _http(record),
            "url": {
                "path": record.path,
                "query": record.query,
                "scheme": record.scheme,
                "domain": host,
                "port": port or None,
                "original": reading.url(record),
            },
            **_client(record.address),
            "user": {"id": reading.actor(record)},
            "user_agent": {"original": reading.header(record.request, "user-agent")},
            "service": {"name": record.service},
            "observer": _OBSERVER,
            "nightlatch": {
                "endpoint": record.endpoint,
                "posture": record.posture.value,
                "credential": record.credential_state.value,
                "findings": [finding.check for finding in record.findings],
                "data": sorted({item.data_class.value for item in record.items}),
                "people": len(record.disclosed),
                "source": record.source.value,
                "unseen": [part.value for part in record.unseen],
            },
        })
    )  # fmt: skip


def report(told: Report) -> bytes:
    return msgspec.json.encode(
        _without_empty({
            "@timestamp": reading.moment(told.at),
            "message": f"{told.title}. {told.text}",
            "ecs": {"version": VERSION},
            "event": {
                **_event(told.uid, told.level, told.kind.value),
                "kind": "alert",
                "category": ["intrusion_detection"],
                "type": ["info"],
                "reason": told.text,
            },
            "rule": {"id": told.rule, "name": told.title, "ruleset": told.kind.value},
            **_client(told.address),
            "service": {"name": told.service},
            "observer": _OBSERVER,
            "nightlatch": {
                "endpoint": told.endpoint,
                "circle": told.circle,
                "record": told.record,
                "confidence": told.confidence,
                "people": told.subjects,
            },
        })
    )  # fmt: skip


_OBSERVER = {"product": reading.PRODUCT, "vendor": reading.PRODUCT, "type": "api-security"}


def _event(uid: str, level: Level, dataset: str) -> dict[str, Any]:
    return {
        "id": uid,
        "module": "nightlatch",
        "dataset": f"nightlatch.{dataset}",
        "severity": int(level),
        "risk_score": _RISK[level],
    }


def _http(record: Record) -> dict[str, Any]:
    request, response = record.request, record.response
    return {
        "request": {
            "id": record.id,
            "method": record.method,
            "referrer": reading.header(request, "referer"),
            "mime_type": reading.header(request, "content-type"),
            "body": {"bytes": reading.request_size(record)},
        },
        "response": {
            "status_code": record.status,
            "mime_type": reading.header(response, "content-type"),
            "body": {"bytes": reading.response_size(record)},
        }
        if record.status
        else {},
    }


def _client(address: str) -> dict[str, Any]:
    told = {"address": address, "ip": address if reading.is_address(address) else ""}
    return {"client": told, "source": told}


def _nanoseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1e9)


def _outcome(status: int) -> str:
    if not status:
        return "unknown"
    return "success" if status < 400 else "failure"


def _without_empty(told: dict[str, Any]) -> dict[str, Any]:
    """Unseen is not the same as nothing, so what is empty is left out. Numbers stay."""
    kept: dict[str, Any] = {}
    for name, value in told.items():
        inner = _without_empty(value) if isinstance(value, dict) else value
        if inner not in ("", [], {}, None):
            kept[name] = inner
    return kept
