"""ArcSight's Common Event Format, version 0.

    CEF:0|Vendor|Product|Version|SignatureID|Name|Severity|key=value key=value

In the header "|" and backslashes are escaped, in the extension "=", backslashes and line breaks.
"""

from collections.abc import Iterable

from nightlatch.exchange.judgement import Level
from nightlatch.exchange.record import Record
from nightlatch.respond.exports import reading
from nightlatch.respond.exports.report import Report

VERSION = "1"
"""Of what the fields mean here."""
MAX_TEXT = 1_023
"""Characters of one value: what ArcSight itself takes."""
_EXCHANGE = {Level.LOW: 1, Level.MEDIUM: 5, Level.HIGH: 8}
_REPORT = {Level.LOW: 3, Level.MEDIUM: 6, Level.HIGH: 9}
_IN_HEADER = str.maketrans({"\\": r"\\", "|": r"\|", "\n": " ", "\r": " "})
_IN_EXTENSION = str.maketrans({"\\": r"\\", "=": r"\=", "\n": r"\n", "\r": r"\r"})

Fields = Iterable[tuple[str, str | int]]


def exchange(record: Record) -> bytes:
    host, port = reading.host_and_port(record)
    fields: list[tuple[str, str | int]] = [
        ("rt", int(record.at * 1_000)),
        ("externalId", record.id),
        *_source(record.address),
        ("dhost", host),
        ("dpt", port or ""),
        ("app", record.scheme.upper()),
        ("request", reading.url(record)),
        ("requestMethod", record.method),
        ("requestClientApplication", reading.header(record.request, "user-agent")),
        ("suid", reading.actor(record)),
        ("destinationServiceName", record.service),
        ("act", reading.action(record)),
        ("outcome", record.ending.value),
        ("in", _or_empty(reading.request_size(record))),
        ("out", _or_empty(reading.response_size(record))),
        *_labelled("cs1", "endpoint", record.endpoint),
        *_labelled("cs2", "findings", ",".join(one.check for one in record.findings)),
        *_labelled("cs3", "posture", record.posture.value),
        *_labelled("cn1", "status", record.status or ""),
        *_labelled("cn2", "people", len(record.disclosed)),
        ("msg", record.reason),
    ]
    return _line("exchange", record.endpoint, _EXCHANGE[record.level], fields)


def report(told: Report) -> bytes:
    fields: list[tuple[str, str | int]] = [
        ("rt", int(told.at * 1_000)),
        ("externalId", told.uid),
        ("cat", told.kind.value),
        *_source(told.address),
        ("destinationServiceName", told.service),
        *_labelled("cs1", "endpoint", told.endpoint),
        *_labelled("cs2", "circle", told.circle),
        *_labelled("cs3", "exchange", told.record),
        *_labelled("cn2", "people", told.subjects),
        ("msg", told.text),
    ]
    return _line(told.rule, told.title, _REPORT[told.level], fields)


def _or_empty(number: int | None) -> str | int:
    return "" if number is None else number


def _source(address: str) -> Fields:
    """In version 0 `src` is an IPv4 address; others have a field with a name of their own."""
    if not reading.is_address(address):
        return ()
    if ":" in address:
        return (("c6a2Label", "Source IPv6 Address"), ("c6a2", address))
    return (("src", address),)


def _labelled(key: str, label: str, value: str | int) -> Fields:
    """A field of our own has its name beside it; nothing where there is no value."""
    return () if value == "" else ((f"{key}Label", label), (key, value))


def _line(signature: str, name: str, severity: int, fields: Fields) -> bytes:
    header = (reading.PRODUCT, reading.PRODUCT, VERSION, signature, name[:512], str(severity))
    before = "|".join(part.translate(_IN_HEADER) for part in header)
    told = " ".join(
        f"{key}={str(value)[:MAX_TEXT].translate(_IN_EXTENSION)}"
        for key, value in fields
        if value != ""
    )
    return f"CEF:0|{before}|{told}".encode()
