"""What goes wrong around the recorder, by place: logged without flooding, shown until it ends."""

import logging
from threading import Lock

from msgspec import Struct

log = logging.getLogger("nightlatch.recorder")

LOG_EVERY = 10.0
"""Seconds between two log lines about one place."""


class Trouble(Struct, frozen=True):
    place: str
    since: float
    last: float
    times: int
    text: str
    """Of the last error: what happened and what to do."""


class Troubles:
    """Bounded by the number of places, which are names in our own code."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._current: dict[str, Trouble] = {}
        self._logged: dict[str, float] = {}

    def after_fork(self) -> None:
        """In a child: the parent's lock may be held for ever."""
        self._lock = Lock()

    def note(self, place: str, error: Exception, now: float) -> None:
        with self._lock:
            known = self._current.get(place) or Trouble(place, now, now, 0, "")
            trouble = Trouble(place, known.since, now, known.times + 1, str(error))
            self._current[place] = trouble
            # Not "less than": a clock that was set back must not silence the log.
            loud = not 0 <= now - self._logged.get(place, -LOG_EVERY) < LOG_EVERY
            if loud:
                self._logged[place] = now
        if loud:
            log.error("%s failed (%d times in a row): %s", place, trouble.times, trouble.text)

    def over(self, place: str) -> None:
        """It works again."""
        if place not in self._current:
            return
        with self._lock:
            trouble = self._current.pop(place, None)
        if trouble is not None:
            log.warning("%s works again after %d failures", place, trouble.times)

    def current(self) -> tuple[Trouble, ...]:
        with self._lock:
            return tuple(self._current.values())
