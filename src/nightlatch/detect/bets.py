"""Evidence that accumulates safely: Shiryaev-Roberts sums of bets against what is honest.

M <- (M + 1) * likelihood ratio, averaged over a few alternatives. While honest people cause the
event at most as often as `p0` says, M grows by one a trial on average, whatever the order and
however long it runs: an alarm at 1/alpha is false once in 1/alpha trials on average (Shin, Ramdas
and Rinaldo 2023; Page's CUSUM of 1954 is the classical cousin). Averages of several such sums keep
the promise, also when they depend on each other.
"""

import math
from math import exp

_Logs = tuple[float, float, float]
_NOTHING: _Logs = (0.0, 0.0, 0.0)


class Bets:
    """One question that each trial answers with yes or no, and three bets on "yes, far too often".

    `shares`: the alternatives, as how far between p0 and 1 the share of yes has risen."""

    __slots__ = ("_no", "_shares", "_sums", "_yes", "mean", "p0")

    def __init__(self, shares: _Logs) -> None:
        self._shares = shares
        self._sums = _NOTHING
        self._yes = _NOTHING
        self._no = _NOTHING
        self.mean = 0.0
        self.p0: float | None = None
        """None: off."""

    def against(self, p0: float | None) -> None:
        """Bet against this honest share from now on; None stops betting."""
        self.p0 = p0
        if p0 is None:
            self.reset()
            return
        first, second, third = (p0 + share * (1 - p0) for share in self._shares)
        self._yes = (math.log(first / p0), math.log(second / p0), math.log(third / p0))
        self._no = (_log_odds(first, p0), _log_odds(second, p0), _log_odds(third, p0))

    def take(self, weight: float, *, yes: bool) -> float:
        """One trial; a weight below 1 keeps the expectation at most 1 (Jensen). Returns the mean,
        which whoever reads it must not let grow for ever: an alarm resets it."""
        if self.p0 is None:
            return 0.0
        first, second, third = self._yes if yes else self._no
        a, b, c = self._sums
        a = (a + 1) * exp(weight * first)
        b = (b + 1) * exp(weight * second)
        c = (c + 1) * exp(weight * third)
        self._sums = (a, b, c)
        self.mean = mean = (a + b + c) / 3
        return mean

    def reset(self) -> None:
        self._sums = _NOTHING
        self.mean = 0.0


def _log_odds(p1: float, p0: float) -> float:
    return math.log((1 - p1) / (1 - p0))
