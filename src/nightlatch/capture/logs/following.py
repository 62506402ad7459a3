"""A log that somebody is still writing to: where it goes on after it was rotated.

Three things can have happened to a name since the last look: another file has it (rotation by
rename), the file was cut to nothing and begun anew (`copytruncate`), or nothing at all.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import IO

from nightlatch.capture.logs.bookmarks import HEAD, Bookmark, is_of

QUIET = 2.0
"""Seconds without a line after which the writers are taken to have let go of a file that was
renamed: they go on writing to it until they are told to open the new one."""


class Change(StrEnum):
    NONE = "none"
    REPLACED = "replaced"
    """Another file has the name now; the old one may still get lines."""
    BEGUN_ANEW = "begun-anew"
    """The same file, from its beginning."""


def change_of(path: Path, file: IO[bytes], bookmark: Bookmark, position: int) -> Change:
    """What happened to the log while we had it open; `position` is how much of it was read."""
    ours = os.fstat(file.fileno())
    if ours.st_size < position:
        return Change.BEGUN_ANEW
    if bookmark.length and not is_of(bookmark, os.pread(file.fileno(), HEAD, 0)):
        # It was cut, and has grown beyond where we were since.
        return Change.BEGUN_ANEW
    try:
        theirs = path.stat()
    except OSError:
        # Renamed, and the new one is not there yet.
        return Change.NONE
    same = (theirs.st_dev, theirs.st_ino) == (ours.st_dev, ours.st_ino)
    return Change.NONE if same else Change.REPLACED
