"""Success or failure, said by the status or learned from the answers' shapes."""

from typing import Any

import pytest
from tests.detect.behaviours.sightings import body_of

from nightlatch.detect.behaviours.outcomes import FAILED, MAX_SHAPES, Outcomes
from nightlatch.exchange.content import read_content
from nightlatch.exchange.exchange import Response
from nightlatch.exchange.headers import headers_of

Headers = tuple[tuple[str, str], ...]
TOKEN = {"token": "c0ffee" * 5}
SESSION: Headers = (("Set-Cookie", "sessionid=8f3a9c1b2d4e5f60718293a4; HttpOnly; Path=/"),)
GONE: Headers = (("Set-Cookie", "sessionid=; Max-Age=0"),)
CSRF: Headers = (("Set-Cookie", "csrftoken=8f3a9c1b2d4e5f60718293a4; Path=/"),)


def read(outcomes: Outcomes, status: int, value: Any = None, headers: Headers = ()) -> bool | None:
    kind = "text/html" if isinstance(value, str) else "application/json"
    body = body_of(value)
    answer = Response(status, headers_of((("Content-Type", kind), *headers)), body)
    return outcomes.read(answer, read_content(body, kind))


PLAIN: tuple[tuple[int, Any, Headers, bool | None], ...] = (
    (401, {"detail": "no"}, (), False),
    (400, {"error": "invalid_grant"}, (), False),
    (429, {"error": "slow down"}, (), None),
    (503, None, (), None),
    (200, TOKEN, (), True),
    (200, {"data": {"accessToken": "c0ffee" * 5}}, (), True),
    (200, {"success": True}, (), True),
    (200, {"success": False, "token": "c0ffee" * 5}, (), False),
    (200, {"authenticated": False}, (), False),
    (200, {"error": "E17"}, (), False),
    (200, {"errors": []}, (), None),
    (200, {"message": "Invalid user name or password"}, (), False),
    (200, {"message": "Welcome back"}, (), None),
    (200, False, (), False),
    (200, {"token": "short"}, (), None),
    (200, '<form><input type="password"></form>', (), False),
    (200, "<p>Wrong password</p>", (), False),
    (302, None, (("Location", "/login?error=1"),), False),
    (302, None, (("Location", "/home"),), None),
)


@pytest.mark.parametrize(("status", "value", "headers", "verdict"), PLAIN)
def test_an_answer_by_itself(
    status: int, value: Any, headers: Headers, verdict: bool | None
) -> None:
    assert read(Outcomes(), status, value, headers) is verdict


def test_cases_were_run() -> None:
    assert len(PLAIN) == 19
    assert 401 in FAILED


def test_where_failures_are_known_the_open_answer_is_the_success() -> None:
    outcomes = Outcomes()
    assert read(outcomes, 200, {"id": 7}) is None
    assert read(outcomes, 401) is False
    assert read(outcomes, 200, {"id": 7}) is True
    assert read(outcomes, 204) is True


def test_where_successes_are_known_the_open_answer_is_the_failure() -> None:
    outcomes = Outcomes()
    assert read(outcomes, 200, {"result": 2}) is None
    assert read(outcomes, 200, TOKEN) is True
    assert read(outcomes, 200, {"result": 2}) is False


@pytest.mark.parametrize("other", [(), GONE, CSRF], ids=["none", "taken back", "another"])
def test_of_two_pages_the_one_that_sets_a_session_is_the_success(other: Headers) -> None:
    outcomes = Outcomes()
    assert read(outcomes, 200, "<p>Hello</p>", SESSION) is None
    assert read(outcomes, 200, "<p>Hello</p>", other) is False
    assert read(outcomes, 200, "<p>Hello</p>", SESSION) is True


def test_redirections_are_told_apart_by_where_they_lead_and_what_they_set() -> None:
    outcomes = Outcomes()
    home = (("Location", "/home"),)
    assert read(outcomes, 302, None, (*home, *SESSION)) is None
    assert read(outcomes, 302, None, home) is False
    assert read(outcomes, 302, None, (*home, *SESSION)) is True


def test_where_everything_sets_a_session_nothing_is_said() -> None:
    outcomes = Outcomes()
    assert read(outcomes, 200, "<p>Hello</p>", SESSION) is None
    assert read(outcomes, 200, {"a": 1}, SESSION) is None


def test_an_endpoint_that_always_answers_differently_costs_no_memory() -> None:
    outcomes = Outcomes()
    for number in range(5 * MAX_SHAPES):
        read(outcomes, 200, {f"key{number}": 1})
    assert len(outcomes._met) <= MAX_SHAPES
