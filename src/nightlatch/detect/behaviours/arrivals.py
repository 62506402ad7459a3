"""How many callers come for the first time in an hour, and how many may be expected to.

Hours are compared with the same hour of the day before: what is usual at noon is not at night. A
count is surprising when even a crowd of `SURGE` times the usual size would hardly bring it (the
Chernoff bound of the Poisson distribution), so a launch, a newsletter or a push message is not.
"""

import math
from array import array

ALPHA = 1e-9
"""Chance, at most, that one hour of independent arrivals at `SURGE` times the usual rate is called
surprising."""
SURGE = 4.0
LEAST = 10.0
"""Arrivals in an hour that are expected of anybody at any time."""
FADE = 0.3
"""Weight of the last day in what is usual."""
HOUR = 3_600.0


def tail(count: float, expected: float) -> float:
    """An upper bound on the chance that `count` or more come where `expected` do."""
    if count <= expected:
        return 1.0
    return math.exp(count - expected - count * math.log(count / expected))


class Arrivals:
    """First-time callers of one kind, by hour. 300 bytes."""

    __slots__ = ("_hour", "_usual", "count", "total")

    def __init__(self) -> None:
        self._hour = -1
        self._usual = array("f", bytes(4 * 24))
        self.count = 0
        """In this hour."""
        self.total = 0.0
        """In all hours before, the last days weighing most."""

    def turn(self, now: float, *, learn: bool = True) -> bool:
        """Enter the hour of `now`; True when it is a new one, and the one before is over. What came
        in an hour that was an attack is not to be learned."""
        hour = int(now // HOUR)
        if 0 <= self._hour - hour <= 1:
            # Not a new one, or one that came late from the hour before.
            return False
        if self._hour >= 0 and learn:
            self._learn(max(1, min(hour - self._hour, 24)))
        self._hour = hour
        self.count = 0
        return True

    def usual(self) -> float:
        """What comes at this time of day: of the hours around, the most."""
        return max(self._usual[(self._hour + near) % 24] for near in (-1, 0, 1))

    def surprise(self, least: float = LEAST) -> float:
        """The chance of this hour's count, or less; 1 when it is nothing special."""
        return tail(self.count, SURGE * self.usual() + least)

    def _learn(self, hours: int) -> None:
        self._take(self._hour % 24, self.count)
        for quiet in range(1, hours):
            self._take((self._hour + quiet) % 24, 0)

    def _take(self, place: int, count: int) -> None:
        usual = self._usual[place]
        self._usual[place] = count if not usual else usual + FADE * (count - usual)
        self.total = self.total * (1 - FADE / 24) + count
