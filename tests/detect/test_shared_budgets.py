"""Watches of several processes that count together, here through a tally in memory."""

from collections.abc import Iterable, Sequence

from tests.detect.books import ENDPOINT, NOW, caller, look_up

from nightlatch.detect.spending import SHARED_FROM
from nightlatch.detect.watch import Watch
from nightlatch.policy.budgets import Budgets, Limits, Window
from nightlatch.store.memory_counters import MemoryCounters
from nightlatch.store.ports import SharedPace


class Tally:
    """One window for ever, and everybody knows everything at once."""

    def __init__(self) -> None:
        self.members: set[bytes] = set()

    def add(self, members: Iterable[bytes], now: float) -> None:
        self.members.update(members)

    def count(self, window: int, now: float) -> int:
        return len(self.members)

    def ends(self, window: int) -> float:
        return NOW + window

    @property
    def most(self) -> int:
        return len(self.members)


class Counts:
    def __init__(self) -> None:
        self.tallies: dict[str, Tally] = {}
        self.windows: set[tuple[int, ...]] = set()

    def tally(self, name: str, windows: Sequence[int]) -> Tally:
        self.windows.add(tuple(windows))
        return self.tallies.setdefault(name, Tally())

    def pace(self, name: str, interval: float, bound: float) -> SharedPace:
        raise AssertionError("no budget has a pace")


SMALL = Budgets(
    caller=Limits(32, 64, 128), network=Limits(64, 128, 256), strangers=Limits(50, 100, 200)
)


def processes(number: int, budgets: Budgets = SMALL) -> tuple[Counts, list[Watch]]:
    counts = Counts()
    return counts, [Watch(MemoryCounters(), budgets, shared=counts) for _ in range(number)]


def served(watches: Sequence[Watch], callers: Iterable[int], *, stranger: bool = True) -> int:
    """Look-ups of new people in turn; how many were not refused."""
    served = 0
    for number, who in enumerate(callers):
        watch = watches[number % len(watches)]
        one = caller(who)
        if not watch.standing(ENDPOINT, one, stranger, NOW).bars:
            watch.note(ENDPOINT, one, stranger, look_up(number, hit=True), NOW)
            served += 1
    return served


def test_all_strangers_together_have_one_budget() -> None:
    counts, watches = processes(4)
    apart = range(0, 500 * 250, 250)
    # One more in each process, which learns only by its own next look-up that the rest is gone.
    assert 50 <= served(watches, apart) <= 50 + 4
    assert counts.windows == {tuple(Window)}


def test_one_caller_has_one_budget() -> None:
    counts, watches = processes(2)
    assert 32 <= served(watches, [1] * 200) <= 32 + 2 * 2
    assert any("address:" in name for name in counts.tallies)


def test_one_proven_caller_has_one_budget() -> None:
    _, watches = processes(2, Budgets(caller=Limits(4, 8, 8)))
    assert 40 <= served(watches, [1] * 200, stranger=False) <= 40 + 2


def test_callers_far_from_their_limits_are_nobody_elses_business() -> None:
    counts, watches = processes(1, Budgets(caller=Limits(100 * SHARED_FROM, 10**6, 10**6)))
    assert served(watches, [number for number in range(50) for _ in range(9)]) == 450
    assert any(name.endswith("strangers") for name in counts.tallies)
    assert not any("address:" in name for name in counts.tallies)


def test_what_left_before_sharing_began_is_told() -> None:
    counts, watches = processes(1)
    served(watches, [1] * 30)
    mine = next(tally for name, tally in counts.tallies.items() if "address:" in name)
    assert len(mine.members) == 30


def test_a_conviction_of_another_process_reaches_callers_that_are_known_here() -> None:
    flags = MemoryCounters()
    here, there = (Watch(flags, SMALL) for _ in range(2))
    for watch in (here, there):
        assert served([watch], [1] * 3) == 3
    for number in range(400):
        one = caller(100_000 + number)
        here.note(ENDPOINT, one, True, look_up(10_000 + number, hit=True), NOW)
    number = 0
    while not here.standing(ENDPOINT, caller(1), True, NOW).convicted:
        here.note(ENDPOINT, caller(1), True, look_up(50_000 + number, hit=False), NOW)
        number += 1
        assert number < 500
    assert there.standing(ENDPOINT, caller(1), True, NOW).convicted
    assert not there.standing(ENDPOINT, caller(2), True, NOW).convicted
