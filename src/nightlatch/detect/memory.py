"""What a process learned of endpoints and callers, as it is handed to the next one."""

import msgspec
from msgspec import Struct

from nightlatch.detect.door import Learned
from nightlatch.faults import FAULTS


class PassSpent(Struct, frozen=True, array_like=True):
    """Whom one pass has had within the hour that it is good for."""

    endpoint: str
    circle: str
    subjects: dict[bytes, float]
    """Digest → when it left."""


class Memory(Struct, frozen=True):
    doors: list[Learned]
    known: bytes
    """Callers with a clean history, as numbers of eight bytes."""
    proven: bytes = b""
    """Callers that got in at a log-in, likewise."""
    passes: list[PassSpent] = []


_WRITE = msgspec.msgpack.Encoder()
_READ = msgspec.msgpack.Decoder(Memory)


def write(memory: Memory) -> bytes:
    return _WRITE.encode(memory)


def read(data: bytes) -> Memory:
    """Nothing of what cannot be read: it is learned anew."""
    try:
        return _READ.decode(data)
    except msgspec.DecodeError as error:
        FAULTS.note("detect.memory", error)
        return Memory([], b"")
