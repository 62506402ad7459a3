"""Which identifiers were given to a principal in its answers, in bounded memory."""

from collections import OrderedDict
from collections.abc import Iterable

MAX_IDS = 400_000
"""Of all principals together; the principal that was quiet longest goes first, with all of its."""
MAX_OWN = 4_096
"""Of one principal; then those it was given first are forgotten."""


class Holder:
    """One principal. Identifiers are numbers: hashes under this process' own key."""

    __slots__ = ("_old", "_young", "since")

    def __init__(self, now: float) -> None:
        self.since = now
        self._young: set[int] = set()
        self._old: set[int] = set()

    def give(self, identifiers: Iterable[int]) -> int:
        """Returns by how many identifiers the holder grew."""
        before = len(self)
        self._young.update(identifiers)
        if len(self._young) > MAX_OWN // 2:
            self._old, self._young = self._young, set()
        return len(self) - before

    def __contains__(self, identifier: int) -> bool:
        return identifier in self._young or identifier in self._old

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


class Handed:
    def __init__(self, capacity: int = MAX_IDS) -> None:
        self._capacity = capacity
        self._held = 0
        self._holders: OrderedDict[str, Holder] = OrderedDict()

    def holder(self, principal: str, now: float) -> Holder:
        holders = self._holders
        holder = holders.get(principal)
        if holder is None:
            holder = holders[principal] = Holder(now)
            self._held += 1
        else:
            holders.move_to_end(principal)
        return holder

    def give(self, holder: Holder, identifiers: Iterable[int]) -> None:
        self._held += holder.give(identifiers)
        while self._held > self._capacity and len(self._holders) > 1:
            self._held -= 1 + len(self._holders.popitem(last=False)[1])
