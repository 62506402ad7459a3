"""How far each log has been read: known by how it begins, not by what it is called.

A log that was rotated, packed or copied begins as it did before, so it is the same log, and its
offsets (those of the unpacked bytes) stay what they were. A log that was truncated and begun anew
is another one.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from nightlatch.store.files import clear_drafts, replace_file

HEAD = 4096
"""Bytes by which a log is known, or as many as it had."""
MAX_BOOKMARKS = 10_000
"""Kept; the ones that were not used for longest go first."""


class Bookmark(Struct, frozen=True):
    name: str
    """Of the log, for good: 32 hexadecimal digits."""
    length: int
    """Bytes of its beginning that `digest` is of."""
    digest: str
    offset: int
    """Unpacked bytes from its beginning that were read and kept."""
    lines: int = 0
    """Lines in them."""
    at: float = 0.0
    """When that was."""
    path: str = ""
    """What it was called then, for people."""


class InUse(Exception):
    """Another process is reading this log."""


class Bookmarks:
    """One small file each, in a directory of their own. Raises OSError where that cannot be."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        clear_drafts(directory)

    def find(self, head: bytes) -> Bookmark:
        """Of the log that begins so: its own, or a new one at offset 0."""
        digests: dict[int, str] = {}
        fits: Bookmark | None = None
        for known in self._all():
            length = known.length
            if not 0 < length <= len(head) or (fits is not None and fits.length >= length):
                continue
            if length not in digests:
                digests[length] = _digest(head[:length])
            if digests[length] == known.digest:
                fits = known
        if fits is None:
            digest = _digest(head[:HEAD])
            return Bookmark(digest, len(head[:HEAD]), digest, 0)
        return grown(fits, head)

    def keep(self, bookmark: Bookmark) -> None:
        """On the disk when it returns; after a crash it is the old one or the new one."""
        path = self._path(bookmark.name)
        more = not path.exists()
        replace_file(path, msgspec.json.encode(bookmark))
        if more:
            self._tidy()

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Only one process reads a log at a time. Raises InUse."""
        with self._path(name).with_suffix(".lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InUse(name) from None
            yield

    def _tidy(self) -> None:
        """Forget what is too much: a log that is rotated each hour is thousands a year."""
        paths = sorted(self._directory.glob("*.json"), key=_age, reverse=True)
        for path in paths[MAX_BOOKMARKS:]:
            for each in (path, path.with_suffix(".lock")):
                with suppress(OSError):
                    each.unlink()

    def _all(self) -> Iterator[Bookmark]:
        for path in self._directory.glob("*.json"):
            with suppress(OSError, msgspec.DecodeError):
                yield msgspec.json.decode(path.read_bytes(), type=Bookmark)

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}.json"


def grown(bookmark: Bookmark, head: bytes) -> Bookmark:
    """The same log knows more of its beginning than it did."""
    head = head[:HEAD]
    if len(head) <= bookmark.length:
        return bookmark
    return replace(bookmark, length=len(head), digest=_digest(head))


def is_of(bookmark: Bookmark, head: bytes) -> bool:
    """Does the log still begin as it did?"""
    length = bookmark.length
    return len(head) >= length and _digest(head[:length]) == bookmark.digest


def _digest(head: bytes) -> str:
    return blake2b(head, digest_size=16).hexdigest()


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
