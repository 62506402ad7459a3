"""URLs in a text, and the hosts that different programs would see in each."""

import re
from collections.abc import Iterator

from msgspec import Struct

from nightlatch.checks.attacks.lazy_pattern import LazyPattern

MAX_URLS = 16
"""Of one text; the rest is not read."""
MAX_URL = 2048
"""Characters of a URL that are looked at."""
_MAX_PIECES = 8

_URL = LazyPattern(
    r"(?<![a-z0-9+.-])(?:(?:url|jar|view-source):)?([a-z][a-z0-9+.-]{1,15}+):([/\\\t\r\n]*+)",
    re.IGNORECASE,
)
_NEED_NO_SLASHES = frozenset(("http", "https", "ws", "wss", "ftp"))
"""Browsers put in the slashes that are missing (the URL standard's special schemes)."""
_RELATIVE = LazyPattern(r"[\x00-\x20]*+([/\\][/\\\t\r\n]++)")
# A blank ends a URL, but not for every program when an "@" is still to come: "1.1.1.1 &@2.2.2.2".
_AUTHORITY = LazyPattern(r"(?>(?:[^/?\s\"'<>`|{}]|[ ](?=&?@))*)")
_REST = LazyPattern(r"[^\s\"'<>`|{}]*+")
_SEPARATOR = LazyPattern(r"[@#\\&\s]")
_HOST = LazyPattern(
    r"(\[[0-9a-f:.%]{2,60}+\]|[\w.\u3002\uff0e\uff61-]{1,253}+):?(\d{0,5}+)", re.IGNORECASE
)


class Url(Struct, frozen=True, gc=False):
    """One URL, not believed."""

    start: int
    """Where in the text."""
    scheme: str
    """Lower-case; empty for `//host`."""
    slashes: str
    """What stands between the scheme's colon and the host."""
    authority: str
    """Up to the path or query, with everything that could end it for some program."""
    rest: str
    """Path, query and fragment."""

    @property
    def text(self) -> str:
        scheme = f"{self.scheme}:" if self.scheme else ""
        return f"{scheme}{self.slashes}{self.authority}{self.rest}"


def find_urls(text: str) -> Iterator[Url]:
    """Absolute URLs anywhere, and a network-path reference (`//host`) that `text` begins with.

    A URL in the query of another is a URL of its own.
    """
    if match := _RELATIVE.match(text):
        url = _read(text, match.start(1), "", match[1], match.end())
        # With words behind it, it is a comment or a fraction.
        if len(url.text) >= len(text.strip()) - match.start(1):
            yield url
    count = 0
    for match in _URL.finditer(text):
        scheme = match[1].lower()
        if match[2] or scheme in _NEED_NO_SLASHES:
            yield _read(text, match.start(1), scheme, match[2], match.end())
            count += 1
        if count == MAX_URLS:
            return


def _read(text: str, start: int, scheme: str, slashes: str, begin: int) -> Url:
    limit = min(len(text), begin + MAX_URL)
    authority = _AUTHORITY.match(text, begin, limit)
    end = authority.end() if authority else begin
    rest = _REST.match(text, end, limit)
    return Url(start, scheme, slashes, text[begin:end], rest[0] if rest else "")


def hosts(url: Url) -> list[tuple[str, str]]:
    """Every (host, port) that some program takes from the authority; one when all agree.

    First the one that browsers take (https://url.spec.whatwg.org/#authority-state).
    """
    authority = url.authority
    browsers = authority.partition("#")[0].partition("\\")[0].rpartition("@")[2]
    if "@" not in authority and "\\" not in authority:
        pieces = [browsers]
    else:
        pieces = [browsers, *_SEPARATOR.split(authority, _MAX_PIECES)[:_MAX_PIECES]]
    found: dict[tuple[str, str], None] = {}
    for position, piece in enumerate(pieces):
        match = _HOST.fullmatch(piece.partition(";")[0].rstrip("!:"))
        # Before an "@" a mere user may stand; with a dot it is there to be taken for a host.
        if match and (position == 0 or "." in match[1] or "[" in match[1]):
            found[match[1], match[2]] = None
    return list(found)
