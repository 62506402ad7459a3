import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.detect.bets import Bets
from nightlatch.detect.journeys import GENERATION, Journeys
from nightlatch.detect.pricing import DEAREST, FIRST, STEP, price
from nightlatch.detect.shares import BLIND_FROM, Share


@given(st.floats(0.03, 0.9), st.floats(0.04, 1.0))
@settings(max_examples=50, deadline=None)
def test_the_honest_gain_nothing_on_average(p0: float, weight: float) -> None:
    """One trial multiplies by at most 1 in expectation, whatever its weight."""
    factors = []
    for yes in (True, False):
        bets = Bets((0.25, 0.5, 0.8))
        bets.against(p0)
        factors.append(bets.take(weight, yes=yes))
    assert p0 * factors[0] + (1 - p0) * factors[1] <= 1 + 1e-9


def test_too_many_yes_reach_a_billion_within_forty_trials() -> None:
    bets = Bets((0.5, 0.8, 0.95))
    bets.against(0.5)
    for _ in range(40):
        mean = bets.take(1.0, yes=True)
    assert mean > 1e9
    bets.against(None)
    assert bets.take(1.0, yes=True) == 0


def test_a_share_is_bounded_from_above_and_blind_where_it_is_normal() -> None:
    rng = random.Random(1)
    assert Share(0.1).honest is None
    for truth, blind in ((0.2, False), (0.95, True)):
        share = Share(0.1)
        for _ in range(10):
            for _ in range(50):
                share.note(1.0, yes=rng.random() < truth)
            share.commit()
        bound = share.honest
        assert (bound is None) is blind
        if bound is not None:
            assert truth < bound < BLIND_FROM


def test_what_is_discarded_has_taught_nothing() -> None:
    share = Share(0.1)
    for yes in (True, False):
        for _ in range(100):
            share.note(1.0, yes=yes)
        if yes:
            share.discard()
        else:
            share.commit()
            share.commit()
    assert share.yes == 0


def test_the_price_doubles_and_ends() -> None:
    assert price(0) == FIRST
    assert price(STEP) == 2 * FIRST
    assert price(0, faults=1) == 2 * FIRST
    assert price(10**6, 40) == DEAREST
    assert math.log2(DEAREST / FIRST) < 6


def test_a_journey_has_more_than_one_stop() -> None:
    journeys = Journeys()
    journeys.pass_by("address:a", "GET /users/{id}", 10.0)
    journeys.pass_by("address:a", "GET /users/{id}", 20.0)
    assert journeys.since("address:a") is None
    journeys.pass_by("address:a", "GET /news", 30.0)
    assert journeys.since("address:a") == pytest.approx(10.0)
    assert journeys.since("address:b") is None


def test_a_journey_is_remembered_over_many_others() -> None:
    journeys = Journeys()
    for endpoint in ("GET /a", "GET /b"):
        journeys.pass_by("address:a", endpoint, 1.0)
    for number in range(GENERATION):
        journeys.pass_by(f"address:{number}", "GET /a", 2.0)
    assert journeys.since("address:a") is not None
