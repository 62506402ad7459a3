import random

import pytest

from nightlatch.detect.behaviours.arrivals import HOUR, Arrivals, tail

DAY = 24 * HOUR


def come(arrivals: Arrivals, now: float, count: int) -> None:
    arrivals.turn(now)
    arrivals.count += count


def test_the_bound_is_above_the_chance() -> None:
    rng, expected, often = random.Random(1), 4.0, 0
    for _ in range(20_000):
        # A Poisson variable: how many exponential waits fit into one hour.
        waited, number = rng.expovariate(expected), 0
        while waited < 1:
            number += 1
            waited += rng.expovariate(expected)
        often += number >= 10
    assert often / 20_000 <= tail(10, expected) < 0.1
    assert tail(4, 4) == 1.0
    assert tail(0, 0) == 1.0


def test_each_hour_of_the_day_has_its_own() -> None:
    arrivals = Arrivals()
    for hour in range(24 * 5):
        come(arrivals, hour * HOUR, 100 if 9 <= hour % 24 <= 17 else 2)
    arrivals.turn(24 * 5 * HOUR + 3 * HOUR)
    assert arrivals.usual() == pytest.approx(2)
    arrivals.turn(24 * 5 * HOUR + 12 * HOUR)
    assert arrivals.usual() == pytest.approx(100)
    arrivals.count = 300
    assert arrivals.surprise() == 1.0
    arrivals.count = 600
    assert arrivals.surprise() < 1e-9


def test_quiet_hours_count_as_nothing() -> None:
    arrivals = Arrivals()
    come(arrivals, 0, 50)
    for day in range(1, 20):
        come(arrivals, day * DAY + 12 * HOUR, 0)
    arrivals.turn(20 * DAY)
    assert arrivals.usual() < 1


def test_what_is_not_to_be_learned_is_not() -> None:
    arrivals = Arrivals()
    come(arrivals, 0, 5)
    come(arrivals, HOUR, 5_000)
    arrivals.turn(2 * HOUR, learn=False)
    assert arrivals.total < 6


def test_what_comes_late_starts_no_new_hour() -> None:
    arrivals = Arrivals()
    come(arrivals, 10 * HOUR, 7)
    assert not arrivals.turn(10 * HOUR - 1)
    assert arrivals.count == 7
    # A clock that was set back by a week is another matter.
    assert arrivals.turn(0.0)
    assert arrivals.count == 0
