import gc
import itertools
import random

import pytest
from tests.detect.books import NOW, digest

from nightlatch.detect.baseline import BLIND_FROM, EPOCH, LAST_TRIAL, MissRate, trial_weight
from nightlatch.detect.history import History

_numbers = itertools.count()


def _try(rate: MissRate, caller: History, *, miss: bool) -> None:
    caller.trial(digest(next(_numbers)), before=None, hit=not miss)
    if rate.note(caller, miss=miss):
        rate.commit()


def _learn(rate: MissRate, callers: int, share: float, trials: int = 2, seed: int = 0) -> None:
    rng = random.Random(seed)
    for _ in range(callers):
        caller = History(NOW)
        for _ in range(trials):
            _try(rate, caller, miss=rng.random() < share)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
def test_the_bound_lies_a_little_above_the_honest_share(share: float) -> None:
    rate = MissRate()
    _learn(rate, 1_000, share)
    assert rate.share == pytest.approx(share, abs=0.03)
    assert rate.honest is not None
    assert share < rate.honest < 1.5 * share + 0.05
    assert not rate.blind


def test_says_that_it_is_blind_where_honest_people_miss_as_often_as_guessers() -> None:
    rate = MissRate()
    _learn(rate, 200, 0.8)
    assert rate.blind


def test_nothing_is_believed_of_a_handful_of_callers() -> None:
    rate = MissRate()
    _learn(rate, 19, 0.5, trials=2_000)
    assert rate.share is None
    assert rate.honest is None


def test_one_loud_caller_teaches_less_than_nine_visitors() -> None:
    assert sum(trial_weight(nth) for nth in range(1, 13)) < 9
    rate = MissRate()
    _learn(rate, 500, 0.1)
    before = rate.share or 0.0
    loud = History(NOW)
    for _ in range(LAST_TRIAL):
        _try(rate, loud, miss=True)
    _learn(rate, 100, 0.1)
    assert (rate.share or 0.0) < before + 0.03


def test_the_convicted_have_no_vote() -> None:
    rate = MissRate()
    _learn(rate, 500, 0.1)
    before = rate.share or 0.0
    for seed in range(40):
        guesser = History(NOW)
        for _ in range(12):
            _try(rate, guesser, miss=True)
        guesser.convicted_at = NOW
        _learn(rate, 10, 0.1, seed=seed)
    assert (rate.share or 0.0) < before + 0.02


def _histories() -> int:
    gc.collect()
    return sum(type(one) is History for one in gc.get_objects())


@pytest.mark.slow
def test_whoever_waits_to_be_believed_is_not_kept_in_memory() -> None:
    rate, before = MissRate(), _histories()
    for _ in range(10):
        _try(rate, History(NOW), miss=True)
    assert _histories() <= before


def test_callers_that_differ_widely_widen_the_bound() -> None:
    alike, unlike = MissRate(), MissRate()
    _learn(alike, 300, 0.3, trials=8)
    rng = random.Random(3)
    for _ in range(300):
        _learn(unlike, 1, rng.choice((0.05, 0.1, 0.75)), trials=8, seed=rng.randrange(10**6))
    assert alike.share == pytest.approx(unlike.share, abs=0.06)
    assert alike.honest is not None
    assert unlike.honest is not None
    assert unlike.honest > alike.honest + 0.2
    assert unlike.honest > BLIND_FROM


def test_a_patient_attacker_cannot_ratchet_it_up_to_his_own_rate() -> None:
    rate = MissRate()
    _learn(rate, 4_000, 0.1)
    for step in range(40):
        _learn(rate, 50, min(0.85, 0.1 + step * 0.02), seed=step)
    assert rate.honest is not None
    assert rate.honest < 0.45


def test_a_discarded_epoch_leaves_no_trace() -> None:
    rate = MissRate()
    _learn(rate, 300, 0.1)
    before = rate.honest
    for _ in range(5 * int(EPOCH)):
        caller = History(NOW)
        caller.trials = 1
        if rate.note(caller, miss=True):
            rate.discard()
    assert rate.honest == before
