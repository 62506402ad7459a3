from itertools import pairwise

from nightlatch.policy.budgets import DEFAULT_BUDGETS, Limits, Trust, Window


def test_each_window_has_its_limit() -> None:
    limits = Limits(burst=1, hour=2, day=3)
    assert [limits.of(window) for window in Window] == [1, 2, 3, 90]
    assert Limits(1, 2, 3, month=4).of(Window.MONTH) == 4
    assert [window.word for window in Window] == ["burst", "hour", "day", "month"]
    assert limits.smallest == 1


def test_a_wider_circle_and_a_longer_window_never_allow_less() -> None:
    budgets = DEFAULT_BUDGETS
    circles = (budgets.caller, budgets.network, budgets.strangers)
    for limits in circles:
        assert limits.burst <= limits.hour <= limits.day <= limits.month
    for narrow, wide in pairwise(circles):
        assert narrow.burst <= wide.burst
        assert narrow.hour <= wide.hour
        assert narrow.day <= wide.day


def test_evidence_beats_volume() -> None:
    assert Trust.UNKNOWN < Trust.UNTESTABLE < Trust.HONEST
