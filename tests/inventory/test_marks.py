"""What an application says of its endpoints, and who has the last word."""

import pytest

from nightlatch.exchange.disclosure import DataClass
from nightlatch.exchange.exchange import Endpoint
from nightlatch.exchange.facts import Contract, Directives, Expectation
from nightlatch.exchange.judgement import Mode
from nightlatch.exchange.mark import Mark
from nightlatch.inventory.inventory import Inventory
from nightlatch.inventory.marks import Marks, with_mark

PUBLIC = Mark(public=True, owner="web team", reason="the status page")
KEY = "GET /status"


def test_the_code_wins_over_patterns_and_the_first_pattern_over_others() -> None:
    marks = Marks([("GET /status*", PUBLIC), ("GET /*", Mark(sensitive=True))])
    assert marks.of(KEY) == PUBLIC
    assert marks.of("GET /people") == Mark(sensitive=True)
    assert marks.of("POST /people") is None
    marks.note(KEY, Mark(subjects=("pet",)))
    assert marks.of(KEY) == Mark(subjects=("pet",))
    assert marks.subjects(KEY) == {"pet"}
    assert marks.subjects("POST /people") == frozenset()


def test_a_public_mark_is_a_contract_until_a_person_decides() -> None:
    inventory = Inventory(Marks([(KEY, PUBLIC)]))
    endpoint = Endpoint("GET", "/status")
    marked = inventory.contract(endpoint)
    assert marked == Contract(KEY, Expectation.PUBLIC, "web team", "the status page")
    decided = Contract(KEY, Expectation.MUST_AUTHENTICATE, "security", "no longer")
    inventory.apply(Directives(1, contracts=(decided,)))
    assert inventory.contract(endpoint) == decided
    assert inventory.facts(endpoint, 0.0).contract == decided


@pytest.mark.parametrize("expires", [None, 10.0])
def test_a_person_who_only_set_the_mode_has_not_decided_who_may_ask(expires: float | None) -> None:
    decided = Contract(KEY, mode=Mode.ENFORCE, expires=expires)
    completed = with_mark(KEY, decided, PUBLIC)
    assert completed is not None
    assert completed.expectation_at(100.0) is Expectation.PUBLIC
    assert completed.mode is Mode.ENFORCE


def test_a_decision_that_expired_does_not_come_back_as_a_mark() -> None:
    decided = Contract(KEY, Expectation.PUBLIC, "ada", "for a week", expires=10.0)
    assert with_mark(KEY, decided, PUBLIC) == decided


def test_sensitive_answers_are_personal_data() -> None:
    marks = Marks([(KEY, Mark(sensitive=True))])
    assert [item.data_class for item in marks.items(KEY)] == [DataClass.MARKED]
    assert DataClass.MARKED.personal
    assert marks.items("GET /other") == ()
