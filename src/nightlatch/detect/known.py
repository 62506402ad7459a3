"""Who has proven itself at which door: callers that an attack elsewhere must not cost anything.

Written by the worker's thread, read by the event loop's. How often an account vouched is forgotten
with its process: what accounts are compared by is a secret of that process too.
"""

from collections import OrderedDict

from nightlatch.detect.seen import OF_THIS_PROCESS, SeenCallers
from nightlatch.exchange.exchange import Caller

CAPACITY = 250_000
"""Entries in each of two generations: the older one is forgotten when the younger one is full."""
VOUCHES = 5
"""Circles for whom one account vouches: a person at home, at work and on the road. Ten thousand
addresses that all know the same account are one attacker's, warmed up."""
_VOUCHERS = 100_000
"""Accounts remembered for that; the one that first vouched longest ago goes first."""
ANYWHERE = ""
"""The door of callers that an account explains which was accepted elsewhere in the API."""
_LASTING = ("address:", "session:", "credential:")


class Known:
    def __init__(self, capacity: int = CAPACITY, key: bytes = OF_THIS_PROCESS) -> None:
        self._entries = SeenCallers(capacity, key)
        self._vouchers: OrderedDict[int, int] = OrderedDict()

    def vouch(self, door: str, caller: Caller, account: bytes) -> None:
        """This caller has shown at this door that the account is its own."""
        if self.knows(door, caller):
            return
        voucher = hash((door, account))
        vouched = self._vouchers.get(voucher, 0)
        if vouched >= VOUCHES:
            return
        if len(self._vouchers) >= _VOUCHERS:
            self._vouchers.popitem(last=False)
        self._vouchers[voucher] = vouched + 1
        for circle in _lasting(caller):
            self._entries.meet(door, circle)

    def knows(self, door: str, caller: Caller) -> bool:
        """Whether any lasting circle of the caller was vouched for at this door."""
        knows = self._entries.knows
        return any(knows(door, circle) for circle in _lasting(caller))

    def dump(self) -> bytes:
        return self._entries.dump()

    def load(self, data: bytes) -> None:
        """Those whom another process knew."""
        self._entries.load(data)

    def __len__(self) -> int:
        return len(self._entries)


def _lasting(caller: Caller) -> list[str]:
    """What others can neither claim nor share: its address, what a cookie or token hides, and for
    IPv6 the /64 of its home, in which addresses change daily. Not the name in an unproven token."""
    return [
        circle
        for circle in caller.circles
        if circle.startswith(_LASTING) or (circle.startswith("network:") and "::/64" in circle)
    ]
