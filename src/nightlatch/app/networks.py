"""Lists of networks for an application: which are configured, and the thread that keeps them."""

import time
from pathlib import Path

from msgspec import Struct

from nightlatch.app.stores import data_dir
from nightlatch.app.ticker import Ticker
from nightlatch.identity.feed_formats import read_list
from nightlatch.identity.feeds import Feed, FeedRefused, feed_of_file, read_feeds
from nightlatch.identity.networks import Networks
from nightlatch.respond.feed_files import FeedFiles, Known
from nightlatch.respond.feeds import Bounds, Feeds
from nightlatch.respond.troubles import Trouble
from nightlatch.settings import Settings

EVERY = 5.0
"""Seconds between two looks at what is due and what has changed."""
AT_ONCE = 1 << 20
"""Bytes of lists that are read before the application starts: fifty thousand networks, a fifth of a
second. More is read in the thread, and not known in the first seconds."""
FEEDS = "feeds"
_PATIENCE = 0.2
"""Seconds."""


def configured_feeds(settings: Settings) -> tuple[Feed, ...]:
    """Raises ValueError."""
    files = map(feed_of_file, settings.identity.reputation_lists)
    return (*files, *read_feeds(settings.networks.feeds))


def open_feeds(settings: Settings, networks: Networks) -> Feeds:
    given = settings.networks
    return Feeds(
        configured_feeds(settings),
        tuple(map(Path, given.databases)),
        data_dir(settings) / FEEDS,
        networks,
        bounds(settings),
    )


def bounds(settings: Settings) -> Bounds:
    """What one fetch may take."""
    given = settings.networks
    return Bounds(given.fetch_megabytes * 2**20, float(given.fetch_seconds))


class NetworksKeeper:
    """From now until `close`; starts no thread when nothing is configured."""

    def __init__(self, settings: Settings, networks: Networks) -> None:
        self._feeds = open_feeds(settings, networks)
        self._ticker: Ticker | None = None
        if not self._feeds.feeds and not settings.networks.databases:
            return
        if self._feeds.bytes <= AT_ONCE:
            self._feeds.load(time.time())
        self._ticker = self._tick()

    def after_fork(self) -> None:
        self._feeds.troubles.after_fork()
        if self._ticker is not None:
            self._ticker = self._tick()

    def _tick(self) -> Ticker:
        return Ticker(self._feeds.tick, EVERY, "nightlatch-networks")

    def troubles(self) -> tuple[Trouble, ...]:
        """What is wrong with them now. From any thread."""
        return self._feeds.troubles.current()

    def close(self) -> None:
        if self._ticker is not None:
            # A fetch under way is not waited for: half a list is never kept.
            self._ticker.stop(_PATIENCE)
        self._feeds.close()


_FILES = "NIGHTLATCH_IDENTITY_REPUTATION_LISTS or NIGHTLATCH_NETWORKS_FEEDS, or the file"


class SeenFeed(Struct, frozen=True):
    """One feed as it stands on the disk: for `nightlatch doctor` and `nightlatch feeds`."""

    feed: Feed
    known: Known
    entries: int
    fault: str
    """What is wrong, in words; empty when all is well."""

    @property
    def words(self) -> str:
        name, kind = self.feed.name, self.feed.kind.value
        entries = "1 entry" if self.entries == 1 else f"{self.entries:,} entries"
        return f"{name} ({kind}): {self.fault or entries}"

    @property
    def advice(self) -> str:
        if not self.fault:
            return ""
        if self.feed.path:
            return f"correct {_FILES}"
        copy = f"; the copy with {self.entries:,} entries is used meanwhile" if self.entries else ""
        return f"`nightlatch feeds fetch {self.feed.name}` tries again now{copy}"


def seen_feeds(settings: Settings, now: float) -> list[SeenFeed]:
    """What every configured feed holds on the disk now."""
    files = FeedFiles(Path(settings.data_dir) / FEEDS)
    return [_seen(feed, files, now) for feed in configured_feeds(settings)]


def _seen(feed: Feed, files: FeedFiles, now: float) -> SeenFeed:
    known = files.known(feed)
    try:
        reading = read_list(files.path(feed).read_bytes(), feed, now)
    except FileNotFoundError:
        missing = "not fetched yet" if feed.url else f"{feed.path}: there is no such file"
        return SeenFeed(feed, known, 0, known.error or missing)
    except (OSError, FeedRefused) as error:
        return SeenFeed(feed, known, 0, known.error or f"{feed.shown}: {error}")
    fault = known.error or (reading.fault and f"{feed.shown}: {reading.fault}")
    return SeenFeed(feed, known, reading.ranges.count, fault)
