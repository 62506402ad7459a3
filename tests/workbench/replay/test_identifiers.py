"""Identifier spaces and the orders in which attackers go through them."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.identifiers import identifier_kind
from nightlatch.workbench.replay.freetext import door_for
from nightlatch.workbench.replay.identifiers import SPACE, chance, read, scatter, spell
from nightlatch.workbench.replay.orders import BLOCK, POLLED, nth_tried
from nightlatch.workbench.replay.scenario import Ident, Order

NUMBERS = st.integers(min_value=0, max_value=SPACE - 1)


@settings(max_examples=100, deadline=None)
@given(NUMBERS)
def test_what_is_spelled_reads_back(n: int) -> None:
    for ident in Ident:
        assert read(ident, spell(ident, n)) == n, ident
    assert len(Ident) == 11


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_any_text_can_be_read(text: str) -> None:
    for ident in Ident:
        n = read(ident, text)
        assert n is None or n >= 0


def test_the_ledger_takes_them_for_what_they_are() -> None:
    seen = {
        ident: identifier_kind(door_for(ident, bulk=False).name, spell(ident, scatter(77)))
        for ident in Ident
    }

    assert [ident for ident, kind in seen.items() if kind is None] == [Ident.PERSON, Ident.PATH]


@settings(max_examples=50, deadline=None)
@given(NUMBERS, NUMBERS)
def test_every_number_has_a_place_of_its_own(one: int, other: int) -> None:
    assert (scatter(one) == scatter(other)) == (one == other)


def test_chance_is_even() -> None:
    drawn = [chance(scatter(n)) for n in range(10_000)]

    assert all(0 <= value < 1 for value in drawn)
    assert abs(sum(value < 0.15 for value in drawn) - 1_500) < 150
    assert abs(sum(chance(n) < 0.15 for n in range(10_000)) - 1_500) < 150


def test_each_order_is_what_it_is_called() -> None:
    tried = {order: [nth_tried(order, nth) for nth in range(3_000)] for order in Order}

    assert all(0 <= n < SPACE for numbers in tried.values() for n in numbers)
    for order in (Order.SEQUENTIAL, Order.WILDCARD):
        assert _steps(tried[order]) == {1}
    for order in (Order.LIST, Order.GENERATED, Order.TARGETED, Order.GUESS):
        assert len(set(tried[order])) == 3_000
        assert 1 not in _steps(tried[order])
    blocks = [tried[Order.PREFIX][at : at + BLOCK] for at in range(0, 3_000, BLOCK)]
    assert all(_steps(block) == {1} for block in blocks)
    assert len({block[0] // BLOCK for block in blocks}) == 3
    assert len(set(tried[Order.POLLING])) == POLLED


def _steps(numbers: list[int]) -> set[int]:
    return {after - before for before, after in pairwise(numbers)}
