"""How much callers usually take: one endpoint's distribution over its callers, robustly.

The threshold is FACTOR times the 99th percentile of what callers took in a full window. A caller
who stays below it raises it no further than its own share of all callers reaches, which has to be
one in a hundred: so nobody ratchets it up alone.
"""

import math
from array import array
from itertools import accumulate

FACTOR = 4.0
ENOUGH = 60
"""Full windows of callers before there is a threshold."""
_FULL = 20_000
_BUCKETS = 96
_PER_OCTAVE = 2
"""Buckets of half an octave, from 1 to 2^48."""
_REFRESHED = 32


class Crowd:
    """Totals of callers' windows, in buckets. 450 bytes."""

    __slots__ = (
        "_counts",
        "_due",
        "above",
        "floor",
        "least",
        "middle",
        "seen",
        "threshold",
        "usual",
    )

    def __init__(self, floor: float) -> None:
        self._counts = array("H", bytes(2 * _BUCKETS))
        self._due = ENOUGH
        self.floor = floor
        """No threshold is below this."""
        self.seen = 0
        self.least = floor
        """Below this nobody needs to be looked at."""
        self.threshold = math.inf
        """Infinite until enough callers were seen."""
        self.above = 0
        """How many of those seen exceeded it."""
        self.middle = 0.0
        """The median."""
        self.usual = 0.0
        """The 99th percentile."""

    def take(self, total: float) -> None:
        """What one caller took in one full window."""
        if total < 1:
            return
        counts = self._counts
        counts[_bucket(total)] += 1
        self.seen += 1
        if self.seen >= _FULL:
            for index, count in enumerate(counts):
                counts[index] = (count + 1) // 2
            self.seen = sum(counts)
            self._due = self.seen
        if self.seen >= self._due:
            self._due = self.seen + _REFRESHED
            self._refresh()

    @property
    def known(self) -> bool:
        return self.usual > 0

    @property
    def rate(self) -> float:
        """Bound on the share of callers, like those seen, that exceed the threshold: the next one's
        rank among them is uniform (exchangeability)."""
        return (1 + self.above) / (1 + self.seen)

    def _refresh(self) -> None:
        self.usual = self._quantile(0.99)
        self.middle = self._quantile(0.5)
        self.threshold = self.least = max(self.floor, FACTOR * self.usual)
        self.above = sum(self._counts[_bucket(self.threshold) :])

    def _quantile(self, share: float) -> float:
        """The upper end of the bucket that this share of totals does not exceed."""
        below = accumulate(self._counts)
        index = next(at for at, seen in enumerate(below) if seen >= share * self.seen)
        end: float = 2.0 ** ((index + 1) / _PER_OCTAVE)
        return end


def _bucket(total: float) -> int:
    return min(_BUCKETS - 1, int(math.log2(total) * _PER_OCTAVE))
