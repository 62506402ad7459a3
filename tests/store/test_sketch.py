"""The distinct counter: exact, then within 3 %."""

import math
import random
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.store.sketch import EXACT_UP_TO, DistinctCounter

MEMBERS = st.sets(st.integers(0, 2**64 - 1), max_size=50)


def uniform(how_many: int, seed: int) -> list[int]:
    source = random.Random(seed)
    return [source.getrandbits(64) for _ in range(how_many)]


def counting(members: list[int], at_a_time: int = 500) -> DistinctCounter:
    counter = DistinctCounter()
    for start in range(0, len(members), at_a_time):
        counter.add_many(members[start : start + at_a_time])
    return counter


@given(MEMBERS, MEMBERS)
def test_small_sets_are_exact(one: set[int], other: set[int]) -> None:
    counter = DistinctCounter()
    counter.add_many(one)
    counter.add_many(iter(other))
    assert counter.exact
    assert counter.cardinality == len(one | other)


@settings(max_examples=30, deadline=None)
@given(st.integers(EXACT_UP_TO + 1, 40_000), st.integers(0, 2**32))
def test_the_error_stays_within_three_percent(how_many: int, seed: int) -> None:
    counter = counting(uniform(how_many, seed))
    assert not counter.exact
    assert abs(counter.cardinality - how_many) <= 0.03 * how_many


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 30_000), st.integers(1, 30_000), st.floats(0, 1), st.integers(0, 2**32))
def test_a_merge_is_the_union(one: int, other: int, shared: float, seed: int) -> None:
    first = uniform(one, seed)
    second = first[: int(shared * one)] + uniform(other, seed + 1)
    merged, untouched = counting(first), counting(second)
    before = untouched.dump()
    merged.merge(untouched)
    union = len({*first, *second})
    assert abs(merged.cardinality - union) <= 0.03 * union
    assert untouched.dump() == before
    merged.add_many(uniform(5_000, seed + 2))
    assert abs(merged.cardinality - union - 5_000) <= 0.03 * (union + 5_000)


@pytest.mark.slow
def test_the_error_on_average_is_what_the_literature_promises() -> None:
    errors = []
    merge_errors = []
    for seed in range(25):
        members = uniform(30_000, seed)
        errors.append(counting(members).cardinality / 30_000 - 1)
        merged = counting(members[:15_000])
        merged.merge(counting(members[15_000:]))
        merge_errors.append(merged.cardinality / 30_000 - 1)
    for found, expected in ((errors, 0.0065), (merge_errors, 0.0081)):
        spread = math.sqrt(sum(error**2 for error in found) / len(found))
        assert spread < 1.5 * expected
        assert abs(sum(found) / len(found)) < expected


def test_the_border_between_exact_and_sketch_has_no_step() -> None:
    counter = DistinctCounter()
    for number, member in enumerate(uniform(1_200, 3), 1):
        counter.add_many((member,))
        assert abs(counter.cardinality - number) <= 0.02 * number


def test_repeats_change_nothing() -> None:
    members = uniform(20_000, 5)
    counter = counting(members)
    before = counter.cardinality
    counter.add_many(members)
    assert counter.cardinality == before


def test_the_largest_and_smallest_members() -> None:
    extremes = [0, 2**64 - 1, 2**50, 2**50 - 1, 1]
    counter = counting(uniform(2_000, 6) + extremes)
    assert DistinctCounter.load(counter.dump()).cardinality == counter.cardinality


@pytest.mark.parametrize("how_many", [0, 1, EXACT_UP_TO, EXACT_UP_TO + 1, 30_000])
def test_a_dump_is_loaded_as_it_was(how_many: int) -> None:
    counter = counting(uniform(how_many, 7))
    loaded = DistinctCounter.load(counter.dump())
    assert (loaded.cardinality, loaded.exact) == (counter.cardinality, counter.exact)
    more = uniform(3_000, 8)
    counter.add_many(more)
    loaded.add_many(more)
    assert loaded.cardinality == counter.cardinality


@given(st.binary(max_size=64))
def test_what_no_dump_wrote_is_refused_or_read_as_a_set(data: bytes) -> None:
    with suppress(ValueError):
        assert DistinctCounter.load(data).cardinality <= len(data) // 8


def test_a_damaged_sketch_is_refused() -> None:
    dumped = bytearray(counting(uniform(2_000, 9)).dump())
    dumped[-1] = 200
    with pytest.raises(ValueError, match="damaged"):
        DistinctCounter.load(bytes(dumped))


def test_its_repr_says_whether_it_is_exact() -> None:
    assert repr(counting([1, 2])) == "DistinctCounter(2)"
    assert repr(counting(uniform(2_000, 9))).startswith("DistinctCounter(~")
