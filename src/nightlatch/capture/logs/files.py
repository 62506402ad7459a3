"""A log as it lies there: plain or packed, on the disk or coming in."""

import select
import sys
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import IO, Self

from nightlatch.capture.logs.bookmarks import HEAD
from nightlatch.capture.logs.lines import CHUNK, Cutter, Stream, unpadded
from nightlatch.capture.logs.packing import LONGEST_MAGIC, Unpacked, opened, packing_of

SAMPLE = 64 * 1024
"""Bytes of the beginning that are looked at to tell the format."""
STANDARD_INPUT = "-"
_PATIENCE = 1.0
"""Seconds that a pipe may take for the beginning of what it brings."""


class LogFile:
    """The unpacked bytes of a log. Raises OSError, and Damaged after what came before it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._file: IO[bytes]
        if path == STANDARD_INPUT:
            self._file = sys.stdin.buffer
            magic = _peeked(self._file)
        else:
            self._file = Path(path).open("rb")  # noqa: SIM115 -- closed by `close`
            magic = self._file.read(LONGEST_MAGIC)
            self._file.seek(0)
        self.packing = packing_of(magic)
        self._stream: Stream = opened(self._file, magic)
        self.head = self._beginning()
        """The first bytes, as many as there are at once."""
        self._ahead = self.head
        self._full = len(self.head) == SAMPLE
        """The last read of a pipe brought all that it could: there may be more in memory."""
        self.position = 0
        """Bytes that were read of the content."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def plain(self) -> IO[bytes] | None:
        """The file itself, where it is neither packed nor a pipe."""
        return None if self.packing or self.path == STANDARD_INPUT else self._file

    @property
    def size(self) -> int:
        """Bytes on the disk; 0 for what comes in through a pipe."""
        return 0 if self.path == STANDARD_INPUT else Path(self.path).stat().st_size

    @property
    def done(self) -> int:
        """Of them, those that were read."""
        return 0 if self.path == STANDARD_INPUT else max(0, self._file.tell() - len(self._ahead))

    def read(self, size: int = CHUNK) -> bytes:
        """Empty at the end, which may be for now."""
        if self._ahead:
            data, self._ahead = self._ahead, b""
        elif self.path == STANDARD_INPUT and not self.packing:
            data = _whatever_there_is(self._file, size)
            self._full = len(data) == size
        else:
            data = self._stream.read(size)
        self.position += len(data)
        return data

    def ready(self, seconds: float) -> bool:
        """Is there something to read, or the end, within so many seconds? Only of a pipe, and not
        packed, this is ever to be waited for."""
        if self.path != STANDARD_INPUT or self.packing or self._ahead or self._full:
            return True
        return bool(select.select([self._file], [], [], seconds)[0])

    def skip(self, size: int, *, lines: bool) -> Iterator[bytes]:
        """To the place `size`, from the beginning; gives the lines on the way where asked."""
        if self.plain is not None and not lines:
            self._ahead = b""
            self.plain.seek(size)
            self.position = size
            return
        cutter = Cutter()
        while self.position < size and (data := self.read()):
            beyond = self.position - size
            if beyond > 0:
                self._ahead = data[-beyond:] + self._ahead
                self.position = size
                data = data[:-beyond]
            if lines:
                yield from (line for _, line in cutter.feed(data) if line is not None)

    def beginning_now(self) -> bytes:
        """What it begins with by now; what it began with, where that cannot be asked again."""
        if self.plain is None:
            return self.head[:HEAD]
        at = self.plain.tell()
        self.plain.seek(0)
        head = self.plain.read(HEAD)
        self.plain.seek(at)
        return head

    def close(self) -> None:
        if self.path != STANDARD_INPUT:
            self._file.close()

    def _beginning(self) -> bytes:
        if self.path == STANDARD_INPUT and not isinstance(self._stream, Unpacked):
            return _at_once(self._file)
        head = b""
        while len(head) < SAMPLE and (data := self._stream.read(SAMPLE - len(head))):
            head += data
        return head


def _peeked(file: IO[bytes]) -> bytes:
    peek = getattr(file, "peek", None)
    return peek(LONGEST_MAGIC)[:LONGEST_MAGIC] if peek else b""


def _at_once(file: IO[bytes]) -> bytes:
    """What a pipe brings without making us wait: a program that goes on writing for days is to be
    read as it writes."""
    head = b""
    while len(head) < SAMPLE:
        if head and not select.select([file], [], [], _PATIENCE)[0]:
            break
        data = _whatever_there_is(file, SAMPLE - len(head))
        if not data:
            break
        head += data
    return head


def _whatever_there_is(file: IO[bytes], size: int) -> bytes:
    """Waits for a first byte, and for no second one."""
    return file.read1(size) if isinstance(file, BufferedReader) else file.read(size)


def first_lines(head: bytes) -> list[str]:
    """Those that are whole, without their ends; the last one where there is no other."""
    lines = head.decode("latin-1").split("\n")
    whole = lines[:-1] or lines
    return [unpadded(line).removesuffix("\r") for line in whole]
