"""The installation's secret key, in a file that only its owner can read.

Identifiers and credentials are stored as hashes under this key. Whoever has it can find out which
phone number a stored hash stands for, by trying them all; without it nobody can.
"""

import os
import secrets
import stat
from pathlib import Path

from nightlatch.exchange.hashing import KEY_SIZE
from nightlatch.store.files import create_file


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
    """A new key, unless someone else was faster."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    create_file(path, secrets.token_bytes(KEY_SIZE))
