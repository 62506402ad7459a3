"""The installation's secret key, in a file that only its owner can read.

Identifiers and credentials are stored as hashes under this key. Whoever has it can find out which
phone number a stored hash stands for, by trying them all; without it nobody can.
"""

import os
import secrets
import stat
from pathlib import Path

from nightlatch.exchange.hashing import KEY_SIZE


class KeyRefused(Exception):
    """The key file cannot be used as it is. The text says what to do."""


def load_or_create_key(path: Path) -> bytes:
    """The 32-byte key at `path`, created on first use (0600, in a 0700 directory if that is new).

    Several processes may start at once: all get the same key. Raises `KeyRefused` when others can
    read the file, when it is not a key, or when it can be neither read nor created.
    """
    try:
        if not path.exists():
            _create(path)
        return _load(path)
    except OSError as error:
        raise KeyRefused(
            f"the key file {path} can be neither read nor created ({error.strerror}): "
            "give Nightlatch a data directory that its user may write to"
        ) from error


def _load(path: Path) -> bytes:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise KeyRefused(f"{path} is not a regular file: point the key setting at a file")
        if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyRefused(
                f"other users of this machine may read the key file {path}: "
                f"run `chmod 600 {path}`, and if they should not have seen it, replace it"
            )
        key = file.read(KEY_SIZE + 1)
    if len(key) != KEY_SIZE:
        raise KeyRefused(
            f"the key file {path} does not hold a key of {KEY_SIZE} bytes: restore it from a "
            "backup; if there is none, delete it, and hashes stored so far can no longer be matched"
        )
    return key


def _create(path: Path) -> None:
    """Write a new key beside `path` and link it into place, unless someone else was faster."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_SIZE))
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, fails when the name is taken: the first process wins.
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
