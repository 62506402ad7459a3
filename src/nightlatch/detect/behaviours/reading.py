"""What principals read at one endpoint: how many different objects a day, and how many of them
under identifiers that nobody had given them."""

import math

from nightlatch.detect.enumeration import Steps, steps_for
from nightlatch.detect.table import SegmentedTable
from nightlatch.store.sketch import DistinctCounter

DAY = 86_400.0
MIN_PRINCIPALS = 20
"""Fewer say nothing about people in general."""
MIN_DAYS = 50
"""Days of principals that must be over before identifiers are judged."""
VOLUME_DAYS = 200
"""And before volume is: a partner that reads most of all does so on some days only."""
WEEK = 7
"""Days for which an endpoint must be known for that."""
MARGIN = 3.0
"""So many times what one principal in a thousand reads a day, or what this one read before."""
FLOOR = 30
"""Different objects a day that are nothing to tell of, whatever is usual."""
MAX_TRIALS = 256
"""Identifiers of one principal and day that are judged: far more than a verdict needs."""
FREE = 2
"""Identifiers a day that anybody may know: its own, one from a mail."""
_TAUGHT = 8
"""Trials of a principal and day that teach."""
_LEAST, _BLIND_FROM = 0.2, 0.6
_MEMORY = 4_000.0
_HABIT = 10
_BUCKETS_PER_DOUBLING = 8


class Reader:
    """One principal at one endpoint, today and, in short, before."""

    __slots__ = ("asked", "day", "habit", "objects", "statistic", "told", "typed", "usual")

    def __init__(self, day: int) -> None:
        self.day = day
        self.objects = DistinctCounter()
        self.asked: set[int] = set()
        """Identifiers used today."""
        self.typed = 0
        """Of them those that it was never given."""
        self.statistic = 0.0
        self.usual = 0.0
        """The most it read on a day before, slowly forgotten."""
        self.habit = False
        """It types identifiers in, and did so before that was judged here: staff, as a rule."""
        self.told = False


Readers = SegmentedTable[tuple[str, str], Reader]
"""By (endpoint key, principal), of all endpoints: whoever came on two days stays longest."""


class Reading:
    """One endpoint."""

    __slots__ = (
        "_days",
        "_given",
        "_histogram",
        "_key",
        "_readers",
        "_since",
        "_typed",
        "_weight",
        "high",
        "seen",
        "steps",
    )

    def __init__(self, key: str, day: int, readers: Readers) -> None:
        self._key = key
        self._since = day
        self._readers = readers
        self.seen = 0
        """Principals met."""
        self.high = 0.0
        """What one principal in a thousand reads a day; the most so far while fewer were seen."""
        self._histogram: dict[int, int] = {}
        self._days = 0
        self._typed = self._given = self._weight = 0.0
        self.steps: Steps | None = None
        """None while nothing is learned, and where honest people type identifiers in."""

    def reader(self, principal: str, day: int) -> Reader:
        place = (self._key, principal)
        reader = self._readers.touch(place)
        if reader is None:
            reader = Reader(day)
            self.seen += 1
            self._readers.add(place, reader)
        elif reader.day != day:
            self._turn(reader, day)
            self._readers.keep(place)
        return reader

    def trial(self, reader: Reader, *, typed: bool) -> float | None:
        """An identifier that the principal uses for the first time today. Returns the statistic of
        Wald's test, or None where it is not judged."""
        reader.typed += typed
        nth = len(reader.asked)
        if reader.typed <= FREE and typed:
            return None
        if nth <= _TAUGHT + FREE and not reader.told:
            self._typed += typed
            self._given += not typed
        steps = self.steps
        if steps is None or reader.habit:
            return None
        rise = steps.miss if typed else steps.hit
        reader.statistic = max(0.0, reader.statistic + rise)
        return reader.statistic

    def allowed(self, reader: Reader) -> float | None:
        """Different objects a day from which on it is too many; None while too little is known."""
        if self._days < VOLUME_DAYS or self.seen < MIN_PRINCIPALS:
            return None
        if reader.day - self._since < WEEK:
            return None
        return max(float(FLOOR), MARGIN * self.high, MARGIN * reader.usual)

    def _highest(self) -> float:
        left = self._days // 1_000
        for bucket in sorted(self._histogram, reverse=True):
            left -= self._histogram[bucket]
            if left < 0:
                return float(2 ** ((bucket + 1) / _BUCKETS_PER_DOUBLING))
        return 0.0

    def _turn(self, reader: Reader, day: int) -> None:
        """A new day for this principal; the one before is believed unless it was told of."""
        self._commit(reader)
        if self.steps is None and reader.typed >= _HABIT:
            reader.habit = True
        count = 0 if reader.told else reader.objects.cardinality
        reader.usual = max(float(count), reader.usual * 0.98)
        reader.day, reader.typed, reader.statistic, reader.told = day, 0, 0.0, False
        reader.objects = DistinctCounter()
        reader.asked = set()

    def _commit(self, reader: Reader) -> None:
        if reader.told:
            return
        self._days += 1
        self._weight += 1
        bucket = int(math.log2(max(1, reader.objects.cardinality)) * _BUCKETS_PER_DOUBLING)
        self._histogram[bucket] = self._histogram.get(bucket, 0) + 1
        self.high = self._highest()
        if self.seen >= MIN_PRINCIPALS and self._days >= MIN_DAYS:
            self.steps = self._learned()
        if self._typed + self._given > _MEMORY:
            keep = _MEMORY / (self._typed + self._given)
            self._typed, self._given = self._typed * keep, self._given * keep
            self._weight *= keep

    def _learned(self) -> Steps | None:
        # Each day of a principal that typed nothing speaks as one trial: that its owner could go on
        # and did not is how an endpoint that everybody asks for one thing of their own is known.
        trials = self._typed + self._given + self._weight
        share = (self._typed + 1) / (trials + 2)
        p0 = max(_LEAST, share * 1.5 + 2 * math.sqrt(share * (1 - share) / trials))
        return None if p0 > _BLIND_FROM else steps_for(p0)
