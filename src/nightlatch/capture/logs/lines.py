"""The lines of a stream of bytes, each with where it begins."""

from collections.abc import Iterator
from typing import Protocol

MAX_LINE = 64 * 1024
"""Bytes of a line; a longer one is no line of an access log, and is passed over."""
CHUNK = 256 * 1024
_MARK = b"\xef\xbb\xbf"
_PADDED = (b"\0", _MARK[:1])


class Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Cutter:
    """Cuts what is fed into lines, and remembers the end that is no line yet."""

    def __init__(self, offset: int = 0) -> None:
        """`offset`: where in the stream the first byte to come is."""
        self.offset = offset
        """Where the first line that was not given out yet begins."""
        self._rest = b""
        self._overlong = False

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes | None]]:
        """Offset and bytes without the line's end, for each line; None in place of one that is too
        long. `offset` is behind a line once the next one is asked for."""
        *lines, rest = (self._rest + data if self._rest else data).split(b"\n")
        # A generator that is not exhausted would lose it.
        self._rest = rest
        at = self.offset
        for line in lines:
            size = len(line) + 1
            padding = _padding(line) if line[:1] in _PADDED else 0
            if self._overlong or size - padding > MAX_LINE:
                self._overlong = False
                yield at, None
            else:
                yield at + padding, line[padding : -1 if line.endswith(b"\r") else None]
            at += size
            self.offset = at
        if len(rest) > MAX_LINE:
            # Forgotten, but counted: its end is to be found all the same.
            self.offset = at + len(rest)
            self._overlong, self._rest = self._overlong or bool(rest.lstrip(b"\0")), b""

    def last(self) -> bytes:
        """What stands after the last line end, once there is no more; `offset` is before it."""
        return b"" if self._overlong else self._rest

    def take_last(self) -> None:
        """It was a line."""
        self.offset += len(self._rest)
        self._rest = b""


def _padding(line: bytes) -> int:
    """Bytes before what was written: a byte order mark, or the zeros in a file that was cut short
    (`copytruncate`) under a writer that went on at its old place."""
    return len(line) - len(line.removeprefix(_MARK).lstrip(b"\0"))


def unpadded(text: str) -> str:
    """A line, one character a byte."""
    return text.removeprefix(_MARK.decode("latin-1")).lstrip("\0")
