"""The lines that are added to a file from now on, also once it was rotated."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

_AT_ONCE: Final = 1 << 20
"""Bytes that are read at a time; a longer line is none."""


class Tail:
    def __init__(self, path: Path) -> None:
        """The file need not be there yet."""
        self._path = path
        self._file: BinaryIO | None = None
        self._rest = b""
        self._open(from_end=True)

    def read(self) -> list[bytes]:
        """Whole lines that are new; of what is new at most a megabyte."""
        if self._file is None:
            self._open(from_end=False)
        file = self._file
        if file is None:
            return []
        data = file.read(_AT_ONCE)
        if not data:
            self._follow(file)
            return []
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest if len(rest) < _AT_ONCE else b""
        return lines

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, *, from_end: bool) -> None:
        with suppress(OSError):
            self._file = self._path.open("rb")
            if from_end:
                self._file.seek(0, 2)

    def _follow(self, file: BinaryIO) -> None:
        """Is there another file of this name by now, or was it emptied?"""
        with suppress(OSError):
            now = self._path.stat()
            if now.st_size < file.tell() or now.st_ino != os.fstat(file.fileno()).st_ino:
                self.close()
                self._rest = b""
