import pytest

from nightlatch.detect.behaviours.seen import Seen


def _member(number: int) -> int:
    return hash(f"record {number}")


@pytest.mark.parametrize("records", [50, 1_000, 5_000, 15_000])
def test_the_count_is_right_within_a_few_percent(records: int) -> None:
    seen = Seen()
    total = sum(seen.add(_member(number)) for number in range(records))
    assert total == pytest.approx(records, rel=0.12)
    assert seen.count == pytest.approx(total)
    assert not seen.full


def test_what_was_had_before_counts_for_nothing() -> None:
    seen = Seen()
    assert seen.add(_member(1)) == 1.0
    assert seen.add(_member(1)) == 0.0
    for number in range(1_000):
        seen.add(_member(number))
    before = seen.count
    for number in range(500, 1_000):
        seen.add(_member(number))
    assert seen.count == before


def test_it_says_when_it_is_full_and_stops() -> None:
    seen = Seen(1_024)
    for number in range(20_000):
        seen.add(_member(number))
    assert seen.full
    assert 2_000 < seen.count < 4_500
    assert seen.add(_member(99_999_999)) == 0.0
