"""What a feed is, and how its text is read: the lists of addresses that others publish.

Takes what is found in the wild, and guesses which it is: plain lists, netsets, ranges, Tor's exit
lists, Spamhaus DROP (text and JSON lines), CSV, the JSON of clouds and crawlers, STIX 2.1 bundles.
"""

import shlex
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from nightlatch.identity.prefixes import Ranges

MAX_COVER = 0.25
"""The largest share of all IPv4 addresses that a list may name: more is a mistake of its maker."""
MAX_BAD = 0.05
"""The largest share of lines that may hold no address."""
MAX_LOSS = 0.9
"""By how much a list may shrink from one fetch to the next."""
NAMED_FAULTS = 3
"""Bad lines that are named; the others are only counted."""
HOUR = 3600.0


class FeedKind(StrEnum):
    """What it means to be on a list."""

    BAD = "bad"
    """Addresses with a bad name: whoever is listed has attacked somebody."""
    TOR = "tor"
    HOSTING = "hosting"
    PROXY = "proxy"
    VPN = "vpn"
    CRAWLER = "crawler"
    """The addresses of a declared bot; the feed has the bot's name."""


class Format(StrEnum):
    AUTO = "auto"
    TEXT = "text"
    CSV = "csv"
    JSON = "json"
    STIX = "stix"


class Feed(Struct, frozen=True):
    name: str
    kind: FeedKind
    url: str = ""
    path: str = ""
    """A file instead of a URL: read where it lies."""
    format: Format = Format.AUTO
    column: int = 0
    """Of a CSV, from 1; 0 guesses."""
    every: float = 24 * HOUR
    """Seconds between two looks at the source."""
    least: int = 1
    """Entries below which it is not believed."""
    sha256: str = ""
    """Of its bytes, for a list that must not change."""

    @property
    def source(self) -> str:
        return self.url or self.path

    @property
    def shown(self) -> str:
        """The source without its query, which often is a customer's key."""
        return self.url.partition("?")[0] or self.path


class FeedRefused(Exception):
    """What came is not a list to be used; the text says why."""


class Reading(Struct, frozen=True):
    """What a list's bytes hold."""

    ranges: Ranges
    bad: tuple[int, ...] = ()
    """Numbers of the lines that hold no address or network."""
    lines: int = 0
    """Lines that should hold one."""

    @property
    def fault(self) -> str:
        """Lines that could not be read, in words."""
        if not self.bad:
            return ""
        named = ", ".join(map(str, self.bad[:NAMED_FAULTS]))
        more = " and others" if len(self.bad) > NAMED_FAULTS else ""
        lines = "1 line holds" if len(self.bad) == 1 else f"{len(self.bad):,} lines hold"
        return f"{lines} no address or network (line {named}{more})"


def read_feed(text: str) -> Feed:
    """A feed as a setting says it: `NAME KIND URL-or-file [format=…] [column=…] [hours=…]
    [least=…] [sha256=…]`. Raises ValueError."""
    parts = shlex.split(text)
    if len(parts) < 3:
        raise ValueError(f'"{text}" is not a feed: write NAME KIND URL, as in {_EXAMPLE}')
    name, kind, where, *rest = parts
    if kind not in list(FeedKind):
        raise ValueError(f'"{kind}" is no kind of feed; there are {", ".join(FeedKind)}')
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or name[0] == ".":
        raise ValueError(f'a feed\'s name has letters, digits, "-", "_" and ".", not "{name}"')
    url, path = (where, "") if "://" in where else ("", where)
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"{url}: only http:// and https:// can be fetched")
    if "@" in urlsplit(url).netloc:
        raise ValueError(f"feed {name}: a user name in a URL is not sent; take one without")
    feed = Feed(name, FeedKind(kind), url, path)
    for option in rest:
        feed = _with_option(feed, *option.partition("=")[::2])
    return feed


def read_feeds(texts: tuple[str, ...]) -> tuple[Feed, ...]:
    """Raises ValueError, also for two of one name."""
    feeds = tuple(map(read_feed, texts))
    names = [feed.name for feed in feeds]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f'two feeds are called "{twice}"')
    return feeds


def feed_of_file(path: str) -> Feed:
    """A plain list of addresses with a bad name, called as its file is."""
    return Feed(Path(path).stem, FeedKind.BAD, path=path)


_EXAMPLE = "“tor-exits tor https://check.torproject.org/torbulkexitlist”"


def _with_option(feed: Feed, name: str, value: str) -> Feed:
    given: dict[str, object]
    if name == "format" and value in list(Format):
        given = {"format": Format(value)}
    elif name in ("column", "least") and value.isdecimal():
        given = {name: int(value)}
    elif name == "hours" and value.isdecimal() and int(value) >= 1:
        given = {"every": int(value) * HOUR}
    elif name == "sha256" and len(value) == 64 and set(value.lower()) <= set("0123456789abcdef"):
        given = {"sha256": value.lower()}
    else:
        raise ValueError(
            f'feed {feed.name}: "{name}={value}" is none of format={"|".join(Format)}, column=2, '
            "hours=24, least=100, sha256=(64 hexadecimal digits)"
        )
    return Feed(**{field: getattr(feed, field) for field in feed.__struct_fields__} | given)


def believe(feed: Feed, reading: Reading, before: int) -> None:
    """Raises FeedRefused when what was read should not take the place of the `before` entries of
    the last good copy (0: there is none)."""
    count = reading.ranges.count
    if len(reading.bad) > MAX_BAD * max(1, reading.lines):
        raise FeedRefused(f"it is not a list of addresses: {reading.fault}")
    if count < max(1, feed.least):
        raise FeedRefused(
            f"it holds {count} entries, and should hold {max(1, feed.least)} at least"
        )
    if count < before * (1 - MAX_LOSS):
        raise FeedRefused(
            f"it shrank from {before:,} entries to {count:,}; if that is right, delete the copy"
            f" feeds/{feed.name}.list in the data directory"
        )
    cover = reading.ranges.covered(32)
    if cover > MAX_COVER:
        raise FeedRefused(f"it names {cover:.0%} of all IPv4 addresses")
