"""Do answers take one of two times, and does the identifier decide which? Robust statistics only:
medians and ranks, so that a pause of the machine moves nothing."""

import math
from collections import OrderedDict

FIRST = 200
"""Durations by which the two times are told apart."""
MIN_RATIO = 1.5
"""Of the median of the slow to that of the quick."""
MIN_SEPARATION = 0.7
"""Share of the variance (of logarithms) that lies between the two (Otsu 1979); of one bell it is
0.64."""
MIN_PAIRS = 30
MIN_OF_EACH = 6
ALPHA = 1e-7
_Z_ALPHA = 5.2
"""Quantile 1 - ALPHA of the normal distribution."""
_REMEMBERED = 2_048
_PAIRS = 400
_ASK_EVERY = 10
"""Pairs after which the evidence is weighed again: to sort them all takes as long as everything
else that is done for an answer."""
_NOISE = 1e-12
"""Variance (of logarithms) below which durations are one number: what is left is rounding."""


class Timing:
    """One endpoint: the durations of answers that look alike. Seconds go in."""

    __slots__ = ("_durations", "_first", "_paired", "_pairs", "_split")

    def __init__(self) -> None:
        self._durations: list[float] = []
        self._first: OrderedDict[int, float] = OrderedDict()
        self._pairs: OrderedDict[int, tuple[float, float]] = OrderedDict()
        self._paired = 0
        self._split: float | None = None

    def note(self, identifier: int, duration: float) -> bool:
        """Take an answer; True when it is time to ask `found`."""
        value = math.log(max(duration, 1e-5))
        if len(self._durations) < FIRST:
            self._durations.append(value)
            if len(self._durations) == FIRST:
                self._split = _split(sorted(self._durations))
        before = self._first.get(identifier)
        if before is None:
            if len(self._first) >= _REMEMBERED:
                self._first.popitem(last=False)
            self._first[identifier] = value
            return False
        # One pair an identifier: a person who asks all day long is one piece of evidence.
        if identifier in self._pairs:
            return False
        if len(self._pairs) >= _PAIRS:
            self._pairs.popitem(last=False)
        self._pairs[identifier] = (before, value)
        # Not by how many are remembered: that stands still once there is no room for more.
        self._paired += 1
        return self._split is not None and self._paired % _ASK_EVERY == 0

    def found(self) -> str:
        """The evidence in words; empty where there is none.

        Identifiers are put into two groups by how long they took first, and the groups compared by
        how long they took when asked for again (Mann and Whitney 1947).
        """
        split = self._split
        if split is None or len(self._pairs) < MIN_PAIRS:
            return ""
        slow = sorted(second for first, second in self._pairs.values() if first > split)
        quick = sorted(second for first, second in self._pairs.values() if first <= split)
        if min(len(slow), len(quick)) < MIN_OF_EACH:
            return ""
        ratio = math.exp(_median(slow) - _median(quick))
        z = _rank_test(slow, quick)
        if ratio < MIN_RATIO or z < _Z_ALPHA:
            return ""
        return (
            f"{len(slow)} identifiers took {math.exp(_median(slow)) * 1e3:.0f} ms when asked for"
            f" again, {len(quick)} others {math.exp(_median(quick)) * 1e3:.0f} ms, as they had the"
            f" first time (rank test: z = {z:.1f})"
        )


def _split(values: list[float]) -> float | None:
    """The point that parts sorted values best; None where they are not two heaps."""
    count, total = len(values), sum(values)
    mean = total / count
    spread = sum((value - mean) ** 2 for value in values)
    best, at, below = 0.0, 0, 0.0
    for number, value in enumerate(values[:-1], 1):
        below += value
        low, high = below / number, (total - below) / (count - number)
        between = number * (count - number) / count * (high - low) ** 2
        if between > best:
            best, at = between, number
    if spread < _NOISE * count or best / spread < MIN_SEPARATION:
        return None
    return (values[at - 1] + values[at]) / 2


def _median(values: list[float]) -> float:
    return values[len(values) // 2]


def _rank_test(slow: list[float], quick: list[float]) -> float:
    """z of the Mann-Whitney U, positive where `slow` are the greater ones."""
    pooled = sorted([(value, 1) for value in slow] + [(value, 0) for value in quick])
    ranks = sum(rank for rank, (_, is_slow) in enumerate(pooled, 1) if is_slow)
    one, other = len(slow), len(quick)
    u = ranks - one * (one + 1) / 2
    return (u - one * other / 2) / math.sqrt(one * other * (one + other + 1) / 12)
