"""A clock of our own: what is due is done also while no requests come."""

import time
from collections.abc import Callable
from threading import Event, Thread

from nightlatch.faults import guarded

EVERY = 1.0
"""Seconds."""
PATIENCE = 2.0
"""Seconds that a tick under way is waited for."""


class Ticker:
    """A daemon thread that calls `tick` with the time, from now until `stop`."""

    def __init__(
        self,
        tick: Callable[[float], object],
        every: float = EVERY,
        name: str = "nightlatch-ticker",
    ) -> None:
        self._tick = tick
        self._every = every
        self._stopped = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def stop(self, patience: float = PATIENCE) -> None:
        """Waits for a tick under way, unless a store or a server hangs."""
        self._stopped.set()
        self._thread.join(patience)

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            with guarded("app.ticker"):
                self._tick(time.time())
