from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.detect.table import RecentTable, SegmentedTable


def test_evicts_the_newcomer_that_was_quiet_longest() -> None:
    table: SegmentedTable[int, str] = SegmentedTable(2)
    table.add(1, "one")
    table.add(2, "two")
    assert table.touch(1) == "one"
    assert table.add(3, "three") == (2, "two")
    assert table.get(1) == "one"
    assert table.evicted == 1


def test_a_flood_of_newcomers_does_not_push_out_a_keeper() -> None:
    table: SegmentedTable[int, int] = SegmentedTable(100)
    table.add(0, 0)
    assert table.keep(0) is None
    for number in range(1, 100_000):
        table.add(number, number)
    assert table.get(0) == 0
    assert len(table) == 101


def test_a_keeper_gives_way_to_keepers_only() -> None:
    table: SegmentedTable[int, int] = SegmentedTable(1)
    for number in (1, 2):
        table.add(number, number)
        gone = table.keep(number)
    assert gone == (1, 1)
    assert table.keep(99) is None


def test_drops_newcomers_before_keepers() -> None:
    table: SegmentedTable[int, int] = SegmentedTable(5)
    for number in (1, 2):
        table.add(number, number)
    table.keep(1)
    assert [table.drop(), table.drop(), table.drop()] == [(2, 2), (1, 1), None]


@given(st.lists(st.tuples(st.sampled_from("atk"), st.integers(0, 30))), st.integers(1, 8))
@settings(max_examples=100, deadline=None)
def test_never_holds_more_than_its_bound(steps: list[tuple[str, int]], capacity: int) -> None:
    table: SegmentedTable[int, int] = SegmentedTable(capacity)
    for step, key in steps:
        if step == "a" and table.get(key) is None:
            table.add(key, key)
        elif step == "t":
            assert table.touch(key) in (None, key)
        else:
            table.keep(key)
        assert len(table) <= 2 * capacity


def test_a_recent_table_forgets_who_was_not_asked_for_longest() -> None:
    made: list[int] = []

    def make(number: int) -> str:
        made.append(number)
        return f"made of {number}"

    table: RecentTable[str, str] = RecentTable(2, make)
    assert table.touch("a", 1) == "made of 1"
    assert table.touch("b", 2) == "made of 2"
    assert table.touch("a", 3) == "made of 1", "it is there already"
    table.touch("c", 4)
    assert [key for key, _ in table.items()] == ["a", "c"]
    assert table.touch("b", 5) == "made of 5"
    assert made == [1, 2, 4, 5]


@given(st.lists(st.integers(0, 20)), st.integers(1, 8))
def test_a_recent_table_holds_the_latest(keys: list[int], capacity: int) -> None:
    table: RecentTable[int, list[int]] = RecentTable(capacity, list)
    for key in keys:
        table.touch(key)
    latest = list(dict.fromkeys(reversed(keys)))[:capacity]
    assert [key for key, _ in table.items()] == latest[::-1]
    assert len(table) == len(latest)
