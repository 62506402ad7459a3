"""Named fields taken out of JSON answers, at any depth.

What cannot be read cannot be cleaned, and is not let out: the caller of `without` withholds it.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from nightlatch.capture.codings import decoder_for
from nightlatch.exchange.headers import Headers

WHOLE_LIMIT: Final = 1 << 20
"""Bytes of an answer, as it is sent and unpacked, from which fields are still taken out: that many
take about 30 ms, in which the application's event loop does nothing else."""

_FIELDLESS = ("image/", "font/", "audio/", "video/", "text/html", "text/css")
"""Media types that have no named fields. All others are read as JSON, or withheld: an endpoint that
also speaks XML or MessagePack must not tell in one what it hides in the other."""
_TELLING = frozenset(
    {
        *(b"content-length", b"content-encoding", b"content-range", b"accept-ranges"),
        *(b"etag", b"digest", b"content-digest", b"repr-digest", b"content-md5"),
    }
)
"""Header fields that say something of the body as it was: how long, how packed, which hash."""


class Unreadable(Exception):
    """The answer is not JSON that we can read, whole."""


def has_fields(headers: Headers) -> bool:
    """May an answer of this media type carry named fields?"""
    media = (headers.get(b"content-type") or "").lstrip().lower()
    return not media.startswith(_FIELDLESS)


def without(names: Iterable[str], headers: Headers, body: bytes) -> bytes | None:
    """The body, unpacked and without these fields; None where it has none of them. Case does not
    matter in names. Raises Unreadable."""
    if len(body) > WHOLE_LIMIT:
        raise Unreadable
    unwanted = frozenset(name.casefold() for name in names)
    try:
        value = _parse(_unpacked(headers, body))
        if not _cut(value, unwanted):
            return None
        return msgspec.json.encode(value)
    except (ValueError, RecursionError, LookupError, TypeError) as error:
        raise Unreadable from error


def plain_head(raw: Iterable[tuple[bytes, bytes]], length: int | None) -> list[tuple[bytes, bytes]]:
    """The head for a changed body; `length` None for an answer that has none."""
    kept = [_plain(name, value) for name, value in raw if name.lower() not in _TELLING]
    return kept if length is None else [*kept, (b"content-length", b"%d" % length)]


def _plain(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """What we write is UTF-8, whatever it was before."""
    if name.lower() == b"content-type" and b"charset" in value.lower():
        return name, value.partition(b";")[0].strip()
    return name, value


def _unpacked(headers: Headers, body: bytes) -> bytes:
    decoder = decoder_for(headers)
    if decoder is None:
        return body
    plain = decoder.feed(body, WHOLE_LIMIT)
    if decoder.fault or not decoder.finished:
        raise Unreadable
    return plain


def _parse(data: bytes) -> Any:
    """Numbers stay as they are written: 1.10 does not become 1.1, nor a long one a rounded one."""
    if not data:
        raise Unreadable
    text = data.decode(json.detect_encoding(data))
    return json.loads(text, parse_float=_as_is, parse_int=_as_is, parse_constant=_as_is)


def _as_is(number: str) -> msgspec.Raw:
    return msgspec.Raw(number.encode())


def _cut(value: Any, unwanted: frozenset[str]) -> bool:
    """Take them out in place; was there one?"""
    found = False
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            for name in [name for name in one if name.casefold() in unwanted]:
                del one[name]
                found = True
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return found
