"""Syslog over TCP (RFC 6587): each message says how long it is, or ends with a line break.

Which of them is seen anew at each message, as senders differ and few are told what is expected: a
number, a blank and "<" can begin no message by itself. Who has counted once is believed to count,
whatever the message begins with: one that is none must not take its neighbours with it.
"""

import re
from collections.abc import Sequence

from nightlatch.capture.wires.reading import EXCERPT, Malformed

MAX_MESSAGE = 65_536
TOO_LONG = "longer than 64 KiB"
CUT_SHORT = "cut short"

_COUNT = re.compile(rb"([1-9]\d{0,6}) <")
_COUNT_AGAIN = re.compile(rb"([1-9]\d{0,6}) ")
_COUNT_BEGUN = re.compile(rb"[1-9]\d{0,6} ?")
_END = re.compile(rb"[\n\0]")


class SyslogFramer:
    def __init__(self, max_message: int = MAX_MESSAGE) -> None:
        self._most = max_message
        self._rest = bytearray()
        self._count = _COUNT
        self._skip = 0
        """Bytes of a counted message that is too long, yet to come."""
        self._skip_line = False

    def feed(self, data: bytes) -> Sequence[bytes | Malformed]:
        self._rest += data
        messages: list[bytes | Malformed] = []
        at = 0
        while at < len(self._rest):
            after = self._next(at, messages)
            if after == at:
                break
            at = after
        del self._rest[:at]
        return messages

    def end(self) -> Sequence[bytes | Malformed]:
        rest = bytes(self._rest)
        self._rest.clear()
        if self._skip_line or not rest.strip():
            return ()
        return (Malformed(CUT_SHORT, rest[:EXCERPT]) if self._count.match(rest) else rest,)

    def _next(self, at: int, messages: list[bytes | Malformed]) -> int:
        """Where the next message begins; `at` itself when more must come first."""
        rest = self._rest
        if self._skip:
            skipped = min(self._skip, len(rest) - at)
            self._skip -= skipped
            return at + skipped
        if rest[at] in b"\r\n\0 " and not self._skip_line:
            return at + 1
        if not self._skip_line:
            if counted := self._count.match(rest, at):
                return self._counted(counted.end(1) + 1, int(counted[1]), at, messages)
            if _COUNT_BEGUN.fullmatch(rest, at):
                return at
        return self._line(at, messages)

    def _counted(self, begin: int, size: int, at: int, messages: list[bytes | Malformed]) -> int:
        self._count = _COUNT_AGAIN
        if size > self._most:
            messages.append(Malformed(TOO_LONG, bytes(self._rest[begin : begin + EXCERPT])))
            self._skip = size
            return begin
        if len(self._rest) < begin + size:
            return at
        messages.append(bytes(self._rest[begin : begin + size]))
        return begin + size

    def _line(self, at: int, messages: list[bytes | Malformed]) -> int:
        ended = _END.search(self._rest, at)
        if ended is not None:
            if not self._skip_line and ended.start() - at > self._most:
                messages.append(Malformed(TOO_LONG, bytes(self._rest[at : at + EXCERPT])))
            elif not self._skip_line:
                messages.append(bytes(self._rest[at : ended.start()]))
            self._skip_line = False
            return ended.end()
        if self._skip_line:
            return len(self._rest)
        if len(self._rest) - at > self._most:
            messages.append(Malformed(TOO_LONG, bytes(self._rest[at : at + EXCERPT])))
            self._skip_line = True
            return len(self._rest)
        return at
