"""Is an endpoint being walked by many callers together? An e-detector over all strangers.

Each caller alone looks fine (one try per address); together their share of misses gives them away.
Shiryaev-Roberts: M <- (M + 1) * likelihood ratio, averaged over three alternatives; an alarm at
1/alpha, so that 1/alpha trials pass on average before a false one, whenever one looks (Shin, Ramdas
and Rinaldo 2023). First the aggregate, then the participants (Javed and Paxson, CCS 2013).
"""

import math
from math import exp

from nightlatch.detect.baseline import trial_weight

ALPHA = 1e-9
"""False alarms per trial."""
ALARM = 1 / ALPHA
ALPHA_END = 1e-4
"""Probability per trial that a walk still going on is called ended."""
END = 1 / ALPHA_END
CALM = 10.0
"""Below this mean nothing speaks for a walk: the last such moment is where one began."""
WARY = 3_000.0
"""From this mean on the baseline learns nothing."""
QUIET = 900.0
"""Seconds without a suspicious stranger after which a walk has ended."""
DAY = 86_400.0

_SHARES = (0.25, 0.5, 0.8)
"""The alternatives, as how far between p0 and 1 the share of misses has risen."""

_Logs = tuple[float, float, float]


class Walk:
    """The detector of one endpoint. `turn` counts trials: the walk's own clock, which no clock that
    jumps can disturb."""

    __slots__ = (
        "_calm_turn",
        "_end",
        "_end_hit",
        "_end_miss",
        "_hit",
        "_m",
        "_miss",
        "_spent",
        "_spent_at",
        "alarmed_at",
        "allowance",
        "began_turn",
        "disclosed",
        "heard_at",
        "misses",
        "trials",
        "turn",
    )

    def __init__(self, allowance: int) -> None:
        self.allowance = allowance
        self.turn = 0
        self.began_turn = 0
        """Turn at which the walk began, not the later one at which it was noticed."""
        self.alarmed_at: float | None = None
        self.heard_at = 0.0
        """When a suspicious stranger last asked."""
        self.trials = 0
        """Trials since the walk began, and how many missed."""
        self.misses = 0
        self.disclosed = 0
        self._calm_turn = 0
        self._m: _Logs = (0.0, 0.0, 0.0)
        self._end = 0.0
        self._spent = 0.0
        self._spent_at = 0.0
        self._hit: _Logs | None = None
        self._miss: _Logs = (0.0, 0.0, 0.0)
        self._end_hit = 0.0
        self._end_miss = 0.0

    def learn(self, p0: float | None) -> None:
        """Use this share of honest misses from now on; None switches the detector off."""
        if p0 is None:
            self._hit = None
            self._m = (0.0, 0.0, 0.0)
            return
        p1, p2, p3 = (p0 + share * (1 - p0) for share in _SHARES)
        self._hit = (_log_odds(p1, p0), _log_odds(p2, p0), _log_odds(p3, p0))
        self._miss = (math.log(p1 / p0), math.log(p2 / p0), math.log(p3 / p0))
        self._end_hit, self._end_miss = -self._hit[1], -self._miss[1]

    @property
    def mean(self) -> float:
        return (self._m[0] + self._m[1] + self._m[2]) / 3

    @property
    def wary(self) -> bool:
        return self.alarmed_at is not None or self.mean > WARY

    def closed(self, now: float) -> bool:
        """The allowance is used up: strangers without a clean history are to be turned away."""
        return self.alarmed_at is not None and self._used(now) >= self.allowance

    def note(self, *, miss: bool, nth: int, now: float) -> bool:
        """Take one trial of a stranger, its `nth`; True when this one raises the alarm."""
        self.turn += 1
        if self._hit is None:
            return False
        weight = trial_weight(nth)
        if self.alarmed_at is not None:
            self._note_in_walk(now, weight, miss=miss)
            return False
        first, second, third = self._miss if miss else self._hit
        a, b, c = self._m
        # One trial multiplies by 1/p0 at most, and an alarm ends the sum: nothing overflows here.
        a = (a + 1) * exp(weight * first)
        b = (b + 1) * exp(weight * second)
        c = (c + 1) * exp(weight * third)
        self._m = (a, b, c)
        mean = (a + b + c) / 3
        if mean < CALM:
            self._calm_turn = self.turn
            self.trials = self.misses = 0
            return False
        self.trials += 1
        self.misses += miss
        return mean >= ALARM and self._begin(now)

    def give(self, subjects: int, now: float) -> None:
        """So many more subjects left to strangers without a clean history."""
        self._spent = self._used(now) + subjects
        self._spent_at = now
        self.disclosed += subjects

    def hear(self, now: float) -> None:
        """A suspicious stranger asked, and was or will be turned away."""
        self.heard_at = max(now, self.heard_at)

    def over(self, now: float) -> bool:
        """True once when nobody suspicious has asked for `QUIET` seconds; the walk has ended."""
        return self.alarmed_at is not None and abs(now - self.heard_at) > QUIET and self._finish()

    def _begin(self, now: float) -> bool:
        self.alarmed_at = self.heard_at = now
        self.began_turn = self._calm_turn
        self._end = 0.0
        self.disclosed = self.trials - self.misses
        # What left before the alarm counts against the allowance as well.
        self._spent = min(self._used(now) + self.disclosed, float(self.allowance))
        self._spent_at = now
        return True

    def _note_in_walk(self, now: float, weight: float, *, miss: bool) -> None:
        self.heard_at = max(now, self.heard_at)
        self.trials += 1
        self.misses += miss
        step = self._end_miss if miss else self._end_hit
        self._end = (self._end + 1) * exp(weight * step)
        if self._end >= END:
            self._finish()

    def _finish(self) -> bool:
        self.alarmed_at = None
        self._m = (0.0, 0.0, 0.0)
        self._calm_turn = self.turn
        self.trials = self.misses = 0
        return True

    def _used(self, now: float) -> float:
        refilled = self.allowance * max(0.0, now - self._spent_at) / DAY
        return max(0.0, self._spent - refilled)


def _log_odds(p1: float, p0: float) -> float:
    return math.log((1 - p1) / (1 - p0))
