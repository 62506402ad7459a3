import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.detect.books import NOW

from nightlatch.detect.hours import HOUR, WEEK, Hours
from nightlatch.detect.newcomers import SLICE, Newcomers
from nightlatch.policy.budgets import Limits, Window

FLOORS = Limits(burst=50, hour=50, day=200, month=900)
DAY = 86_400.0


def _live(newcomers: Newcomers, people: int, slices: int, now: float) -> float:
    """So many newcomers in every slice, none of whom comes back."""
    for _ in range(slices):
        newcomers.tick(now, learn=True)
        newcomers.give(people, now)
        now += SLICE
    return now


def test_before_anything_is_learned_newcomers_have_no_budget() -> None:
    newcomers = Newcomers(FLOORS)
    newcomers.give(10_000, NOW)
    assert newcomers.full_until == 0


def test_what_is_usual_raises_the_budget_and_more_is_too_much() -> None:
    newcomers = Newcomers(FLOORS)
    now = _live(newcomers, 20, 300, NOW)
    assert newcomers.full_until == 0
    assert newcomers.limit(Window.HOUR, now) > 3 * 12 * 20 - 1
    newcomers.give(2_000, now)
    assert newcomers.full_until > now
    assert newcomers.spent is not None
    assert newcomers.spent.subjects >= 2_000


def test_what_goes_on_does_not_teach_that_it_is_normal() -> None:
    newcomers = Newcomers(FLOORS)
    now = _live(newcomers, 5, 3 * 288, NOW)
    limit = newcomers.limit(Window.HOUR, now)
    left = 0
    for _ in range(3 * 12):
        newcomers.tick(now, learn=True)
        for _ in range(100):
            if now >= newcomers.full_until:
                newcomers.give(1, now)
                left += 1
        now += SLICE
    assert limit <= left <= 4 * limit
    assert newcomers.limit(Window.HOUR, now) <= 1.2 * limit


def test_those_who_come_back_owe_nothing() -> None:
    newcomers = Newcomers(FLOORS)
    now = _live(newcomers, 1, 300, NOW)
    for _ in range(1_000):
        newcomers.give(1, now)
        newcomers.settle(1)
    assert newcomers.full_until == 0


def test_the_budget_of_a_day_is_no_smaller_at_night() -> None:
    newcomers = Newcomers(FLOORS)
    now = NOW - NOW % DAY
    for slice_ in range(10 * 288):
        newcomers.tick(now, learn=True)
        newcomers.give(20 if 96 <= slice_ % 288 < 240 else 1, now)
        assert newcomers.full_until == 0, slice_ / 288
        now += SLICE
    night, noon = now + 3 * HOUR, now + 12 * HOUR
    for window in (Window.DAY, Window.MONTH):
        assert newcomers.limit(window, night) == newcomers.limit(window, noon)
    assert newcomers.limit(Window.HOUR, night) < newcomers.limit(Window.HOUR, noon)


def test_a_patient_list_meets_the_budget_of_thirty_days() -> None:
    newcomers = Newcomers(FLOORS)
    now = _live(newcomers, 0, 300, NOW)
    left = 0
    for _ in range(20 * 288):
        newcomers.tick(now, learn=True)
        if now >= newcomers.full_until:
            newcomers.give(1, now)
            left += 1
        now += SLICE
    assert left <= 4_000


def test_what_is_owed_for_thirty_days_outlives_a_restart() -> None:
    newcomers = Newcomers(FLOORS)
    now = _live(newcomers, 2, 3 * 288, NOW)
    other = Newcomers(FLOORS)
    other.load(newcomers.hours.dump(), newcomers.owed())
    before = newcomers.owed()
    other.give(1, now)
    assert [count for count, _ in other.owed()] == [count + 1 for count, _ in before]


def test_night_is_told_from_day_after_some_days() -> None:
    hours = Hours()
    for hour in range(4 * 24):
        hours.note(10.0 if 8 <= hour % 24 < 20 else 1.0, hour * HOUR)
    noon, midnight = 4 * DAY + 12 * HOUR, 4 * DAY
    assert hours.expected(noon) > 7
    assert hours.expected(midnight) < 4


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(-1e9, 1e10)), max_size=200))
@settings(max_examples=50, deadline=None)
def test_hours_survive_any_clock_and_a_restart(samples: list[tuple[float, float]]) -> None:
    hours = Hours()
    for value, now in samples:
        hours.note(value, now)
    other = Hours()
    other.load(hours.dump())
    for hour in range(WEEK):
        assert other.expected(hour * HOUR) == pytest.approx(hours.expected(hour * HOUR))
