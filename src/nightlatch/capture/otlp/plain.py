"""OTLP as JSON: lower camel case, ids in hexadecimal, 64-bit integers as texts, unknown members
ignored. Read by hand: the protobuf library's own JSON has the ids in Base64, and gives up the whole
batch for one wrong member."""

import base64
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from nightlatch.capture.otlp.telemetry import (
    ERROR,
    SERVER,
    Attributes,
    Batch,
    Damaged,
    Decoded,
    Telemetry,
    Undecodable,
    Value,
    identifiers,
)

_DEEPEST = 4
_EXCERPT = 512
_HEX = re.compile(r"[0-9a-fA-F]*")
_LARGEST = 1 << 64
_KIND_NAMES = {"SPAN_KIND_SERVER": SERVER}
_POINTS = ("gauge", "sum", "histogram", "exponentialHistogram", "summary")


def read_traces(body: bytes) -> Decoded:
    """Raises Undecodable."""
    found: list[Telemetry | Damaged] = []
    ignored = 0
    for span, resource in _leaves(_document(body), "resourceSpans", "scopeSpans", "spans"):
        kind = span.get("kind") if isinstance(span, dict) else SERVER
        if kind != SERVER and kind not in _KIND_NAMES:
            ignored += 1
        else:
            found.append(_read(span, resource, is_log=False))
    return Decoded(found, ignored)


def read_logs(body: bytes) -> Decoded:
    """Raises Undecodable."""
    leaves = _leaves(_document(body), "resourceLogs", "scopeLogs", "logRecords")
    found: Batch = [_read(record, resource, is_log=True) for record, resource in leaves]
    return Decoded(found)


def count_points(body: bytes) -> int:
    """Data points of a metrics request. Raises Undecodable."""
    leaves = _leaves(_document(body), "resourceMetrics", "scopeMetrics", "metrics")
    return sum(
        len(_list(_object(metric.get(kind)).get("dataPoints")))
        for metric, _ in leaves
        if isinstance(metric, dict)
        for kind in _POINTS
    )


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable("The body is not JSON.") from error
    if not isinstance(document, dict):
        raise Undecodable("The body is not a JSON object.")
    return document


def _leaves(
    document: dict[str, Any], groups: str, scopes: str, leaves: str
) -> Iterator[tuple[Any, Attributes]]:
    """Every span, record or metric, with the attributes of what sent it."""
    for group in map(_object, _list(document.get(groups))):
        resource = _attributes(_object(group.get("resource")).get("attributes"))
        for scope in _list(group.get(scopes)):
            for leaf in _list(_object(scope).get(leaves)):
                yield leaf, resource


def _read(leaf: Any, resource: Attributes, *, is_log: bool) -> Telemetry | Damaged:
    if not isinstance(leaf, dict) or not isinstance(leaf.get("attributes", []), list):
        return Damaged(msgspec.json.encode(leaf)[:_EXCERPT])
    trace, span = identifiers(_hexadecimal(leaf.get("traceId")), _hexadecimal(leaf.get("spanId")))
    if is_log:
        begin = _integer(leaf.get("timeUnixNano")) or _integer(leaf.get("observedTimeUnixNano"))
        end = 0
    else:
        begin = _integer(leaf.get("startTimeUnixNano"))
        end = _integer(leaf.get("endTimeUnixNano"))
    return Telemetry(
        trace,
        span,
        begin,
        end,
        _attributes(leaf.get("attributes")),
        resource,
        is_log=is_log,
        failed=_object(leaf.get("status")).get("code") in (ERROR, "STATUS_CODE_ERROR"),
        raised=any(_object(e).get("name") == "exception" for e in _list(leaf.get("events"))),
    )


def _attributes(pairs: Any) -> Attributes:
    found: dict[str, Value] = {}
    for pair in _list(pairs):
        name = pair.get("key") if isinstance(pair, dict) else None
        if isinstance(name, str):
            found[name] = _value(pair.get("value"))
    return found


def _value(value: Any, depth: int = _DEEPEST) -> Value:
    """Of one `AnyValue`: an object with one member that says the type."""
    if not isinstance(value, dict) or not depth:
        return None
    for kind, one in value.items():
        if kind in ("stringValue", "boolValue"):
            return one if isinstance(one, str | bool) else None
        if kind == "intValue":
            return _integer(one)
        if kind == "doubleValue":
            return _float(one)
        if kind == "arrayValue":
            return [_value(each, depth - 1) for each in _list(_object(one).get("values"))]
        if kind == "bytesValue":
            return _bytes(one)
    return None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _integer(value: Any) -> int:
    """0 for what is none. Negative ones are no times and no sizes."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 20:
        value = int(value)
    return value if type(value) is int and 0 <= value < _LARGEST else 0


def _float(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) else None


def _bytes(value: Any) -> bytes | None:
    try:
        return base64.b64decode(value)
    except (TypeError, ValueError):
        return None


def _hexadecimal(value: Any) -> str:
    return value.lower() if isinstance(value, str) and _HEX.fullmatch(value) else ""
