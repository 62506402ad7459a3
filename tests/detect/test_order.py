import random

import pytest

from nightlatch.detect.order import FEWEST, Neighbours, dense, reach


def test_numbers_one_after_the_other_are_neighbours_whoever_asks() -> None:
    neighbours = Neighbours()
    assert not neighbours.near(5_000)
    assert all(neighbours.near(5_000 + step) for step in range(1, 50))


@pytest.mark.parametrize("space", [10**6, 49_151_000_000_00])
def test_peoples_numbers_are_not(space: int) -> None:
    neighbours, rng = Neighbours(), random.Random(1)
    near = sum(neighbours.near(space + rng.randrange(space)) for _ in range(2_000))
    assert near < 40


def test_telephone_numbers_of_one_block_are_neighbours_in_any_order() -> None:
    neighbours, rng = Neighbours(), random.Random(2)
    block = [49_151_234_00000 + step for step in range(2_000)]
    rng.shuffle(block)
    assert sum(map(neighbours.near, block)) > 1_900


def test_reach_grows_with_the_length_of_numbers() -> None:
    assert [reach(10**digits) for digits in (3, 8, 9, 12)] == [1, 1, 10, 10_000]


def test_a_range_is_dense_in_any_order_and_a_few_numbers_are_none() -> None:
    numbers = list(range(7_000, 7_150))
    random.Random(3).shuffle(numbers)
    assert dense(numbers) == 150
    assert dense(numbers[: FEWEST - 1]) == 0


def test_an_address_book_with_relatives_and_colleagues_is_not() -> None:
    rng = random.Random(4)
    book = [rng.randrange(10**9, 10**10) for _ in range(120)]
    book += [5_550_000_000 + step for step in range(40)]
    assert dense(book) == 0
