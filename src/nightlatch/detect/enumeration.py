"""Does this caller guess identifiers? Wald's sequential test on hits and misses.

Wald 1945; as "Threshold Random Walk" for port scans by Jung et al., IEEE S&P 2004. Each trial adds
ln(p1/p0) on a miss and ln((1-p1)/(1-p0)) on a hit; at `GUILTY` the caller is convicted. The honest
bound reflects: a long good history neither acquits for ever nor is needed to pass.
"""

import math

from msgspec import Struct

ALPHA = 1e-6
"""Probability that an honest caller is convicted, per run from the start or from the bound."""
BETA = 1e-3
"""Probability that a guesser reaches the honest bound first."""
GUILTY = math.log((1 - BETA) / ALPHA)
HONEST = math.log(BETA / (1 - ALPHA))

ALPHA_WALK = 1e-3
"""During a walk half of all newcomers or more are guessers, so less evidence convicts one: the
posterior odds of a newcomer at this level are 1,000 to 1 where half are."""
GUILTY_WALK = math.log(1 / ALPHA_WALK)
SUSPECT = math.log(100)
"""A caller with a clean history loses its privileges in a walk from here on."""
TRUSTED = HONEST * 2 / 3
"""At or below this the statistic "sits at the honest bound"."""

ALTERNATIVE = 0.6
"""p1 lies so far between p0 and 1: finds guessers with up to about half of their tries hitting."""

COVER_MISSES = 30
COVER_RATIO = 2
"""Asking again for a known record counts for the caller only while its distinct misses are at most
`COVER_MISSES` plus `COVER_RATIO` per distinct hit: a home that looks up itself a hundred times and
mistypes ten passes, a guesser who buys cover with a number he knows gets that many tries."""


class Steps(Struct, frozen=True):
    """What a hit and a miss add to the statistic where honest people miss a share `p0`."""

    p0: float
    p1: float
    hit: float
    miss: float


def steps_for(p0: float) -> Steps:
    """`p0` in (0, 1): the honest share of misses, an upper bound."""
    p1 = p0 + ALTERNATIVE * (1 - p0)
    return Steps(p0, p1, math.log((1 - p1) / (1 - p0)), math.log(p1 / p0))


def covered(hits: int, misses: int) -> bool:
    """True while asking again still counts as honest."""
    return misses <= COVER_MISSES + COVER_RATIO * hits


RUN = 24
"""Record numbers in a row at one constant distance that convict by themselves. Honest callers do
not produce such runs, and a walk in which every number exists has no misses to be caught by."""
RUN_PROVEN = 64
"""For a caller with a proven credential: who may page through records one by one now and then."""
LONGEST_STRIDE = 1_000


class Run:
    """The caller's latest run of identifiers at a constant distance, e.g. 1001, 1002, 1003."""

    __slots__ = ("last", "length", "stride")

    def __init__(self) -> None:
        self.last: int | None = None
        self.stride = 0
        self.length = 0

    def step(self, shape: int) -> int:
        """Take the next identifier's number; returns how many are in the run, this one included."""
        last, self.last = self.last, shape
        if last is None:
            self.length = 1
            return 1
        stride = shape - last
        if stride == self.stride and stride:
            self.length += 1
        elif -LONGEST_STRIDE <= stride <= LONGEST_STRIDE:
            self.stride, self.length = stride, 2
        else:
            self.stride, self.length = 0, 1
        return self.length
