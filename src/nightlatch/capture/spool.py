"""Batches that the collector has not taken, on disk: bounded, the oldest first.

One folder for all processes of an application. Each file is one batch; whoever sends it holds a
lock on it, which ends with its process: so what a process leaves behind, another one sends, and
nobody sends what another has in hand. A batch may be sent twice all the same, if a process dies
between the collector's answer and the removal; the collector knows records that came before.

To read the folder takes the longer, the longer the collector was gone. So each process remembers
what it saw there, and looks again when it writes, and when it has been through what it saw.
"""

import fcntl
import logging
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec
import zstandard

from nightlatch.store.files import clear_drafts, replace_file

log = logging.getLogger("nightlatch.shipping")

MAX_BYTES = 256 * 1024 * 1024
_SUFFIX = ".batch"
_MAX_BATCH = 128 * 1024 * 1024
"""Bytes of one batch, decompressed."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode


class _File(NamedTuple):
    """One batch; sorts by age."""

    name: str
    size: int

    @property
    def records(self) -> int:
        """It is in the name, so that what is thrown away unread can be counted."""
        number = self.name.removesuffix(_SUFFIX).rpartition("-")[2]
        return int(number) if number.isdecimal() else 0


class Batch:
    """One batch in hand: locked until `close`, gone after `remove`."""

    def __init__(
        self, path: Path, descriptor: int, records: list[bytes], on_removed: Callable[[], None]
    ) -> None:
        self.records = records
        self._path = path
        self._descriptor = descriptor
        self._on_removed = on_removed

    def remove(self) -> None:
        with suppress(OSError):
            self._path.unlink()
            self._on_removed()
        self.close()

    def close(self) -> None:
        os.close(self._descriptor)


class Spool:
    """For one thread at a time. Raises OSError when the folder cannot be made."""

    def __init__(
        self,
        folder: Path,
        max_bytes: int = MAX_BYTES,
        on_lost: Callable[[int], None] = lambda _number: None,
    ) -> None:
        """`on_lost` is told of records that are thrown away: damaged, or pushed out by newer."""
        self._folder = folder
        self._max_bytes = max_bytes
        self._on_lost = on_lost
        self._serial = count()
        self._ahead: deque[_File] = deque()
        """What was seen and not sent yet, oldest first; others may have sent it meanwhile."""
        self._waiting = 0
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        clear_drafts(folder)
        self._look()

    def put(self, records: Sequence[bytes]) -> None:
        """On disk when it returns, for which older batches may have to go. Raises OSError."""
        packed = zstandard.ZstdCompressor(level=1).compress(
            _encode([msgspec.Raw(one) for one in records])
        )
        self._make_room(len(packed))
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(self._serial)}-{len(records)}{_SUFFIX}"
        replace_file(self._folder / name, packed)
        self._waiting += len(records)

    def take(self) -> Batch | None:
        """The oldest batch that nobody has in hand; None when there is none."""
        batch = self._next()
        if batch is None:
            self._ahead.extend(self._look())
            batch = self._next()
        return batch

    @property
    def waiting(self) -> int:
        """Records on disk, for any thread to ask. Exact for what this process writes and sends;
        what others do to theirs is known since this one looked last."""
        return self._waiting

    def _next(self) -> Batch | None:
        while self._ahead:
            # It stays the first until it is gone: one that was not taken is the next again.
            batch = self._open(self._ahead[0])
            if batch is not None:
                return batch
            self._ahead.popleft()
        return None

    def _look(self) -> list[_File]:
        """All that is there, oldest first."""
        files: list[_File] = []
        with suppress(OSError):
            files = sorted(_files(self._folder))
        self._waiting = sum(file.records for file in files)
        return files

    def _make_room(self, size: int) -> None:
        files = self._look()
        total = sum(file.size for file in files) + size
        for file in files:
            if total <= self._max_bytes:
                return
            # What another process is sending just now is not lost, and about to go anyway.
            descriptor = _locked(self._folder / file.name)
            if descriptor is None:
                continue
            self._throw_away(file, descriptor)
            total -= file.size

    def _open(self, file: _File) -> Batch | None:
        path = self._folder / file.name
        descriptor = _locked(path)
        if descriptor is None:
            return None
        try:
            # Closing any other descriptor of the file would end the lock.
            with open(descriptor, "rb", closefd=False) as content:
                records = _unpacked(content.read())
        except (OSError, zstandard.ZstdError, msgspec.MsgspecError) as error:
            log.error(
                "A batch of %d records on disk is damaged and given up (%s): %s",
                file.records, path, type(error).__name__,
            )  # fmt: skip
            self._throw_away(file, descriptor)
            return None
        return self._batch(file, descriptor, records)

    def _throw_away(self, file: _File, descriptor: int) -> None:
        self._batch(file, descriptor, []).remove()
        self._on_lost(file.records)

    def _batch(self, file: _File, descriptor: int, records: list[bytes]) -> Batch:
        return Batch(self._folder / file.name, descriptor, records, partial(self._removed, file))

    def _removed(self, file: _File) -> None:
        # Whoever else removed some meanwhile is not in the count.
        self._waiting = max(0, self._waiting - file.records)


def _files(folder: Path) -> Iterator[_File]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(_SUFFIX):
                with suppress(FileNotFoundError):
                    yield _File(entry.name, entry.stat().st_size)


def _locked(path: Path) -> int | None:
    """A descriptor that holds the file's lock; None where another has it, or sent it already.

    A POSIX lock: unlike one of flock(2) it does not stay with a child that was forked meanwhile.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink:
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def _unpacked(data: bytes) -> list[bytes]:
    with zstandard.ZstdDecompressor().stream_reader(data) as reader:
        return [bytes(one) for one in _decode(reader.read(_MAX_BATCH))]
