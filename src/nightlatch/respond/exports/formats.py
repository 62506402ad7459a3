"""The formats, by name."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from nightlatch.exchange.record import Record
from nightlatch.respond.exports import cef, ecs, gelf, json_lines, ocsf, otlp
from nightlatch.respond.exports.report import Report


def _lines(events: Sequence[bytes]) -> bytes:
    return b"\n".join(events) + b"\n"


def _same(event: bytes) -> bytes:
    return event


class Format(Struct, frozen=True):
    id: str
    what: str
    exchange: Callable[[Record], bytes]
    report: Callable[[Report], bytes]
    media_type: str = "application/x-ndjson"
    batch: Callable[[Sequence[bytes]], bytes] = _lines
    """Several events as one body."""
    line: Callable[[bytes], bytes] = _same
    """One event by itself, without a line break."""
    binary: bool = False
    """No text: for HTTP alone."""
    otlp: bool = False
    """Sent as the OpenTelemetry Protocol asks: compressed, and its answers mean what it says."""


def _one_request(log: bytes) -> bytes:
    return otlp.batch([log])


def _protobuf(record: Record) -> bytes:
    from nightlatch.respond.exports.otlp_protobuf import encoded

    return encoded(otlp.log_of(record))


def _protobuf_report(told: Report) -> bytes:
    from nightlatch.respond.exports.otlp_protobuf import encoded

    return encoded(otlp.log_of_report(told))


def _protobuf_batch(logs: Sequence[bytes]) -> bytes:
    from nightlatch.respond.exports.otlp_protobuf import batch

    return batch(logs)


FORMATS: dict[str, Format] = {
    one.id: one
    for one in (
        Format("ocsf", "OCSF 1.8: classes 4002, 6003 and 2004", ocsf.exchange, ocsf.report),
        Format("ecs", "Elastic Common Schema 9", ecs.exchange, ecs.report),
        Format("cef", "ArcSight's CEF:0", cef.exchange, cef.report, "text/plain"),
        Format("gelf", "GELF 1.1, for Graylog", gelf.exchange, gelf.report),
        Format(
            "otlp",
            "OpenTelemetry logs as OTLP/JSON",
            otlp.exchange,
            otlp.report,
            "application/json",
            otlp.batch,
            _one_request,
            otlp=True,
        ),
        Format(
            "otlp-protobuf",
            "OpenTelemetry logs as OTLP/protobuf, over HTTP",
            _protobuf,
            _protobuf_report,
            "application/x-protobuf",
            _protobuf_batch,
            binary=True,
            otlp=True,
        ),
        Format("jsonl", "Nightlatch's own records", json_lines.exchange, json_lines.report),
    )
}
