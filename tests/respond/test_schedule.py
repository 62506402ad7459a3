"""What is due, and when."""

from nightlatch.respond.schedule import Schedule


def test_each_is_due_after_its_time() -> None:
    schedule = Schedule(often=5, seldom=12)
    due = [(now, schedule.due(now)) for now in range(0, 30, 1)]
    assert [now for now, names in due if "often" in names] == [5, 10, 15, 20, 25]
    assert [now for now, names in due if "seldom" in names] == [12, 24]


def test_a_clock_set_back_makes_nothing_wait_for_ever() -> None:
    schedule = Schedule(often=5)
    schedule.due(1_000_000)
    assert schedule.due(10) == {"often"}
    assert schedule.due(12) == frozenset()
    assert schedule.due(15) == {"often"}
