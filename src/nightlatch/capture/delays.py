"""Answers that wait: to slow a caller down, or so that how long they took tells nothing.

Who waits holds memory, ours and the application's, so only so many may wait at a time.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

LONGEST: Final = 10.0
"""Seconds that an answer waits at most."""
AT_ONCE: Final = 1_000
"""Answers that may wait at the same time."""

_LONGEST_UNIFORM = 2.0
_FADING = 0.999
"""What the slowest answer counts for is halved by 700 that come after it."""
_MAX_ROUTES = 1_000


class Delays:
    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._waiting = 0
        self._lock = Lock()
        self._slowest: dict[str, float] = {}
        """By route: how long the slowest answer of late took. Full, it starts over."""

    @property
    def full(self) -> bool:
        return self._waiting >= self._at_once

    async def wait(self, seconds: float) -> None:
        # Late: it takes `ssl` along, which an application that only imports us need not load.
        from asyncio import sleep

        with self._counted():
            await sleep(min(seconds, LONGEST))

    def wait_in_thread(self, seconds: float) -> None:
        with self._counted():
            time.sleep(min(seconds, LONGEST))

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1

    def until_uniform(self, route: str, took: float) -> float:
        """Seconds that an answer which took `took` has to wait to have taken as long as all others
        of its route: as long as the slowest of late.

        A quantile would not do: where one answer in fifty is a hit, and hits take longer, the 95th
        percentile is a miss's, and every hit stands out.
        """
        if len(self._slowest) >= _MAX_ROUTES:
            self._slowest.clear()
        took = min(took, _LONGEST_UNIFORM)
        slowest = max(took, self._slowest.get(route, 0.0) * _FADING)
        self._slowest[route] = slowest
        return slowest - took
