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
from typing import Any

from msgspec import Struct

from nightlatch.detect.hours import WEEK

WEEKS = 4
"""Weeks over which the mean of an hour of the week is taken."""
CLIP = 2.0
"""An hour teaches at most this many times what was expected: one mad day does not become normal."""

ALPHA = 1e-6
"""False alarms per bin."""
ALARM = 1 / ALPHA
WARY = 300.0
"""From here on it may be an attack, which shall not teach that it is normal."""
BET = 0.3
LEARNED = 288
"""Ratios learned before any is judged."""
_FULL = 2_000
_BUCKETS = 64
_MIDDLE = 32
_FADE = 11 / 12
"""Of sums from one bin to the next: they reach back about an hour in bins of five minutes."""
_LEAST_DISPERSION = 0.5
"""What independent requests have, with sums that fade so."""
_FARTHEST = 25.0
_PER_UNIT = 8
"""Buckets of an eighth of a natural logarithm: ratios from e^-4 to e^4, 13 % wide."""


class SeasonMemory(Struct, frozen=True, array_like=True):
    """A `Season` as it is handed to the next process on the same machine."""

    means: bytes
    weeks: bytes
    hour: int
    sum: float
    bins: int


class SurpriseMemory(Struct, frozen=True, array_like=True):
    counts: bytes
    high: float
    low: float


class ScatterMemory(Struct, frozen=True, array_like=True):
    came: float
    expected: float
    dispersion: float
    bins: int


class Season:
    """The mean of a count per bin, for each hour of the week, from earlier weeks alone: an hour
    teaches when it is over. 900 bytes."""

    __slots__ = ("_bins", "_hour", "_means", "_sum", "_weeks")

    def __init__(self) -> None:
        self._means = array("f", bytes(4 * WEEK))
        self._weeks = bytearray(WEEK)
        self._hour = 0
        self._sum = 0.0
        self._bins = 0

    def expected(self, hour: int) -> float | None:
        """None for an hour that was never seen."""
        return self._means[hour] if self._weeks[hour] else None

    def take(self, hour: int, count: float) -> None:
        """A bin of this hour of the week is over."""
        if hour != self._hour:
            self._close()
            self._hour, self._sum, self._bins = hour, 0.0, 0
        self._sum += count
        self._bins += 1

    def dump(self) -> SeasonMemory:
        means, weeks = self._means.tobytes(), bytes(self._weeks)
        return SeasonMemory(means, weeks, self._hour, self._sum, self._bins)

    def load(self, memory: SeasonMemory) -> None:
        """Raises ValueError for what another version wrote."""
        means = _array("f", memory.means, WEEK)
        if len(memory.weeks) != WEEK:
            raise ValueError("the weeks of a season are not those of 168 hours")
        self._means, self._weeks = means, bytearray(memory.weeks)
        self._hour, self._sum, self._bins = memory.hour, memory.sum, memory.bins

    def _close(self) -> None:
        if not self._bins:
            return
        hour, came = self._hour, self._sum / self._bins
        mean, weeks = self._means[hour], self._weeks[hour]
        if weeks:
            came = min(came, CLIP * mean + 5)
        weeks = self._weeks[hour] = min(weeks + 1, WEEKS)
        self._means[hour] = mean + (came - mean) / weeks


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
        # Up to the alarm, or the far ends of what is honest would never be learned.
        if self.high < ALARM and self.low < ALARM:
            self._learn(bucket)

    def dump(self) -> SurpriseMemory:
        return SurpriseMemory(self._counts.tobytes(), self.high, self.low)

    def load(self, memory: SurpriseMemory) -> None:
        """Raises ValueError for what another version wrote."""
        self._counts = _array("H", memory.counts, _BUCKETS)
        self._learned = sum(self._counts)
        self.high, self.low = memory.high, memory.low

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


class Scatter:
    """How far sums over about an hour are from what was expected, in their own standard deviations.

    People's requests come in sessions, so an hour's count scatters more than chance alone would
    make it (overdispersion), and neighbouring bins go together. The variance in units of the mean
    is learned, by which two clients with a timer are not a crowd.
    """

    __slots__ = ("_bins", "_came", "_dispersion", "_expected")

    def __init__(self) -> None:
        self._came = 0.0
        self._expected = 0.0
        self._dispersion = 1.0
        self._bins = 0

    def take(self, came: float, expected: float) -> float:
        """The next bin; returns the deviation, signed. 0 until enough is known."""
        self._came = self._came * _FADE + came
        self._expected = self._expected * _FADE + expected
        if not self._expected:
            return 0.0
        off = self._came - self._expected
        square = off * off / self._expected
        known = self._bins >= LEARNED
        deviation = math.copysign(math.sqrt(square / self._dispersion), off) if known else 0.0
        if known:
            # What is far out teaches, or it would stay far out for ever; but little at a time.
            square = min(square, _FARTHEST * self._dispersion)
        self._bins = min(self._bins + 1, _FULL)
        self._dispersion += (square - self._dispersion) / self._bins
        self._dispersion = max(_LEAST_DISPERSION, self._dispersion)
        return deviation

    def dump(self) -> ScatterMemory:
        return ScatterMemory(self._came, self._expected, self._dispersion, self._bins)

    def load(self, memory: ScatterMemory) -> None:
        self._came, self._expected = memory.came, memory.expected
        self._dispersion, self._bins = max(_LEAST_DISPERSION, memory.dispersion), memory.bins


def _array(kind: str, data: bytes, length: int) -> "array[Any]":
    """The numbers that `tobytes` wrote. Raises ValueError when they are not so many."""
    numbers = array(kind)
    numbers.frombytes(data)
    if len(numbers) != length:
        raise ValueError(f"{len(numbers)} numbers where {length} belong")
    return numbers
