"""Files that are there whole or not at all, whoever dies or reads meanwhile.

Each is written beside its place under a name that nobody else has, for its owner alone from the
first byte on, and then takes its place at once. A process that is killed in between leaves such a
draft behind, which nothing reads, and which the next one clears away.
"""

import errno
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

DRAFT = ".part"
"""How the name of a draft ends."""
_STALE = 3_600.0
"""Seconds after which a draft is nobody's."""
_NOT_DONE_HERE = frozenset({errno.EINVAL, errno.EBADF, errno.ENOTSUP})


def replace_file(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Put a file in place of the one that is there. Raises OSError, and then that one stays.

    Durable: it survives a loss of power, as soon as this returns. What can be made anew need not.
    """
    with _draft(path, data, durable=durable) as draft:
        draft.replace(path)
    if durable:
        _sync(path.parent)


def create_file(path: Path, data: bytes) -> bool:
    """Make a file that is not there yet, durably; False where another process was faster, whose
    file stays, and is whole. Raises OSError."""
    with _draft(path, data, durable=True) as draft:
        try:
            # A link, unlike a rename, fails when the name is taken.
            os.link(draft, path)
        except FileExistsError:
            return False
    _sync(path.parent)
    return True


def clear_drafts(directory: Path) -> None:
    """Remove what processes were writing when they were killed, but not what one may be writing."""
    for path in directory.glob("*" + DRAFT):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE:
                path.unlink()


@contextmanager
def _draft(path: Path, data: bytes, *, durable: bool) -> Iterator[Path]:
    # Not by process id: containers that share a directory have the same ones.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}{DRAFT}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        yield draft
    finally:
        # After a rename it is not there any more.
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _sync(directory: Path) -> None:
    """The name, too: the file is synced already."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some file systems, such as shared folders, cannot do that with a directory.
        if error.errno not in _NOT_DONE_HERE:
            raise
    finally:
        os.close(descriptor)
