"""When the evidence of answers' times is weighed: seldom, and not for a constant."""

from nightlatch.detect.behaviours.timing import FIRST, Timing

TWICE = 1_000


def weighed(*durations: float) -> int:
    """How often it was time to ask, with identifiers that each came twice and took one of these."""
    timing = Timing()
    return sum(
        timing.note(identifier, durations[identifier % len(durations)])
        for _ in range(2)
        for identifier in range(TWICE)
    )


def test_it_is_weighed_for_every_tenth_pair_also_when_no_more_are_remembered() -> None:
    assert TWICE > FIRST
    assert weighed(0.01, 0.1) == TWICE // 10


def test_one_time_is_not_two() -> None:
    assert weighed(0.0125) == 0
    assert weighed(0.0125, 0.0125 + 1e-12) == 0
