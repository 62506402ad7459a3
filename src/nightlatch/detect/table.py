"""Bounded tables: one that forgets who was quiet longest, and one that a flood of newcomers cannot
empty of those who matter."""

from collections import OrderedDict
from collections.abc import Callable, ItemsView, ValuesView
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class RecentTable(Generic[K, V]):
    """At most `capacity` entries; the one that was not asked for longest goes first."""

    __slots__ = ("_capacity", "_entries", "_make")

    def __init__(self, capacity: int, make: Callable[..., V]) -> None:
        self._capacity = capacity
        self._make = make
        self._entries: OrderedDict[K, V] = OrderedDict()

    def touch(self, key: K, *given: object) -> V:
        """The entry, now the last to go; made of what is given, where there was none."""
        entries = self._entries
        found = entries.get(key)
        if found is None:
            if len(entries) >= self._capacity:
                entries.popitem(last=False)
            found = entries[key] = self._make(*given)
        else:
            entries.move_to_end(key)
        return found

    def values(self) -> ValuesView[V]:
        return self._entries.values()

    def items(self) -> ItemsView[K, V]:
        return self._entries.items()

    def __len__(self) -> int:
        return len(self._entries)


class SegmentedTable(Generic[K, V]):
    """A segmented LRU (Karedla, Love and Wherry 1994): newcomers on probation, keepers protected.

    Evicts first: the newcomer that was quiet longest. A keeper is evicted only by another keeper,
    so a million addresses that come once never push out a caller with a history or a conviction.
    Each segment holds at most `capacity` entries.
    """

    __slots__ = ("_capacity", "_keepers", "_newcomers", "evicted")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        # A plain dict finds its first entry only by stepping over all that were deleted before it.
        self._newcomers: OrderedDict[K, V] = OrderedDict()
        self._keepers: OrderedDict[K, V] = OrderedDict()
        self.evicted = 0
        """Entries dropped since the start."""

    def get(self, key: K) -> V | None:
        """The entry, without touching its place in the queue."""
        found = self._newcomers.get(key)
        return self._keepers.get(key) if found is None else found

    def touch(self, key: K) -> V | None:
        """The entry, now the last to be evicted of its segment."""
        for segment in (self._keepers, self._newcomers):
            found = segment.get(key)
            if found is not None:
                segment.move_to_end(key)
                return found
        return None

    def add(self, key: K, value: V) -> tuple[K, V] | None:
        """Add a newcomer; returns who had to go for it."""
        return self._insert(self._newcomers, key, value)

    def keep(self, key: K) -> tuple[K, V] | None:
        """Protect a newcomer from newcomers; returns who had to go for it."""
        value = self._newcomers.pop(key, None)
        return None if value is None else self._insert(self._keepers, key, value)

    def drop(self) -> tuple[K, V] | None:
        """Evict one entry before its time, in the same order; None when the table is empty."""
        for segment in (self._newcomers, self._keepers):
            if segment:
                self.evicted += 1
                return segment.popitem(last=False)
        return None

    def values(self) -> list[V]:
        return [*self._keepers.values(), *self._newcomers.values()]

    def items(self) -> list[tuple[K, V]]:
        return [*self._keepers.items(), *self._newcomers.items()]

    def __len__(self) -> int:
        return len(self._newcomers) + len(self._keepers)

    def _insert(self, segment: OrderedDict[K, V], key: K, value: V) -> tuple[K, V] | None:
        evicted = None
        if len(segment) >= self._capacity:
            evicted = segment.popitem(last=False)
            self.evicted += 1
        segment[key] = value
        return evicted
