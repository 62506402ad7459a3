"""HTTP Archive 1.2: what a browser or a proxy saw of both sides of each exchange.

Read by http://www.softwareishard.com/blog/har-12-spec/, with what real exporters do to it: a byte
order mark, pseudo headers of HTTP/2, entries that never left the browser, members that are missing.
"""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Callable, Iterator
from enum import StrEnum
from hashlib import blake2b
from urllib.parse import urlencode

import msgspec
from msgspec import Struct, field

from nightlatch.capture.logs.request_line import decoded_path, split_absolute, version_of
from nightlatch.capture.logs.times import moment
from nightlatch.capture.masked import is_masked
from nightlatch.exchange.exchange import NO_BODY, Body, Ending, Request, Response
from nightlatch.exchange.headers import Headers, headers_of
from nightlatch.exchange.masking import MASK
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import UNSEEN_HOST, Part, Source, SourceKind

MAX_FILE = 256 << 20
"""Bytes of a HAR file, unpacked."""
MAX_BODY = 1 << 20
"""Bytes of a body that are kept of it."""
MAX_HEADERS = 500
_SCHEMES = frozenset(("http", "https", "ws", "wss"))
_BEGINNING = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:\s*\{')
_PARTS = frozenset(Part)
_STANDING_SCHEME = "http"
"""In our own exports also that of an address whose scheme was not seen."""
_MOST_BYTES = 1 << 53
"""A size beyond that is nobody's."""
_WITH_BODY = frozenset(("POST", "PUT", "PATCH"))
_CREDENTIALS = frozenset((b"authorization", b"cookie"))
_MASK = MASK.encode().decode("latin-1")
"""As it stands in headers."""


class HarFault(Exception):
    """Not a HAR file; the text says why."""


class EntryFault(StrEnum):
    """Why an entry is no exchange. Fixed words: they are counted."""

    SHAPE = "not a HAR entry"
    NOT_HTTP = "not a request over HTTP"
    CACHED = "answered by the browser's cache"
    TIME = "no time that can be read"


class _Unusable(Exception):
    def __init__(self, fault: EntryFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class _Pair(Struct):
    name: str = ""
    value: str | None = ""


class _PostData(Struct, rename="camel"):
    mime_type: str = ""
    text: str | None = None
    params: list[_Pair] = field(default_factory=list)
    encoding: str = ""


class _Request(Struct, rename="camel"):
    method: str
    url: str
    http_version: str = ""
    headers: list[_Pair] = field(default_factory=list)
    cookies: list[_Pair] = field(default_factory=list)
    post_data: _PostData | None = None
    body_size: float = -1


class _Content(Struct, rename="camel"):
    size: float = -1
    text: str | None = None
    encoding: str = ""


class _Response(Struct, rename="camel"):
    status: int = 0
    headers: list[_Pair] = field(default_factory=list)
    content: _Content = field(default_factory=_Content)
    body_size: float = -1


class _Ours(Struct):
    unseen: list[str] = field(default_factory=list)


class _Entry(Struct, rename="camel"):
    started_date_time: str
    request: _Request
    response: _Response = field(default_factory=_Response)
    time: float | None = None
    from_cache: str = field(default="", name="_fromCache")
    ours: _Ours | None = field(default=None, name="_nightlatch")
    """What our own export says beside it: whoever saw the exchange may have seen less of it than
    a browser does."""


class _Log(Struct):
    entries: list[msgspec.Raw]


class _Har(Struct):
    log: _Log


_decode_har = msgspec.json.Decoder(_Har).decode
_decode_entry = msgspec.json.Decoder(_Entry, strict=False).decode


def looks_like_har(head: bytes) -> bool:
    """By its first bytes."""
    return _BEGINNING.match(head) is not None


def read_har(
    data: bytes,
    service: str,
    reject: Callable[[EntryFault, bytes], None],
    *,
    name: str = "",
    max_body: int = MAX_BODY,
) -> Iterator[Observed]:
    """Its exchanges, in their order; `reject` is told of entries that are none. Raises HarFault."""
    entries = _entries(data)
    # Browsers leave credentials out unless they are asked for them: a file without any tells
    # nothing of who had one.
    silent = not any(_shows_credentials(raw) for raw in entries)
    sources = _Sources(name, silent=silent)
    seen: Counter[bytes] = Counter()
    for raw in entries:
        try:
            yield _observed(raw, service, sources, seen, max_body)
        except _Unusable as unusable:
            reject(unusable.fault, bytes(raw)[:200])


def _entries(data: bytes) -> list[msgspec.Raw]:
    if len(data) > MAX_FILE:
        raise HarFault(f"a HAR file of more than {MAX_FILE >> 20} MB is too large to be read")
    try:
        return _decode_har(data.removeprefix(b"\xef\xbb\xbf")).log.entries
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HarFault(f"this is not a HAR file: {error}") from error


def _shows_credentials(raw: msgspec.Raw) -> bool:
    text = bytes(raw)
    if b"ookie" not in text and b"uthorization" not in text:
        return False
    try:
        asked = _decode_entry(raw).request
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return bool(asked.cookies) or _headers(asked.headers).has_any(_CREDENTIALS)


class _Sources:
    """Who looked, and what they could not see: never the client's address, for they were it."""

    def __init__(self, name: str, *, silent: bool) -> None:
        self._name = name
        hidden = {Part.CLIENT, Part.CREDENTIALS} if silent else {Part.CLIENT}
        self._whole = Source(SourceKind.HAR, name, frozenset(hidden))
        self._known: dict[frozenset[Part], Source] = {frozenset(): self._whole}

    def without(self, parts: frozenset[Part]) -> Source:
        source = self._known.get(parts)
        if source is None:
            source = Source(SourceKind.HAR, self._name, self._whole.unseen | parts)
            self._known[parts] = source
        return source


def _observed(
    raw: msgspec.Raw, service: str, sources: _Sources, seen: Counter[bytes], max_body: int
) -> Observed:
    try:
        entry = _decode_entry(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _Unusable(EntryFault.SHAPE) from None
    if entry.from_cache:
        raise _Unusable(EntryFault.CACHED)
    try:
        at = moment(entry.started_date_time)
    except (ValueError, OverflowError):
        raise _Unusable(EntryFault.TIME) from None
    duration = (entry.time or 0.0) / 1000
    hidden: set[Part] = set()
    request = _request(entry.request, hidden, max_body)
    response = _response(entry.response, hidden, max_body)
    if entry.time is None or not 0 <= duration < 1e9:
        duration = 0.0
        hidden.add(Part.DURATION)
    if entry.ours is not None:
        claimed = {Part(name) for name in entry.ours.unseen if name in _PARTS}
        hidden |= claimed - _shown(request, response, duration)
        request = _as_seen(request, hidden)
    return Observed(
        at,
        duration,
        request,
        response,
        sources.without(frozenset(hidden)),
        service,
        ending=Ending.ANSWERED if response else Ending.CLIENT_GONE,
        id=_id(entry, seen),
    )


def _shown(request: Request, response: Response | None, duration: float) -> set[Part]:
    """What the file has: anybody can write that it was not seen, and it is judged all the same. Of
    headers a part may be there."""
    told = {
        Part.SCHEME: request.scheme != _STANDING_SCHEME,
        Part.HOST: request.host != UNSEEN_HOST,
        Part.QUERY: request.query,
        Part.CREDENTIALS: request.headers.has_any(_CREDENTIALS),
        Part.SECRETS: any(_is_bare(request.headers.get(name)) for name in _CREDENTIALS),
        Part.REQUEST_BODY: request.body.data,
        Part.STATUS: response is not None,
        Part.RESPONSE_BODY: response is not None and response.body.data,
        Part.DURATION: duration,
    }
    return {part for part, there in told.items() if there}


def _is_bare(credential: str | None) -> bool:
    return bool(credential and _MASK not in credential and not is_masked(credential))


def _as_seen(request: Request, hidden: set[Part]) -> Request:
    """Without what stands for a host and a scheme in a URL that has to be whole."""
    host = "" if Part.HOST in hidden else request.host
    scheme = "" if Part.SCHEME in hidden else request.scheme
    return msgspec.structs.replace(request, host=host, scheme=scheme)


def _id(entry: _Entry, seen: Counter[bytes]) -> str:
    """The same in every file that the exchange was exported to."""
    asked = entry.request
    words = f"{entry.started_date_time}\n{asked.method}\n{asked.url}".encode("utf-8", "replace")
    digest = blake2b(words, digest_size=16)
    seen[digest.digest()] += 1
    return f"har:{digest.hexdigest()}:{seen[digest.digest()]}"


def _request(asked: _Request, hidden: set[Part], max_body: int) -> Request:
    parts = split_absolute(as_latin(asked.url), asked.method)
    if parts is None or parts[0] not in _SCHEMES:
        raise _Unusable(EntryFault.NOT_HTTP)
    scheme, host, rest = parts
    path, _, query = rest.partition("#")[0].partition("?")
    headers = _headers(asked.headers)
    if asked.cookies and b"cookie" not in headers:
        pairs = "; ".join(f"{one.name}={one.value or ''}" for one in asked.cookies[:MAX_HEADERS])
        headers = Headers((*headers.raw, (b"cookie", pairs.encode("utf-8", "replace"))))
    return Request(
        asked.method.upper(),
        scheme,
        headers.get(b"host") or host,
        decoded_path(path or "/"),
        query,
        headers,
        "",
        version_of(asked.http_version),
        _posted(asked, hidden, max_body),
    )


def _posted(asked: _Request, hidden: set[Part], max_body: int) -> Body:
    post = asked.post_data
    if post is None:
        # -1: the size is not known, which of a GET says nothing.
        if asked.body_size > 0 or (asked.body_size < 0 and asked.method.upper() in _WITH_BODY):
            hidden.add(Part.REQUEST_BODY)
        return NO_BODY
    if post.text is None and post.params:
        pairs = [(one.name, one.value or "") for one in post.params]
        return _body(urlencode(pairs).encode(), asked.body_size, max_body)
    data = _bytes(post.text or "", post.encoding)
    if data is None:
        hidden.add(Part.REQUEST_BODY)
        return _unseen(asked.body_size)
    return _body(data, asked.body_size, max_body)


def _response(told: _Response, hidden: set[Part], max_body: int) -> Response | None:
    if not 100 <= told.status <= 999:
        # Blocked, failed, or the page was left before there was an answer.
        return None
    content, headers = told.content, _headers(told.headers)
    data = None if content.text is None else _bytes(content.text, content.encoding)
    if data is not None:
        return Response(told.status, headers, _body(data, told.body_size, max_body))
    if content.text is not None or content.size:
        # Programs that leave bodies out write a size of -1, or no content at all.
        hidden.add(Part.RESPONSE_BODY)
    return Response(told.status, headers, _unseen(content.size))


def _unseen(size: float) -> Body:
    return Body(size=int(size)) if 0 < size < _MOST_BYTES else NO_BODY


def _body(data: bytes, size: float, max_body: int) -> Body:
    """`size` is that on the wire, -1 where nobody knows."""
    on_the_wire = int(size) if 0 < size < _MOST_BYTES else len(data)
    return Body(data[:max_body], on_the_wire, truncated=len(data) > max_body)


def _bytes(text: str, encoding: str) -> bytes | None:
    """None where it is not what it says it is."""
    if encoding == "base64":
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            return None
    return text.encode("utf-8", "replace")


def _headers(pairs: list[_Pair]) -> Headers:
    """Without HTTP/2's pseudo headers: what they say stands elsewhere."""
    return headers_of(
        (as_latin(one.name), as_latin(one.value or ""))
        for one in pairs[:MAX_HEADERS]
        if not one.name.startswith(":")
    )


def as_latin(text: str) -> str:
    """One character a byte."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("latin-1")
