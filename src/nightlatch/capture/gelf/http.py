"""GELF over HTTP: POST /gelf with one message, several of them a line each, or a JSON array."""

from collections.abc import Iterator
from threading import Lock

import msgspec
from starlette.types import Receive, Scope, Send

from nightlatch.capture.attributes import Attributes, Origin
from nightlatch.capture.gelf.message import GelfMessage, inflate, message_of, read_message
from nightlatch.capture.gelf.reader import GelfReader
from nightlatch.capture.http_source import (
    EXCERPT,
    MAX_DECODED,
    HttpSource,
    Malformed,
    Reading,
    Sent,
    Unreadable,
)
from nightlatch.capture.intake import Doorkeeper, Intake
from nightlatch.capture.texts import TextReader
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.source import SourceKind

PATH = "/gelf"
_SEEN = frozenset((b"gzip", b"x-gzip", b"deflate", b"identity", b""))
"""Content codings that the first bytes tell."""


class GelfHttp(HttpSource):
    """An ASGI application. The body's own first bytes tell whether it is gzip or zlib, and not the
    header: a widespread client says "gzip,deflate" of what is only the latter."""

    def __init__(
        self, attributes: Attributes, texts: TextReader, intake: Intake, doorkeeper: Doorkeeper
    ) -> None:
        bodies = _Bodies(attributes, texts)
        super().__init__(SourceKind.GELF, (PATH,), bodies, intake, doorkeeper, comes_again=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [pair for pair in scope["headers"] if not _tells_itself(*pair)]
        await super().__call__({**scope, "headers": headers}, receive, send)


def _tells_itself(name: bytes, value: bytes) -> bool:
    if name != b"content-encoding":
        return False
    return _SEEN.issuperset(coding.strip() for coding in value.lower().split(b","))


class _Bodies:
    """One body's messages to exchanges."""

    def __init__(self, attributes: Attributes, texts: TextReader) -> None:
        self._attributes = attributes
        self._texts = texts
        # Bodies come in several threads, and what reads them remembers.
        self._lock = Lock()

    def __call__(self, sent: Sent, /) -> Reading:
        origin = Origin(SourceKind.GELF, sent.grant.name, sent.grant.service)
        reader = GelfReader(origin, self._attributes, self._texts)
        plain = inflate(sent.body, MAX_DECODED)
        if isinstance(plain, Malformed):
            raise Unreadable(plain.reason, "Send JSON, plain or compressed by gzip or zlib.")
        with self._lock:
            return self._read(plain, reader, sent.at)

    def _read(self, plain: bytes, reader: GelfReader, now: float) -> Reading:
        seen: list[Observed] = []
        malformed: list[Malformed] = []
        ignored = 0
        for message, data in _messages(plain):
            said: object = message
            if isinstance(message, GelfMessage):
                said = reader.tell(message, now)
            if isinstance(said, Observed):
                seen.append(said)
            elif isinstance(said, Malformed):
                malformed.append(Malformed(said.reason, data))
            else:
                ignored += 1
        return Reading(seen, malformed, ignored)


def _messages(plain: bytes) -> Iterator[tuple[GelfMessage | Malformed, bytes]]:
    """Each message, read, and how it begins where it cannot be."""
    try:
        told = _decode(plain)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        lines = [line for line in plain.splitlines() if line.strip()]
        yield from ((read_message(line), line) for line in lines)
        return
    for one in told if isinstance(told, list) else [told]:
        message = message_of(one)
        broken = isinstance(message, Malformed)
        yield message, msgspec.json.encode(one)[:EXCERPT] if broken else b""


_decode = msgspec.json.Decoder().decode
