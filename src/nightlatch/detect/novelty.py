"""Does this caller ask for ever new people? A sequential test that needs no misses.

People ask for their own again, and for those whom others asked for before them; a list in which
every identifier exists does neither, and the hit/miss test takes it for an honest caller. Each hit
is a trial: about someone nobody had asked for here, or not. Page's CUSUM (1954) of the logarithmic
likelihood ratio: it never credits a good past, and runs e^GUILTY trials to a false alarm on average
(Lorden 1971).
"""

import math

from msgspec import Struct

ALPHA = 1e-6
"""False alarms per trial of a caller, at most."""
DOUBTFUL = math.log(1 / ALPHA)
ALPHA_WALK = 1e-3
"""During a walk a newcomer is challenged upon less."""
DOUBTFUL_WALK = math.log(1 / ALPHA_WALK)
ALTERNATIVE = 0.9
"""p1 lies so far between p0 and 1."""


class NoveltySteps(Struct, frozen=True):
    """What a trial adds where honest newcomers' hits are novel a share `p0`."""

    p0: float
    known: float
    new: float


def novelty_steps(p0: float) -> NoveltySteps:
    p1 = p0 + ALTERNATIVE * (1 - p0)
    return NoveltySteps(p0, math.log((1 - p1) / (1 - p0)), math.log(p1 / p0))
