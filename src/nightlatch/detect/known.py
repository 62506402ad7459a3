"""Who has proven itself at which door: callers that an attack elsewhere must not cost anything.

Written by the worker's thread, read by the event loop's. An entry is one number, the hash of a door
and a circle under this process' own key (PEP 456), so that a million callers fit into 64 MB.
"""

from collections import OrderedDict

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
    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._young: set[int] = set()
        self._old: set[int] = set()
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
            self._add(hash((door, circle)))

    def knows(self, door: str, caller: Caller) -> bool:
        """Whether any lasting circle of the caller was vouched for at this door."""
        young, old = self._young, self._old
        for circle in _lasting(caller):
            entry = hash((door, circle))
            if entry in young or entry in old:
                return True
        return False

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def _add(self, entry: int) -> None:
        if len(self._young) >= self._capacity:
            self._old, self._young = self._young, set()
        self._young.add(entry)


def _lasting(caller: Caller) -> list[str]:
    """What others can neither claim nor share: its address, what a cookie or token hides, and for
    IPv6 the /64 of its home, in which addresses change daily. Not the name in an unproven token."""
    return [
        circle
        for circle in caller.circles
        if circle.startswith(_LASTING) or (circle.startswith("network:") and "::/64" in circle)
    ]
