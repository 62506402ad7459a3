"""The last good copy of every feed, with what is known of it, in a directory of its own."""

from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from nightlatch.identity.feeds import Feed
from nightlatch.store.files import clear_drafts, replace_file


class Known(Struct, frozen=True, kw_only=True):
    """Of one feed, as it is kept beside its copy."""

    source: str = ""
    """Where the copy came from."""
    etag: str = ""
    modified: str = ""
    """What the server said, for the next conditional request (RFC 9110, section 13)."""
    fetched: float = 0.0
    """When the copy was made; 0: there is none."""
    checked: float = 0.0
    """When the source last answered with the list, or that it has not changed."""
    entries: int = 0
    tried: float = 0.0
    """When it was last asked for, whatever came."""
    failures: int = 0
    """In a row."""
    error: str = ""
    """Of the last failure, while it lasts."""


class FeedFiles:
    """Each file is replaced whole, so a process that dies or reads meanwhile sees one or the
    other. The copy is written before what is known of it: a crash between costs one fetch."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @property
    def lock(self) -> Path:
        """The file that the one process which fetches holds locked."""
        return self._directory / "lock"

    def make(self) -> None:
        """Raises OSError."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        clear_drafts(self._directory)

    def path(self, feed: Feed) -> Path:
        """Where its addresses are read from."""
        return self._directory / f"{feed.name}.list" if feed.url else Path(feed.path)

    def known(self, feed: Feed) -> Known:
        """Nothing is known of what was never fetched, or from another source."""
        try:
            known = msgspec.json.decode(self._about(feed).read_bytes(), type=Known)
        except (OSError, msgspec.MsgspecError):
            return Known()
        return known if known.source == feed.source else Known()

    def keep(self, feed: Feed, data: bytes, known: Known) -> None:
        """Raises OSError."""
        replace_file(self.path(feed), data)
        self.note(feed, known)

    def note(self, feed: Feed, known: Known) -> None:
        """Raises OSError."""
        replace_file(self._about(feed), msgspec.json.encode(known))

    def forget(self, feed: Feed) -> None:
        """What was known of a copy that is no good."""
        with suppress(OSError):
            self._about(feed).unlink(missing_ok=True)

    def _about(self, feed: Feed) -> Path:
        return self._directory / f"{feed.name}.json"
