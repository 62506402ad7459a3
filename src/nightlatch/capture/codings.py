"""Content codings undone piece by piece (RFC 9110 section 8.4), bounded against bombs.

Each piece fed gives at most as many bytes as asked for; what expands further ends the decoding.
"""

import zlib
from collections.abc import Callable
from typing import Protocol

from nightlatch.exchange.headers import Headers

MAX_DECODED = 1 << 20
"""Bytes that one piece may expand to, at each stage of stacked codings."""
MAX_STACKED = 4
_ZSTD_WINDOW = 8 << 20
"""RFC 9659: a zstd content coding must not need a larger window."""


class CodingFault(Exception):
    """The bytes are not what their coding says."""


class Overflow(Exception):
    """A piece expands beyond the bound; `partial` is what came before."""

    def __init__(self, partial: bytes) -> None:
        self.partial = partial


class Stage(Protocol):
    """One coding. `feed` gives at most `room` bytes, else raises Overflow."""

    @property
    def finished(self) -> bool: ...
    def feed(self, data: bytes, room: int) -> bytes: ...


class Decoder:
    """Undoes stacked codings in reverse order of their application."""

    __slots__ = ("_begun", "_plain", "_stages", "fault", "overflowed")

    def __init__(self, stages: list[tuple[str, Stage]], fault: str = "") -> None:
        self._stages = stages
        self._begun = False
        self._plain = bool(fault)
        self.fault = fault
        """Why what comes out is not the decoded content; empty while all is well."""
        self.overflowed = False

    @property
    def finished(self) -> bool:
        """Every coding has seen its own end mark."""
        return all(stage.finished for _, stage in self._stages)

    def feed(self, data: bytes, room: int = MAX_DECODED) -> bytes:
        """Decode the next piece to at most `room` bytes; nothing more once there is a fault.

        What was never encoded comes out as it is: applications that ignore the header would read
        it so, and a false header must not hide a body from inspection.
        """
        if self.fault:
            return data if self._plain else b""
        encoded = data
        for name, stage in self._stages:
            if not data:
                break
            try:
                data = stage.feed(data, room)
            except Overflow as overflow:
                self.fault = f"{name}: expands beyond {_in_words(room)}"
                self.overflowed = True
                # Only the last stage's output is content; an inner stage's is still encoded.
                return overflow.partial if stage is self._stages[-1][1] else b""
            except CodingFault as fault:
                self.fault = f"{name}: {fault}"
                self._plain = not self._begun
                return encoded if self._plain else b""
        self._begun = self._begun or bool(data)
        return data


class _Gzip:
    """RFC 1952, also several members one after the other."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)

    @property
    def finished(self) -> bool:
        return self._member.eof

    def feed(self, data: bytes, room: int) -> bytes:
        out = b""
        while data:
            if self._member.eof:
                # Zero padding after the last member is customary, and not another member.
                data = data.lstrip(b"\0")
                if not data:
                    break
                self._member = zlib.decompressobj(31)
            out += _inflate(self._member, data, room - len(out), before=out)
            data = self._member.unused_data
        return out


class _Deflate:
    """The zlib format (RFC 1950), or the bare stream (RFC 1951) that some senders mean by it."""

    def __init__(self) -> None:
        self._inflater: zlib._Decompress | None = None
        self._head = b""

    @property
    def finished(self) -> bool:
        return self._inflater is not None and self._inflater.eof

    def feed(self, data: bytes, room: int) -> bytes:
        if self._inflater is None:
            data = self._head + data
            if len(data) < 2:
                self._head = data
                return b""
            zlib_header = data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
            self._inflater = zlib.decompressobj(15 if zlib_header else -15)
        return b"" if self._inflater.eof else _inflate(self._inflater, data, room)


def _inflate(inflater: "zlib._Decompress", data: bytes, room: int, before: bytes = b"") -> bytes:
    try:
        # One byte more than may be used: zlib reads 0 as "no limit", and a full buffer alone does
        # not tell an overflow from an exact fit.
        out = inflater.decompress(data, room + 1)
    except zlib.error as error:
        raise CodingFault("damaged") from error
    if len(out) > room:
        raise Overflow(before + out[:room])
    return out


class _Brotli:
    """RFC 7932."""

    def __init__(self) -> None:
        import brotli

        self._error = brotli.error
        self._decompressor = brotli.Decompressor()
        # Kept here: the library's own answer raises once the stream was found damaged.
        self.finished = False

    def feed(self, data: bytes, room: int) -> bytes:
        if self.finished:
            return b""
        try:
            out: bytes = self._decompressor.process(data, output_buffer_limit=room + 1)
            self.finished = bool(self._decompressor.is_finished())
        except self._error as error:
            raise CodingFault("damaged") from error
        if len(out) > room:
            raise Overflow(out[:room])
        return out


class _Bucket:
    """Takes the decompressor's output buffer by buffer, and stops it when it is full."""

    def __init__(self) -> None:
        self.room = 0
        self.out = bytearray()

    def write(self, piece: bytes) -> int:
        self.out += piece
        if len(self.out) > self.room:
            raise Overflow(bytes(self.out[: self.room]))
        return len(piece)


class _Zstd:
    """RFC 8878. Fed through a writer, the only incremental interface that can be stopped while one
    piece expands: 64 KB of run-length blocks are 2 GB."""

    def __init__(self) -> None:
        import zstandard

        self._error = zstandard.ZstdError
        self._bucket = _Bucket()
        decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._writer = decompressor.stream_writer(
            self._bucket,  # type: ignore[arg-type]  # needs only write()
            write_size=65_536,
            closefd=False,
        )

    @property
    def finished(self) -> bool:
        # The library does not say whether a frame is complete; a cut frame is found by its reader.
        return True

    def feed(self, data: bytes, room: int) -> bytes:
        bucket = self._bucket
        bucket.room = room
        bucket.out = bytearray()
        try:
            self._writer.write(data)
        except self._error as error:
            raise CodingFault("damaged, or needs a window beyond 8 MiB") from error
        return bytes(bucket.out)


_STAGES: dict[str, Callable[[], Stage]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}


def decoder_for(headers: Headers) -> Decoder | None:
    """A decoder for the Content-Encoding among `headers`; None where there is nothing to undo."""
    if b"content-encoding" not in headers:
        return None
    codings = ",".join(headers.get_all(b"content-encoding")).lower().split(",")
    names = [name for coding in codings if (name := coding.strip()) not in ("", "identity")]
    if not names:
        return None
    if len(names) > MAX_STACKED:
        return Decoder([], f"more than {MAX_STACKED} content codings")
    if any(name not in _STAGES for name in names):
        return Decoder([], "an unknown content coding")
    return Decoder([(name, _STAGES[name]()) for name in reversed(names)])


def _in_words(size: int) -> str:
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size} bytes"
