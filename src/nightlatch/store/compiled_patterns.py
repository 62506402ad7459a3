"""Compiled Hyperscan databases, each built once and kept in a file.

Building takes up to some seconds and never happens on a request. The file's name is a digest of
everything that the database depends on, so a changed pattern, library or processor builds another.
"""

import fcntl
import hashlib
import logging
import os
import platform
import time
import warnings
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nightlatch.store.files import clear_drafts, replace_file

if TYPE_CHECKING:
    import hyperscan

log = logging.getLogger("nightlatch")

_MAGIC = b"nightlatch-patterns-1\n"
_DIGEST = 32
_UNUSED = 30 * 86_400.0
"""Seconds after which a file that nobody opened is removed: that of a version gone by."""


class Patterns(NamedTuple):
    """What is compiled together."""

    what: str
    """What they find, for people: "the attack patterns"."""
    expressions: tuple[bytes, ...]
    flags: int
    """Of Hyperscan, for all of them."""


# Tests, and hosts of several applications, open the same patterns many times.
@lru_cache(4)
def open_database(patterns: Patterns, cache: Path | None) -> "hyperscan.Database":
    """The database over the expressions, numbered from 0; from a file in the directory `cache`
    where there is one. When several processes start at once, one builds and the others wait for it.

    Building is said in the log. A directory that cannot be written costs the build at each start,
    and nothing else.
    """
    if cache is None:
        return _build(patterns)
    path = cache / f"patterns-{_fingerprint(patterns)}.hsdb"
    found = _load(path)
    if found is not None:
        return found
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (cache / "patterns.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = _load(path)
            if found is None:
                log.info("Compiling %s, once on this machine: it may take seconds.", patterns.what)
                found = _build(patterns)
                _keep(path, found)
    except OSError as error:
        warnings.warn(
            f"{patterns.what} are built at each start: {cache} cannot be written ({error})",
            stacklevel=2,
        )
    return found or _build(patterns)


def _keep(path: Path, database: "hyperscan.Database") -> None:
    import hyperscan

    data = hyperscan.dumpb(database)
    replace_file(path, _MAGIC + hashlib.sha256(data).digest() + data, durable=False)
    clear_drafts(path.parent)
    _remove_unused(path.parent)


def _remove_unused(directory: Path) -> None:
    now = time.time()
    for path in directory.glob("patterns-*.hsdb"):
        with suppress(OSError):
            if now - path.stat().st_mtime > _UNUSED:
                path.unlink()


def _load(path: Path) -> "hyperscan.Database | None":
    """None where there is no file, or one that is damaged or of another library."""
    import hyperscan

    try:
        kept = path.read_bytes()
    except OSError:
        return None
    with suppress(OSError):
        os.utime(path)
    head = len(_MAGIC) + _DIGEST
    data = kept[head:]
    if kept[: len(_MAGIC)] != _MAGIC or hashlib.sha256(data).digest() != kept[len(_MAGIC) : head]:
        return None
    try:
        return hyperscan.loadb(data, hyperscan.HS_MODE_BLOCK)
    except hyperscan.HyperscanError:
        return None


def _build(patterns: Patterns) -> "hyperscan.Database":
    import hyperscan

    number = len(patterns.expressions)
    database = hyperscan.Database()
    database.compile(
        expressions=list(patterns.expressions),
        ids=list(range(number)),
        elements=number,
        flags=[patterns.flags] * number,
    )
    return database


def _fingerprint(patterns: Patterns) -> str:
    machine = (version("hyperscan"), platform.machine(), platform.processor())
    digest = hashlib.sha256()
    for part in (*machine, str(patterns.flags)):
        digest.update(part.encode() + b"\0")
    for expression in patterns.expressions:
        digest.update(expression + b"\0")
    return digest.hexdigest()[:24]
