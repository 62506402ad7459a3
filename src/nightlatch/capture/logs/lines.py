"""The lines of a stream of bytes, each with where it begins."""

from collections.abc import Iterator
from typing import Protocol

MAX_LINE = 64 * 1024
"""Bytes of a line; a longer one is no line of an access log, and is passed over."""
CHUNK = 256 * 1024


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

    @property
    def pending(self) -> int:
        """Bytes of the line that has no end yet."""
        return len(self._rest)

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes | None]]:
        """Offset and bytes without the line's end, for each line; None in place of one that is too
        long. `offset` is behind a line once the next one is asked for."""
        *lines, rest = (self._rest + data if self._rest else data).split(b"\n")
        # A generator that is not exhausted would lose it.
        self._rest = rest
        at = self.offset
        for line in lines:
            size = len(line) + 1
            if self._overlong or size > MAX_LINE:
                self._overlong = False
                yield at, None
            else:
                yield at, line[:-1] if line.endswith(b"\r") else line
            at += size
            self.offset = at
        if len(rest) > MAX_LINE:
            # Forgotten, but counted: its end is to be found all the same.
            self.offset = at + len(rest)
            self._overlong, self._rest = True, b""

    def last(self) -> tuple[int, bytes] | None:
        """What stands after the last line end, once there is no more."""
        if not self._rest or self._overlong:
            return None
        at, line, self._rest = self.offset, self._rest, b""
        self.offset += len(line)
        return at, line.removesuffix(b"\r")
