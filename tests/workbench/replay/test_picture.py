"""The picture."""

from pathlib import Path

import pytest

from nightlatch.workbench.replay.picture import FORMATS, draw
from nightlatch.workbench.replay.result import Outcome, Row


def _outcome(before: int, after: int) -> Outcome:
    return Outcome(
        attacker="copies", attempts=12_000, disclosed_unprotected=before, disclosed=after,
        disclosed_before_alert=0, first_alert_attempts=9, first_alert_kind="enumeration",
        contained_after=100, refused=5, challenges_solved=0, cpu_seconds_per_record=None,
        legit_requests=10, legit_refused=0, people=5, people_challenged=0, people_refused=0,
        shared_refused=0, people_waiting=0, false_alarms=0,
    )  # fmt: skip


ROWS = (
    Row(id="authy-2024", addresses=1, outcomes=(_outcome(1_845, 0),)),
    Row(id="authy-2024", addresses=20_000, outcomes=(_outcome(3_060, 2_900),)),
    Row(id="coinbase-2022", addresses=None, seen=False, reason="a rule of its own"),
)


@pytest.mark.slow
@pytest.mark.parametrize("ending", FORMATS)
def test_it_is_drawn_in_every_format(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"replay{ending}"
    draw(ROWS, path)

    assert path.stat().st_size > 5_000


@pytest.mark.slow
def test_the_same_rows_are_the_same_picture_with_the_unseen_one_in_it(tmp_path: Path) -> None:
    one, other = tmp_path / "one.svg", tmp_path / "other.svg"
    draw(ROWS, one)
    draw(ROWS, other)
    text = one.read_text()

    assert text == other.read_text()
    for words in ("authy-2024", "20,000", "not seen in traffic", "2,900"):
        assert f"<!-- {words}" in text or words in text
