"""Frames and what is in them (HAProxy's SPOE.txt, section 3.2), as values."""

import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from msgspec import Struct

from nightlatch.capture.spoe.values import (
    Malformed,
    Value,
    read_bytes,
    read_named,
    read_value,
    read_varint,
    write_bytes,
    write_named,
    write_uint32,
    write_value,
    write_varint,
)


class Kind(IntEnum):
    UNSET = 0
    """A further piece of a frame that was sent in pieces."""
    HAPROXY_HELLO = 1
    HAPROXY_DISCONNECT = 2
    NOTIFY = 3
    AGENT_HELLO = 101
    AGENT_DISCONNECT = 102
    ACK = 103


class Scope(IntEnum):
    """How long a variable lives in HAProxy."""

    PROCESS = 0
    SESSION = 1
    TRANSACTION = 2
    REQUEST = 3
    RESPONSE = 4


class Status(IntEnum):
    """Why a connection ends (section 3.5)."""

    NORMAL = 0
    IO = 1
    TIMEOUT = 2
    TOO_BIG = 3
    INVALID = 4
    NO_VERSION = 5
    NO_FRAME_SIZE = 6
    NO_CAPABILITIES = 7
    UNSUPPORTED_VERSION = 8
    BAD_FRAME_SIZE = 9
    FRAGMENTATION = 10
    INTERLACED = 11
    NO_FRAME_ID = 12
    RESOURCES = 13
    UNKNOWN = 99


FIN: Final = 1
ABORT: Final = 2
_SET, _UNSET = 1, 2

_HEAD: Final = struct.Struct(">BI")
_WHOLE_HEAD: Final = struct.Struct(">IBI")


class Frame(Struct, frozen=True, gc=False):
    kind: int
    flags: int
    stream: int
    number: int
    """Of the frame within its stream: the answer bears the same two."""
    payload: bytes = b""


class Message(Struct, frozen=True, gc=False):
    """What HAProxy tells of a stream: named arguments."""

    name: str
    arguments: dict[str, Value]


class SetVariable(Struct, frozen=True, gc=False):
    name: str
    value: Value
    scope: Scope = Scope.TRANSACTION


def read_frame(data: bytes) -> Frame:
    """A frame without the length before it."""
    if len(data) < _HEAD.size:
        raise Malformed("a frame without a head")
    kind, flags = _HEAD.unpack_from(data)
    stream, at = read_varint(data, _HEAD.size)
    number, at = read_varint(data, at)
    return Frame(kind, flags, stream, number, data[at:])


def write_frame(frame: Frame) -> bytes:
    """With its length before it."""
    ids = write_varint(frame.stream) + write_varint(frame.number)
    size = _HEAD.size + len(ids) + len(frame.payload)
    return _WHOLE_HEAD.pack(size, frame.kind, frame.flags) + ids + frame.payload


def read_messages(payload: bytes) -> list[Message]:
    """The messages of a NOTIFY frame."""
    messages = []
    at = 0
    while at < len(payload):
        name, at = read_bytes(payload, at)
        if at >= len(payload):
            raise Malformed("a message without arguments")
        arguments, at = read_named(payload, at + 1, payload[at])
        messages.append(Message(name.decode("latin-1"), arguments))
    return messages


def write_messages(messages: Iterable[Message]) -> bytes:
    return b"".join(
        write_bytes(message.name.encode("latin-1"))
        + bytes((len(message.arguments),))
        + b"".join(write_named(n, write_value(v)) for n, v in message.arguments.items())
        for message in messages
    )


def write_actions(actions: Iterable[SetVariable]) -> bytes:
    """The payload of an ACK frame."""
    return b"".join(
        bytes((_SET, 3, one.scope)) + write_named(one.name, write_value(one.value))
        for one in actions
    )


def read_actions(payload: bytes) -> list[SetVariable]:
    """What an ACK frame sets; variables that it takes away are not among them."""
    actions = []
    at = 0
    while at < len(payload):
        if at + 3 > len(payload):
            raise Malformed("an action is cut short")
        kind, _, scope = payload[at : at + 3]
        name, at = read_bytes(payload, at + 3)
        if kind == _UNSET:
            continue
        value, at = read_value(payload, at)
        if kind != _SET or scope > Scope.RESPONSE:
            raise Malformed("an unknown action")
        actions.append(SetVariable(name.decode("latin-1"), value, Scope(scope)))
    return actions


def agent_hello(max_frame: int, capabilities: str) -> Frame:
    payload = (
        write_named("version", write_value("2.0"))
        + write_named("max-frame-size", write_uint32(max_frame))
        + write_named("capabilities", write_value(capabilities))
    )
    return Frame(Kind.AGENT_HELLO, FIN, 0, 0, payload)


def agent_disconnect(status: Status, reason: str) -> Frame:
    payload = write_named("status-code", write_uint32(status)) + write_named(
        "message", write_value(reason)
    )
    return Frame(Kind.AGENT_DISCONNECT, FIN, 0, 0, payload)


def read_pairs(payload: bytes) -> dict[str, Value]:
    """The items of a HELLO or DISCONNECT frame, whose number is not told."""
    items: dict[str, Value] = {}
    at = 0
    while at < len(payload):
        more, at = read_named(payload, at, 1)
        items.update(more)
    return items
