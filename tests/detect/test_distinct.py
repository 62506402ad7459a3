from hypothesis import given, settings
from hypothesis import strategies as st
from tests.detect.books import digests

from nightlatch.detect.distinct import EXACT, Distinct, HyperLogLog

FIVE_SIGMA = 0.065
"""Of the martingale estimate at 4,096 registers (1.3 % each)."""


@given(st.integers(0, 2**40), st.integers(1, 20_000))
@settings(max_examples=12, deadline=None)
def test_a_sketch_is_within_its_stated_error(offset: int, size: int) -> None:
    sketch = HyperLogLog()
    for each in digests(range(offset, offset + size)):
        sketch.add(each)
    assert abs(len(sketch) - size) <= max(2, FIVE_SIGMA * size)


@given(st.integers(0, 2**40), st.integers(1, 5_000), st.integers(1, 5_000), st.integers(0, 4_000))
@settings(max_examples=12, deadline=None)
def test_merging_counts_the_union(offset: int, left: int, right: int, shared: int) -> None:
    one, other = HyperLogLog(), HyperLogLog()
    for each in digests(range(offset, offset + left)):
        one.add(each)
    start = offset + max(0, left - shared)
    for each in digests(range(start, start + right)):
        other.add(each)
    union = max(offset + left, start + right) - offset
    one.merge(other)
    assert abs(len(one) - union) <= max(3, 0.085 * union)


def test_a_merged_sketch_goes_on_counting() -> None:
    one, other = HyperLogLog(), HyperLogLog()
    for each in digests(range(3_000)):
        one.add(each)
    one.merge(other)
    for each in digests(range(2_000, 6_000)):
        one.add(each)
    assert abs(len(one) - 6_000) < 500


def test_an_empty_sketch_counts_nothing() -> None:
    one = HyperLogLog()
    one.merge(HyperLogLog())
    assert len(one) == 0


def test_adding_again_changes_nothing() -> None:
    sketch = HyperLogLog()
    members = digests(range(500))
    for each in members:
        sketch.add(each)
    before = len(sketch)
    assert not any(sketch.add(each) for each in members)
    assert len(sketch) == before


@given(st.lists(st.integers(0, 300), max_size=200))
@settings(max_examples=50, deadline=None)
def test_few_members_are_counted_exactly(numbers: list[int]) -> None:
    distinct = Distinct(digests(numbers))
    assert len(distinct) == len(set(numbers))
    assert distinct.exact


def test_the_first_time_is_new_and_the_second_is_not() -> None:
    distinct = Distinct()
    (member,) = digests([7])
    assert distinct.add(member)
    assert not distinct.add(member)


def test_many_members_turn_into_a_sketch_without_a_jump() -> None:
    distinct = Distinct(digests(range(EXACT)))
    assert distinct.exact
    distinct.update(digests(range(EXACT, EXACT + 100)))
    assert not distinct.exact
    assert abs(len(distinct) - EXACT - 100) < 60


def test_exact_and_sketched_sets_merge_either_way() -> None:
    for left, right in ((100, 5_000), (5_000, 100), (5_000, 5_000), (100, 200)):
        one = Distinct(digests(range(left)))
        one.merge(Distinct(digests(range(right))))
        size = max(left, right)
        assert abs(len(one) - size) <= 0.085 * size
