"""Do several people share this address? To refuse one of them would refuse all."""

from collections import OrderedDict

from nightlatch.exchange.exchange import Caller

SHARED_FROM = 3
"""Different principals, or programs of strangers, that were served at one address."""
CAPACITY = 50_000
"""Addresses remembered; the one that was noted first goes first. 300 bytes each."""


class Neighbours:
    """Who was served behind which address."""

    __slots__ = ("_capacity", "_served")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._served: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    def note(self, caller: Caller, *, stranger: bool) -> None:
        """`caller` was served just now."""
        served = self._served.get(caller.address)
        if served is None:
            self._served[caller.address] = (self._mark(caller, stranger=stranger),)
            if len(self._served) > self._capacity:
                self._served.popitem(last=False)
        elif len(served) < SHARED_FROM:
            mark = self._mark(caller, stranger=stranger)
            if mark not in served:
                self._served[caller.address] = (*served, mark)

    def knows(self, caller: Caller) -> bool:
        """Somebody was served at this address."""
        return caller.address in self._served

    def shared(self, caller: Caller) -> bool:
        return len(self._served.get(caller.address, ())) >= SHARED_FROM

    @staticmethod
    def _mark(caller: Caller, *, stranger: bool) -> str:
        return program_of(caller) if stranger else caller.circles[0]


def program_of(caller: Caller) -> str:
    """How its program's headers look: colleagues rarely have the same device and browser."""
    for circle in caller.circles:
        if circle.startswith("headers:"):
            return circle
    return caller.circles[0]
