"""What every CounterStore must do."""

import random
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from nightlatch.store.ports import CounterStore

T = TypeVar("T")

KEYS = st.sampled_from(["a", "b", "budget:GET /users/{phone}|address:198.51.100.7|hour"])
TTLS = st.sampled_from([1.0, 10.0, 60.0])
MEMBERS = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 9), max_size=20)


def members(how_many: int, seed: int = 1) -> list[int]:
    """Uniform 64-bit numbers, as keyed hashes are."""
    source = random.Random(seed)
    return [source.getrandbits(64) for _ in range(how_many)]


class CounterStoreConformance:
    """Inherit it and give a fixture `store` that returns an empty store."""

    def test_a_key_never_used(self, store: CounterStore) -> None:
        assert store.distinct("k", 0.0) == store.count("k", 0.0) == store.evicted == 0
        assert store.flag("k", 0.0) is None
        store.clear("k")

    def test_distinct_members(self, store: CounterStore) -> None:
        assert store.add_distinct("k", [1, 2, 2**64 - 1], 0.0, 60) == 3
        assert store.add_distinct("k", (2, 3), 1.0, 60) == 4
        assert store.add_distinct("k", iter([0]), 1.0, 60) == 5
        assert store.add_distinct("k", [], 1.0, 60) == store.distinct("k", 2.0) == 5
        assert store.distinct("other", 2.0) == 0

    def test_exact_up_to_a_thousand(self, store: CounterStore) -> None:
        for number, member in enumerate(members(1_000), 1):
            assert store.add_distinct("k", [member], 0.0, 60) == number
        assert store.add_distinct("k", members(1_000), 0.0, 60) == 1_000

    @pytest.mark.parametrize("batch", [1, 500])
    def test_within_three_percent_beyond(self, store: CounterStore, batch: int) -> None:
        everyone = members(50_000, seed=batch)
        for end in range(batch, len(everyone) + 1, batch):
            count = store.add_distinct("k", everyone[end - batch : end], 0.0, 60)
            assert abs(count - end) <= 0.03 * end
        assert store.add_distinct("k", everyone[:5_000], 0.0, 60) == store.distinct("k", 0.0)

    def test_a_set_lives_from_its_creation(self, store: CounterStore) -> None:
        store.add_distinct("k", [1, 2], 100.0, 60)
        assert store.add_distinct("k", [3], 159.0, 60) == 3
        assert store.distinct("k", 159.9) == 3
        assert store.distinct("k", 160.0) == 0
        assert store.add_distinct("k", [9], 160.0, 60) == 1

    def test_a_counter_lives_from_its_creation(self, store: CounterStore) -> None:
        assert store.increment("k", 2, 100.0, 60) == 2
        assert store.increment("k", 3, 159.0, 60) == 5
        assert store.count("k", 159.9) == 5
        assert store.count("k", 160.0) == 0
        assert store.increment("k", -1, 160.0, 60) == -1

    def test_a_flag_lives_from_when_it_was_last_set(self, store: CounterStore) -> None:
        store.set_flag("k", "blocked", 100.0, 60)
        store.set_flag("k", "blocked: again", 150.0, 60)
        assert store.flag("k", 209.9) == "blocked: again"
        assert store.flag("k", 210.0) is None
        store.set_flag("k", "", 300.0, 60)
        store.set_flag("k", "short", 300.0, 5)
        assert store.flag("k", 305.0) is None

    def test_each_kind_has_its_own_keys(self, store: CounterStore) -> None:
        store.add_distinct("k", [1, 2], 0.0, 60)
        store.increment("k", 7, 0.0, 60)
        store.set_flag("k", "yes", 0.0, 60)
        assert (store.distinct("k", 0.0), store.count("k", 0.0)) == (2, 7)
        store.clear("k")
        assert (store.distinct("k", 0.0), store.count("k", 0.0)) == (0, 0)
        assert store.flag("k", 0.0) is None

    def test_it_agrees_with_a_plain_model(self, store: CounterStore) -> None:
        class Machine(CounterMachine):
            counters = store

        run_state_machine_as_test(
            Machine,
            settings=settings(max_examples=25, stateful_step_count=30, deadline=None),
        )


class CounterMachine(RuleBasedStateMachine):
    """Random use of a store beside dictionaries that do the same in the plainest way."""

    counters: CounterStore
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.prefix = ""
        self.sets: dict[str, tuple[float, set[int]]] = {}
        self.counts: dict[str, tuple[float, int]] = {}
        self.flags: dict[str, tuple[float, str]] = {}

    @initialize()
    def use_keys_of_its_own(self) -> None:
        CounterMachine.runs += 1
        self.prefix = f"{CounterMachine.runs}:"

    @rule(seconds=st.sampled_from([0.0, 0.5, 1.0, 9.5, 60.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(key=KEYS, members=MEMBERS, ttl=TTLS)
    def add(self, key: str, members: list[int], ttl: float) -> None:
        ends, known = self.alive(self.sets, key) or (self.now + ttl, set())
        self.sets[key] = ends, known | set(members)
        count = self.counters.add_distinct(self.prefix + key, members, self.now, ttl)
        assert count == len(self.sets[key][1])

    @rule(key=KEYS, by=st.integers(-5, 1_000), ttl=TTLS)
    def increment(self, key: str, by: int, ttl: float) -> None:
        ends, known = self.alive(self.counts, key) or (self.now + ttl, 0)
        self.counts[key] = ends, known + by
        assert self.counters.increment(self.prefix + key, by, self.now, ttl) == known + by

    @rule(key=KEYS, value=st.text(max_size=5), ttl=TTLS)
    def set_flag(self, key: str, value: str, ttl: float) -> None:
        self.flags[key] = self.now + ttl, value
        self.counters.set_flag(self.prefix + key, value, self.now, ttl)

    @rule(key=KEYS)
    def clear(self, key: str) -> None:
        for kind in (self.sets, self.counts, self.flags):
            kind.pop(key, None)
        self.counters.clear(self.prefix + key)

    @invariant()
    def reads_agree(self) -> None:
        for key in ("a", "b"):
            name = self.prefix + key
            _, members = self.alive(self.sets, key) or (0, set())
            _, count = self.alive(self.counts, key) or (0, 0)
            _, flag = self.alive(self.flags, key) or (0, None)
            assert self.counters.distinct(name, self.now) == len(members)
            assert self.counters.count(name, self.now) == count
            assert self.counters.flag(name, self.now) == flag

    def alive(self, kind: dict[str, tuple[float, T]], key: str) -> tuple[float, T] | None:
        found = kind.get(key)
        return found if found is not None and self.now < found[0] else None
