"""What whoever reads a file needs in place of a backlog."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from nightlatch.capture.backlog import CLOSE_WITHIN, TICK
from nightlatch.capture.ports import OnLost
from nightlatch.exchange.judgement import Outcome
from nightlatch.faults import guarded

T = TypeVar("T")


class AtOnce(Generic[T]):
    """Runs `work` on each item as it is put, in the thread that puts it, and `tick` about every
    `TICK` seconds meanwhile.

    For those who can wait: to hand each item over to another thread, and to fetch it from memory
    again behind thousands of others, costs a quarter of the work itself.
    """

    def __init__(
        self, work: Callable[[T], None], on_lost: OnLost, *, tick: Callable[[], None]
    ) -> None:
        self._work = work
        self._on_lost = on_lost
        self._tick = tick
        self._due = time.monotonic() + TICK
        self._interrupted = False

    def __len__(self) -> int:
        return 0

    def put(self, item: T, _weight: int = 0) -> bool:
        try:
            self._work(item)
        except Exception:
            self._on_lost(Outcome.LOST_FAULT, 1)
            with guarded("app.at_once"):
                raise
        except BaseException:
            self._interrupted = True
            raise
        if time.monotonic() >= self._due:
            self.drain()
        return True

    def drain(self, _timeout: float = 0.0) -> bool:
        """Flush. False once Ctrl-C, or the end of the process, came in the middle of something:
        nobody knows what became of that."""
        self._due = time.monotonic() + TICK
        try:
            with guarded("app.at_once"):
                self._tick()
        except BaseException:
            self._interrupted = True
            raise
        return not self._interrupted

    def close(self, _timeout: float = CLOSE_WITHIN) -> int:
        self.drain()
        return 0
