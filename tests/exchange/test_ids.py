from hypothesis import given
from hypothesis import strategies as st

from nightlatch.exchange.ids import id_of, new_id

DIGITS = set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
MOMENTS = st.floats(min_value=0, max_value=4e9)


def test_time_part_is_that_of_the_ulid_specification() -> None:
    assert new_id(1469918176.385)[:10] == "01ARYZ6S41"


@given(MOMENTS, MOMENTS)
def test_sorts_by_time(one: float, other: float) -> None:
    earlier, later = sorted((one, other))
    if int(earlier * 1000) < int(later * 1000):
        assert new_id(earlier) < new_id(later)


@given(MOMENTS)
def test_is_26_digits(now: float) -> None:
    name = new_id(now)
    assert len(name) == 26
    assert set(name) <= DIGITS


def test_does_not_repeat_within_a_millisecond() -> None:
    assert len({new_id(1.0) for _ in range(10_000)}) == 10_000


def test_moments_out_of_range_are_clamped() -> None:
    assert new_id(-5.0)[:10] == "0000000000"
    assert new_id(1e15)[:10] == "7ZZZZZZZZZ"


@given(MOMENTS, st.text())
def test_what_has_a_name_keeps_its_id(at: float, name: str) -> None:
    named = id_of(name, at)
    assert named == id_of(name, at)
    assert named != id_of(name + "x", at)
    assert named[:10] == new_id(at)[:10]
    assert len(named) == 26
    assert set(named) <= DIGITS
