"""Into a file, an event a line: whole lines only, and into the new file after a rotation."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from nightlatch.respond.exports.formats import Format
from nightlatch.respond.exports.sending import Undelivered


class FileSender:
    """Appends. Readable by its owner alone: what it holds is redacted, but says who asked."""

    def __init__(self, path: Path, form: Format) -> None:
        self._path = path
        self._form = form
        self._descriptor = -1
        self._torn = False
        """The last line was not finished: the disk was full."""

    def send(self, events: Sequence[bytes]) -> None:
        data = b"".join(self._form.line(event) + b"\n" for event in events)
        try:
            self._follow()
            written = os.write(self._descriptor, b"\n" + data if self._torn else data)
        except OSError as error:
            self.close()
            raise Undelivered(f"{self._path}: {error.strerror}") from error
        self._settle(written - self._torn, len(data), events)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _follow(self) -> None:
        """The file that has the name now: whoever rotates renames it, or removes it."""
        if self._descriptor >= 0:
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(self._descriptor), self._path.stat()):
                    return
            self.close()
            self._torn = False
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(self._path, flags, 0o600)

    def _settle(self, written: int, size: int, events: Sequence[bytes]) -> None:
        """Were it not all, what is whole stays, and the rest is sent again."""
        if written == size:
            self._torn = False
            return
        whole = 0
        for event in events:
            written -= len(self._form.line(event)) + 1
            if written < 0:
                break
            whole += 1
        self._torn = True
        raise Undelivered(f"{self._path}: the disk is full", delivered=whole)


class OutputSender:
    """To standard output."""

    def __init__(self, form: Format) -> None:
        self._form = form

    def send(self, events: Sequence[bytes]) -> None:
        sys.stdout.buffer.write(b"".join(self._form.line(event) + b"\n" for event in events))

    def close(self) -> None:
        sys.stdout.flush()
