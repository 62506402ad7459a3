import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.detect.books import NOW

from nightlatch.detect.walk import FURTHER, NOVELTY, ORDER, QUIET, Walk


def _detector(allowance: int = 400) -> Walk:
    walk = Walk(allowance)
    walk.learn(0.14)
    return walk


def _alarm(walk: Walk, now: float = NOW) -> int:
    """Guess until the alarm; returns after how many tries."""
    for tries in range(1, 100):
        if walk.note(miss=True, nth=1, now=now):
            return tries
    raise AssertionError("no alarm")


@pytest.mark.slow
def test_honest_newcomers_raise_no_alarm_in_a_million_tries() -> None:
    walk, rng = _detector(), random.Random(1)
    assert not any(walk.note(miss=rng.random() < 0.1, nth=1, now=NOW) for _ in range(200_000))


def test_many_callers_with_one_try_each_are_seen_within_a_few_tries() -> None:
    rng = random.Random(2)
    for _ in range(50):
        walk = _detector()
        tries = hits = 0
        alarmed = False
        while not alarmed:
            miss = rng.random() >= 0.15
            tries += 1
            hits += not miss
            alarmed = walk.note(miss=miss, nth=1, now=NOW)
        assert tries < 60
        assert hits < 15


def test_one_loud_caller_alone_raises_no_alarm() -> None:
    walk, rng = _detector(), random.Random(3)
    for _ in range(500):
        walk.note(miss=rng.random() < 0.1, nth=1, now=NOW)
    # He is convicted after a dozen tries and counts no more.
    assert not any(walk.note(miss=nth % 7 != 0, nth=nth, now=NOW) for nth in range(1, 13))


def test_an_unlearned_endpoint_has_no_alarm() -> None:
    walk = Walk(400)
    assert not any(walk.note(miss=True, nth=1, now=NOW) for _ in range(1_000))


def test_knows_when_the_walk_began() -> None:
    walk = _detector()
    for _ in range(100):
        walk.note(miss=False, nth=1, now=NOW)
    _alarm(walk)
    assert 98 <= walk.began_turn <= 102


def test_closes_when_the_allowance_is_used_and_opens_a_little_as_it_refills() -> None:
    walk = _detector(allowance=240)
    _alarm(walk)
    walk.give(239, NOW)
    assert not walk.closed(NOW)
    walk.give(1, NOW)
    assert walk.closed(NOW)
    assert not walk.closed(NOW + 3_600)


def test_is_never_closed_without_an_alarm() -> None:
    walk = _detector(allowance=1)
    walk.give(100, NOW)
    assert not walk.closed(NOW)


@pytest.mark.parametrize("sign", [NOVELTY, ORDER, FURTHER])
def test_without_misses_the_other_signs_raise_the_alarm(sign: str) -> None:
    walk = Walk(400)
    walk.learn(0.14, novelty=0.5, order=0.5, further=0.5)
    tries = 0
    alarmed = False
    while not alarmed:
        tries += 1
        alarmed = walk.note(
            miss=False,
            nth=1,
            now=NOW,
            novel=sign == NOVELTY,
            near=sign == ORDER,
            further=sign == FURTHER,
        )
    assert tries <= 40
    assert walk.sign == sign
    assert walk.feigned == (sign == FURTHER)


def test_a_launch_where_everybody_comes_back_once_raises_no_alarm() -> None:
    walk, rng = Walk(400), random.Random(6)
    walk.learn(0.14, novelty=0.5, order=0.5)
    for _ in range(20_000):
        first = rng.random() < 0.45
        assert not walk.note(miss=False, nth=1, now=NOW, novel=first, near=first)


def test_ends_after_quiet() -> None:
    walk = _detector()
    _alarm(walk)
    assert not walk.over(NOW + QUIET)
    assert walk.over(NOW + QUIET + 1)
    assert walk.alarmed_at is None


def test_does_not_end_while_answers_speak_for_it() -> None:
    walk, rng = _detector(), random.Random(5)
    _alarm(walk)
    for second in range(3_000):
        walk.note(miss=rng.random() < 0.6, nth=1, now=NOW + second)
        assert not walk.over(NOW + second)


def test_does_not_end_while_a_crowd_solves_no_challenge() -> None:
    walk = _detector()
    _alarm(walk)
    for _ in range(20):
        walk.knock()
    assert not walk.over(NOW + QUIET + 1)
    for _ in range(20):
        walk.knock()
        walk.answer()
    assert walk.over(NOW + 2 * QUIET + 2)


def test_comes_back_sooner_than_it_came() -> None:
    walk = _detector()
    first = _alarm(walk)
    assert walk.over(NOW + QUIET + 1)
    assert _alarm(walk, NOW + QUIET + 2) < first


@given(st.lists(st.tuples(st.booleans(), st.floats(-1e9, 1e10)), max_size=100))
@settings(max_examples=50, deadline=None)
def test_any_clock_is_survived(trials: list[tuple[bool, float]]) -> None:
    walk = _detector()
    for miss, now in trials:
        walk.note(miss=miss, nth=1, now=now)
        walk.give(1, now)
        walk.closed(now)
        walk.over(now)
