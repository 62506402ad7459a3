"""One GELF message: bytes to named values, as the specification says and clients do.

`version` "1.0" is still sent, `host` may be missing, and what is no field of GELF's own counts as
an extra field also without the leading "_": all that Graylog takes is taken.
"""

from math import isfinite
from typing import Any

import msgspec
from msgspec import Struct

from nightlatch.capture.codings import decoder_for
from nightlatch.capture.wires.reading import Malformed
from nightlatch.exchange.headers import headers_of

MAX_PLAIN = 1 << 20
"""Bytes of a message once it is decompressed."""
_OWN = frozenset({
    "version", "host", "short_message", "message", "full_message", "timestamp", "level",
    "facility", "line", "file",
})  # fmt: skip
_GZIP = headers_of([("content-encoding", "gzip")])
_ZLIB = headers_of([("content-encoding", "deflate")])

DAMAGED = Malformed("its compression is damaged")
TOO_LARGE = Malformed("it expands beyond 1 MiB")
NO_JSON = Malformed("not JSON")
NO_OBJECT = Malformed("not a JSON object")
_VERSION = Malformed("its version is neither 1.0 nor 1.1")
_EMPTY_HOST = Malformed("its host is empty")
_NO_MESSAGE = Malformed("it has no short_message")


class GelfMessage(Struct, frozen=True):
    host: str
    """The machine that sent it; empty where it does not say."""
    short: str
    full: str
    at: float | None
    """None where it does not say."""
    extra: dict[str, Any]


def inflate(data: bytes, room: int = MAX_PLAIN) -> bytes | Malformed:
    """Undo what the first bytes tell: gzip, zlib, or nothing at all."""
    if data[:2] == b"\x1f\x8b":
        coding = _GZIP
    elif len(data) > 1 and data[0] == 0x78 and (data[0] << 8 | data[1]) % 31 == 0:
        coding = _ZLIB
    else:
        return data if len(data) <= room else TOO_LARGE
    decoder = decoder_for(coding)
    if decoder is None:
        return data
    plain = decoder.feed(data, room)
    if decoder.overflowed:
        return TOO_LARGE
    return plain if decoder.finished and not decoder.fault else DAMAGED


def read_message(plain: bytes) -> GelfMessage | Malformed:
    try:
        told = _decode(plain)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NO_JSON
    return message_of(told)


def message_of(told: Any) -> GelfMessage | Malformed:
    """A message from its decoded JSON."""
    if type(told) is not dict:
        return NO_OBJECT
    version = told.get("version", "1.1")
    if not isinstance(version, str | int | float) or version not in _VERSIONS:
        return _VERSION
    host, short = told.get("host"), told.get("short_message") or told.get("message")
    if isinstance(host, str) and not host.strip():
        return _EMPTY_HOST
    if not isinstance(short, str):
        return _NO_MESSAGE
    full = told.get("full_message")
    extra = {name: value for name, value in told.items() if name not in _OWN}
    return GelfMessage(
        host=host if isinstance(host, str) else "",
        short=short,
        full=full if isinstance(full, str) else "",
        at=_moment(told.get("timestamp")),
        extra=extra,
    )


def _moment(told: Any) -> float | None:
    """Seconds; some clients send text, and some milliseconds."""
    try:
        at = float(told)
    except (TypeError, ValueError, OverflowError):
        return None
    if not isfinite(at) or at <= 0:
        return None
    return at / 1000 if at > _MILLISECONDS else at


_VERSIONS = frozenset({"1.0", "1.1", 1.0, 1.1})
_MILLISECONDS = 1e11
"""Beyond it (the year 5138) a number must count milliseconds."""
_decode = msgspec.json.Decoder().decode
