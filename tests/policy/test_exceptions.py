"""What people decided is no attack here."""

import pytest

from nightlatch.checks.attacks.value import Attack
from nightlatch.exchange.exchange import Caller, Endpoint, Request
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.predicate import PredicateError
from nightlatch.policy.exceptions import FIELDS, Exceptions

SQL = Attack("sql-injection", 90, "…", "JSON", "$.query")
XSS = Attack("cross-site-scripting", 70, "…", "query", "q")
REQUEST = Request("POST", "https", "api.example.com", "/reports/7", "", Headers(), "10.0.0.9")
ENDPOINT = Endpoint("POST", "/reports/{id}")
CALLER = Caller("10.0.0.9", ("address:10.0.0.9",))


def remaining(text: str) -> tuple[Attack, ...]:
    return Exceptions(text).remaining((SQL, XSS), REQUEST, ENDPOINT, CALLER)


def test_without_exceptions_all_remain() -> None:
    assert remaining("") == remaining("# none\n\n") == (SQL, XSS)


@pytest.mark.parametrize(
    "text",
    [
        "check = sql-injection",
        'endpoint = "POST /reports/{id}" and name = "$.query"',
        "place = json and path ~ /reports/*",
        "certainty > 80 and method = post and host = api.example.com",
        "address in (10.0.0.0/8) and check ~ sql*",
        "check = nothing\n# a comment\ncheck = sql-injection",
    ],
)
def test_an_exception_takes_out_what_it_speaks_of(text: str) -> None:
    assert remaining(text) == (XSS,)


def test_a_mistake_names_its_line() -> None:
    with pytest.raises(PredicateError, match=r"^line 2, column 1: chk: did you mean"):
        Exceptions("check = a\nchk = b")


def test_every_field_can_be_asked_for() -> None:
    values = {"certainty": "1", "address": "::1"}
    for field in FIELDS:
        assert remaining(f"{field} = {values.get(field, 'x')}") == (SQL, XSS)
