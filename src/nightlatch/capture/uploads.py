"""A request's body as a file that the application reads, overheard."""

from collections.abc import Callable, Iterator
from typing import Any

from nightlatch.capture.environ import Environ

MAX_FORM = 16_384
"""Bytes of a form of our own."""


class Upload:
    """Reads from `stream` as the application asks, and tells `hear` of each piece and whether more
    is to follow. `declared` is the length that the request's head gave, if it did.

    What `hear` raises goes to the application.
    """

    def __init__(
        self, stream: Any, declared: int | None, hear: Callable[[bytes, bool], None]
    ) -> None:
        self._stream = stream
        self._declared = declared
        self._hear = hear
        self._heard = 0
        self._over = False

    def read(self, *size: Any) -> bytes:
        data: bytes = self._stream.read(*size)
        whole = not size or size[0] is None or size[0] < 0
        self._note(data, over=whole or (not data and size[0] > 0))
        return data

    def readline(self, *size: Any) -> bytes:
        line: bytes = self._stream.readline(*size)
        self._note(line, over=not line and not (size and size[0] == 0))
        return line

    def readlines(self, *hint: Any) -> list[bytes]:
        lines: list[bytes] = self._stream.readlines(*hint)
        self._note(b"".join(lines), over=not hint or not lines)
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def __getattr__(self, name: str) -> Any:
        """Whatever else this server's stream can do."""
        return getattr(self._stream, name)

    def _note(self, data: bytes, *, over: bool) -> None:
        if self._over:
            return
        self._heard += len(data)
        if self._declared is not None:
            over = over or self._heard >= self._declared
        self._over = over
        self._hear(data, not over)


def declared_length(text: str | None) -> int | None:
    """A Content-Length; None for one that is missing or makes no sense."""
    return int(text) if text and text.isascii() and text.isdigit() else None


def read_form(environ: Environ) -> bytes:
    """The body of a request for a path of ours, and one byte more than may be."""
    length = declared_length(environ.get("CONTENT_LENGTH"))
    form: bytes = environ["wsgi.input"].read(min(length, MAX_FORM + 1)) if length else b""
    return form
