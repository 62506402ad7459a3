"""The live feed: records as they come in, for whoever watches right now.

Written by worker threads, read by polling from any thread or event loop. A reader never slows a
writer: what it does not fetch in time is dropped, the oldest first, and it is told how much.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock

from nightlatch.exchange.record import Record

MAX_WAITING = 1_000
"""Records held for one reader."""
MAX_READERS = 64
"""The reader who has watched longest is closed to let a new one in."""


class Subscription:
    """One reader's end of the feed."""

    def __init__(
        self, capacity: int, leave: Callable[["Subscription"], None], *, lasting: bool = False
    ) -> None:
        self._lock = Lock()
        self._waiting: deque[Record] = deque(maxlen=capacity)
        self._missed = 0
        self._leave = leave
        self.closed = False
        self.lasting = lasting
        """It is no person, and is never closed to let one in."""

    def take(self) -> tuple[Sequence[Record], int]:
        """What came since the last call, oldest first, and how many were lost before it. Never
        waits."""
        with self._lock:
            records, missed = tuple(self._waiting), self._missed
            self._waiting.clear()
            self._missed = 0
        return records, missed

    @property
    def waiting(self) -> int:
        """Records that came since the last call of `take`."""
        return len(self._waiting)

    def close(self) -> None:
        """Nothing more arrives; what has arrived can still be taken. May be called again."""
        self.closed = True
        self._leave(self)

    def offer(self, records: Sequence[Record]) -> int:
        """Append, for the feed alone; returns how many records that pushed out."""
        with self._lock:
            waiting = self._waiting
            lost = max(0, len(waiting) + len(records) - (waiting.maxlen or 0))
            waiting.extend(records)
            self._missed += lost
        return lost


class Feed:
    def __init__(self, capacity: int = MAX_WAITING, max_readers: int = MAX_READERS) -> None:
        self._capacity = capacity
        self._max_readers = max_readers
        self._lock = Lock()
        # Replaced, never changed, so that publishing iterates without holding the lock.
        self._readers: tuple[Subscription, ...] = ()
        self._missed = 0

    def subscribe(self, capacity: int = 0, *, lasting: bool = False) -> Subscription:
        """`capacity`: records held for this reader, 0 for what all have."""
        reader = Subscription(capacity or self._capacity, self._forget, lasting=lasting)
        with self._lock:
            people = [one for one in self._readers if not one.lasting]
            crowded_out = [] if lasting else people[: max(0, len(people) - self._max_readers + 1)]
            self._readers = (*(one for one in self._readers if one not in crowded_out), reader)
        for one in crowded_out:
            one.close()
        return reader

    def publish(self, records: Sequence[Record]) -> None:
        missed = sum(reader.offer(records) for reader in self._readers)
        if missed:
            with self._lock:
                self._missed += missed

    @property
    def readers(self) -> int:
        return len(self._readers)

    @property
    def missed(self) -> int:
        """Records that readers were too slow for, all of them together, since the start."""
        return self._missed

    def _forget(self, leaving: Subscription) -> None:
        with self._lock:
            self._readers = tuple(reader for reader in self._readers if reader is not leaving)
