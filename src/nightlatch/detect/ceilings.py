"""How many different people one caller asks for in a day, as this endpoint's own callers show it.

Where people ask for themselves a caller with thirty different people is odd; where they send their
address books, one with three hundred is not. So the limit for one caller is what nineteen in twenty
callers stay under, and a margin. Callers that were busy while the endpoint was learned (offices,
carriers, partners) have a ceiling of their own.
"""

from nightlatch.detect.history import History

LEVELS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536)
QUANTILE = 0.05
MARGIN = 4
FLOOR = 24
"""Of any caller's ceiling."""
MIN_CALLERS = 200
"""Before, and in the first `MIN_TAKEN` people, everybody's ceiling is open and its habits are
learned."""
MIN_TAKEN = 1_000
HABIT = 3
"""A busy caller's own ceiling: so many times what it took while the endpoint was learned."""
MEMORY = 4_000
"""Callers' days after which older ones fade."""


class Ceilings:
    __slots__ = ("_reached", "_taken", "limit", "twice_usual")

    def __init__(self) -> None:
        self._reached = [0] * len(LEVELS)
        """Callers' days that had at least so many people."""
        self._taken = 0
        self.limit: int | None = None
        """None until it is learned."""
        self.twice_usual = 0
        """Twice what nineteen in twenty callers stay under."""

    def note(self, caller: History, new: int, *, learn: bool) -> bool:
        """`new` more people left to this caller today, after `caller.taken` was raised by them;
        True when it has too many now. Nothing is learned while something is wrong."""
        if learn:
            self._learn(caller, new)
        limit = self.limit
        return limit is not None and caller.taken > limit and caller.taken > caller.habit

    def forget(self, caller: History) -> None:
        """A caller found guilty has taught nothing."""
        for level in range(caller.level):
            self._reached[level] -= 1
        caller.level = 0
        self._settle()

    def _learn(self, caller: History, new: int) -> None:
        if self.limit is None:
            self._taken += new
            caller.habit = caller.taken * HABIT
        level = caller.level
        if level < len(LEVELS) and caller.taken >= LEVELS[level]:
            self._rise(caller)

    def _rise(self, caller: History) -> None:
        reached = self._reached
        while caller.level < len(LEVELS) and caller.taken >= LEVELS[caller.level]:
            reached[caller.level] += 1
            caller.level += 1
        if reached[0] > MEMORY:
            self._reached = [count // 2 for count in reached]
        self._settle()

    def _settle(self) -> None:
        reached = self._reached
        if reached[0] < MIN_CALLERS or self._taken < MIN_TAKEN:
            return
        usual = 1
        for level, count in zip(LEVELS, reached, strict=True):
            if count < QUANTILE * reached[0]:
                break
            usual = level
        self.limit = max(FLOOR, MARGIN * usual)
        self.twice_usual = 2 * usual

    def dump(self) -> list[int]:
        return [self._taken, *self._reached]

    def load(self, counts: list[int]) -> None:
        self._taken, self._reached = counts[0], list(counts[1:])
        self._settle()
