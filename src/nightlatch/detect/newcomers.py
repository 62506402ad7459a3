"""How many people's records newcomers may have before they are asked to solve a puzzle.

People ask for their own again; lists never do. So what left to newcomers is owed to them until one
comes back for a record it had: then its account is settled. What stays owed in an hour, a day and
thirty days is compared with what is normal for that hour of the week: the only sign of an attack
that is slower than any test, and needs neither hit nor miss.
"""

import math
from collections.abc import Sequence

from nightlatch.detect.hours import Hours
from nightlatch.exchange.spent import Spent
from nightlatch.policy.budgets import Limits, Window

NEWCOMERS = "newcomers"
SLICE = 300.0
"""Seconds of one sample; twelve make the rate of an hour."""
_SLICES_AN_HOUR = 12
ENOUGH = {Window.HOUR: 36.0, Window.DAY: 144.0, Window.MONTH: 288.0}
"""Slices with visitors after which a budget holds: before, everybody is new."""
FACTORS = {Window.HOUR: 6.0, Window.DAY: 3.0, Window.MONTH: 1.5}
"""A window is too much from so many times the normal one on: the hours of a launch have four times
as many people, its day not twice."""
CREEP = 2.0
"""One slice teaches at most so many times what was expected: who grows it from day to day meets
the budgets of the day and of thirty days first."""
_WINDOWS = (Window.HOUR, Window.DAY, Window.MONTH)


class Newcomers:
    __slots__ = (
        "_before",
        "_counts",
        "_late",
        "_overrun",
        "_owed",
        "_slice",
        "_slices",
        "_starts",
        "floors",
        "full_until",
        "hours",
        "scale",
        "spent",
    )

    def __init__(self, floors: Limits) -> None:
        self.floors = floors
        self.scale = 1
        """Where one caller usually takes many, so do newcomers."""
        self.hours = Hours()
        """People owed in one slice."""
        self._slice = 0.0
        self._slices = 0
        self._owed = 0
        self._counts = [0, 0, 0]
        self._starts = [0.0, 0.0, 0.0]
        self._before = 0.0
        """What was usual when the thirty days began: who comes every day shall not teach that."""
        self._late: list[tuple[float, float]] = []
        """Slices of this hour, (people owed, when): what goes on does not teach that it is normal.
        """
        self._overrun = False
        """Newcomers had too many people in this hour: nothing is learned from it."""
        self.spent: Spent | None = None
        """The budget that was used up when last counted, and until when it is."""
        self.full_until = 0.0

    def give(self, people: int, now: float) -> None:
        """So many people's records left to newcomers."""
        for index, window in enumerate(_WINDOWS):
            if abs(now - self._starts[index]) >= window:
                self._start(index, now)
            self._counts[index] += people
        self._owed += people
        if now >= self.full_until:
            self._measure(now)

    def settle(self, people: int) -> None:
        """A newcomer came back for a record it had: what it had is no list."""
        self._counts = [max(0, count - people) for count in self._counts]
        self._owed -= people
        # Counted anew with the next one that leaves.
        self.full_until = 0.0

    def tick(self, now: float, *, learn: bool) -> None:
        """Close the slice when it is over; one in which something was wrong is not learned."""
        if abs(now - self._slice) < SLICE:
            return
        if self._slice and learn:
            self._learn()
        self._slice, self._owed = now, 0

    def owed(self) -> list[tuple[int, float]]:
        """People owed in each window, and when it began: the longest lasts for thirty days, and
        processes do not."""
        return list(zip(self._counts, self._starts, strict=True))

    def load(self, hours: list[list[float]], owed: Sequence[tuple[int, float]] = ()) -> None:
        """Go on from what another process learned."""
        self.hours.load(hours)
        self._before = self.hours.usual()
        self._slices = round(self.hours.samples)
        if len(owed) == len(_WINDOWS):
            self._counts = [count for count, _ in owed]
            self._starts = [start for _, start in owed]

    def _start(self, index: int, now: float) -> None:
        """A window begins."""
        self._counts[index], self._starts[index] = 0, now
        if _WINDOWS[index] is Window.HOUR:
            self._commit()
        if _WINDOWS[index] is Window.MONTH:
            self._before = self.hours.usual()

    def _measure(self, now: float) -> None:
        for index, window in enumerate(_WINDOWS):
            if self._slices < ENOUGH[window]:
                # What left before is no measure of what may leave from now on.
                self._start(index, now)
                continue
            start = self._starts[index]
            if self._counts[index] < self.floors.of(window) * self.scale:
                continue
            limit = self.limit(window, now)
            self._overrun |= self._counts[index] >= limit
            if self._counts[index] >= limit and start + window > self.full_until:
                self.full_until = start + window
                left = max(1, round(self.full_until - now))
                self.spent = Spent(NEWCOMERS, window.word, self._counts[index], limit, left)

    def limit(self, window: Window, now: float) -> int:
        expected = self._expected(window, now) * _SLICES_AN_HOUR * window / Window.HOUR
        normal = FACTORS[window] * expected + 4 * math.sqrt(expected)
        return max(self.floors.of(window) * self.scale, round(normal))

    def _expected(self, window: Window, now: float) -> float:
        """People owed in one slice. A day and a month hold quiet hours and busy ones, whatever hour
        it is now."""
        if window is Window.HOUR:
            return self.hours.expected(now)
        return self.hours.usual() if window is Window.DAY else self._before

    def _learn(self) -> None:
        # A slice without visitors is a sample too, but a quiet night of them is only one.
        self._slices += 1
        self._late.append((float(max(0, self._owed)), self._slice))
        # Visitors whose records all had before open no window.
        if len(self._late) > _SLICES_AN_HOUR or self._slices < ENOUGH[Window.MONTH]:
            # On the first day there is nothing yet that could be called too much.
            self._commit()

    def _commit(self) -> None:
        """The hour is over."""
        late, self._late = self._late, []
        overrun, self._overrun = self._overrun, False
        if overrun and self._slices >= ENOUGH[Window.MONTH]:
            return
        learned = self._slices >= ENOUGH[Window.DAY]
        for owed, at in late:
            if learned:
                most = CREEP * self.hours.expected(at) + self.floors.hour / _SLICES_AN_HOUR
                owed = min(owed, most)  # noqa: PLW2901
            self.hours.note(owed, at)
