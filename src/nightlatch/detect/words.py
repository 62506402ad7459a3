"""The evidence, in words and numbers, as an operator reads it."""

import math

from nightlatch.detect.door import Door
from nightlatch.detect.enumeration import Steps
from nightlatch.detect.history import History
from nightlatch.detect.novelty import NoveltySteps
from nightlatch.detect.walk import FURTHER, NOVELTY, ORDER
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


REFUTED_BY_PEOPLE = (
    "The same caller comes back for records it had before, or is an office, a carrier or a partner"
    " you know: exempt it by a measure."
)
REFUTED_BY_OWNER = (
    "The caller is a program of yours or of a partner that may ask for these records: give it a"
    " credential, or exempt it by a measure."
)
REFUTED_BY_NEWS = (
    "A launch, a campaign or an import explains that many newcomers ask for the first time, and"
    " they come back."
)


USED_UP = "The solved challenge is used up: it was good for a few people."


def batch(numbers: int, close: int) -> str:
    return (
        f"{close} of {numbers} numbers in one request are next to each other: a range, not an"
        " address book."
    )


def ever_new(history: History, steps: NoveltySteps, alpha: float) -> str:
    return (
        f"{history.hits} different people, {history.returns} returns to any of them: almost all"
        f" were people nobody had asked for, where newcomers' are at most {steps.p0:.0%} of the"
        f" time. At most one honest caller in {1 / alpha:,.0f} is judged so."
    )


def greedy(history: History, limit: int) -> str:
    return (
        f"{history.taken} different people in a day; {limit} is the limit for a caller without a"
        " past, from what nineteen in twenty callers of this endpoint stay under."
    )


def walked(door: Door) -> str:
    walk = door.walk
    if walk.sign == NOVELTY:
        what = (
            f"{walk.fresh} of their last {walk.trials} first look-ups were about people whom nobody"
            " had asked for before, and nobody came back"
        )
    elif walk.sign == ORDER:
        what = f"{walk.near} of the last {walk.trials} numbers they asked for follow one another"
    elif walk.sign == FURTHER:
        what = (
            f"{walk.more} of the last {walk.trials} look-ups of those who came by way of other"
            " endpoints were about one more person whom nobody had asked for before"
        )
    else:
        share = door.rate.share or 0.0
        what = (
            f"{walk.misses} of their last {walk.trials} first tries missed, where honest newcomers"
            f" miss {share:.0%}"
        )
    return (
        f"Newcomers are walking this endpoint together: {what}. A false alarm is expected once in a"
        " billion tries."
    )


def crowded(spent: Spent) -> str:
    return (
        f"{spent.subjects:,} people's records left within one {_LENGTHS[spent.window]} to newcomers"
        f" who have not come back for any; {spent.limit:,} is the most that is normal here."
    )


def overspent(spent: Spent) -> str:
    return (
        f"{spent.subjects:,} different people within one {_LENGTHS[spent.window]}; the budget is"
        f" {spent.limit:,}."
    )


def lists(people: int) -> str:
    return (
        f" They came in lists of up to {people:,}: how many one caller usually has here is still"
        " being learned."
    )


def oracle(door: Door) -> str:
    seen = door.oracle
    return (
        f"The answer tells strangers whether an identifier exists: {seen.hits} did and"
        f" {seen.misses} did not, and {seen.same} of {seen.same + seen.turned} that were asked for"
        " again got the same kind of answer."
    )


_LENGTHS = {
    "burst": "burst of five minutes",
    "hour": "hour",
    "day": "day",
    "month": "month of thirty days",
}


def _likelihood(statistic: float) -> str:
    return (
        f"{math.exp(min(statistic, 600.0)):,.0f}"
        if statistic < 20
        else f"10^{statistic / 2.303:.0f}"
    )
