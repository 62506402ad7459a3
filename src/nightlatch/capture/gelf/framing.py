"""GELF over TCP: a zero byte ends a message.

Some senders end with a line break instead. Until a zero byte has come, a line break is taken for an
end where what stands before it is a whole JSON object, which the beginning of one cannot be; a
message with line breaks of its own is none yet. A line that is an object by itself ends whatever
stood before it and was none.
"""

from collections.abc import Sequence

import msgspec

from nightlatch.capture.wires.reading import EXCERPT, Malformed

MAX_MESSAGE = 1 << 20
_TRIES = 16
"""Lines after which a message that has not ended is no longer read anew at each of them."""
TOO_LONG = "longer than 1 MiB"


class GelfFramer:
    def __init__(self, max_message: int = MAX_MESSAGE) -> None:
        self._most = max_message
        self._rest = bytearray()
        self._tries = 0
        self._zeros = False
        """A zero byte has come: line breaks end nothing here."""
        self._skipping = False
        """What was too long is not over yet."""

    def feed(self, data: bytes) -> Sequence[bytes | Malformed]:
        messages: list[bytes | Malformed] = []
        *ended, rest = data.split(b"\0")
        for piece in ended:
            self._grow(piece, messages)
            self._finish(messages)
            self._zeros = True
        self._grow(rest, messages)
        return messages

    def end(self) -> Sequence[bytes | Malformed]:
        messages: list[bytes | Malformed] = []
        self._finish(messages)
        return messages

    def _grow(self, piece: bytes, messages: list[bytes | Malformed]) -> None:
        """More of the message under way; lines that are whole messages leave it."""
        if not self._zeros and b"\n" in piece:
            *lines, piece = piece.split(b"\n")
            for line in lines:
                self._end_line(line, messages)
        if self._skipping:
            return
        self._rest += piece
        if len(self._rest) > self._most:
            messages.append(Malformed(TOO_LONG, bytes(self._rest[:EXCERPT])))
            self._rest.clear()
            self._skipping = True

    def _end_line(self, line: bytes, messages: list[bytes | Malformed]) -> None:
        begun = self._rest.rfind(b"\n") + 1
        if self._skipping:
            # The end of what was too long; from here on a line may be a message again.
            self._finish(messages)
            return
        self._rest += line
        if self._tries < _TRIES and _whole(self._rest):
            self._finish(messages)
        elif begun and _whole(self._rest[begun:]):
            last = bytes(self._rest[begun:])
            del self._rest[begun:]
            self._finish(messages)
            messages.append(last)
        else:
            self._tries += 1
            self._rest += b"\n"

    def _finish(self, messages: list[bytes | Malformed]) -> None:
        message = bytes(self._rest).strip()
        self._rest.clear()
        self._skipping = False
        self._tries = 0
        if message:
            messages.append(message)


def _whole(message: bytearray) -> bool:
    """Cheap where it is not: an object that is whole ends with a brace."""
    if message.rstrip()[-1:] != b"}" or message.lstrip()[:1] != b"{":
        return False
    try:
        _decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


_decode = msgspec.json.Decoder(msgspec.Raw).decode
