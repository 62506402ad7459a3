"""What is done after the answer: a bounded queue and the one thread that works it off."""

import atexit
import os
import time
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
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
GATHER = 64
"""Items that wake the thread before it is time to flush: to wake it for each would cost the
application more than the work itself."""
SLICE = 500e-6
"""Seconds of work after which the thread lets others run. To sleep and wake again costs 15 µs of
CPU, however short the sleep: at 200 µs of work it was a twelfth of all that is done afterwards."""
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

    Only the worker takes items out, and a deque hands them over by itself: the lock guards what
    two sides decide by, and is not taken for each item that is done.
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
        self._came = 0
        """Weight of all that was ever put, and of all that is done with: each has one writer."""
        self._gone = 0
        self._busy = False
        self._hurry = False
        self._ticked = True
        """Nothing was done since the last flush."""
        self._thread: Thread | None = None

    def __len__(self) -> int:
        """Items that wait, the one in work included."""
        return len(self._items) + self._busy

    def put(self, item: T, weight: int = 0) -> bool:
        """Leave an item for later; False when it was lost."""
        with self._changed:
            waiting = len(self._items)
            full = waiting >= self._capacity or self._weight + weight > self._max_weight
            if not (full or self._closed):
                self._items.append((item, weight))
                self._came += weight
                if self._thread is None:
                    self._start()
                # The worker sleeps without an end only after a flush.
                if self._ticked or self._pressing():
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
        self.refuse()
        self.drain(timeout)
        with self._changed:
            left = self._discard()
            self._changed.notify_all()
        if left:
            self._lose(Outcome.LOST_QUEUE_FULL, left)
        return left

    def refuse(self) -> None:
        """Take no more, and begin at once with what waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def _weight(self) -> int:
        return self._came - self._gone

    def _discard(self) -> int:
        """Empty the queue; returns how many items that cost. The worker may take some meanwhile."""
        left = 0
        with suppress(IndexError):
            while True:
                self._items.popleft()
                left += 1
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
            self._wait(due)
            # Where few came, `due` has come while they gathered: they are worked off all the same.
            self._work_until(max(due, time.monotonic() + TICK))
            if self._hurry or self._closed or time.monotonic() >= due:
                self._flush()
                due = time.monotonic() + TICK

    def _wait(self, due: float) -> None:
        """Sleep while there is nothing to do; then until there is enough to do, or `due`."""
        with self._changed:
            self._changed.wait_for(self._woken)
            self._changed.wait_for(self._pressing, max(0.0, due - time.monotonic()))

    def _woken(self) -> bool:
        return bool(self._items) or not self._ticked or self._closed

    def _pressing(self) -> bool:
        waiting = len(self._items)
        return (
            self._hurry
            or self._closed
            or waiting >= GATHER
            # The queue must not fill up while the thread sleeps.
            or 4 * waiting > self._capacity
            or 4 * self._weight > self._max_weight
        )

    def _work_until(self, due: float) -> None:
        """Work off what waits, but flush in time."""
        rested = time.monotonic()
        while (entry := self._take()) is not None:
            self._do(*entry)
            now = time.monotonic()
            if now - rested >= SLICE:
                # The event loop waits for the interpreter lock: give it up by ourselves, not
                # after the 5 ms that the interpreter would let us have it.
                time.sleep(0)
                rested = now
            if now >= due:
                return

    def _take(self) -> tuple[T, int] | None:
        """The next item, which is then in work; None when there is none."""
        # Busy before it is taken: in between it would be nowhere, and `drain` would not wait.
        self._busy = True
        try:
            return self._items.popleft()
        except IndexError:
            self._busy = False
            return None

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
            self._gone += weight
            self._ticked = False
            self._busy = False

    def _flush(self) -> None:
        with self._changed:
            if self._ticked:
                return
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
    backlogs = list(_BACKLOGS)
    # All at once: a slow one must not use up the time of the others.
    for backlog in backlogs:
        backlog.refuse()
    for backlog in backlogs:
        backlog.close(max(0.0, deadline - time.monotonic()))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(_close_all)
