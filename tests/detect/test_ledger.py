from hypothesis import given, settings
from hypothesis import strategies as st
from tests.detect.books import NOW, digests

from nightlatch.detect.ledger import BATCH, REMEMBERED, Account
from nightlatch.policy.budgets import Limits, Window

LIMITS = Limits(burst=100, hour=200, day=500)


def test_counts_distinct_subjects_not_answers() -> None:
    account = Account()
    for _ in range(10):
        account.add(digests(range(80)), NOW)
    assert account.count(Window.BURST, NOW) == 80


@given(st.lists(st.integers(0, 200), max_size=300), st.integers(1, 64))
@settings(max_examples=50, deadline=None)
def test_the_count_is_the_same_with_and_without_windows(numbers: list[int], few: int) -> None:
    account = Account()
    new = sum(account.add(digests([number]), NOW, few) for number in numbers)
    assert new == len(set(numbers))
    assert account.count(Window.HOUR, NOW) == len(set(numbers))


@given(st.sets(st.integers(0, 500)), st.sets(st.integers(0, 500)))
@settings(max_examples=50, deadline=None)
def test_more_disclosures_never_count_less(some: set[int], more: set[int]) -> None:
    one, both = Account(), Account()
    one.add(digests(some), NOW)
    both.add(digests(some), NOW)
    both.add(digests(more), NOW)
    assert both.count(Window.DAY, NOW) >= one.count(Window.DAY, NOW)


def test_each_window_forgets_in_its_time() -> None:
    account = Account()
    account.add(digests(range(90)), NOW)
    account.add(digests(range(90, 100)), NOW + 1_000)
    later = NOW + 1_000
    assert account.count(Window.BURST, later) == 10
    assert account.count(Window.HOUR, later) == 100
    assert account.count(Window.HOUR, NOW + 3_700) == 0
    assert account.count(Window.DAY, NOW + 3_700) == 100


def test_a_limit_is_full_when_reached_and_overrun_only_beyond() -> None:
    account = Account()
    account.add(digests(range(100)), NOW)
    assert account.over("address:a", LIMITS, 1, NOW, adding=True) == ()
    assert account.exhausted
    (spent,) = account.over("address:a", LIMITS, 1, NOW, adding=False)
    assert (spent.window, spent.subjects, spent.limit) == ("burst", 100, 100)
    assert 0 < spent.resets_in <= 300


def test_evidence_multiplies_a_limit() -> None:
    account = Account()
    account.add(digests(range(100)), NOW)
    assert account.over("address:a", LIMITS, 10, NOW, adding=False) == ()
    assert not account.exhausted


def test_no_limit_is_below_what_is_usual_unless_a_person_set_it() -> None:
    account = Account()
    account.add(digests(range(490)), NOW)
    assert account.over("address:a", LIMITS, 1, NOW, adding=True)
    assert account.over("address:a", LIMITS, 1, NOW, adding=True, usual=1_536) == ()
    assert account.over("address:a", LIMITS, 1, NOW, adding=True, usual=1_536, fixed=True)
    account.add(digests(range(1_000, 2_200)), NOW)
    assert account.over("address:a", LIMITS, 1, NOW, adding=True, usual=1_536)


def test_a_busy_clean_window_raises_its_limit_once_a_day() -> None:
    account = Account()
    account.add(digests(range(90)), NOW)
    account.add(digests([1]), NOW + 301)
    burst = account.windows[0]
    assert burst.learned == 135
    account.add(digests(range(1_000, 1_500)), NOW + 302)
    account.add(digests([1]), NOW + 700)
    assert burst.learned == 135
    account.add(digests(range(130)), NOW + 90_000)
    account.add(digests([1]), NOW + 90_301)
    assert burst.learned == 195


def test_nothing_is_learned_from_a_window_that_was_overrun() -> None:
    account = Account()
    account.add(digests(range(150)), NOW)
    account.over("address:a", LIMITS, 1, NOW, adding=True)
    account.add(digests([1]), NOW + 301)
    assert account.windows[0].learned == 0


def test_a_persons_limit_is_not_raised_by_what_was_learned() -> None:
    account = Account()
    account.add(digests(range(90)), NOW)
    account.add(digests(range(100)), NOW + 301)
    assert account.over("strangers", LIMITS, 1, NOW + 301, adding=False) == ()
    assert account.over("strangers", LIMITS, 1, NOW + 301, adding=False, fixed=True)


def test_a_clock_that_jumps_back_does_not_freeze_a_window() -> None:
    account = Account()
    account.add(digests(range(100)), NOW + 10**8)
    account.add(digests([1]), NOW)
    assert account.count(Window.DAY, NOW) == 1


def test_memory_of_subjects_is_bounded() -> None:
    account = Account()
    for start in range(0, 50_000, 100):
        account.add(digests(range(start, start + 100)), NOW)
    assert account.size <= 2 * (REMEMBERED + 100) * 5
    assert account.knows(digests([49_999])[0])
    assert not account.knows(digests([0])[0])
    assert abs(account.count(Window.DAY, NOW) - 50_000) < 3_500


@given(
    st.lists(st.tuples(st.integers(0, 30), st.floats(0, 400)), min_size=1, max_size=200),
    st.integers(0, 20),
    st.integers(1, 5),
)
@settings(max_examples=60, deadline=None)
def test_a_window_holds_exactly_those_who_left_since_it_began(
    steps: list[tuple[int, float]], few: int, looked_at_every: int
) -> None:
    account = Account()
    now = NOW
    seen: list[tuple[int, float]] = []
    for number, wait in steps:
        now += wait
        account.add(digests([number]), now, few)
        seen.append((number, now))
        if len(seen) % looked_at_every:
            continue
        for window in account.windows:
            since = {each for each, when in seen if when >= window.start}
            count = account.count(window.window, now)
            assert count in (len(since), 0)
            assert count or now - window.start >= window.window


def test_subjects_that_wait_to_be_counted_fill_a_budget_as_well() -> None:
    account = Account()
    account.add(digests(range(90)), NOW)
    for number in range(100, 109):
        account.add(digests([number]), NOW + 1)
        assert not account.full(100)
    account.add(digests([200]), NOW + 1)
    assert account.full(100)
    assert account.over("address:a", LIMITS, 1, NOW + 1, adding=False)
    for number in range(1_000, 1_000 + 3 * BATCH):
        account.add(digests([number]), NOW + 2)
    assert account.count(Window.BURST, NOW + 2) == 100 + 3 * BATCH
