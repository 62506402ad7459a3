"""How often honest newcomers fail at one log-in, by the hour of the day.

Learned in epochs that are believed only while nothing speaks for an attack. What the tests get is
an upper bound with a margin, so that a launch day, on which twice as many people mistype, is none.
"""

import math

from msgspec import Struct

EPOCH = 50
"""First tries that are believed, or thrown away, together."""
MIN_CALLERS = 20
MEMORY = 2_000.0
"""First tries after which older ones fade."""
HOUR_MEMORY = 400.0
_HOUR_PRIOR = 100.0
"""First tries that an hour needs before it weighs as much as the day."""
MARGIN = 1.5
FLOOR = 0.25
"""p0 is never less: a quarter of first tries failing is nothing that a person should be told."""
UNLEARNED = 0.5
"""p0 before anything is learned."""
CREEP = 1.5
"""The recent share may exceed that of all time by this factor and 5 percentage points."""
BLIND_FROM = 0.85
"""From this p0 on, failing tells nothing."""


class FailureMemory(Struct, frozen=True, array_like=True):
    tries: float
    failed: float
    ever: float
    ever_failed: float
    hours: dict[int, tuple[float, float]]


class FailureShare:
    __slots__ = ("_callers", "_ever", "_ever_failed", "_failed", "_hours", "_pending", "_tries")

    def __init__(self) -> None:
        self._pending: list[tuple[int, bool]] = []
        self._callers: set[str] = set()
        self._tries = self._failed = 0.0
        self._ever = self._ever_failed = 0.0
        self._hours: dict[int, tuple[float, float]] = {}

    @property
    def learned(self) -> bool:
        return self._ever > 0

    @property
    def share(self) -> float:
        """The plain estimate; 0 before anything is learned."""
        return self._failed / self._tries if self._tries else 0.0

    def note(self, caller: str, hour: int, *, failed: bool) -> bool:
        """Take a newcomer's first try at an account; True when an epoch is full."""
        self._pending.append((hour, failed))
        if len(self._callers) < MIN_CALLERS:
            self._callers.add(caller)
        return len(self._pending) >= EPOCH and len(self._callers) >= MIN_CALLERS

    def discard(self) -> None:
        self._pending.clear()

    def commit(self) -> None:
        for hour, failed in self._pending:
            tries, lost = self._hours.get(hour, (0.0, 0.0))
            keep = min(1.0, HOUR_MEMORY / (tries + 1))
            self._hours[hour] = ((tries + 1) * keep, (lost + failed) * keep)
            self._failed += failed
            self._ever_failed += failed
        self._tries += len(self._pending)
        self._ever += len(self._pending)
        keep = min(1.0, MEMORY / self._tries)
        self._tries *= keep
        self._failed *= keep
        self._pending.clear()

    def dump(self) -> FailureMemory:
        """What is believed."""
        return FailureMemory(
            self._tries, self._failed, self._ever, self._ever_failed, dict(self._hours)
        )

    def load(self, memory: FailureMemory) -> None:
        self._tries, self._failed = memory.tries, memory.failed
        self._ever, self._ever_failed = memory.ever, memory.ever_failed
        self._hours = {hour: memory.hours[hour] for hour in range(24) if hour in memory.hours}

    def bound(self, hour: int) -> float:
        """p0 for this hour of the day."""
        if not self._tries:
            return UNLEARNED
        share = (self._failed + 0.5) / (self._tries + 1)
        tries, lost = self._hours.get(hour, (0.0, 0.0))
        at_hour = (lost + _HOUR_PRIOR * share) / (tries + _HOUR_PRIOR)
        always = (self._ever_failed + 0.5) / (self._ever + 1)
        share = min(max(share, at_hour), always * CREEP + 0.05)
        bound = share * MARGIN + 2 * math.sqrt(share * (1 - share) / self._tries)
        return min(0.99, max(FLOOR, bound))
