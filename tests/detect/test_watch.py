import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.detect.books import ENDPOINT, NOW, BrokenCounters, bulk, caller, look_up, subject

from nightlatch.detect.convictions import CONTAINED
from nightlatch.detect.watch import PROVEN, STRANGER, Watch
from nightlatch.exchange.disclosure import NO_DISCLOSURE, Disclosure
from nightlatch.exchange.exchange import Caller
from nightlatch.exchange.facts import Contract, Directives
from nightlatch.exchange.judgement import DetectionKind, Level, Mode, Phase
from nightlatch.exchange.standing import Standing
from nightlatch.policy.budgets import Budgets, Limits
from nightlatch.policy.decide import decide
from nightlatch.store.memory_counters import MemoryCounters
from nightlatch.store.ports import CounterStore

GUESSER = caller(99_999)


def _watch(budgets: Budgets | None = None, counters: CounterStore | None = None) -> Watch:
    return Watch(MemoryCounters() if counters is None else counters, budgets or Budgets())


def _learn(watch: Watch, people: int = 300, seed: int = 0) -> None:
    """Honest people, each behind an address, who ask for themselves and mistype one in ten."""
    rng = random.Random(seed)
    for _ in range(4 * people):
        person = rng.randrange(people)
        hit = rng.random() < 0.9
        number = person if hit else rng.randrange(10**9, 10**10)
        watch.note(ENDPOINT, caller(person), True, look_up(number, hit=hit), NOW)
    watch.take_detections()


def _guess(watch: Watch, who: Caller, tries: int, now: float = NOW, start: int = 10**6) -> Standing:
    for number in range(start, start + tries):
        standing = watch.note(ENDPOINT, who, True, look_up(number, hit=number % 7 == 0), now)
    return standing


def _holding(number: int, who: Caller) -> Caller:
    """The same caller, who has solved a challenge."""
    return Caller(who.address, (f"pass:{number}", *who.circles))


def _take_until_challenged(watch: Watch, who: Caller) -> None:
    for number in range(10**7, 10**7 + 40):
        if watch.standing(ENDPOINT, who, True, NOW).challenge:
            return
        watch.note(ENDPOINT, who, True, look_up(number, hit=True), NOW)
    raise AssertionError("never challenged")


def _withheld(standing: Standing, phase: Phase) -> bool:
    return decide(standing, None, Mode.ENFORCE, phase, NOW).withhold


def test_nothing_is_said_of_whom_nothing_is_known() -> None:
    watch = _watch()
    assert watch.standing(ENDPOINT, GUESSER, True, NOW) is STRANGER
    assert watch.standing(ENDPOINT, GUESSER, False, NOW) is PROVEN
    assert watch.note(ENDPOINT, GUESSER, True, NO_DISCLOSURE, NOW) is STRANGER
    assert watch.explain(ENDPOINT) == "Nothing is known of this endpoint yet."


def test_a_guesser_is_convicted_and_everything_he_asks_is_refused() -> None:
    watch = _watch()
    _learn(watch)
    assert _guess(watch, GUESSER, 25).convicted
    standing = watch.standing(ENDPOINT, GUESSER, True, NOW)
    assert standing.convicted
    assert "do not exist" in standing.conviction
    assert _withheld(standing, Phase.REQUEST)
    (detection,) = watch.take_detections()
    assert detection.kind is DetectionKind.ENUMERATION
    assert detection.level is Level.HIGH
    assert detection.circle == GUESSER.circles[0]
    assert 0 < detection.false_alarm_rate <= 1e-6
    assert detection.attempts >= detection.subjects


def test_his_neighbours_are_not() -> None:
    watch = _watch()
    _learn(watch)
    _guess(watch, caller(301), 25)
    assert not watch.standing(ENDPOINT, caller(302), True, NOW).convicted
    assert not watch.standing("GET /other", caller(301), True, NOW).convicted


def test_insisting_does_not_help_but_an_hour_of_silence_does() -> None:
    watch = _watch()
    _learn(watch)
    _guess(watch, GUESSER, 25)
    for minutes in range(0, 300, 50):
        assert watch.standing(ENDPOINT, GUESSER, True, NOW + 60 * minutes).convicted
    assert not watch.standing(ENDPOINT, GUESSER, True, NOW + 250 * 60 + CONTAINED).convicted


def test_a_new_key_or_cookie_buys_a_stranger_nothing() -> None:
    watch = _watch()
    _learn(watch)
    for number in range(25):
        circles = (f"credential:{number}", f"session:{number}", *GUESSER.circles)
        fresh = Caller(GUESSER.address, circles)
        watch.note(ENDPOINT, fresh, True, look_up(10**6 + number, hit=False), NOW)
    assert watch.standing(ENDPOINT, GUESSER, True, NOW).convicted


def test_a_proven_credential_is_known_by_itself_wherever_it_comes_from() -> None:
    watch = _watch()
    _learn(watch)
    for number in range(25):
        circles = ("credential:stolen", *caller(number).circles)
        who = Caller(caller(number).address, circles)
        watch.note(ENDPOINT, who, False, look_up(10**6 + number, hit=False), NOW)
    standing = watch.standing(ENDPOINT, Caller("x", ("credential:stolen",)), False, NOW)
    assert standing.convicted
    assert not standing.stranger


@pytest.mark.slow
@given(st.lists(st.sampled_from([1, 2, 3]), min_size=1, max_size=300), st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_a_caller_that_only_revisits_is_never_convicted(asked: list[int], known: int) -> None:
    watch = _watch()
    _learn(watch, people=60)
    for number in asked:
        standing = watch.note(
            ENDPOINT, GUESSER, True, look_up(number + 10**6, hit=number <= known), NOW
        )
        assert not standing.convicted


@pytest.mark.slow
@pytest.mark.parametrize("people", [2, 20, 200, 2_000])
def test_an_office_of_people_who_ask_for_themselves_is_not_refused(people: int) -> None:
    """On its first day it may be challenged, once; then each of them has a pass."""
    watch, rng = _watch(), random.Random(people)
    _learn(watch)
    now, passes = NOW, set()
    for _ in range(max(400, 3 * people)):
        now += 5
        person = rng.randrange(people)
        hit = rng.random() < 0.9
        number = 10**6 + person if hit else rng.randrange(10**9, 10**10)
        who = _holding(person, GUESSER) if person in passes else GUESSER
        watch.standing("GET /news", GUESSER, True, now)
        if watch.standing(ENDPOINT, who, True, now).challenge:
            passes.add(person)
            who = _holding(person, GUESSER)
        assert not _withheld(watch.standing(ENDPOINT, who, True, now), Phase.REQUEST)
        standing = watch.note(ENDPOINT, who, True, look_up(number, hit=hit), now)
        assert not _withheld(standing, Phase.RESPONSE)
    kinds = {detection.kind for detection in watch.take_detections()}
    assert kinds <= {DetectionKind.EXISTENCE_ORACLE}


def test_who_comes_out_of_nowhere_for_ever_new_people_is_challenged() -> None:
    watch = _watch()
    _learn(watch)
    for number in range(10**6, 10**6 + 40):
        standing = watch.standing(ENDPOINT, GUESSER, True, NOW)
        if standing.challenge:
            break
        watch.note(ENDPOINT, GUESSER, True, look_up(number, hit=True), NOW)
    assert number <= 10**6 + 25
    assert standing.price > 0
    assert not standing.convicted
    (detection,) = watch.take_detections()
    assert "different people" in detection.evidence
    assert detection.refuted_by


def test_a_pass_is_good_for_a_few_people_and_judged_by_itself() -> None:
    watch = _watch()
    _learn(watch)
    _take_until_challenged(watch, GUESSER)
    taken = 0
    for number in range(2 * 10**6, 2 * 10**6 + 40):
        if watch.standing(ENDPOINT, _holding(1, GUESSER), True, NOW).bars:
            break
        watch.note(ENDPOINT, _holding(1, GUESSER), True, look_up(number, hit=True), NOW)
        taken += 1
    assert taken == Budgets().passed
    again = watch.standing(ENDPOINT, _holding(1, GUESSER), True, NOW)
    assert again.challenge
    assert not watch.standing(ENDPOINT, _holding(2, GUESSER), True, NOW).bars
    assert watch.standing(ENDPOINT, GUESSER, True, NOW).challenge


def test_those_who_pay_get_what_all_of_them_may_have_and_no_more() -> None:
    watch = _watch(Budgets(paid_allowance=50, bare_allowance=20))
    _learn(watch)
    _take_until_challenged(watch, GUESSER)
    left = 0
    for number in range(200):
        who = _holding(number, GUESSER)
        standing = watch.note(ENDPOINT, who, True, look_up(3 * 10**6 + number, hit=True), NOW)
        left += not _withheld(standing, Phase.RESPONSE)
    assert left == 20
    standing = watch.note(ENDPOINT, _holding(900, GUESSER), True, look_up(5, hit=True), NOW)
    assert not _withheld(standing, Phase.RESPONSE), "somebody had asked for this one before"


def test_a_miss_is_withheld_like_a_hit_when_those_who_pay_have_had_enough() -> None:
    outcomes = set()
    for hit in (True, False):
        watch = _watch(Budgets(bare_allowance=5))
        _learn(watch)
        _take_until_challenged(watch, GUESSER)
        for number in range(5):
            who = _holding(number, GUESSER)
            watch.note(ENDPOINT, who, True, look_up(3 * 10**6 + number, hit=True), NOW)
        who = _holding(99, GUESSER)
        standing = watch.standing(ENDPOINT, who, True, NOW)
        assert standing.weighed
        assert not standing.bars
        standing = watch.note(ENDPOINT, who, True, look_up(4 * 10**6, hit=hit), NOW)
        outcomes.add(_withheld(standing, Phase.RESPONSE))
    assert outcomes == {True}


def test_an_office_that_is_known_is_challenged_where_a_stranger_is_convicted() -> None:
    watch = _watch()
    _learn(watch)
    for _ in range(3):
        for number in range(30):
            watch.note(ENDPOINT, GUESSER, True, look_up(number, hit=True), NOW)
    standing = _guess(watch, GUESSER, 60)
    assert not standing.convicted
    assert watch.standing(ENDPOINT, GUESSER, True, NOW).challenge
    assert not watch.standing(ENDPOINT, _holding(1, GUESSER), True, NOW).bars


def test_ten_thousand_who_hit_each_time_are_seen_without_a_miss() -> None:
    watch = _watch()
    _learn(watch)
    taken = 0
    for number in range(10_000):
        who = caller(10_000 + number)
        if not watch.standing(ENDPOINT, who, True, NOW).bars:
            watch.note(ENDPOINT, who, True, look_up(10**6 + number, hit=True), NOW)
            taken += 1
    assert taken <= 80
    (detection,) = [
        d for d in watch.take_detections() if d.kind is DetectionKind.DISTRIBUTED_ENUMERATION
    ]
    assert "whom nobody had asked for" in detection.evidence


def test_those_who_open_the_app_first_are_seen_by_the_further_people_they_take() -> None:
    watch = _watch()
    _learn_with_news(watch)
    taken = 0
    for number in range(5_000):
        who = caller(10_000 + number % 100)
        watch.standing("GET /news", who, True, NOW)
        if not watch.standing(ENDPOINT, who, True, NOW).bars:
            watch.note(ENDPOINT, who, True, look_up(10**6 + number, hit=True), NOW)
            taken += 1
    assert taken <= 200
    walks = [d for d in watch.take_detections() if d.kind is DetectionKind.DISTRIBUTED_ENUMERATION]
    assert "one more person whom nobody had asked for" in walks[0].evidence


@pytest.mark.slow
def test_a_launch_whose_people_come_by_the_news_is_no_walk() -> None:
    watch = _watch()
    _learn_with_news(watch)
    for number in range(2_000):
        who = caller(10_000 + number)
        for _ in range(2):
            watch.standing("GET /news", who, True, NOW)
            assert not watch.standing(ENDPOINT, who, True, NOW).bars, number
            watch.note(ENDPOINT, who, True, look_up(10**6 + number, hit=True), NOW)
    assert not [
        d for d in watch.take_detections() if d.kind is DetectionKind.DISTRIBUTED_ENUMERATION
    ]


def _learn_with_news(watch: Watch, people: int = 300) -> None:
    """Honest people who come by way of another endpoint, for themselves."""
    rng = random.Random(4)
    for _ in range(6 * people):
        person = rng.randrange(people)
        watch.standing("GET /news", caller(person), True, NOW)
        watch.note(ENDPOINT, caller(person), True, look_up(person, hit=True), NOW)
    watch.take_detections()


def test_an_endpoint_of_the_first_day_is_doubted_at_low() -> None:
    for age, level in ((0.0, Level.LOW), (90_000.0, Level.MEDIUM)):
        watch = _watch()
        _learn(watch)
        for number in range(10**6, 10**6 + 40):
            watch.note(ENDPOINT, GUESSER, True, look_up(number, hit=True), NOW + age)
        told = [d for d in watch.take_detections() if d.kind is DetectionKind.ENUMERATION]
        assert [detection.level for detection in told] == [level]


def test_a_long_list_at_an_endpoint_that_nobody_knows_is_told_at_low() -> None:
    watch = _watch()
    standing = watch.note(ENDPOINT, GUESSER, True, bulk([], range(490)), NOW)
    (told,) = watch.take_detections()
    assert standing.challenge
    assert told.level is Level.LOW
    assert "lists of up to 490" in told.evidence


def test_made_up_accounts_are_newcomers_like_strangers() -> None:
    watch = _watch()
    _learn(watch)
    taken = 0
    for number in range(5_000):
        who = Caller("10.0.0.1", (f"principal:{number}", *caller(7).circles))
        if not watch.standing(ENDPOINT, who, False, NOW).bars:
            watch.note(ENDPOINT, who, False, look_up(10**6 + number, hit=number % 7 == 0), NOW)
            taken += number % 7 == 0
    assert taken <= 60


def test_a_range_in_one_request_convicts_at_once_and_an_address_book_does_not() -> None:
    watch, rng = _watch(), random.Random(9)
    book = [rng.randrange(49_151_000_00000, 49_179_000_00000) for _ in range(150)]
    for numbers, convicted in (([*range(5_000, 5_150)], True), (book, False)):
        asked = tuple(subject(number, shape=number) for number in numbers)
        who = caller(50_000 + convicted)
        standing = watch.note(ENDPOINT, who, True, Disclosure(asked, asked[:30], True), NOW)
        assert standing.convicted is convicted


@pytest.mark.slow
def test_no_single_answer_is_withheld_for_what_it_says() -> None:
    """Two callers whose pasts are the same are treated the same, whether the answer is a hit or a
    miss; only the next request may differ."""
    for tries in range(1, 40):
        outcomes = set()
        for hit in (True, False):
            watch = _watch(Budgets(caller=Limits(5, 5, 5)))
            _learn(watch)
            _guess(watch, GUESSER, tries)
            standing = watch.note(ENDPOINT, GUESSER, True, look_up(77, hit=hit), NOW)
            outcomes.add(_withheld(standing, Phase.RESPONSE))
        assert len(outcomes) == 1


def test_many_who_try_once_each_are_seen_together_and_the_door_closes() -> None:
    watch = _watch(Budgets(walk_allowance=30))
    _learn(watch)
    disclosed = 0
    for number in range(2_000):
        who = caller(10_000 + number)
        if _withheld(watch.standing(ENDPOINT, who, True, NOW), Phase.REQUEST):
            continue
        hit = number % 7 == 0
        disclosed += hit
        watch.note(ENDPOINT, who, True, look_up(10**6 + number, hit=hit), NOW)
    assert disclosed <= 40
    standing = watch.standing(ENDPOINT, caller(50_000), True, NOW)
    assert standing.walked
    assert standing.closed_to_newcomers
    assert "walking" in standing.walk
    kinds = [detection.kind for detection in watch.take_detections()]
    assert kinds.count(DetectionKind.DISTRIBUTED_ENUMERATION) == 1


def test_those_with_a_clean_history_pass_during_a_walk() -> None:
    watch = _watch(Budgets(walk_allowance=10))
    _learn(watch)
    for number in range(500):
        _guess(watch, caller(10_000 + number), 1, start=10**6 + number)
    refused = [
        person
        for person in range(300)
        if _withheld(watch.standing(ENDPOINT, caller(person), True, NOW), Phase.REQUEST)
    ]
    assert len(refused) <= 15
    assert watch.standing(ENDPOINT, caller(50_000), True, NOW).closed_to_newcomers


@pytest.mark.slow
def test_addresses_warmed_up_with_one_known_number_have_no_clean_history() -> None:
    watch = _watch(Budgets(walk_allowance=50))
    _learn(watch)
    warm = [caller(10_000 + number) for number in range(2_000)]
    for who in warm:
        watch.note(ENDPOINT, who, True, look_up(10**9, hit=True), NOW)
    disclosed = 0
    for number, who in enumerate(warm):
        if not _withheld(watch.standing(ENDPOINT, who, True, NOW), Phase.REQUEST):
            disclosed += number % 7 == 0
            watch.note(ENDPOINT, who, True, look_up(10**6 + number, hit=number % 7 == 0), NOW)
    assert disclosed <= 70


@pytest.mark.slow
def test_a_walk_in_progress_does_not_teach_the_baseline() -> None:
    watch = _watch()
    _learn(watch)
    before = watch.explain(ENDPOINT)
    for number in range(5_000):
        _guess(watch, caller(10_000 + number), 1, start=10**6 + number)
    assert watch.explain(ENDPOINT) == before


def test_where_honest_people_miss_the_tests_are_off_and_say_so() -> None:
    watch, rng = _watch(), random.Random(5)
    assert "learning" not in watch.explain(ENDPOINT)
    for number in range(5_000):
        look = look_up(10**6 + number, hit=rng.random() < 0.2)
        watch.note(ENDPOINT, caller(rng.randrange(300)), True, look, NOW)
    assert "are off" in watch.explain(ENDPOINT)
    kinds = {detection.kind for detection in watch.take_detections()}
    assert kinds <= {DetectionKind.EXISTENCE_ORACLE}


def test_a_bulk_that_overruns_the_budget_is_withheld_and_the_next_request_refused() -> None:
    watch = _watch()
    standing = watch.note(ENDPOINT, GUESSER, True, bulk(range(500), range(400)), NOW)
    assert standing.settled
    assert "400 different people" in standing.challenge
    assert _withheld(standing, Phase.RESPONSE)
    assert _withheld(watch.standing(ENDPOINT, GUESSER, True, NOW), Phase.REQUEST)
    assert not _withheld(watch.standing(ENDPOINT, GUESSER, True, NOW + 90_000), Phase.REQUEST)


def test_a_bulk_of_guesses_convicts_at_once() -> None:
    watch = _watch()
    _learn(watch)
    numbers = range(10**6, 10**6 + 200)
    standing = watch.note(ENDPOINT, GUESSER, True, bulk(numbers, numbers[::7]), NOW)
    assert standing.convicted
    assert _withheld(standing, Phase.RESPONSE)


def test_a_list_that_always_hits_is_stopped_long_before_the_budget() -> None:
    watch = _watch()
    _learn(watch)
    passed = 0
    for number in range(10**6, 10**6 + 20_000):
        if _withheld(watch.standing(ENDPOINT, GUESSER, True, NOW), Phase.REQUEST):
            break
        watch.note(ENDPOINT, GUESSER, True, look_up(number, hit=True), NOW)
        passed += 1
    assert passed <= 30


def test_record_numbers_in_a_row_convict_even_if_all_exist() -> None:
    watch = _watch()
    for number in range(30):
        asked = (subject(number, shape=5_000 + number),)
        watch.note(ENDPOINT, GUESSER, True, Disclosure(asked, asked, True), NOW)
    standing = watch.standing(ENDPOINT, GUESSER, True, NOW)
    assert standing.convicted
    assert "in a row, each +1" in standing.conviction


def test_a_persons_limit_holds_for_all_strangers_together() -> None:
    watch = _watch()
    watch.apply(Directives(1, None, (Contract(ENDPOINT, hourly_limit=50),)))
    for number in range(60):
        watch.note(ENDPOINT, caller(number), True, look_up(number, hit=True), NOW)
    standing = watch.standing(ENDPOINT, caller(7_000), True, NOW)
    assert standing.overspent[0].circle == "strangers"
    assert standing.overspent[0].limit == 50
    assert not watch.standing(ENDPOINT, caller(7_000), False, NOW).overspent
    watch.apply(Directives(2))
    assert not watch.standing(ENDPOINT, caller(7_000), True, NOW).overspent


def test_an_existence_oracle_is_told_once() -> None:
    watch = _watch()
    _learn(watch)
    _learn(watch, seed=1)
    watch = _watch()
    for _ in range(3):
        for number in range(60):
            watch.note(ENDPOINT, caller(number), True, look_up(number, hit=number % 4 != 0), NOW)
    oracles = [d for d in watch.take_detections() if d.kind is DetectionKind.EXISTENCE_ORACLE]
    assert len(oracles) == 1
    assert "45 did and 15 did not" in oracles[0].evidence


def test_an_answer_that_changes_for_the_same_identifier_is_no_oracle() -> None:
    watch = _watch()
    for turn in range(6):
        for number in range(60):
            hit = (number + turn) % 2 == 0
            watch.note(ENDPOINT, caller(number), True, look_up(number, hit=hit), NOW)
    kinds = [detection.kind for detection in watch.take_detections()]
    assert DetectionKind.EXISTENCE_ORACLE not in kinds


def test_a_refused_exchange_teaches_nothing() -> None:
    watch = _watch()
    for number in range(200):
        watch.note(ENDPOINT, GUESSER, True, look_up(number, hit=True), NOW, withheld=True)
    assert watch.explain(ENDPOINT) == "Nothing is known of this endpoint yet."


def test_a_conviction_outlives_the_tables_and_the_process() -> None:
    counters = MemoryCounters()
    watch = _watch(counters=counters)
    _learn(watch)
    _guess(watch, GUESSER, 25)
    other = _watch(counters=counters)
    assert other.standing(ENDPOINT, GUESSER, True, NOW).convicted
    assert not other.standing(ENDPOINT, caller(1), True, NOW).convicted


def test_a_broken_counter_store_costs_only_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE", raising=False)
    watch = _watch(counters=BrokenCounters())
    _learn(watch)
    assert _guess(watch, GUESSER, 25).convicted
    assert watch.standing(ENDPOINT, GUESSER, True, NOW).convicted


@pytest.mark.slow
@pytest.mark.parametrize("addresses", [1_001, 2_002, 5_000])
def test_more_addresses_than_the_table_holds_are_still_seen(addresses: int) -> None:
    """The known evasion: k+1 addresses round robin through a table of k."""
    watch = Watch(MemoryCounters(), Budgets(walk_allowance=100), max_callers=1_000)
    _learn(watch)
    disclosed = 0
    for number in range(12_000):
        who = caller(10_000 + number % addresses)
        if _withheld(watch.standing(ENDPOINT, who, True, NOW), Phase.REQUEST):
            continue
        hit = number % 7 == 0
        disclosed += hit
        watch.note(ENDPOINT, who, True, look_up(10**6 + number, hit=hit), NOW)
    assert disclosed <= 120


@given(st.lists(st.floats(-1e10, 1e11), min_size=1, max_size=80))
@settings(max_examples=40, deadline=None)
def test_any_clock_is_survived(times: list[float]) -> None:
    watch = _watch(Budgets(caller=Limits(5, 5, 5), walk_allowance=3))
    for number, now in enumerate(times):
        who = caller(number % 7)
        watch.standing(ENDPOINT, who, True, now)
        watch.note(ENDPOINT, who, True, look_up(number, hit=number % 3 == 0), now)


def test_a_caller_without_circles_of_address_or_network_is_taken_as_it_is() -> None:
    watch = _watch()
    odd = Caller("", ("session:abc",))
    standing = watch.note(ENDPOINT, odd, True, look_up(1, hit=True), NOW)
    assert standing is STRANGER


@pytest.mark.slow
def test_memory_is_flat_over_50_000_addresses() -> None:
    watch = Watch(MemoryCounters(), max_callers=2_048, max_subjects=12_500)
    for number in range(50_000):
        watch.note(ENDPOINT, caller(number), True, look_up(number, hit=number % 10 != 0), NOW)
    assert watch.histories <= 3 * 2_048
    assert watch.subjects <= 2 * 12_500
