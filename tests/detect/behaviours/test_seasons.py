from random import Random

import pytest

from nightlatch.detect.behaviours.seasons import (
    ALARM,
    LEARNED,
    Scatter,
    Season,
    Surprise,
)
from nightlatch.detect.hours import WEEK, hour_of_week


def test_an_hour_is_expected_as_in_earlier_weeks_only() -> None:
    season = Season()
    for _ in range(12):
        season.take(5, 40)
    assert season.expected(5) is None
    season.take(6, 1)
    assert season.expected(5) == 40
    assert season.expected(6) is None


def test_one_mad_hour_does_not_become_normal() -> None:
    season = Season()
    for count in (40, 40, 40, 4_000):
        season.take(5, count)
        season.take(6, 1)
    season.take(7, 1)
    expected = season.expected(5)
    assert expected is not None
    assert expected < 60


def test_the_week_has_168_hours() -> None:
    assert {hour_of_week(3_600 * n + 7) for n in range(400)} == set(range(WEEK))


def _learned(seed: int, count: int = 2_000) -> tuple[Surprise, Random]:
    surprise, rng = Surprise(), Random(seed)
    for _ in range(count):
        surprise.take(rng.lognormvariate(3, 0.5), 20)
    return surprise, rng


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.1, 0.5, 1.5])
def test_no_alarm_in_a_hundred_thousand_ordinary_bins(spread: float) -> None:
    """However much they scatter: the rate is about one in a million."""
    surprise, rng = Surprise(), Random(4)
    highest = 0.0
    for _ in range(100_000):
        surprise.take(rng.lognormvariate(3, spread), 20)
        highest = max(highest, surprise.high, surprise.low)
    assert highest < ALARM


def test_a_lasting_change_alarms_within_a_few_bins_either_way() -> None:
    for factor, tail in ((8.0, "high"), (0.05, "low")):
        surprise, rng = _learned(1)
        bins = 0
        while getattr(surprise, tail) < ALARM:
            surprise.take(factor * rng.lognormvariate(3, 0.5), 20)
            bins += 1
        assert bins <= 6


def test_nothing_is_judged_before_enough_is_learned() -> None:
    surprise, _ = _learned(2, LEARNED - 1)
    surprise.take(1e6, 20)
    assert surprise.high == 0


def test_what_scatters_in_sessions_is_not_far_out() -> None:
    rng = Random(3)
    crowd, sessions = Scatter(), Scatter()
    for turn in range(3_000):
        crowd.take(rng.gauss(40, 6.3), 40)
        sessions.take(240 if rng.random() < 1 / 6 else 0, 40)
        assert turn < 400 or abs(sessions.take(40, 40)) < 5
    for _ in range(6):
        crowd_off, sessions_off = crowd.take(0, 40), sessions.take(0, 40)
    assert crowd_off < -5 < sessions_off
