"""Keeps the feeds: fetched when due, believed when sound, and the last good copy when not.

Several processes may share the directory. Whoever holds its lock fetches; all of them notice when
a file has changed, and load it. Nothing here is ever waited for by a request.
"""

import random
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import IO

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.identity.feed_formats import read_list
from nightlatch.identity.feeds import Feed, FeedRefused, Reading, believe
from nightlatch.identity.networks import Book, Database, Listed, Networks, open_database
from nightlatch.identity.prefixes import breathe
from nightlatch.respond.feed_files import FeedFiles, Known
from nightlatch.respond.fetching import FetchFailed, fetch
from nightlatch.respond.troubles import Troubles

RETRY = 300.0
"""Seconds after a first failure until the source is asked again; doubles with every further one."""
JITTER = 0.1
"""Of the time between two looks: that a thousand installations do not ask at the same second."""


class Bounds(Struct, frozen=True):
    """What one fetch may take."""

    max_bytes: int = 64 * 2**20
    seconds: float = 60.0


class Feeds:
    """Used by one thread."""

    def __init__(
        self,
        feeds: Sequence[Feed],
        databases: Sequence[Path],
        directory: Path,
        networks: Networks,
        bounds: Bounds = Bounds(),  # noqa: B008 - immutable
        pause: Callable[[], None] = breathe,
    ) -> None:
        self.feeds = tuple(feeds)
        self.troubles = Troubles()
        self._databases = tuple(databases)
        self._files = FeedFiles(directory)
        self._networks = networks
        self._bounds = bounds
        self._pause = pause
        self._random = random.Random()  # noqa: S311 - spreads load, guards nothing
        self._loaded: tuple[tuple[int, int], ...] = ()
        self._due: dict[str, float] = {}
        self._lock: IO[bytes] | None = None

    @property
    def bytes(self) -> int:
        """Of all that is to be read when it is loaded."""
        return sum(size for _, size in self._versions())

    def tick(self, now: float) -> None:
        """Load what has changed; then fetch what is due, if it is ours to fetch, and load that."""
        self.load(now)
        if self._is_ours(now):
            for feed in self.feeds:
                if feed.url and now >= self._due_at(feed, now):
                    self.refresh(feed, now)
        self.load(now)

    def load(self, now: float) -> None:
        """Read what lies on the disk into a new book, when any of it has changed."""
        versions = self._versions()
        if versions == self._loaded:
            return
        self._loaded = versions
        lists = [one for one in (self._listed(feed, now) for feed in self.feeds) if one]
        databases = [one for one in (self._database(path, now) for path in self._databases) if one]
        try:
            self._networks.load(Book(lists, databases, self._pause))
        except ValueError as error:
            self.troubles.note("feeds", error, now)
        else:
            self.troubles.over("feeds")

    def refresh(self, feed: Feed, now: float) -> Known:
        """Ask the source once. What it answers takes the place of the copy only when it is sound;
        `Known.error` says what was wrong with it."""
        known = self._files.known(feed)
        if not self._files.path(feed).exists():
            known = replace(known, etag="", modified="", entries=0)
        try:
            known = self._ask(feed, known, now)
        except (FetchFailed, FeedRefused, OSError) as error:
            known = replace(known, failures=known.failures + 1, error=str(error))
            self.troubles.note(f"feed {feed.name}", error, now)
        else:
            self.troubles.over(f"feed {feed.name}")
        known = replace(known, source=feed.source, tried=now)
        self._due[feed.name] = now + self._wait(feed, known)
        try:
            self._files.note(feed, known)
        except OSError as error:
            self.troubles.note("feeds", error, now)
        return known

    def close(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _ask(self, feed: Feed, known: Known, now: float) -> Known:
        self._files.make()
        answer = fetch(
            feed.url,
            known.etag,
            known.modified,
            max_bytes=self._bounds.max_bytes,
            seconds=self._bounds.seconds,
        )
        if answer.data is None:
            return replace(known, checked=now, failures=0, error="")
        reading = check_list(feed, answer.data, known.entries, now, self._pause)
        new = Known(
            source=feed.source,
            etag=answer.etag,
            modified=answer.modified,
            fetched=now,
            checked=now,
            entries=reading.ranges.count,
        )
        self._files.keep(feed, answer.data, new)
        return new

    def _wait(self, feed: Feed, known: Known) -> float:
        """Seconds until the next look."""
        seconds = feed.every
        if known.failures:
            seconds = min(seconds, RETRY * 2 ** min(known.failures - 1, 16))
        return seconds * self._random.uniform(1 - JITTER, 1 + JITTER)

    def _due_at(self, feed: Feed, now: float) -> float:
        due = self._due.get(feed.name)
        if due is None:
            known = self._files.known(feed)
            # What was tried in the future was tried by a clock that has been set back.
            tried = known.tried if known.tried <= now else 0.0
            due = self._due[feed.name] = tried + (self._wait(feed, known) if tried else 0.0)
        return due

    def _listed(self, feed: Feed, now: float) -> Listed | None:
        place = f"list {feed.name}"
        path = self._files.path(feed)
        try:
            reading = read_list(path.read_bytes(), feed, now, self._pause)
        except (OSError, FeedRefused) as error:
            missing = isinstance(error, FileNotFoundError)
            if feed.path or not missing:
                self.troubles.note(place, error, now)
            if feed.url and not missing:
                # A spoilt copy: the next tick fetches it anew, and whole.
                self._files.forget(feed)
                self._due.pop(feed.name, None)
            return None
        self.troubles.over(place)
        return Listed(feed.name, feed.kind, reading.ranges)

    def _database(self, path: Path, now: float) -> Database | None:
        place = f"database {path.name}"
        try:
            opened = open_database(path)
        except (OSError, ValueError) as error:
            self.troubles.note(place, error, now)
            return None
        self.troubles.over(place)
        return opened

    def _versions(self) -> tuple[tuple[int, int], ...]:
        paths = [*map(self._files.path, self.feeds), *self._databases]
        return tuple(map(_version, paths))

    def _is_ours(self, now: float) -> bool:
        """This process fetches: it holds the lock, or takes it now."""
        if self._lock is None and any(feed.url for feed in self.feeds):
            try:
                self._files.make()
                self._lock = _locked(self._files.lock)
            except OSError as error:
                self.troubles.note("feeds", error, now)
        return self._lock is not None


def check_list(
    feed: Feed, data: bytes, before: int, now: float, pause: Callable[[], None]
) -> Reading:
    """Raises FeedRefused for what should not be used."""
    if feed.sha256 and sha256(data).hexdigest() != feed.sha256:
        raise FeedRefused("its SHA-256 is not the one that the settings name")
    reading = read_list(data, feed, now, pause)
    believe(feed, reading, before)
    return reading


def _version(path: Path) -> tuple[int, int]:
    try:
        shape = path.stat()
    except OSError:
        return 0, 0
    return shape.st_mtime_ns, shape.st_size


def _locked(path: Path) -> IO[bytes] | None:
    """The open file, locked for as long as it is open; None when another process has it."""
    import fcntl

    file = path.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
