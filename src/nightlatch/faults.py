"""Never break the host application, never hide our own bugs.

The one guard around everything Nightlatch does inside somebody's application: it logs and counts in
production and raises under test (`NIGHTLATCH_RAISE=1`, which the test suite sets).
"""

import logging
import os
import time
from collections import Counter
from threading import Lock
from types import TracebackType

log = logging.getLogger("nightlatch")

_LOG_EVERY = 10.0
"""Seconds between two log lines about the same place, so that a bug on every request is loud
without filling the disk."""


class Mistake(Exception):
    """Something is not as it must be, and the text tells a person what, and what to do about it.

    The command line prints the text, and no traceback.
    """


class FaultCounter:
    """How often each guarded place failed, since the start of the process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()
        self._last_logged: dict[str, float] = {}

    def note(self, place: str, error: BaseException) -> None:
        with self._lock:
            self._counts[place] += 1
            count = self._counts[place]
            now = time.monotonic()
            quiet = now - self._last_logged.get(place, -_LOG_EVERY) < _LOG_EVERY
            if not quiet:
                self._last_logged[place] = now
        if not quiet:
            log.error(
                "Nightlatch failed in %s (%d times so far). Your application is not affected; "
                "this exchange may not be recorded. Please report it.",
                place,
                count,
                exc_info=error,
            )

    def forget(self) -> None:
        """Count from nothing again: between tests, which share a process."""
        with self._lock:
            self._counts.clear()
            self._last_logged.clear()

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)


FAULTS = FaultCounter()


def raising() -> bool:
    return os.environ.get("NIGHTLATCH_RAISE") == "1"


class guarded:  # noqa: N801  # it reads as the function that it is used as
    """Swallow, log and count any error of ours at `place`; raise it under test.

    A class and no generator: each exchange passes several, and one costs a third of a generator's
    time.
    """

    __slots__ = ("_place",)

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        FAULTS.note(self._place, error)
        return not raising()
