"""HAR 1.2 of recorded exchanges: redacted like everything that is kept.

http://www.softwareishard.com/blog/har-12-spec/
"""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from nightlatch.exchange.record import Message, Record
from nightlatch.exchange.source import UNSEEN_HOST, Part
from nightlatch.respond.exports import reading

MEDIA_TYPE = "application/json"
_UNKNOWN = -1
_VERSION = "HTTP/1.1"


def pieces(records: Iterable[Record], version: str) -> Iterator[bytes]:
    """A whole HAR file, piece by piece: however many records there are, one is in memory."""
    creator = {"name": reading.PRODUCT, "version": version}
    yield b'{"log":{"version":"1.2","creator":' + msgspec.json.encode(creator) + b',"entries":['
    for number, record in enumerate(records):
        yield (b",\n" if number else b"\n") + msgspec.json.encode(entry(record))
    yield b"\n]}}\n"


def entry(record: Record) -> dict[str, Any]:
    # 0 where it is not known: HAR has no other number for that.
    milliseconds = round((reading.seconds(record) or 0.0) * 1_000, 3)
    return {
        "startedDateTime": reading.moment(record.at),
        "time": milliseconds,
        "request": _request(record),
        "response": _response(record),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_nightlatch": {
            "id": record.id,
            "service": record.service,
            "endpoint": record.endpoint,
            "client": record.address,
            "level": record.level.word,
            "reason": record.reason,
            "findings": [finding.check for finding in record.findings],
            "unseen": [part.value for part in record.unseen],
        },
    }


def _request(record: Record) -> dict[str, Any]:
    message = record.request
    told: dict[str, Any] = {
        "method": record.method,
        "url": _url(record),
        "httpVersion": _VERSION,
        "cookies": _cookies(reading.header(message, "cookie")),
        "headers": _headers(message),
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(record.query, keep_blank_values=True)
        ],
        "headersSize": _UNKNOWN,
        "bodySize": _or_unknown(reading.request_size(record)),
    }
    if message.body:
        told["postData"] = {
            "mimeType": reading.header(message, "content-type"),
            "text": message.body,
            "params": [],
        }
    return told


def _response(record: Record) -> dict[str, Any]:
    message = record.response
    size = _or_unknown(reading.response_size(record))
    return {
        "status": record.status,
        "statusText": _phrase(record.status),
        "httpVersion": _VERSION,
        "cookies": [],
        "headers": _headers(message),
        "content": {
            "size": size,
            "mimeType": reading.header(message, "content-type"),
            **_text(record),
        },
        "redirectURL": reading.header(message, "location"),
        "headersSize": _UNKNOWN,
        "bodySize": size,
    }


def _text(record: Record) -> dict[str, str]:
    """An empty text is an empty body; of one that was not seen there is none."""
    body = record.response.body
    return {} if not body and Part.RESPONSE_BODY in record.unseen else {"text": body}


def _or_unknown(size: int | None) -> int:
    return _UNKNOWN if size is None else size


def _url(record: Record) -> str:
    """HAR wants it whole."""
    query = f"?{record.query}" if record.query else ""
    host = record.host or UNSEEN_HOST
    return f"{record.scheme or 'http'}://{host}{record.path}{query}"


def _headers(message: Message) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in message.headers]


def _cookies(header: str) -> list[dict[str, str]]:
    """Their values are masked, and so are none that a parser of cookies would take."""
    pairs = [pair.strip().partition("=") for pair in header.split(";") if pair.strip()]
    return [{"name": name, "value": value} for name, _, value in pairs]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
