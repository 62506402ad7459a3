import math
from random import Random

from nightlatch.detect.behaviours.crowds import ENOUGH, FACTOR, Crowd


def test_there_is_no_threshold_before_enough_callers() -> None:
    crowd = Crowd(10)
    for _ in range(ENOUGH - 1):
        crowd.take(5)
    assert crowd.threshold == math.inf
    assert not crowd.known
    assert crowd.least == 10
    crowd.take(5)
    assert crowd.threshold < math.inf


def test_the_threshold_follows_the_99th_percentile_within_a_bucket() -> None:
    crowd, rng = Crowd(10), Random(1)
    totals = [rng.lognormvariate(4, 1) for _ in range(10_000)]
    for total in totals:
        crowd.take(total)
    true = sorted(totals)[9_900]
    assert true <= crowd.usual <= true * 1.5
    assert crowd.threshold == FACTOR * crowd.usual


def test_the_stated_rate_bounds_what_honest_callers_exceed() -> None:
    crowd, rng = Crowd(10), Random(2)
    for _ in range(5_000):
        crowd.take(rng.paretovariate(0.8) * 20)
    threshold, rate = crowd.threshold, crowd.rate
    beyond = sum(rng.paretovariate(0.8) * 20 > threshold for _ in range(20_000)) / 20_000
    assert beyond <= rate * 1.5


def test_one_greedy_caller_in_two_hundred_does_not_raise_it() -> None:
    crowd, rng = Crowd(10), Random(3)
    for turn in range(10_000):
        crowd.take(1e9 if turn % 200 == 0 else rng.uniform(20, 60))
    assert crowd.threshold <= FACTOR * 100
    assert crowd.middle <= 64


def test_it_forgets_by_halves() -> None:
    crowd = Crowd(10)
    for _ in range(50_000):
        crowd.take(100)
    assert crowd.seen <= 20_000
