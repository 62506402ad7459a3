"""Counters in the memory of one process: the budgets, limits and flags of one machine."""

import heapq
import threading
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from nightlatch.store.sketch import EXACT_UP_TO, DistinctCounter

V = TypeVar("V")

_SWEEP = 16
"""Ended entries that one call may clear away: a hundred thousand that end at the same moment must
not make one request pay for all."""

_SKETCH_WEIGHT = 256
"""A sketch's 16 KB weigh as much as this many members of an exact set, at about 64 bytes each."""

_STALE_ALLOWED = 1_000


class _Entry(Generic[V]):
    """One key's value and when it ends; changed in place."""

    __slots__ = ("expires", "key", "table", "value", "weight")

    def __init__(self, table: "_Table[V]", key: str, value: V, expires: float) -> None:
        self.table = table
        self.key = key
        self.value = value
        self.expires = expires
        self.weight = 1

    @property
    def current(self) -> bool:
        return self.table.get(self.key) is self


_Table = dict[str, _Entry[V]]


class MemoryCounters:
    """A CounterStore bounded by the number of keys and by the members that exact sets hold; what
    expires first is evicted first. Safe to use from several threads."""

    def __init__(self, max_keys: int = 200_000, max_members: int = 2_000_000) -> None:
        self._max_keys = max_keys
        self._max_weight = max_members
        self._lock = threading.Lock()
        self._distinct: _Table[DistinctCounter] = {}
        self._counts: _Table[int] = {}
        self._flags: _Table[str] = {}
        self._ends: list[tuple[float, int, _Entry[Any]]] = []
        """A heap of when entries end. Replaced entries stay in it until they come up."""
        self._created = 0
        self._weight = 0
        self._evicted = 0

    def add_distinct(self, key: str, members: Iterable[int], now: float, ttl: float) -> int:
        with self._lock:
            entry = self._distinct.get(key)
            if entry is None or entry.expires <= now:
                entry = self._create(self._distinct, key, DistinctCounter(), now, ttl)
            entry.value.add_many(members)
            cardinality = entry.value.cardinality
            self._weigh(entry, cardinality, now)
            return cardinality

    def distinct(self, key: str, now: float) -> int:
        entry = self._distinct.get(key)
        return 0 if entry is None or entry.expires <= now else entry.value.cardinality

    def increment(self, key: str, by: int, now: float, ttl: float) -> int:
        with self._lock:
            entry = self._counts.get(key)
            if entry is None or entry.expires <= now:
                entry = self._create(self._counts, key, 0, now, ttl)
            entry.value += by
            return entry.value

    def count(self, key: str, now: float) -> int:
        entry = self._counts.get(key)
        return 0 if entry is None or entry.expires <= now else entry.value

    def set_flag(self, key: str, value: str, now: float, ttl: float) -> None:
        with self._lock:
            self._create(self._flags, key, value, now, ttl)

    def flag(self, key: str, now: float) -> str | None:
        entry = self._flags.get(key)
        return None if entry is None or entry.expires <= now else entry.value

    def clear(self, key: str) -> None:
        with self._lock:
            for entry in (self._distinct.get(key), self._counts.get(key), self._flags.get(key)):
                if entry is not None:
                    self._drop(entry)

    @property
    def evicted(self) -> int:
        return self._evicted

    def __len__(self) -> int:
        """Keys held, those that have ended but were not yet cleared away included."""
        return len(self._distinct) + len(self._counts) + len(self._flags)

    def _create(self, table: _Table[V], key: str, value: V, now: float, ttl: float) -> _Entry[V]:
        old = table.get(key)
        if old is not None:
            self._drop(old)
        entry = table[key] = _Entry(table, key, value, now + ttl)
        self._weight += entry.weight
        self._created += 1
        heapq.heappush(self._ends, (entry.expires, self._created, entry))
        self._sweep(now)
        if len(self) > self._max_keys:
            self._evict_one(now)
        return entry

    def _weigh(self, entry: _Entry[DistinctCounter], cardinality: int, now: float) -> None:
        weight = cardinality if cardinality <= EXACT_UP_TO else _SKETCH_WEIGHT
        if weight == entry.weight or not entry.current:
            return
        self._weight += weight - entry.weight
        entry.weight = weight
        while self._weight > self._max_weight and len(self) > 1:
            self._evict_one(now)

    def _sweep(self, now: float) -> None:
        ends = self._ends
        for _ in range(_SWEEP):
            if not ends or ends[0][0] > now:
                break
            self._pop_first()
        if len(ends) > 2 * len(self) + _STALE_ALLOWED:
            ends[:] = [end for end in ends if end[2].current]
            heapq.heapify(ends)

    def _evict_one(self, now: float) -> None:
        """Drop the entry that ends first."""
        while self._ends:
            expires = self._ends[0][0]
            if self._pop_first():
                self._evicted += expires > now
                return

    def _pop_first(self) -> bool:
        """Take the first off the heap; False when it had been replaced already."""
        _, _, entry = heapq.heappop(self._ends)
        if not entry.current:
            return False
        self._drop(entry)
        return True

    def _drop(self, entry: _Entry[Any]) -> None:
        del entry.table[entry.key]
        self._weight -= entry.weight
