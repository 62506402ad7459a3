"""The evidence, in words and numbers, as an operator reads it."""

import math

from nightlatch.detect.door import Door
from nightlatch.detect.enumeration import Steps
from nightlatch.detect.history import History
from nightlatch.detect.walk import Walk
from nightlatch.exchange.spent import Spent


def guessing(history: History, steps: Steps, alpha: float) -> str:
    likelihood = _likelihood(history.statistic or 0.0)
    return (
        f"{history.misses} of {history.asked} different identifiers asked for do not exist, where"
        f" honest callers miss at most {steps.p0:.0%}: {likelihood} times likelier from a guesser."
        f" At most one honest caller in {1 / alpha:,.0f} is judged so."
    )


def sequence(history: History) -> str:
    run = history.run
    length, stride = (run.length, run.stride) if run is not None else (0, 0)
    return (
        f"{length} record numbers in a row, each {stride:+d} from the one before;"
        f" {history.hits} of {history.asked} exist."
    )


def walked(walk: Walk, steps: Steps | None, share: float) -> str:
    expected = "" if steps is None else f", where honest newcomers miss {share:.0%}"
    return (
        f"Strangers are walking this endpoint together: {walk.misses} of their last {walk.trials}"
        f" first tries missed{expected}. A false alarm is expected once in a billion tries."
    )


def overspent(spent: Spent) -> str:
    return (
        f"{spent.subjects:,} different people within one {_LENGTHS[spent.window]}; the budget is"
        f" {spent.limit:,}."
    )


def oracle(door: Door) -> str:
    seen = door.oracle
    return (
        f"The answer tells strangers whether an identifier exists: {seen.hits} did and"
        f" {seen.misses} did not, and {seen.same} of {seen.same + seen.turned} that were asked for"
        " again got the same kind of answer."
    )


_LENGTHS = {"burst": "burst of five minutes", "hour": "hour", "day": "day"}


def _likelihood(statistic: float) -> str:
    return (
        f"{math.exp(min(statistic, 600.0)):,.0f}"
        if statistic < 20
        else f"10^{statistic / 2.303:.0f}"
    )
