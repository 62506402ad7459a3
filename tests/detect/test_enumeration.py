import math
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.detect.books import NOW, digest

from nightlatch.detect.enumeration import (
    COVER_MISSES,
    GUILTY,
    HONEST,
    RUN,
    Run,
    covered,
    steps_for,
)
from nightlatch.detect.history import History
from nightlatch.policy.budgets import Trust


def _walk(history: History, p0: float, misses: list[bool]) -> float:
    steps = steps_for(p0)
    highest = HONEST
    for number, miss in enumerate(misses):
        assert history.trial(digest(number), before=None, hit=not miss)
        highest = max(highest, history.weigh(steps, hit=not miss))
    return highest


@given(st.floats(0.03, 0.5))
@settings(max_examples=50, deadline=None)
def test_the_likelihood_ratio_has_expectation_one_for_the_honest(p0: float) -> None:
    steps = steps_for(p0)
    assert p0 * math.exp(steps.miss) + (1 - p0) * math.exp(steps.hit) == pytest.approx(1)


@given(st.floats(0.03, 0.5), st.lists(st.booleans(), max_size=300))
@settings(max_examples=100, deadline=None)
def test_the_statistic_stays_above_the_honest_bound(p0: float, misses: list[bool]) -> None:
    history = History(NOW)
    _walk(history, p0, misses)
    assert history.statistic is None or history.statistic >= HONEST


@pytest.mark.slow
def test_honest_callers_are_convicted_no_more_often_than_promised() -> None:
    rng = random.Random(1)
    convicted = sum(
        _walk(History(NOW), 0.1, [rng.random() < 0.1 for _ in range(200)]) >= GUILTY
        for _ in range(1_000)
    )
    assert convicted == 0


@pytest.mark.parametrize(("hit_share", "at_most"), [(0.03, 20), (0.15, 40), (0.32, 80)])
def test_guessers_are_convicted_within_a_few_tries(hit_share: float, at_most: int) -> None:
    rng = random.Random(2)
    for _ in range(100):
        misses = [rng.random() >= hit_share for _ in range(at_most)]
        assert _walk(History(NOW), 0.14, misses) >= GUILTY


def test_a_long_good_history_does_not_acquit_for_ever() -> None:
    history = History(NOW)
    _walk(history, 0.1, [False] * 10_000)
    steps = steps_for(0.1)
    tries = 0
    while (history.statistic or 0.0) < GUILTY:
        history.weigh(steps, hit=False)
        tries += 1
    assert tries < 15


def test_trials_from_before_the_endpoint_was_learned_count() -> None:
    history = History(NOW)
    for number in range(12):
        history.trial(digest(number), before=None, hit=False)
    assert history.weigh(steps_for(0.1), hit=False) >= GUILTY


def test_cover_is_believed_for_so_many_misses_only() -> None:
    assert covered(0, COVER_MISSES)
    assert not covered(0, COVER_MISSES + 1)
    assert covered(1_000, 1_500)


def test_trust_is_not_lost_by_a_few_misses_in_a_row() -> None:
    history = History(NOW)
    _walk(history, 0.1, [False] * 20)
    assert history.trust(blind=False) is Trust.HONEST
    steps = steps_for(0.1)
    for _ in range(3):
        history.weigh(steps, hit=False)
    assert history.trust(blind=False) is Trust.HONEST
    for _ in range(6):
        history.weigh(steps, hit=False)
    assert history.trust(blind=False) is Trust.UNKNOWN


def test_without_a_test_returning_people_are_what_speaks_for_a_caller() -> None:
    history = History(NOW)
    for number in range(20):
        history.trial(digest(number), before=None, hit=True)
    assert history.trust(blind=True) is Trust.UNTESTABLE
    for number in range(10):
        history.trial(digest(number), before=True, hit=True)
    assert history.trust(blind=True) is Trust.HONEST


@pytest.mark.parametrize("stride", [1, -1, 100, -1_000])
def test_a_run_at_a_constant_distance_is_seen(stride: int) -> None:
    run = Run()
    lengths = [run.step(10**9 + stride * number) for number in range(RUN)]
    assert lengths[-1] == RUN


@given(st.lists(st.integers(0, 10**10), min_size=2, max_size=200, unique=True))
@settings(max_examples=50, deadline=None)
def test_numbers_without_order_make_no_run(numbers: list[int]) -> None:
    run = Run()
    ordered = sorted(numbers)
    strides = {b - a for a, b in pairwise(ordered)}
    longest = max(run.step(number) for number in numbers)
    assert longest <= 3 or len(strides) < len(numbers) - 1


def test_asking_for_the_same_number_is_no_run() -> None:
    run = Run()
    assert max(run.step(5) for _ in range(100)) <= 2
