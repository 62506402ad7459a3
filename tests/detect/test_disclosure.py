import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.detect.disclosure import Disclosures
from nightlatch.exchange.content import EMPTY, Content, Leaf, query_leaves, read_content
from nightlatch.exchange.disclosure import NO_DISCLOSURE, DataClass, Disclosure, Subject
from nightlatch.exchange.exchange import Body
from nightlatch.exchange.hashing import Hasher

HASHER = Hasher(b"k" * 32)
ENDPOINT = "POST /lookup"


def number(index: int) -> str:
    return f"+1555{index:07d}"


def content(value: Any) -> Content:
    return read_content(Body(json.dumps(value).encode()), "application/json")


def form(text: str) -> Content:
    return read_content(Body(text.encode()), "application/x-www-form-urlencoded")


def in_path(value: str, name: str = "phone") -> tuple[Leaf, ...]:
    return (Leaf(f"path.{name}", name, value),)


def ask(
    parameters: Sequence[Leaf] = (), query: str = "", body: Content = EMPTY
) -> tuple[Subject, ...]:
    return Disclosures(HASHER).asked(ENDPOINT, parameters, query_leaves(query), body)


def bulk(*indices: int) -> tuple[Subject, ...]:
    return tuple(ask(in_path(number(index)))[0] for index in indices)


def read(asked: tuple[Subject, ...], value: Any, status: int = 200) -> Disclosure:
    return Disclosures(HASHER).read(ENDPOINT, asked, status, content(value))


# What was asked for


@pytest.mark.parametrize(
    "asked",
    [
        ask(in_path("+15550000007")),
        ask(in_path("+1 (555) 000-0007")),
        ask(in_path("0015550000007")),
        ask(query="phone=%2B15550000007"),
        ask(query="q=x&phone=15550000007"),
        ask(body=form("phone=%2B15550000007&code=1234")),
        ask(body=content({"phone": "+15550000007"})),
        ask(body=content({"user": {"phone": "+15550000007", "email": "a@example.org"}})),
        ask(body=content({"phones": ["+15550000007"]})),
        ask(body=content({"phones": ["+15550000007", "15550000007"]})),
        ask(body=content([{"phone": "+15550000007"}])),
    ],
)
def test_the_same_person_is_the_same_subject_wherever_asked(asked: tuple[Subject, ...]) -> None:
    assert [subject.digest for subject in asked] == [bulk(7)[0].digest]
    assert asked[0].data_class is DataClass.PHONE
    assert asked[0].shape == 15550000007


@pytest.mark.parametrize(
    "body",
    [
        content([number(index) for index in range(500)]),
        content({"contacts": [{"phone": number(index), "name": "x"} for index in range(500)]}),
        content({"user_id": 5, "phones": [number(index) for index in range(500)]}),
        content({"data": {"phones": [number(index) for index in range(500)]}}),
    ],
)
def test_a_bulk_look_up_of_500_is_500(body: Content) -> None:
    assert len(ask(body=body)) == 500


@pytest.mark.parametrize(
    "query",
    [
        "phone=%2B15550000001&phone=%2B15550000002&phone=%2B15550000003",
        "phones=%2B15550000001,%2B15550000002,%2B15550000003",
    ],
)
def test_a_repeated_or_joined_parameter_asks_for_several(query: str) -> None:
    assert {s.digest for s in ask(query=query)} == {s.digest for s in bulk(1, 2, 3)}


def test_the_path_wins_over_the_body_and_the_body_over_the_query() -> None:
    body = content({"phone": number(2)})
    assert ask(in_path(number(1)), "phone=" + number(3), body) == bulk(1)
    assert ask((), "phone=" + number(3), body) == bulk(2)


def test_several_identifiers_outside_of_lists_are_one_record() -> None:
    parameters = (*in_path("17", "account_id"), *in_path("33", "order_id"))
    assert len(ask(parameters)) == 1
    assert ask(parameters) == ask(in_path("33", "order_id"))


def test_nobody_is_asked_for_by_a_page_or_a_language() -> None:
    assert ask(query="page=3&lang=en&limit=100") == ()


# What was disclosed


def test_a_confirmed_identifier_discloses_the_one_asked_for() -> None:
    answer = {"account_id": "a-5591", "phone": number(7), "email": "a@example.org"}
    assert read(bulk(7), answer) == Disclosure(bulk(7), bulk(7), True)


@pytest.mark.parametrize(
    ("status", "value"), [(404, {"error": "x"}), (200, {"exists": False}), (200, None)]
)
def test_a_miss_discloses_nobody(status: int, value: Any) -> None:
    assert read(bulk(7), value, status) == Disclosure(bulk(7), (), False)


@pytest.mark.parametrize("status", [302, 400, 401, 403, 429, 500])
def test_an_answer_that_says_nothing_is_neither(status: int) -> None:
    assert read(bulk(7), {"phone": number(7)}, status) == Disclosure(bulk(7), (), None)


def test_a_conflict_tells_that_the_account_exists_and_shows_no_one_else() -> None:
    assert read(bulk(7), {"error": "taken"}, 409) == Disclosure(bulk(7), bulk(7), True)


def test_the_devices_of_an_account_are_not_people() -> None:
    answer = {"phone": number(7), "devices": [{"id": 1}, {"id": 2}, {"id": 3}]}
    assert read(bulk(7), answer).disclosed == bulk(7)


def test_a_search_discloses_every_record_it_returns() -> None:
    answer = {"users": [{"phone": number(index)} for index in range(50)]}
    disclosure = read((), answer)
    assert {s.digest for s in disclosure.disclosed} == {s.digest for s in bulk(*range(50))}
    assert disclosure.hit is None


def test_records_behind_what_is_nested_too_deep_are_counted() -> None:
    deep = json.loads("[" * 60 + "]" * 60)
    found = read((), {"deep": deep, "users": [{"phone": number(1)}, {"phone": number(2)}]})
    assert found.disclosed == bulk(1, 2)


def test_an_answer_without_identifiers_discloses_nobody() -> None:
    assert read((), {"items": [{"title": "Garden chair, folding", "price": 49.5}]}) == NO_DISCLOSURE


def test_a_search_that_finds_one_found_the_one_asked_for() -> None:
    assert read(bulk(7), {"users": [{"id": 99, "name": "x"}]}).disclosed == bulk(7)


def test_friends_in_an_answer_are_people_too() -> None:
    answer = {"phone": number(7), "friends": [{"phone": number(8)}, {"phone": number(9)}]}
    assert read(bulk(7), answer).disclosed == bulk(7, 8, 9)


def test_nobody_asked_and_nobody_shown() -> None:
    assert read((), {"status": "ok"}) == NO_DISCLOSURE
    assert read((), {"error": "x"}, 404) is NO_DISCLOSURE


BULK_ANSWERS: list[Any] = [
    [{"phone": number(1), "id": 5}, {"phone": number(3), "id": 6}],
    {"users": [{"phone": number(1)}, {"phone": number(3)}], "total": 2},
    [number(1), number(3)],
    {"registered": [number(1), number(3)]},
    {number(1): {"id": 5}, number(2): None, number(3): {"id": 6}, number(4): None},
    {"results": {number(1): True, number(2): False, number(3): True, number(4): False}},
    [True, False, True, False],
    {"exists": [True, False, True, None]},
    [{"phone": number(index), "exists": index in (1, 3)} for index in (1, 2, 3, 4)],
]


@pytest.mark.parametrize("answer", BULK_ANSWERS)
def test_a_bulk_answer_discloses_those_that_came_back(answer: Any) -> None:
    disclosure = read(bulk(1, 2, 3, 4), answer)
    assert {s.digest for s in disclosure.disclosed} == {s.digest for s in bulk(1, 3)}
    assert disclosure.hit is True


def test_there_were_bulk_answers() -> None:
    assert len(BULK_ANSWERS) == 9


def test_records_that_come_back_under_another_identifier_are_counted() -> None:
    disclosure = read(bulk(1, 2, 3, 4), {"users": [{"user_id": 71}, {"user_id": 72}]})
    assert len(disclosure.disclosed) == 2


def test_an_empty_bulk_answer_is_all_misses() -> None:
    assert read(bulk(1, 2), []) == Disclosure(bulk(1, 2), (), False)


@given(st.sets(st.integers(0, 10**6), min_size=2, max_size=30), st.data())
@settings(max_examples=50, deadline=None)
def test_a_bulk_never_discloses_less_than_part_of_its_answer(
    indices: set[int], data: st.DataObject
) -> None:
    answered = data.draw(st.sets(st.sampled_from(sorted(indices))))
    part = data.draw(st.sets(st.sampled_from(sorted(indices)))) & answered
    asked = bulk(*indices)
    whole = read(asked, [{"phone": number(index)} for index in answered])
    some = read(asked, [{"phone": number(index)} for index in part])
    assert len(whole.disclosed) == len(answered)
    assert {s.digest for s in some.disclosed} <= {s.digest for s in whole.disclosed}


def test_endpoints_are_bounded() -> None:
    disclosures = Disclosures(HASHER)
    for index in range(2_500):
        disclosures.read(f"GET /{index}", (), 200, EMPTY)
    assert len(disclosures._shapes) == 2_000


def test_nothing_of_the_identifier_is_left() -> None:
    (subject,) = bulk(7)
    assert len(subject.digest) == 8
    other = Disclosures(Hasher(b"x" * 32)).asked(ENDPOINT, in_path(number(7)), (), EMPTY)
    assert other[0].digest != subject.digest


# May reading it wait until the answer has left?

_VALUES = st.one_of(
    st.integers(0, 10**12),
    st.sampled_from([number(1), number(2), "ada@example.com", "active", "8213", ""]),
    st.booleans(),
    st.none(),
)
_KEYS = st.sampled_from(["phone", "email", "id", "user_id", "users", "status", "name", "data"])
_JSON = st.recursive(
    _VALUES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)
_QUERIES = st.lists(
    st.tuples(_KEYS, st.sampled_from(["%2B15550000001", "8213,8214", "a%40b.example", "x"])),
    max_size=3,
).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs))


@pytest.mark.slow
@given(_JSON, _JSON, _QUERIES, st.sampled_from([number(1), f"{number(1)},{number(2)}", "8213"]))
@settings(max_examples=300, deadline=None)
def test_what_may_wait_is_about_one_person_at_most(
    asked: Any, answered: Any, query: str, value: str
) -> None:
    parameters, leaves = in_path(value), query_leaves(query)
    request, response = content(asked), content(answered)
    disclosures = Disclosures(HASHER)
    if disclosures.may_be_several(parameters, leaves, request, response):
        return
    subjects = disclosures.asked(ENDPOINT, parameters, leaves, request)
    assert len(subjects) <= 1
    assert len(disclosures.read(ENDPOINT, subjects, 200, response).disclosed) <= 1


def test_a_plain_look_up_may_wait_and_lists_may_not() -> None:
    disclosures = Disclosures(HASHER)
    one, several = content({"id": 7, "tags": ["a"]}), content([{"id": 7}, {"id": 8}])
    assert not disclosures.may_be_several(in_path(number(1)), (), EMPTY, one)
    assert disclosures.may_be_several(in_path(number(1)), (), EMPTY, several)
    assert disclosures.may_be_several((), (), content({"phones": [number(1), number(2)]}), one)
    assert disclosures.may_be_several((), query_leaves("id=7&id=8"), EMPTY, one)


class TestNamedByTheApplication:
    """Names that give nothing away, but that the code marks."""

    @staticmethod
    def named() -> Disclosures:
        return Disclosures(HASHER, lambda key: frozenset({"pet"} if key == ENDPOINT else ()))

    def test_wherever_the_request_has_it(self) -> None:
        pets = self.named()
        asked = [
            pets.asked(ENDPOINT, in_path("rex", "pet"), (), EMPTY),
            pets.asked(ENDPOINT, (), query_leaves("pet=rex&page=2"), EMPTY),
            pets.asked(ENDPOINT, (), (), form("pet=rex&phone=%2B15550000001")),
            pets.asked(ENDPOINT, (), (), content({"filter": {"pet": "rex"}})),
        ]
        assert all(subjects == asked[0] for subjects in asked)
        assert len(asked[0]) == 1
        assert pets.asked("GET /other", (), query_leaves("pet=rex"), EMPTY) == ()

    def test_each_of_a_list_counts_in_requests_and_in_answers(self) -> None:
        pets = self.named()
        several = [{"pet": f"rex-of-{word}"} for word in ("ada", "bob", "eve")]
        assert len(pets.asked(ENDPOINT, (), (), content(several))) == 3
        answer = pets.read(ENDPOINT, (), 200, content({"found": several}))
        assert len(answer.disclosed) == 3
        assert pets.may_be_several((), (), EMPTY, content(several), ENDPOINT)

    def test_what_was_asked_for_is_told_by_its_answer(self) -> None:
        pets = self.named()
        asked = pets.asked(ENDPOINT, (), query_leaves("pet=rex"), EMPTY)
        assert pets.read(ENDPOINT, asked, 200, content({"owner": "known"})).disclosed == asked
