"""Passes: proof that a stranger has solved a puzzle. Who holds one is a caller of its own.

A pass is worth little: a few people's records, for a while. So it need not be bound to an address,
which a phone changes while it is carried about, and sharing one buys nothing: all who show it
share its one budget.

A pass is `1.<id>.<expires>.<mac>`: the version, 16 hexadecimal digits that name it, seconds since
the epoch, and a keyed BLAKE3 of all that. Nothing is stored; any process with the installation's
key can read it.
"""

import re
from hmac import compare_digest
from secrets import token_hex
from typing import Final

from blake3 import blake3

from nightlatch.exchange.exchange import Request
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.headers import Headers

CIRCLE: Final = "pass:"
"""Prefix of the circle that a pass makes; it stands first among the caller's circles."""
HEADER: Final = b"nightlatch-pass"
COOKIE: Final = "nightlatch-pass"
LIFETIME: Final = 3_600
"""Seconds that a pass holds, unless the installation says otherwise."""

_VERSION = "1"
_ID_DIGITS = 16
_MAC_BYTES = 16
_FORM = re.compile(r"1\.[0-9a-f]{16}\.[0-9]{1,12}\.[0-9a-f]{32}")
_LONGEST = 2 + _ID_DIGITS + 1 + 12 + 1 + 2 * _MAC_BYTES
_IN_COOKIE = COOKIE.encode() + b"="
_MAX_KNOWN = 16_384
_MOST_COOKIES = 200
_MOST_PASSES = 4
"""Cookies looked at, and passes tried: whoever sends more wants to cost us something."""


class Passes:
    """Grants passes, and reads them from requests."""

    def __init__(self, hasher: Hasher, lifetime: int = LIFETIME) -> None:
        """`lifetime` in seconds."""
        self.lifetime = lifetime
        self._key = hasher.key("pass")
        self._known: dict[str, float] = {}
        """Passes seen and found genuine, and when they end; full, the one seen first goes."""

    def grant(self, now: float, name: str = "") -> str:
        """A pass that holds from now on. `name`: what it was given for; the same name always gives
        the same pass circle, so that who cashes in one puzzle twice has one pass, not two."""
        unsigned = f"{_VERSION}.{self._id(name)}.{int(now) + self.lifetime}"
        return f"{unsigned}.{self._mac(unsigned)}"

    def circle(self, request: Request, now: float) -> str:
        """The circle of the valid pass in this request, or ""."""
        headers = request.headers
        if HEADER in headers:
            return self.circle_of(headers.get(HEADER) or "", now)
        if b"cookie" in headers:
            for shown in _cookies(headers):
                if circle := self.circle_of(shown, now):
                    return circle
        return ""

    def circle_of(self, shown: str, now: float) -> str:
        """The circle of this pass, or "" where it is none, forged, or over."""
        ends = self._known.get(shown)
        if ends is None:
            ends = self._verify(shown)
            if ends is None:
                return ""
        return CIRCLE + shown[2 : 2 + _ID_DIGITS] if now < ends else ""

    def _verify(self, shown: str) -> float | None:
        """When it ends, if it is genuine."""
        if len(shown) > _LONGEST or not _FORM.fullmatch(shown):
            return None
        unsigned, _, mac = shown.rpartition(".")
        if not compare_digest(mac, self._mac(unsigned)):
            return None
        ends = float(unsigned.rpartition(".")[2])
        if len(self._known) >= _MAX_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[shown] = ends
        return ends

    def _id(self, name: str) -> str:
        if not name:
            return token_hex(_ID_DIGITS // 2)
        return blake3(b"id\0" + name.encode(), key=self._key).hexdigest(length=_ID_DIGITS // 2)

    def _mac(self, unsigned: str) -> str:
        return blake3(unsigned.encode(), key=self._key).hexdigest(length=_MAC_BYTES)

    def __repr__(self) -> str:
        return "Passes(•••)"


def _cookies(headers: Headers) -> list[str]:
    """Every value of our cookie. A browser may send several, of parent domains or of old paths;
    HTTP/2 may split the field (RFC 9113 section 8.2.3)."""
    found: list[str] = []
    for name, value in headers.raw:
        if name == b"cookie" and _IN_COOKIE in value:
            pairs = map(bytes.strip, value.split(b";", _MOST_COOKIES))
            ours = [pair for pair in pairs if pair.startswith(_IN_COOKIE)]
            found += [pair[len(_IN_COOKIE) :].decode("latin-1") for pair in ours[:_MOST_PASSES]]
    return found[:_MOST_PASSES]
