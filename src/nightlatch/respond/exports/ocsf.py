"""OCSF 1.8: HTTP Activity (4002), API Activity (6003) where it is known who asked, and Detection
Finding (2004). https://schema.ocsf.io/1.8.0/"""

from typing import Any

import msgspec

from nightlatch.exchange.judgement import Level
from nightlatch.exchange.record import Message, Record
from nightlatch.respond.exports import reading
from nightlatch.respond.exports.report import Report

VERSION = "1.8.0"
HTTP_ACTIVITY = 4002
API_ACTIVITY = 6003
DETECTION_FINDING = 2004
_HTTP = {
    "CONNECT": 1, "DELETE": 2, "GET": 3, "HEAD": 4, "OPTIONS": 5, "POST": 6, "PUT": 7, "TRACE": 8,
    "PATCH": 9,
}  # fmt: skip
_CRUD = {"POST": 1, "GET": 2, "HEAD": 2, "PUT": 3, "PATCH": 3, "DELETE": 4}
_OTHER = 99
_SEVERITY = {Level.LOW: 1, Level.MEDIUM: 3, Level.HIGH: 4}
"""Informational, medium, high: of an exchange, low is the quiet end."""
_ALLOWED, _DENIED = 1, 2
_BLOCKED = 2
_SUCCESS, _FAILURE, _UNKNOWN = 1, 2, 0
_RULE = 1


def exchange(record: Record) -> bytes:
    actor = reading.actor(record)
    event = _api_activity(record, actor) if actor else _http_activity(record)
    return msgspec.json.encode(event)


def report(told: Report) -> bytes:
    info: dict[str, Any] = {
        "uid": told.uid,
        "title": told.title,
        "desc": told.text,
        "types": [told.kind.value],
        "analytic": {"name": told.rule, "uid": told.rule, "type_id": _RULE},
        "first_seen_time": int(told.at * 1_000),
    }
    event = {
        **_base(DETECTION_FINDING, 1, told.uid, told.at, told.level),
        "finding_info": info,
        "message": f"{told.title}. {told.text}",
        "is_alert": told.level >= Level.MEDIUM,
        "confidence_score": round(100 * told.confidence),
        "resources": [{"name": told.endpoint, "type": "API endpoint"}],
        "unmapped": {
            "circle": told.circle,
            "record": told.record,
            "service": told.service,
            "people": told.subjects,
        },
    }
    if reading.is_address(told.address):
        event["evidences"] = [{"src_endpoint": {"ip": told.address}}]
    return msgspec.json.encode(event)


def _http_activity(record: Record) -> dict[str, Any]:
    activity = _HTTP.get(record.method, _OTHER)
    event = _traffic(record, HTTP_ACTIVITY, activity)
    return event if activity != _OTHER else {**event, "activity_name": record.method}


def _api_activity(record: Record, actor: str) -> dict[str, Any]:
    activity = _CRUD.get(record.method, _OTHER)
    event = _traffic(record, API_ACTIVITY, activity)
    kind, _, name = actor.partition(":")
    event["actor"] = {"session": {"uid": name}} if kind == "session" else {"user": {"uid": actor}}
    event["api"] = {
        "operation": record.endpoint,
        "service": {"name": record.service},
    }
    event.setdefault("src_endpoint", {"name": actor})
    return event if activity != _OTHER else {**event, "activity_name": record.method}


def _traffic(record: Record, class_uid: int, activity: int) -> dict[str, Any]:
    event = {
        **_base(class_uid, activity, record.id, record.at, record.level),
        "http_request": _request(record),
        "dst_endpoint": {"svc_name": record.service},
        "status_id": _status(record.status),
        "action_id": _DENIED if record.refused else _ALLOWED,
        "disposition_id": _BLOCKED if record.refused else _ALLOWED,
        "message": reading.summary(record),
        "unmapped": _unmapped(record),
    }
    event["dst_endpoint"] |= _present(_at(record))
    if (seconds := reading.seconds(record)) is not None:
        event["duration"] = round(seconds * 1_000)
    if record.status:
        event["http_response"] = _response(record)
    if reading.is_address(record.address):
        event["src_endpoint"] = {"ip": record.address}
    return event


def _base(class_uid: int, activity: int, uid: str, at: float, level: Level) -> dict[str, Any]:
    return {
        "activity_id": activity,
        "category_uid": class_uid // 1_000,
        "class_uid": class_uid,
        "type_uid": class_uid * 100 + activity,
        "time": int(at * 1_000),
        "severity_id": _SEVERITY[level],
        "metadata": {
            "version": VERSION,
            "uid": uid,
            "profiles": ["security_control"],
            "product": {"name": reading.PRODUCT, "vendor_name": reading.PRODUCT},
        },
    }


def _at(record: Record) -> dict[str, Any]:
    host, port = reading.host_and_port(record)
    return {"hostname": host, "port": port or None}


def _request(record: Record) -> dict[str, Any]:
    message = record.request
    told: dict[str, Any] = {
        "uid": record.id,
        # The schema knows no others; which one it was then stands in activity_name.
        "http_method": record.method if record.method in _HTTP else "",
        "url": _present({
            "path": record.path,
            "query_string": record.query,
            "scheme": record.scheme,
            **_at(record),
            "url_string": reading.url(record),
        }),
        "body_length": reading.request_size(record),
        **_headers(message),
    }  # fmt: skip
    forwarded = reading.header(message, "x-forwarded-for")
    told["x_forwarded_for"] = [one for part in forwarded.split(",") if (one := part.strip())]
    told["user_agent"] = reading.header(message, "user-agent")
    told["referrer"] = reading.header(message, "referer")
    return _present(told)


def _response(record: Record) -> dict[str, Any]:
    message = record.response
    told = {
        "code": record.status,
        "body_length": reading.response_size(record),
        "content_type": reading.header(message, "content-type"),
        **_headers(message),
    }
    return _present(told)


def _headers(message: Message) -> dict[str, Any]:
    return {"http_headers": [{"name": name, "value": value} for name, value in message.headers]}


def _unmapped(record: Record) -> dict[str, Any]:
    return {
        "endpoint": record.endpoint,
        "level": record.level.word,
        "reason": record.reason,
        "posture": record.posture.value,
        "credential": record.credential_state.value,
        "rule": record.decision.rule,
        "findings": [finding.check for finding in record.findings],
        "data": sorted({item.data_class.value for item in record.items}),
        "people": len(record.disclosed),
        "source": record.source.value,
        "unseen": [part.value for part in record.unseen],
    }


def _status(status: int) -> int:
    if not status:
        return _UNKNOWN
    return _SUCCESS if status < 400 else _FAILURE


def _present(told: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty: unseen is not the same as nothing. Numbers stay."""
    return {name: value for name, value in told.items() if value not in ("", [], {}, None)}
