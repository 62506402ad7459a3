"""What is normal at this hour of the week, and how surprising a count is.

Two steps. `Season` says what to expect from the same hour of earlier weeks. `Surprise` judges the
ratio of what came to what was expected, with no assumption about how counts scatter: a new ratio's
rank among those learned is a p-value as long as they are exchangeable (conformal prediction, Vovk,
Gammerman and Shafer 2005), `BET * p ** (BET - 1)` makes an e-value of it, and the Shiryaev-Roberts
sum of those alarms at 1/alpha, so that on average at least 1/alpha bins pass before a false alarm
whenever one looks (Shin, Ramdas and Rinaldo 2023).
"""

import math
from array import array

HOURS = 168
SEEN_ENOUGH = 6
"""Bins in an hour of the week before it says anything."""
MEMORY = 24
"""Bins over which an hour's mean is taken: its last two weeks, in bins of five minutes."""
CLIP = 2.0
"""A bin teaches at most this many times what was expected: one mad day does not become normal."""

ALPHA = 1e-6
"""False alarms per bin."""
ALARM = 1 / ALPHA
WARY = 300.0
"""From here on nothing is learned: an attack shall not teach that it is normal."""
BET = 0.3
LEARNED = 100
"""Ratios learned before any is judged."""
_FULL = 2_000
_BUCKETS = 64
_MIDDLE = 32
_PER_UNIT = 8
"""Buckets of an eighth of a natural logarithm: ratios from e^-4 to e^4, 13 % wide."""


def hour_of_week(now: float) -> int:
    """0 to 167 in UTC, from a Thursday's midnight as the epoch does."""
    return int(now // 3_600) % HOURS


class Season:
    """The mean of a count per bin, for each hour of the week. 900 bytes."""

    __slots__ = ("_means", "_seen")

    def __init__(self) -> None:
        self._means = array("f", bytes(4 * HOURS))
        self._seen = bytearray(HOURS)

    def expected(self, hour: int) -> float | None:
        """None while this hour was hardly seen."""
        return self._means[hour] if self._seen[hour] >= SEEN_ENOUGH else None

    def take(self, hour: int, count: float) -> None:
        seen = self._seen[hour]
        mean = self._means[hour]
        if seen >= SEEN_ENOUGH:
            count = min(count, CLIP * mean + 5)
        seen = self._seen[hour] = min(seen + 1, MEMORY)
        self._means[hour] = mean + (count - mean) / seen


class Surprise:
    """How surprising is it that this came where that was expected? 250 bytes."""

    __slots__ = ("_counts", "_learned", "high", "low")

    def __init__(self) -> None:
        self._counts = array("H", bytes(2 * _BUCKETS))
        self._learned = 0
        self.high = 0.0
        """Evidence that too much came; an alarm at `ALARM`."""
        self.low = 0.0

    def take(self, came: float, expected: float) -> None:
        ratio = math.log((came + 1) / (expected + 1))
        bucket = min(_BUCKETS - 1, max(0, int(ratio * _PER_UNIT) + _MIDDLE))
        if self._learned >= LEARNED:
            self.high = self._bet(self.high, sum(self._counts[bucket:]))
            self.low = self._bet(self.low, sum(self._counts[: bucket + 1]))
        if self.high < WARY and self.low < WARY:
            self._learn(bucket)

    def calm(self) -> None:
        """The alarm is over."""
        self.high = self.low = 0.0

    @property
    def ready(self) -> bool:
        return self._learned >= LEARNED

    def _bet(self, evidence: float, as_far: int) -> float:
        p = (1 + as_far) / (1 + self._learned)
        # Bounded, so that a long alarm does not need as long to end.
        odds: float = BET * p ** (BET - 1)
        return min(ALARM * 100, (evidence + 1) * odds)

    def _learn(self, bucket: int) -> None:
        counts = self._counts
        counts[bucket] += 1
        self._learned += 1
        if self._learned >= _FULL:
            for index, count in enumerate(counts):
                # Rounded up: what was rare once stays possible.
                counts[index] = (count + 1) // 2
            self._learned = sum(counts)
