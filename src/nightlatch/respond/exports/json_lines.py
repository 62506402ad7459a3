"""Nightlatch's own records and reports, one JSON object a line, with all there is."""

import msgspec
from msgspec import Struct

from nightlatch.exchange.record import Record
from nightlatch.respond.exports.report import Report


class _Exchange(Struct):
    event: str
    exchange: Record


class _Report(Struct):
    event: str
    report: Report


def exchange(record: Record) -> bytes:
    return msgspec.json.encode(_Exchange("exchange", record))


def report(told: Report) -> bytes:
    return msgspec.json.encode(_Report(told.kind.value, told))
