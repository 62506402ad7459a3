from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.measures import NOW, PEOPLE, REQUESTS, caller, measure

from nightlatch.detect.limits import Limiter, People, circles_counted, window_word
from nightlatch.exchange.disclosure import DataClass, Subject
from nightlatch.exchange.exchange import Caller
from nightlatch.exchange.judgement import DetectionKind

AT = "GET /users/{id}"
TEN = measure(REQUESTS, amount=10, seconds=60.0, each="address")
THREE_PEOPLE = measure(PEOPLE, amount=3, seconds=60.0, each="address")


def people(*numbers: int) -> Sequence[Subject]:
    return [Subject(number.to_bytes(8), DataClass.PHONE) for number in numbers]


def test_a_limit_in_requests_stands_against_the_eleventh() -> None:
    limiter = Limiter()
    for left in range(9, -1, -1):
        over, allowances = limiter.ask([TEN], caller(), AT, NOW, stranger=True)
        assert over == ()
        (allowance,) = allowances
        assert (allowance.remaining, allowance.limit, allowance.unit) == (left, 10, "requests")
        assert allowance.window == "minute"
    (spent,), allowances = limiter.ask([TEN], caller(), AT, NOW, stranger=True)
    assert allowances == ()
    assert (spent.rule, spent.circle) == ("measure:M0", "address:198.51.100.7")
    assert 6 <= spent.resets_in <= 12
    other, _ = limiter.ask([TEN], caller("198.51.100.8"), AT, NOW, stranger=True)
    assert other == ()


def test_it_is_told_once() -> None:
    limiter = Limiter()
    for _ in range(40):
        limiter.ask([TEN], caller(), AT, NOW, stranger=True)
    (told,) = limiter.take_detections()
    assert told.kind is DetectionKind.LIMIT_EXCEEDED
    assert told.evidence.startswith("11 requests of address:198.51.100.7 count within the minute")
    assert "ida allowed 10: it walks the list" in told.evidence
    assert told.refuted_by
    assert limiter.take_detections() == ()


def test_a_limit_in_people_counts_each_once() -> None:
    limiter = Limiter()

    def tell(*numbers: int, at: float = NOW) -> int:
        over = limiter.disclose(
            [THREE_PEOPLE, TEN], caller(), AT, people(*numbers), at, stranger=True
        )
        return over[0].subjects if over else 0

    def asks(at: float = NOW) -> bool:
        over, _ = limiter.ask([THREE_PEOPLE], caller(), AT, at, stranger=True)
        return not over

    assert asks()
    assert [tell(1), tell(1), tell(2), tell(2)] == [0, 0, 0, 0]
    assert asks()
    assert tell(3) == 0
    assert not asks(), "used up: whatever is asked for now is refused alike"
    assert tell(3, 4, 5) == 5
    assert not asks(NOW + 59)
    assert asks(NOW + 60)


def test_who_shows_an_unproven_credential_is_counted_by_its_address() -> None:
    limit = measure(REQUESTS, amount=5, seconds=60.0, each="credential")
    who = caller("198.51.100.7", "credential:c1")
    assert circles_counted(limit, who, stranger=False)[0] == "credential:c1"
    assert circles_counted(limit, who, stranger=True)[0] == "address:198.51.100.7"
    assert circles_counted(limit, caller(), stranger=False)[0] == "address:198.51.100.7"


@pytest.mark.parametrize(
    ("each", "counted"),
    [
        ("", ("",)),
        ("address", ("address:198.51.100.7", "network:198.51.100.0/24")),
        ("network", ("network:198.51.100.0/24",)),
        ("headers", ("headers:aa", "network:198.51.100.0/24")),
    ],
)
def test_what_is_counted_by_itself(each: str, counted: tuple[str, ...]) -> None:
    limit = measure(REQUESTS, amount=5, seconds=60.0, each=each)
    assert circles_counted(limit, caller(), stranger=True) == counted
    nameless = Caller("", ("address:unknown",))
    assert circles_counted(limit, nameless, stranger=True)[0] in ("", "address:unknown")


def test_all_together_share_one_limit() -> None:
    limiter, limit = Limiter(), measure(REQUESTS, amount=5, seconds=60.0)
    passed = [
        not limiter.ask([limit], caller(f"10.0.0.{n}"), AT, NOW, stranger=True)[0]
        for n in range(20)
    ]
    assert passed == [True] * 5 + [False] * 15


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 12), st.floats(0, 20)), max_size=80),
    st.integers(1, 5),
)
@settings(max_examples=80, deadline=None)
def test_never_more_people_in_a_window_than_the_limit(
    events: list[tuple[int, int, float]], amount: int
) -> None:
    """One person an answer, and the request asked first: as the pipeline does it."""
    limiter = Limiter()
    limit = measure(PEOPLE, amount=amount, seconds=60.0, each="address")
    now, left = NOW, dict[int, list[tuple[float, int]]]()
    for number, person, gap in events:
        now += gap
        who = caller(f"10.0.{number}.1")
        over, _ = limiter.ask([limit], who, AT, now, stranger=True)
        if not over:
            limiter.disclose([limit], who, AT, people(person), now, stranger=True)
            left.setdefault(number, []).append((now, person))
    for told in left.values():
        for start, _ in told:
            within = {person for at, person in told if start <= at < start + 60}
            assert len(within) <= 2 * amount, "two windows meet at most"
        first = told[0][0]
        assert len({person for at, person in told if at < first + 60}) <= amount


@pytest.mark.parametrize("callers", [9, 11, 1_025])
def test_people_are_counted_more_widely_when_there_is_no_place(callers: int) -> None:
    limiter, limit = Limiter(capacity=10), measure(PEOPLE, amount=2, seconds=60.0, each="address")
    told = 0
    for turn in range(5):
        for number in range(callers):
            who = caller(f"10.{number >> 8}.{number & 255}.1")
            over, _ = limiter.ask([limit], who, AT, NOW + turn, stranger=True)
            if not over:
                told += 1
                member = turn * 100_000 + number
                limiter.disclose([limit], who, AT, people(member), NOW + turn, stranger=True)
    assert told <= 2 * min(callers, 10 + 10 + 1)


def test_the_sets_of_all_callers_have_a_bound() -> None:
    counted = People(3_600.0, capacity=100, subjects=50)
    for number in range(100):
        counted.add((f"address:{number}",), [number, number + 1_000], NOW)
    assert counted.count(("address:3",), NOW).here == 2
    assert counted.count(("address:99",), NOW).key == "", "with all who found no place"
    assert counted.count(("address:99",), NOW).here > 100
    assert counted.count(("address:99",), NOW + 7_201).here == 0


def test_words_of_windows() -> None:
    assert [window_word(seconds) for seconds in (1, 60, 3_600, 86_400, 90)] == [
        "second", "minute", "hour", "day", "90 s",
    ]  # fmt: skip
