"""Message bodies as they pass: a bounded prefix is kept, content codings are undone.

Nothing here raises on hostile input: what cannot be decoded is named in `Body.fault`.
"""

from nightlatch.capture.codings import MAX_DECODED, Decoder
from nightlatch.exchange.exchange import NO_BODY, Body

TAIL = 8_192
"""Bytes kept of the end of a longer body: padding hides an attack behind the limit."""
CUT_SHORT = "incomplete: it ended, or was no longer read, too early"


class BodyCollector:
    """Keeps the first `limit` bytes of a body and its last `ending`, and counts all of them."""

    __slots__ = ("_data", "_ending", "ended", "limit", "size", "tail")

    def __init__(self, limit: int, ending: int = TAIL) -> None:
        self.limit = limit
        self._ending = ending
        self.size = 0
        self.ended = False
        """The sender said that this was all."""
        self._data: bytes | bytearray = b""
        self.tail = b""
        """The last bytes beyond the prefix, at most `ending` of them."""

    def add(self, chunk: bytes, *, more: bool) -> None:
        self.ended = not more
        if not chunk:
            return
        kept = len(self._data)
        self.size += len(chunk)
        room = self.limit - kept
        if len(chunk) > room:
            if ending := self._ending:
                self.tail = (self.tail + chunk[max(room, len(chunk) - ending) :])[-ending:]
            if room <= 0:
                return
            chunk = chunk[:room]
        if not kept:
            # Most bodies come in one piece: keep that piece itself.
            self._data = chunk
        elif type(self._data) is bytearray:
            self._data += chunk
        else:
            self._data = bytearray(self._data) + chunk

    @property
    def overflowed(self) -> bool:
        return self.size > self.limit

    def raw(self) -> bytes:
        """The kept prefix, still content-encoded."""
        return bytes(self._data)


def body_of(collected: BodyCollector, decoder: Decoder | None, *, over: bool) -> Body:
    """What was collected, as a Body; a fresh `decoder` stands after the kept prefix afterwards.

    `over`: nothing will follow, so a body without its end is a fault. Otherwise it is `truncated`.
    """
    if not collected.size and (over or collected.ended):
        return NO_BODY
    data = collected.raw()
    truncated = collected.overflowed or not (over or collected.ended)
    fault = CUT_SHORT if over and not collected.ended else ""
    if decoder is None:
        return Body(data, collected.size, truncated, fault, collected.tail)
    data = decoder.feed(data, MAX_DECODED)
    if not truncated and not fault and not decoder.finished:
        fault = "its content coding ends too early"
    truncated = truncated or decoder.overflowed
    return Body(data, collected.size, truncated, fault=decoder.fault or fault)


def octets(value: object) -> bytes:
    """The bytes of an ASGI body field, as a value that will not change behind our back."""
    if type(value) is bytes:
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise TypeError(f"an ASGI body must be bytes, not {type(value).__name__}")
