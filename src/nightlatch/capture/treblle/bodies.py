"""Bodies of an event: JSON that was parsed, masked and written anew by the SDK, or what it puts in
place of a body that it did not want to send."""

import re
from collections.abc import Collection
from typing import Any

import msgspec

from nightlatch.exchange.exchange import NO_BODY, Body
from nightlatch.exchange.headers import Headers

MAX_EXCERPT = 65_536
"""Bytes of a body that are kept."""

_EMPTY = frozenset({b"", b"null", b"{}", b"[]", b'""'})
_MAX_NOTE = 200
_NOTES = re.compile(
    r"Treblle can only capture payloads.*|.*[Pp]ayload too large.*|Payload exceeds .*"
    r"|(?:The|Response) payload is not valid JSON\.?|File upload omitted\."
    r"|JSON (?:response|payload) size is over .*",
    re.DOTALL,
)
"""What SDKs write in place of a body."""
_ONLY_TOLD = re.compile(r"<\d+ (?:characters|bytes)>")
_NOTE_FIELDS = frozenset({"error", "message", "size", "limit", "__type"})


def request_body(raw: bytes, headers: Headers, *, known: bool) -> Body | None:
    """The body of a request; None where there may have been one that was not sent to us. `known`:
    its headers are."""
    body = _body(raw, _length(headers), headers)
    if body is not None or not known:
        return body
    # HTTP/1.1 announces every body of a request (RFC 9112, section 6.3).
    announced = _length(headers) or b"transfer-encoding" in headers
    return NO_BODY if raw in _EMPTY and not announced else None


def response_body(
    raw: bytes, size: object, status: int, method: str, headers: Headers
) -> Body | None:
    """The same of an answer, which SDKs send when it is JSON."""
    declared = number(size)
    body = _body(raw, declared, headers)
    if body is not None:
        return body
    if raw not in _EMPTY:
        return None
    if status in (204, 205, 304) or method == "HEAD" or headers.get(b"content-length") == "0":
        return NO_BODY
    # A size of 0 proves nothing: so do SDKs count what is streamed.
    if declared == len(raw) and raw in (b"{}", b"[]", b'""', b"null"):
        return Body(raw, declared)
    return None


def number(value: object) -> int:
    """A size that may be written as a text; 0 where there is none."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:
        return int(value)
    return value if type(value) is int and 0 <= value < 1 << 50 else 0


def without(raw: bytes, names: Collection[str]) -> bytes:
    """An object without the members of these names, which came from the query."""
    value = _decoded(raw)
    if not isinstance(value, dict) or not names:
        return raw
    return msgspec.json.encode({name: one for name, one in value.items() if name not in names})


def _body(raw: bytes, size: int, headers: Headers) -> Body | None:
    if raw in _EMPTY:
        return None
    if raw[:1] == b'"':
        return _text_body(_decoded(raw), raw, size, headers)
    if len(raw) <= _MAX_NOTE or b'"_raw_body"' in raw[:32] or b'"_binary_data"' in raw[:32]:
        value = _decoded(raw)
        if isinstance(value, dict):
            if len(value) == 1 and "_raw_body" in value:
                return _text_body(value["_raw_body"], raw, size, headers)
            if "_binary_data" in value or _is_note(value):
                return None
    return _cut(raw, size)


def _text_body(text: Any, raw: bytes, size: int, headers: Headers) -> Body | None:
    """A body that is a text: the text itself, or a JSON document that is one."""
    if not isinstance(text, str) or _NOTES.fullmatch(text) or _ONLY_TOLD.fullmatch(text):
        return None
    is_json = "json" in (headers.get(b"content-type") or "").lower()
    if is_json and text.lstrip()[:1] not in ("{", "["):
        return _cut(raw, size)
    data = text.encode("utf-8", "replace")
    if size > len(data):
        return Body(data[:MAX_EXCERPT], size, truncated=True)
    return _cut(data, size)


def _cut(data: bytes, size: int) -> Body:
    # What was parsed and written anew has another size than what was sent.
    return Body(data[:MAX_EXCERPT], size or len(data), truncated=len(data) > MAX_EXCERPT)


def _is_note(value: dict[str, Any]) -> bool:
    if not value.keys() <= _NOTE_FIELDS:
        return False
    return any(isinstance(text, str) and _NOTES.fullmatch(text) for text in value.values())


def _decoded(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _length(headers: Headers) -> int:
    return number(headers.get(b"content-length"))
