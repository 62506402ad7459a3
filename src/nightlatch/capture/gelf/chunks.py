"""Chunked GELF: messages that are larger than a datagram, put together again.

A chunk is two magic bytes, the message's id (8 bytes), its number and how many there are (a byte
each), and data. At most 128, within five seconds, in any order. Senders are not proven, so what may
be held is bounded for each of them and for all together, and whoever begins more loses the oldest
of their own first.
"""

from collections import OrderedDict
from collections.abc import Sequence

from msgspec import Struct

from nightlatch.capture.wires.reading import EXCERPT, Malformed, Quiet

MAGIC = b"\x1e\x0f"
HEADER = 12
MAX_CHUNKS = 128
WITHIN = 5.0
"""Seconds."""
MAX_MESSAGE = 1 << 20
"""Bytes of all chunks of one message."""
PER_SENDER = 64
"""Messages of one address that may be incomplete at a time."""
IN_ALL = 1_024
BYTES_IN_ALL = 64 << 20
_COMPLETED = 8_192
"""Ids of messages that are complete, so that a chunk that comes twice begins no new one."""

INCOMPLETE = "chunks are missing"
_EXCERPTS = 100
_INCOMPLETE = Malformed(INCOMPLETE)
_SHORT = Malformed("a chunk is shorter than its header")
_NUMBERS = Malformed("a chunk's number is none of its message's")
_DISAGREE = Malformed("chunks of one message disagree on how many they are")
_TOO_LARGE = Malformed("chunks of one message are too large together")

_Key = tuple[str, bytes]


class _Assembly(Struct):
    begun: float
    address: str
    count: int
    chunks: dict[int, bytes]
    size: int = 0


class Assemblies:
    """Messages of which chunks are missing."""

    def __init__(self) -> None:
        self._open: OrderedDict[_Key, _Assembly] = OrderedDict()
        self._of_sender: dict[str, dict[_Key, None]] = {}
        self._bytes = 0
        self._completed: OrderedDict[_Key, float] = OrderedDict()
        self._given_up: list[Malformed] = []

    def take(self, chunk: bytes, sender: str, now: float) -> bytes | Malformed | Quiet:
        """The whole message, when this was the chunk that it lacked."""
        if len(chunk) < HEADER:
            return _SHORT
        number, count = chunk[10], chunk[11]
        if not number < count <= MAX_CHUNKS:
            return _NUMBERS
        self._give_up_late(now)
        key = (sender, chunk[2:10])
        if self._completed.get(key, -WITHIN) > now - WITHIN:
            return Quiet.PIECE
        assembly = self._open.get(key) or self._begin(key, count, now)
        if assembly.count != count:
            return _DISAGREE
        return self._add(key, assembly, number, chunk[HEADER:], now)

    def expire(self, now: float) -> Sequence[Malformed]:
        """The messages given up since it was last asked."""
        self._give_up_late(now)
        given_up, self._given_up = self._given_up, []
        return given_up

    def _add(
        self, key: _Key, assembly: _Assembly, number: int, data: bytes, now: float
    ) -> bytes | Malformed | Quiet:
        if number in assembly.chunks:
            return Quiet.PIECE
        if assembly.size + len(data) > MAX_MESSAGE:
            self._forget(key)
            return _TOO_LARGE
        assembly.chunks[number] = data
        assembly.size += len(data)
        self._bytes += len(data)
        while self._bytes > BYTES_IN_ALL:
            self._give_up(next(iter(self._open)))
        if key not in self._open:
            return Quiet.PIECE
        if len(assembly.chunks) < assembly.count:
            return Quiet.PIECE
        self._forget(key)
        self._complete(key, now)
        return b"".join(assembly.chunks[one] for one in range(assembly.count))

    def _begin(self, key: _Key, count: int, now: float) -> _Assembly:
        address = key[0].partition(" ")[0]
        theirs = self._of_sender.get(address, ())
        if len(theirs) >= PER_SENDER:
            self._give_up(next(iter(theirs)))
        elif len(self._open) >= IN_ALL:
            self._give_up(next(iter(self._open)))
        self._of_sender.setdefault(address, {})[key] = None
        assembly = self._open[key] = _Assembly(now, address, count, {})
        return assembly

    def _complete(self, key: _Key, now: float) -> None:
        self._completed[key] = now
        while len(self._completed) > _COMPLETED:
            self._completed.popitem(last=False)

    def _give_up_late(self, now: float) -> None:
        while self._open:
            key, oldest = next(iter(self._open.items()))
            if now - oldest.begun < WITHIN:
                return
            self._give_up(key)

    def _give_up(self, key: _Key) -> None:
        first = self._forget(key)
        # The beginnings of some tell enough: a flood must not be kept.
        few = len(self._given_up) < _EXCERPTS
        self._given_up.append(Malformed(INCOMPLETE, first[:EXCERPT]) if few else _INCOMPLETE)

    def _forget(self, key: _Key) -> bytes:
        """How it began."""
        assembly = self._open.pop(key)
        self._bytes -= assembly.size
        theirs = self._of_sender[assembly.address]
        del theirs[key]
        if not theirs:
            del self._of_sender[assembly.address]
        return assembly.chunks.get(0, b"")
