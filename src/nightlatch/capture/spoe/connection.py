"""One connection of HAProxy, without its socket: bytes in, what was told and bytes out.

    GREETED  expects HAPROXY-HELLO, answers AGENT-HELLO → OPEN (→ CLOSED after a health check)
    OPEN     NOTIFY is told to the caller, who answers it; HAPROXY-DISCONNECT → CLOSED
    CLOSED   nothing more is read

Whatever else comes ends the connection with AGENT-DISCONNECT and the reason that the protocol has
for it; HAProxy opens another.

Frames may be answered in any order (`pipelining`). That they be answered on another connection
(`async`) is not offered: HAProxy would then not know that the answers of a dead agent never come,
and would let each request wait for its time-out.
"""

import struct
from enum import Enum
from typing import Final

from msgspec import Struct

from nightlatch.capture.spoe.frames import (
    ABORT,
    FIN,
    Frame,
    Kind,
    Message,
    SetVariable,
    Status,
    agent_disconnect,
    agent_hello,
    read_frame,
    read_messages,
    read_pairs,
    write_actions,
    write_frame,
)
from nightlatch.capture.spoe.values import Malformed

MAX_FRAME: Final = 1 << 20
"""Bytes of a frame that are taken at most, whatever HAProxy's buffers would allow."""
_SMALLEST: Final = 256
"""What the protocol demands of everybody."""
CAPABILITIES: Final = "pipelining"
_VERSION: Final = "2."
_LENGTH: Final = struct.Struct(">I")


class State(Enum):
    GREETED = "greeted"
    OPEN = "open"
    CLOSED = "closed"


class Notify(Struct, frozen=True, gc=False):
    """HAProxy tells of a stream, and waits for the answer to this frame of it."""

    stream: int
    number: int
    messages: list[Message]


class _Refused(Exception):
    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Connection:
    def __init__(self, max_frame: int = MAX_FRAME) -> None:
        self.state = State.GREETED
        self.trouble = ""
        """Why the connection was ended by us; empty while it was not."""
        self._max_frame = max_frame
        self._waiting = b""
        self._out = b""

    def receive(self, data: bytes) -> list[Notify]:
        """What the bytes tell, frames that are not yet complete included later."""
        told: list[Notify] = []
        if self._waiting:
            data = self._waiting + data
        at, end = 0, len(data)
        try:
            while self.state is not State.CLOSED and at + 4 <= end:
                (size,) = _LENGTH.unpack_from(data, at)
                if size > self._max_frame:
                    raise _Refused(Status.TOO_BIG, "frame is too big")
                if at + 4 + size > end:
                    break
                at += 4
                self._take(read_frame(data[at : at + size]), told)
                at += size
        except Malformed as fault:
            self._refuse(Status.INVALID, str(fault))
        except _Refused as refused:
            self._refuse(refused.status, refused.reason)
        self._waiting = data[at:] if self.state is not State.CLOSED else b""
        return told

    def to_send(self) -> bytes:
        """What the connection itself has to say, once."""
        out, self._out = self._out, b""
        return out

    def _take(self, frame: Frame, told: list[Notify]) -> None:
        kind = frame.kind
        if kind == Kind.NOTIFY and self.state is State.OPEN:
            if not frame.flags & FIN:
                raise _Refused(Status.FRAGMENTATION, "fragmentation is not supported")
            # What HAProxy gave up in the middle is not worth an answer.
            if not frame.flags & ABORT:
                messages = read_messages(frame.payload)
                told.append(Notify(frame.stream, frame.number, messages))
        elif kind == Kind.HAPROXY_HELLO and self.state is State.GREETED:
            self._greet(frame)
        elif kind == Kind.HAPROXY_DISCONNECT:
            self._end(Status.NORMAL, "")
        elif kind == Kind.UNSET:
            raise _Refused(Status.FRAGMENTATION, "fragmentation is not supported")
        elif self.state is State.GREETED or kind in _KNOWN:
            raise _Refused(Status.INVALID, "frame is unexpected here")
        # Unknown kinds are skipped, as section 3.2.2 asks.

    def _greet(self, frame: Frame) -> None:
        items = read_pairs(frame.payload)
        versions, size = items.get("supported-versions"), items.get("max-frame-size")
        if not isinstance(versions, str):
            raise _Refused(Status.NO_VERSION, "supported-versions is missing")
        if not any(one.strip().startswith(_VERSION) for one in versions.split(",")):
            raise _Refused(Status.UNSUPPORTED_VERSION, "version 2.0 is spoken here")
        if not isinstance(size, int) or isinstance(size, bool):
            raise _Refused(Status.NO_FRAME_SIZE, "max-frame-size is missing")
        if size < _SMALLEST:
            raise _Refused(Status.BAD_FRAME_SIZE, "max-frame-size is too small")
        if not isinstance(items.get("capabilities"), str):
            raise _Refused(Status.NO_CAPABILITIES, "capabilities are missing")
        self._max_frame = min(size, self._max_frame)
        self._out += write_frame(agent_hello(self._max_frame, CAPABILITIES))
        self.state = State.CLOSED if items.get("healthcheck") is True else State.OPEN

    def _refuse(self, status: Status, reason: str) -> None:
        self.trouble = reason
        self._end(status, reason)

    def _end(self, status: Status, reason: str) -> None:
        self._out += write_frame(agent_disconnect(status, reason))
        self.state = State.CLOSED


_KNOWN: Final = frozenset(Kind)


def answer(told: Notify, actions: list[SetVariable]) -> bytes:
    """The frame that answers what was told."""
    return write_frame(Frame(Kind.ACK, FIN, told.stream, told.number, write_actions(actions)))
