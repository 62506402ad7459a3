"""Where a request went, from the spellings in which telemetry tells of it. Nothing here raises."""

import ipaddress
import re
from urllib.parse import unquote

from msgspec import Struct

LONGEST = 16_384
"""Characters of a URL; servers refuse longer ones."""
_PARTS = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,20}):)?//(?P<host>[^/?#]*)(?P<rest>.*)", re.DOTALL
)


class Target(Struct, frozen=True):
    """The parts of a URL; empty what it does not say."""

    scheme: str
    host: str
    path: str
    """Percent-decoded."""
    query: str
    """Raw."""
    has_query: bool
    """There was a "?"."""


def read_url(text: str) -> Target | None:
    """`https://host/path?query`, or the path and query alone; None for anything else."""
    if len(text) > LONGEST:
        return None
    match = _PARTS.fullmatch(text)
    if match is None:
        return _target("", "", text) if text.startswith("/") else None
    # What stands before "@" is a password more often than not.
    host = match["host"].rpartition("@")[2]
    return _target((match["scheme"] or "").lower(), host, match["rest"])


def _target(scheme: str, host: str, rest: str) -> Target:
    before, mark, query = rest.partition("#")[0].partition("?")
    return Target(scheme, host, decoded(before) or "/", query, bool(mark))


def decoded(path: str) -> str:
    return unquote(path) if "%" in path else path


def read_address(text: object) -> str:
    """An address in its usual spelling; empty for `bogon`, `unknown`, names and anything else."""
    if not isinstance(text, str) or len(text) > 64:
        return ""
    bare = text.strip().removeprefix("[").removesuffix("]").partition("%")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
