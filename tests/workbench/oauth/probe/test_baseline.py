"""Telling a yes from a no: by status, by size, or by a word."""

import pytest

from nightlatch.workbench.oauth.flows.call import Answer
from nightlatch.workbench.oauth.flows.steps import FlowFault
from nightlatch.workbench.oauth.probe.baseline import baseline

GOOD = Answer(200, (), b'{"sub": "ada", "name": "Ada", "mail": "ada@example.com"}')
NO = Answer(401, (), b'{"error": "invalid_token"}')
POLITE = Answer(200, (), b'{"error": "no"}')


@pytest.mark.parametrize(("answer", "accepted"), [
    (GOOD, True), (NO, False), (Answer(204), True), (Answer(302), False), (Answer(500), False),
    (Answer(0), False),
])  # fmt: skip
def test_by_status(answer: Answer, accepted: bool) -> None:
    assert baseline(GOOD, NO).accepts(answer) is accepted


@pytest.mark.parametrize(("answer", "accepted"), [
    (GOOD, True), (POLITE, False), (Answer(200, (), GOOD.body + b" "), True),
    (Answer(200, (), b'{"error": "bad token"}'), False), (Answer(200), False), (NO, False),
    (Answer(201, (), GOOD.body), False),
])  # fmt: skip
def test_by_size_where_the_status_is_always_the_same(answer: Answer, accepted: bool) -> None:
    assert baseline(GOOD, POLITE).accepts(answer) is accepted


@pytest.mark.parametrize(("answer", "accepted"), [
    (GOOD, True), (Answer(200, (), GOOD.body.replace(b"Ada", b"Bob")), False), (POLITE, False),
    (Answer(500, (), GOOD.body), False),
])  # fmt: skip
def test_by_a_word(answer: Answer, accepted: bool) -> None:
    same = Answer(200, (), GOOD.body.replace(b"Ada", b"Eva"))
    assert baseline(GOOD, same, "Ada").accepts(answer) is accepted


@pytest.mark.parametrize(("good", "without", "canary", "told"), [
    (NO, NO, "", "nothing to compare"), (Answer(302), NO, "", "nothing to compare"),
    (GOOD, GOOD, "", "open to everybody"),
    (GOOD, Answer(200, (), GOOD.body + b"12345678"), "", "open to everybody"),
    (GOOD, NO, "Bob", "does not have the --canary"), (GOOD, GOOD, "Ada", "without any token"),
])  # fmt: skip
def test_where_nothing_differs_nothing_is_made_of_it(
    good: Answer, without: Answer, canary: str, told: str
) -> None:
    with pytest.raises(FlowFault, match=told):
        baseline(good, without, canary)
