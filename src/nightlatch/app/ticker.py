"""The recorder's clock: it stores and tries again also while no requests come."""

import time
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nightlatch.respond.recorder import Recorder

EVERY = 1.0
"""Seconds."""


class Ticker:
    """A daemon thread, from now until `stop`."""

    def __init__(self, recorder: "Recorder") -> None:
        self._recorder = recorder
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="nightlatch-ticker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Waits for a tick under way, unless a store hangs."""
        self._stopped.set()
        self._thread.join(2 * EVERY)

    def _run(self) -> None:
        while not self._stopped.wait(EVERY):
            self._recorder.tick(time.time())
