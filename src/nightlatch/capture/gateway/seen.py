"""Bodies and paths as a proxy hands them over: at once, whole or as far as its buffer went."""

from typing import Final
from urllib.parse import unquote

import msgspec

from nightlatch.capture.bodies import BodyCollector, body_of
from nightlatch.capture.codings import decoder_for
from nightlatch.capture.hold import declares_length
from nightlatch.capture.ports import Scope
from nightlatch.exchange.exchange import NO_BODY, Body, Request
from nightlatch.exchange.headers import Headers

_LONGEST: Final = 1 << 20
"""Bytes that no proxy hands over at once."""
_BODILESS: Final = frozenset({204, 304})
_decode = msgspec.json.Decoder(msgspec.Raw).decode


def body_seen(data: bytes, headers: Headers, *, limit: int = _LONGEST) -> Body:
    """The body of a message with these `headers`, of which `data` was seen."""
    whole = len(data)
    if declares_length(headers):
        whole = int(headers.get(b"content-length") or 0)
    elif (data or b"transfer-encoding" in headers) and not _is_all(data, headers):
        # At least one more than there is: how many they are, nobody can know yet.
        whole += 1
    if not whole:
        return NO_BODY
    if whole == len(data) <= limit and b"content-encoding" not in headers:
        return Body(data, whole)
    collected = BodyCollector(limit)
    collected.add(data, more=whole > len(data))
    body = body_of(collected, decoder_for(headers), over=False)
    return msgspec.structs.replace(body, size=max(whole, body.size))


def answer_seen(data: bytes, status: int, headers: Headers, method: str) -> Body:
    """The same of an answer, which may have no body whatever its head says."""
    if method == "HEAD" or status in _BODILESS or status < 200:
        return NO_BODY
    return body_seen(data, headers)


def path_of(raw: str) -> str:
    """Percent-decoded, as ASGI servers do it."""
    return unquote(raw) if "%" in raw else raw


def version_of(told: str) -> str:
    """As ASGI spells it: "1.1", "2"."""
    return told.removesuffix(".0") if told in ("2.0", "3.0") else told


def scope_of(request: Request, raw_path: str) -> Scope:
    """What the gate needs to know of a request that came by another way than ASGI."""
    return {
        "type": "http",
        "method": request.method,
        "path": request.path,
        "raw_path": raw_path.encode("latin-1", "replace"),
        "query_string": request.query.encode("latin-1", "replace"),
        "root_path": "",
        "scheme": request.scheme,
        "headers": request.headers.raw,
        "client": (request.peer, 0),
    }


def _is_all(data: bytes, headers: Headers) -> bool:
    """Does a body without a declared length end here? Of JSON one can tell."""
    media = headers.get(b"content-type") or ""
    if not data or "json" not in media or b"content-encoding" in headers:
        return False
    try:
        _decode(data)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
