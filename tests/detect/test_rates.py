"""GCRA: the promise it makes, and no cliff whatever the number of callers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.detect.rates import TOGETHER, Gcra, Generations

NOW = 1_800_000_000.0
ME = ("address:192.0.2.1", "network:192.0.2.0/24")


def test_a_burst_passes_then_the_rate() -> None:
    rate = Gcra(10, 60)
    told = [rate.ask(ME, NOW) for _ in range(11)]
    assert [one.passes for one in told] == [True] * 10 + [False]
    assert [one.remaining for one in told] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]
    assert told[0].wait == 6, "until nothing counts any more"
    assert told[9].wait == 60
    # The refused one counted: two intervals to wait instead of one.
    assert told[10].wait == 12
    assert not rate.ask(ME, NOW + 11.9).passes
    fresh = Gcra(10, 60)
    assert all(fresh.ask(ME, NOW + 6 * n).passes for n in range(100))


def test_who_waits_as_told_is_served() -> None:
    rate = Gcra(3, 30)
    now, waited = NOW, 0
    for _ in range(50):
        verdict = rate.ask(ME, now)
        if not verdict.passes:
            waited += 1
            now += verdict.wait
            assert rate.ask(ME, now).passes
    assert waited > 10


def test_who_keeps_asking_faster_than_the_rate_is_refused_for_good() -> None:
    rate = Gcra(60, 60)
    passed = [rate.ask(ME, NOW + n / 2).passes for n in range(7_200)]
    assert sum(passed[:240]) < 130
    assert not any(passed[240:]), "an hour at twice the rate leaks nothing more"
    # And who stops is served again after one window at most.
    assert rate.ask(ME, NOW + 3_600 + 61).passes


def test_one_just_above_the_rate_does_not_leak_for_ever() -> None:
    rate = Gcra(60, 60)
    passed = [rate.ask(ME, NOW + n * 60 / 66).passes for n in range(10_000)]
    assert not any(passed[1_500:])


@given(
    amount=st.integers(1, 40),
    seconds=st.sampled_from([1.0, 7.0, 60.0, 3_600.0]),
    gaps=st.lists(st.floats(0, 30), min_size=1, max_size=120),
)
@settings(max_examples=100, deadline=None)
def test_never_more_than_the_burst_and_the_rate(
    amount: int, seconds: float, gaps: list[float]
) -> None:
    rate = Gcra(amount, seconds)
    now, passed = NOW, []
    for gap in gaps:
        now += gap * seconds / 60
        if rate.ask(ME, now).passes:
            passed.append(now)
    for start in range(len(passed)):
        for end in range(start, len(passed)):
            allowed = amount + (passed[end] - passed[start]) * amount / seconds
            assert end - start + 1 <= allowed + 1e-3


@given(
    st.lists(st.tuples(st.integers(0, 5), st.floats(0, 5)), min_size=1, max_size=150),
    st.integers(1, 4),
)
@settings(max_examples=60, deadline=None)
def test_full_or_not_each_key_and_all_together_keep_the_promise(
    events: list[tuple[int, float]], capacity: int
) -> None:
    amount, seconds = 3, 10.0
    rate = Gcra(amount, seconds, capacity)
    now, passed = NOW, dict.fromkeys(range(6), 0)
    for caller, gap in events:
        now += gap
        keys = (f"address:192.0.{caller}.1", f"network:192.0.{caller}.0/24")
        passed[caller] += rate.ask(keys, now).passes
    each = amount + (now - NOW) * amount / seconds
    assert sum(passed.values()) <= 3 * capacity * each + 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("callers", [1_025, 5_001, 10_001, 50_000])
@pytest.mark.parametrize("capacity", [1_024, 5_000, 10_000])
def test_there_is_no_cliff_one_caller_past_the_table(callers: int, capacity: int) -> None:
    """Peers stop limiting altogether one address past their table's size. Each caller asks at
    twelve times its rate, in turn, for a minute and a half."""
    rounds = 6
    amount, seconds = 2, 60.0
    rate = Gcra(amount, seconds, capacity)
    passed = 0
    for turn in range(rounds):
        for number in range(callers):
            a, b, c = number >> 16, number >> 8 & 255, number & 255
            keys = (f"address:10.{a}.{b}.{c}", f"network:10.{a}.{b}.0/24")
            now = NOW + turn * 15 + 15 * number / callers
            passed += rate.ask(keys, now).passes
    asked = rounds * callers
    each = amount + 90 * amount / seconds
    assert passed < asked * 0.9, "somebody was limited"
    assert passed <= min(callers * each, 3 * capacity * each)
    assert len(rate) <= 2 * capacity


def test_who_found_a_place_is_not_touched_by_the_crowd() -> None:
    rate = Gcra(5, 60, capacity=10)
    assert rate.ask(ME, NOW).remaining == 4
    for number in range(10_000):
        rate.ask((f"address:10.0.{number >> 8}.{number & 255}", "network:10.0.0.0/16"), NOW)
    verdict = rate.ask(ME, NOW)
    assert (verdict.passes, verdict.remaining, verdict.key) == (True, 3, ME[0])


def test_past_the_networks_all_are_counted_together() -> None:
    rate = Gcra(5, 60, capacity=1)
    keys = [rate.ask((f"address:{n}", f"network:{n}"), NOW).key for n in range(4)]
    assert keys == ["address:0", "network:1", TOGETHER, TOGETHER]
    together = [rate.ask(("address:9", "network:9"), NOW).passes for _ in range(10)]
    assert together == [True] * 3 + [False] * 7


def test_a_clock_set_back_keeps_nobody_out_for_long() -> None:
    rate = Gcra(2, 10)
    for _ in range(9):
        rate.ask(ME, NOW + 1e6)
    assert rate.ask(ME, NOW).wait <= 20
    assert rate.ask(ME, NOW + 21).passes


def test_a_generation_lives_its_life_and_is_then_gone() -> None:
    table: Generations[int] = Generations(10.0, 3)
    for key in "abc":
        assert table.get(key, NOW) is None
        assert table.fits()
        table.put(key, 1)
    assert not table.fits()
    assert [table.get(key, NOW + 9.9) for key in "abc"] == [1, 1, 1]
    assert table.get("a", NOW + 10) == 1
    table.put("a", 2)
    assert table.get("b", NOW + 19.9) == 1
    assert table.get("b", NOW + 20) is None
    assert table.get("a", NOW + 20) == 2
    assert len(table) == 1
    assert table.get("a", NOW + 1_000) is None
    assert table.fits()
