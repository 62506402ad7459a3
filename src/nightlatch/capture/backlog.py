"""What is done after the answer: a bounded queue and the one thread that works it off."""

import atexit
import os
import time
import weakref
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from typing import Any, Generic, TypeVar

from nightlatch.capture.ports import OnLost
from nightlatch.exchange.judgement import Outcome
from nightlatch.faults import FAULTS, guarded

T = TypeVar("T")

CAPACITY = 10_000
MAX_WEIGHT = 64 << 20
"""Bytes of bodies that may wait: without it, 10,000 items of twice 64 KB would be 1.3 GB."""
TICK = 0.5
"""Seconds between two flushes while there is work."""
CLOSE_WITHIN = 2.0


def _nothing() -> None:
    """For work that leaves nothing to flush."""


class Backlog(Generic[T]):
    """Runs `work` on each item, in order, in a daemon thread that starts with the first item.

    A put never waits: beyond `capacity` items or `max_weight` (bytes, as the caller weighs them)
    the new item is lost, and counted. `tick` runs in the same thread about every `TICK` seconds
    while there was work since the last time, so that batches do not wait for more. In a forked
    child the backlog is empty (the items are the parent's) and starts a thread of its own. At the
    end of the process it is closed.
    """

    def __init__(
        self,
        work: Callable[[T], None],
        capacity: int = CAPACITY,
        on_lost: OnLost | None = None,
        *,
        tick: Callable[[], None] = _nothing,
        max_weight: int = MAX_WEIGHT,
    ) -> None:
        self._work = work
        self._capacity = capacity
        self._on_lost = on_lost
        self._tick = tick
        self._max_weight = max_weight
        self._closed = False
        self.reset()
        _BACKLOGS.add(self)

    def reset(self) -> None:
        """Begin anew, as a forked child must: its locks may be held by threads it does not have."""
        self._changed = Condition()
        self._items: deque[tuple[T, int]] = deque()
        self._weight = 0
        self._busy = False
        self._hurry = False
        self._ticked = True
        self._thread: Thread | None = None

    def __len__(self) -> int:
        """Items that wait, the one in work included."""
        return len(self._items) + self._busy

    def put(self, item: T, weight: int = 0) -> bool:
        """Leave an item for later; False when it was lost."""
        with self._changed:
            full = len(self._items) >= self._capacity or self._weight + weight > self._max_weight
            if not (full or self._closed):
                self._items.append((item, weight))
                self._weight += weight
                self._ticked = False
                if self._thread is None:
                    self._start()
                self._changed.notify_all()
                return True
        self._lose(Outcome.LOST_QUEUE_FULL, 1)
        return False

    def drain(self, timeout: float) -> bool:
        """Wait until everything put so far is done and flushed; False after `timeout` seconds."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            done = self._changed.wait_for(self._idle, timeout)
            self._hurry = False
        return done

    def close(self, timeout: float = CLOSE_WITHIN) -> int:
        """Take no more, finish within `timeout` seconds; returns how many items were lost."""
        with self._changed:
            self._closed = True
        self.drain(timeout)
        with self._changed:
            left = len(self._items)
            self._items.clear()
            self._weight = 0
            self._changed.notify_all()
        if left:
            self._lose(Outcome.LOST_QUEUE_FULL, left)
        return left

    def _start(self) -> None:
        self._thread = Thread(target=self._run, name="nightlatch-backlog", daemon=True)
        self._thread.start()

    def _lose(self, outcome: Outcome, count: int) -> None:
        if self._on_lost is not None:
            with guarded("capture.backlog.on_lost"):
                self._on_lost(outcome, count)

    def _idle(self) -> bool:
        return not self._items and not self._busy and self._ticked

    def _run(self) -> None:
        try:
            self._work_off()
        except BaseException as error:
            FAULTS.note("capture.backlog.thread", error)
            raise
        finally:
            with self._changed:
                self._thread = None
                if self._items:
                    self._start()

    def _work_off(self) -> None:
        due = time.monotonic() + TICK
        while not (self._closed and self._idle()):
            entry = self._next(due)
            if entry is not None:
                self._do(*entry)
                # The event loop waits for the interpreter lock: give it up after each item, not
                # after the 5 ms that the interpreter would let us have it.
                time.sleep(0)
            if entry is None or time.monotonic() >= due:
                self._flush()
                due = time.monotonic() + TICK

    def _next(self, due: float) -> tuple[T, int] | None:
        """The next item; None when it is time to flush first."""
        with self._changed:
            if not self._items:
                timeout = None if self._ticked else max(0.0, due - time.monotonic())
                self._changed.wait_for(self._woken, timeout)
            if not self._items:
                return None
            self._busy = True
            return self._items.popleft()

    def _woken(self) -> bool:
        return bool(self._items) or self._closed or (self._hurry and not self._ticked)

    def _do(self, item: T, weight: int) -> None:
        try:
            self._work(item)
        except BaseException as error:
            self._lose(Outcome.LOST_FAULT, 1)
            if not isinstance(error, Exception):
                raise
            with guarded("capture.backlog.work"):
                raise
        finally:
            with self._changed:
                self._weight = max(0, self._weight - weight)
                self._busy = False
                self._changed.notify_all()

    def _flush(self) -> None:
        with self._changed:
            if self._ticked:
                return
            # Before the tick, not after it: what is put meanwhile needs the next one.
            self._ticked = True
            self._busy = True
        try:
            with guarded("capture.backlog.tick"):
                self._tick()
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()


_BACKLOGS: "weakref.WeakSet[Backlog[Any]]" = weakref.WeakSet()


def _after_fork() -> None:
    for backlog in _BACKLOGS:
        backlog.reset()


def _close_all() -> None:
    """At the end of the process: a daemon thread would be stopped in the middle of its work."""
    deadline = time.monotonic() + CLOSE_WITHIN
    for backlog in list(_BACKLOGS):
        backlog.close(max(0.0, deadline - time.monotonic()))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(_close_all)
