"""The way in for people whose browser cannot solve puzzles: a ticket that becomes good by waiting.

Waiting costs an attacker with many addresses nothing, so it is rationed: one pass per address and
wait, and few for all together. A ticket is `1.<issued>.<mac over that and the address>`; nothing is
stored when one is made.
"""

import re
from collections import OrderedDict
from enum import StrEnum
from hmac import compare_digest
from ipaddress import IPv6Address, IPv6Network
from typing import Final

from blake3 import blake3

from nightlatch.exchange.hashing import Hasher

WAIT: Final = 30
"""Seconds until a ticket is good."""
PER_HOUR: Final = 30
"""Passes for having waited, to all addresses of one process together."""

_GOOD_FOR = 600
"""Seconds that a ticket stays good."""
_FORM = re.compile(r"1\.([0-9]{1,12})\.([0-9a-f]{32})")
_BURST = 10


class Wait(StrEnum):
    """What becomes of a ticket that is shown."""

    OVER = "over"
    TOO_SOON = "too-soon"
    VOID = "void"
    """Forged, of another address, too old, or used: by its holder, or by somebody at the same
    address."""
    CROWDED = "crowded"
    """Good, but too many have waited their way in of late; it can be shown again."""


def place_of(address: str) -> str:
    """What counts as one address: of IPv6 the /64 that one customer has."""
    try:
        found = IPv6Address(address)
    except ValueError:
        return address
    return str(IPv6Network((found, 64), strict=False))


class WaitingRoom:
    def __init__(self, hasher: Hasher, wait: int = WAIT, per_hour: int = PER_HOUR) -> None:
        """`wait` in seconds; `per_hour` 0 lets nobody in this way."""
        self.wait = wait
        self._key = hasher.key("waiting")
        self._step = 3_600 / per_hour if per_hour else 0.0
        self._next = 0.0
        """When the next pass would be due if they were given out evenly (GCRA, ITU-T I.371)."""
        self._served: OrderedDict[str, float] = OrderedDict()
        """When each place was last let in. As few as are let in while a ticket is good: who was
        longest ago goes when every ticket of before is void anyway."""

    @property
    def open(self) -> bool:
        return self._step > 0

    def ticket(self, place: str, now: float) -> str:
        """For whoever asks from `place`, an address or network."""
        issued = int(now)
        return f"1.{issued}.{self._mac(issued, place)}"

    def show(self, ticket: str, place: str, now: float) -> Wait:
        """OVER once at most for each ticket, and for each place in each stretch of waiting."""
        form = _FORM.fullmatch(ticket) if len(ticket) < 64 else None
        if form is None or not compare_digest(form[2], self._mac(int(form[1]), place)):
            return Wait.VOID
        issued = int(form[1])
        if now < issued + self.wait:
            return Wait.TOO_SOON
        last = self._served.get(place, 0.0)
        if issued <= last or now >= issued + self.wait + _GOOD_FOR:
            return Wait.VOID
        if not self._has_room(now):
            return Wait.CROWDED
        self._serve(place, now)
        return Wait.OVER

    def _has_room(self, now: float) -> bool:
        if not self.open or self._next - now > self._step * (_BURST - 1):
            return False
        self._next = max(self._next, now) + self._step
        return True

    def _serve(self, place: str, now: float) -> None:
        served = self._served
        while served and next(iter(served.values())) <= now - self.wait - _GOOD_FOR:
            served.popitem(last=False)
        served[place] = now
        self._served.move_to_end(place)

    def _mac(self, issued: int, place: str) -> str:
        return blake3(f"{issued}\0{place}".encode(), key=self._key).hexdigest(length=16)

    def __repr__(self) -> str:
        return "WaitingRoom(•••)"
