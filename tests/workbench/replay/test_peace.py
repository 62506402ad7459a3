"""Honest traffic alone."""

import pytest
from tests.workbench.replay.rooms import MAKE, ROWS, row

from nightlatch.workbench.replay.peace import EXAMPLES, keep_peace


@pytest.mark.slow
def test_a_quiet_day_at_a_look_up() -> None:
    quiet = keep_peace(row("authy-2024"), MAKE, 1.0)

    assert quiet.id == "authy-2024"
    assert quiet.requests > 1_500
    assert quiet.people > 500
    assert quiet.false_alarms == ()
    assert quiet.people_refused == quiet.requests_refused == 0


def test_the_examples_are_of_every_habit_but_one() -> None:
    habits = {ROWS[name].habit for name in EXAMPLES}

    assert len(habits) == len(EXAMPLES) == 6
