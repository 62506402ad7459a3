"""What the two encodings of OTLP have in common: spans and log records with their attributes.

OTLP 1.9 (opentelemetry-proto, docs/specification.md). Attributes are plain values: str, int, float,
bool, bytes, and lists of them; maps are left out, none of the conventions for HTTP uses one.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

SERVER = 2
"""SPAN_KIND_SERVER."""
ERROR = 2
"""STATUS_CODE_ERROR."""

Value = str | int | float | bool | bytes | list["Value"] | None
Attributes = Mapping[str, Value]


class Signal(StrEnum):
    TRACES = "/v1/traces"
    LOGS = "/v1/logs"
    METRICS = "/v1/metrics"


class Telemetry(Struct):
    """One server span, or one log record."""

    trace: str
    """32 hexadecimal digits; empty where it has none."""
    span: str
    """16 of them."""
    begin: int
    """Nanoseconds since the epoch; 0 where it does not say."""
    end: int
    attributes: Attributes
    resource: Attributes
    is_log: bool = False
    failed: bool = False
    """Its status says so."""
    raised: bool = False
    """It has an event of an exception."""


class Damaged(Struct, frozen=True):
    """One that cannot be read, among others that can."""

    excerpt: bytes = b""


Batch = Sequence[Telemetry | Damaged]


class Undecodable(Exception):
    """The whole message is not what its content type says."""


class Decoded(Struct, frozen=True):
    found: Batch
    ignored: int = 0
    """Spans of other kinds than SERVER."""


def identifiers(trace: str, span: str) -> tuple[str, str]:
    """Both where both are valid, that is not all zeros."""
    if len(trace) == 32 and len(span) == 16 and trace.strip("0") and span.strip("0"):
        return trace, span
    return "", ""


def is_exception(names: Iterator[str]) -> bool:
    return any(name == "exception" for name in names)
