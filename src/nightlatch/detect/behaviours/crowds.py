"""How much callers usually take: one endpoint's distribution over its callers, robustly.

The threshold is FACTOR times the 99th percentile of what callers took in a full window, and never
below the most that any of them took. Whoever stays below it can raise the most, but not the
percentile, which takes one in a hundred of all callers: so nobody ratchets it up.
"""

import math
from array import array

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

    __slots__ = ("_counts", "_due", "floor", "least", "seen", "threshold", "usual")

    def __init__(self, floor: float) -> None:
        self._counts = array("H", bytes(2 * _BUCKETS))
        self._due = ENOUGH
        self.floor = floor
        """No threshold is below this."""
        self.seen = 0
        self.least = floor
        """Below this nobody needs to be looked at."""
        self.threshold = math.inf
        """More than any like it: infinite until enough callers were seen."""
        self.usual = 0.0
        """The 99th percentile."""

    def take(self, total: float) -> None:
        """What one caller took in one full window."""
        if total < 1:
            return
        counts = self._counts
        counts[min(_BUCKETS - 1, int(math.log2(total) * _PER_OCTAVE))] += 1
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
        """Bound on the share of callers like those seen that exceed all of them (exchangeability)."""
        return 1 / (1 + self.seen)

    def _refresh(self) -> None:
        above, rank = 0, self.seen // 100
        top = 0
        for index in range(_BUCKETS - 1, -1, -1):
            count = self._counts[index]
            if count and not top:
                top = index
            above += count
            if above > rank:
                break
        self.usual = 2 ** ((index + 1) / _PER_OCTAVE)
        most = 2 ** ((top + 1) / _PER_OCTAVE)
        self.threshold = self.least = max(self.floor, FACTOR * self.usual, most)
