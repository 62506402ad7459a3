"""Records on their way into the events store: kept and tried again while it fails."""

from collections import deque
from collections.abc import Sequence
from threading import Lock

from nightlatch.exchange.judgement import Outcome
from nightlatch.exchange.record import Record
from nightlatch.respond.counts import Counts
from nightlatch.respond.troubles import Troubles
from nightlatch.store.ports import EventStore, StoreFailed

MAX_WAITING = 20_000
MAX_WAITING_BYTES = 64 * 1024 * 1024
"""What waits for a store that fails, by number and by size of its bodies; the oldest goes first."""
BATCH = 1_000
PLACE = "The events store"


class Journal:
    """Gives every record exactly one outcome: RECORDED when the store has it, LOST_STORE_FAILED
    when it was dropped before the store came back."""

    def __init__(
        self,
        events: EventStore,
        counts: Counts,
        troubles: Troubles,
        max_waiting: int = MAX_WAITING,
        max_bytes: int = MAX_WAITING_BYTES,
    ) -> None:
        self._events = events
        self._counts = counts
        self._troubles = troubles
        self._max_waiting = max_waiting
        self._max_bytes = max_bytes
        # Held while the store writes: batches stay in order, and a slow store is asked once at a
        # time instead of by every thread that has records.
        self._lock = Lock()
        self._waiting: deque[Record] = deque()
        self._bytes = 0

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def write(self, records: Sequence[Record]) -> None:
        """Store them, or keep them for `retry`. While others wait these wait behind them: a store
        that fails is not asked again for every batch."""
        with self._lock:
            if self._waiting or not self._store(records, records[-1].at):
                self._keep(records)

    def retry(self, now: float) -> None:
        """Store what waits, as far as the store takes it."""
        with self._lock:
            while self._waiting:
                batch = [self._waiting[n] for n in range(min(BATCH, len(self._waiting)))]
                if not self._store(batch, now):
                    return
                for _ in batch:
                    self._bytes -= _size(self._waiting.popleft())

    def give_up(self) -> None:
        """The process ends: what still waits is lost, and counted so."""
        with self._lock:
            self._counts.count(Outcome.LOST_STORE_FAILED, len(self._waiting))
            self._waiting.clear()
            self._bytes = 0

    def _store(self, records: Sequence[Record], now: float) -> bool:
        try:
            self._events.append(records)
        except StoreFailed as error:
            self._troubles.note(PLACE, error, now)
            return False
        self._troubles.over(PLACE)
        self._counts.count(Outcome.RECORDED, len(records))
        return True

    def _keep(self, records: Sequence[Record]) -> None:
        self._waiting.extend(records)
        self._bytes += sum(map(_size, records))
        lost = 0
        while len(self._waiting) > self._max_waiting or self._bytes > self._max_bytes:
            self._bytes -= _size(self._waiting.popleft())
            lost += 1
        self._counts.count(Outcome.LOST_STORE_FAILED, lost)


def _size(record: Record) -> int:
    """Bytes, about: the bodies, and what a record weighs without them."""
    return 2_000 + len(record.request.body) + len(record.response.body)
