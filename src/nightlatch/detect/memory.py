"""What a process learned of endpoints and callers, as it is handed to the next one."""

import logging

import msgspec
from msgspec import Struct

from nightlatch.detect.door import Learned
from nightlatch.faults import FAULTS

log = logging.getLogger("nightlatch")


class PassSpent(Struct, frozen=True, array_like=True):
    """Whom one pass has had within the hour that it is good for."""

    endpoint: str
    circle: str
    subjects: dict[bytes, float]
    """Digest → when it left."""


class Memory(Struct, frozen=True, omit_defaults=True):
    doors: list[Learned]
    clean: bytes = b""
    """Callers with a clean history, as numbers of eight bytes, made with the installation's key."""
    let_in: bytes = b""
    """Callers that got in at a log-in, likewise."""
    passes: list[PassSpent] = []
    known: bytes = b""
    proven: bytes = b""
    """What the two above were called when their numbers were made without a key. Read to tell that
    they are forgotten, and never written again."""


_WRITE = msgspec.msgpack.Encoder()
_READ = msgspec.msgpack.Decoder(Memory)


def write(memory: Memory) -> bytes:
    return _WRITE.encode(memory)


def read(data: bytes) -> Memory:
    """Nothing of what cannot be read: it is learned anew."""
    try:
        found = _READ.decode(data)
    except msgspec.DecodeError as error:
        FAULTS.note("detect.memory", error)
        return Memory([])
    if unkeyed := len(found.known + found.proven) // 8:
        log.warning(
            "%d callers that were known as honest are forgotten once, and learned anew: the "
            "version before kept them so that their addresses could be guessed.", unkeyed,
        )  # fmt: skip
    return found
