"""Do many callers together try paths that nobody ever asked for?"""

from msgspec import Struct

from nightlatch.detect.behaviours.seasons import (
    ALARM,
    WARY,
    Season,
    SeasonMemory,
    Surprise,
    SurpriseMemory,
)
from nightlatch.detect.behaviours.turns import turned
from nightlatch.detect.hours import hour_of_week

BIN = 60.0
"""Seconds in which they are counted."""
FEWEST = 6
"""In one bin, without which nothing is told."""
_BINS_OF_A_DAY = 1_440
_CAUGHT_UP = 3 * _BINS_OF_A_DAY
"""Bins without any that are made up for at once, in about 10 ms; older ones are not counted."""


class TogetherMemory(Struct, frozen=True, array_like=True):
    season: SeasonMemory
    surprise: SurpriseMemory
    bin: int
    bins: int
    total: int


class Together:
    """New unknown paths of all callers, per bin, against the hour of the week."""

    def __init__(self) -> None:
        self._season = Season()
        self._surprise = Surprise()
        self._bin = 0
        self._bins = 0
        self._total = 0
        self._wary = 0
        self._usual: float | None = None
        self.count = 0
        self.words = ""

    def note(self, now: float) -> float:
        """One more; returns the evidence as of the last full bin."""
        turn = int(now // BIN)
        if turned(turn, self._bin, BIN):
            self._turn(turn)
        self.count += 1
        usual = self._usual or 0.0
        return self._surprise.high if self.count >= max(FEWEST, 3 * usual) else 0.0

    def dump(self) -> TogetherMemory:
        season, surprise = self._season.dump(), self._surprise.dump()
        return TogetherMemory(season, surprise, self._bin, self._bins, self._total)

    def load(self, memory: TogetherMemory) -> None:
        """Raises ValueError for what another version wrote."""
        self._season.load(memory.season)
        self._surprise.load(memory.surprise)
        self._bin, self._bins, self._total = memory.bin, memory.bins, memory.total

    def _turn(self, turn: int) -> None:
        first = self._bin or turn
        self._close(hour_of_week(first * BIN), self.count)
        # Bins without any are bins too, or only the busy ones would be learned.
        for silent in range(max(first + 1, turn - _CAUGHT_UP), turn):
            self._close(hour_of_week(silent * BIN), 0)
        self._usual = self._expected(hour_of_week(turn * BIN))
        self.words = (
            f"{self.count} paths that nobody ever asked for within one minute, by callers with"
            f" hardly another request, where {self._usual or 0:.1f} are usual: a list of paths is"
            f" tried from many addresses. A false alarm is expected once in {ALARM:,.0f} minutes."
        )
        self._bin, self.count = turn, 0

    def _close(self, hour: int, count: int) -> None:
        expected = self._expected(hour)
        if expected is not None:
            self._surprise.take(count, expected)
        # What is being tried now shall not teach that it is normal; what stays a day has to.
        self._wary = self._wary + 1 if self._surprise.high >= WARY else 0
        if not 0 < self._wary <= _BINS_OF_A_DAY:
            self._season.take(hour, count)
            self._bins += 1
            self._total += count

    def _expected(self, hour: int) -> float | None:
        """As in this hour of earlier weeks; in the first week as in all hours so far."""
        expected = self._season.expected(hour)
        if expected is None and self._bins >= _BINS_OF_A_DAY:
            return self._total / self._bins
        return expected
