"""Encoded records waiting for the collector: bounded, filled by one thread, emptied by another."""

import time
from collections import deque
from collections.abc import Sequence
from threading import Condition

MAX_RECORDS = 20_000
MAX_BYTES = 64 * 1024 * 1024
"""What waits at most; the oldest goes first."""
BATCH_RECORDS = 1_000
BATCH_BYTES = 4 * 1024 * 1024
LINGER = 1.0
"""Seconds that the first record of a batch waits for company."""


class Outbox:
    def __init__(self, max_records: int = MAX_RECORDS, max_bytes: int = MAX_BYTES) -> None:
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._changed = Condition()
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._oldest = 0.0
        """When the first of those waiting came (monotonic)."""
        self._under_way = 0
        """How many of the last batch have no fate yet."""
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, encoded: Sequence[bytes]) -> int:
        """Add records, without waiting; returns how many older ones that pushed out."""
        with self._changed:
            if not self._waiting:
                self._oldest = time.monotonic()
            before = len(self._waiting)
            self._waiting.extend(encoded)
            self._bytes += sum(map(len, encoded))
            lost = self._shed()
            # Waking the other thread costs more than the rest: only when there is news for it.
            if before == 0 or before < BATCH_RECORDS <= len(self._waiting):
                self._changed.notify()
        return lost

    def take(self, patience: float) -> list[bytes]:
        """The next batch: as soon as it is full or its first record has lingered. Empty after
        `patience` seconds without any record, and at once when closed and empty."""
        patient_until = time.monotonic() + patience
        with self._changed:
            while not self._ready():
                until = self._oldest + LINGER if self._waiting else patient_until
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            batch = self._pop_batch()
            self._under_way = len(batch)
            return batch

    @property
    def under_way(self) -> int:
        return self._under_way

    def settle(self, number: int) -> int:
        """So many of the batch have met their fate; returns how many of these nobody had given up
        before, so that each record is counted once, whoever comes first."""
        with self._changed:
            settled = min(number, self._under_way)
            self._under_way -= settled
        return settled

    def close(self) -> None:
        """Wait for no more company: what is there goes out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed

    def wait(self, seconds: float) -> None:
        """Sleep, but no longer than until `close`."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed, seconds)

    def give_up(self) -> int:
        """Forget what waits and what is under way; returns how many that were."""
        with self._changed:
            lost = len(self._waiting) + self._under_way
            self._waiting.clear()
            self._bytes = 0
            self._under_way = 0
        return lost

    def _ready(self) -> bool:
        return self._closed or len(self._waiting) >= BATCH_RECORDS or self._bytes >= BATCH_BYTES

    def _shed(self) -> int:
        lost = 0
        while len(self._waiting) > self._max_records or self._bytes > self._max_bytes:
            self._bytes -= len(self._waiting.popleft())
            lost += 1
        return lost

    def _pop_batch(self) -> list[bytes]:
        batch: list[bytes] = []
        size = 0
        while self._waiting and len(batch) < BATCH_RECORDS:
            size += len(self._waiting[0])
            # One record that is larger than a batch goes alone.
            if batch and size > BATCH_BYTES:
                break
            batch.append(self._waiting.popleft())
            self._bytes -= len(batch[-1])
        self._oldest = time.monotonic()
        return batch
