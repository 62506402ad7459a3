"""Files as they are or packed: gzip, bzip2, xz and zstandard, told by their first bytes."""

import bz2
import gzip
import lzma
import zlib
from typing import IO, Protocol, cast

from nightlatch.capture.logs.lines import Stream

MAX_WINDOW = 1 << 27
"""Bytes that a zstd frame may ask to be remembered: what `zstd -d` allows by itself."""
_MAX_XZ_MEMORY = 256 << 20

_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
LONGEST_MAGIC = 6


class Damaged(Exception):
    """A packed file that ends early or is not what it begins like."""


class _Reads(Protocol):
    def read(self, size: int, /) -> bytes: ...


def packing_of(head: bytes) -> str:
    """By the first bytes; empty for a file that is not packed."""
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")


class Unpacked:
    """The bytes within; what is damaged ends in `Damaged`, after what came before it."""

    def __init__(self, file: IO[bytes], packing: str) -> None:
        self._inner = _opened(file, packing)
        self._packing = packing

    def read(self, size: int, /) -> bytes:
        """Empty at the end. Raises Damaged, OSError."""
        try:
            return self._inner.read(size)
        except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
            raise Damaged(f"the {self._packing} file is damaged: {error}") from error
        except OSError as error:
            if error.errno is None:
                raise Damaged(f"the {self._packing} file is damaged: {error}") from error
            raise
        except Exception as error:
            if type(error).__name__ != "ZstdError":
                raise
            raise Damaged(f"the {self._packing} file is damaged: {error}") from error


def _opened(file: IO[bytes], packing: str) -> _Reads:
    match packing:
        case "gzip":
            return gzip.GzipFile(fileobj=file)
        case "bzip2":
            return bz2.BZ2File(file)
        case "xz":
            return lzma.LZMAFile(file)
        case "zstd":
            import zstandard

            decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
            return cast(_Reads, decompressor.stream_reader(file, read_across_frames=True))
        case _:
            return file


def opened(file: IO[bytes], head: bytes) -> Stream:
    """The content of a file that begins with `head` and stands at its beginning."""
    packing = packing_of(head)
    return Unpacked(file, packing) if packing else file
