"""The predicate language: what it says of a thing, and what it says of mistakes."""

import inspect
import sys
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.predicate import (
    MAX_DEPTH,
    MAX_LENGTH,
    Field,
    Kind,
    PredicateError,
    parse_predicate,
)

FIELDS = {
    "check": Field(Kind.TEXT, lambda thing: thing["check"]),
    "path": Field(Kind.TEXT, lambda thing: thing["path"]),
    "status": Field(Kind.NUMBER, lambda thing: thing["status"]),
    "level": Field(Kind.NUMBER, lambda thing: thing["level"], {"low": 1, "medium": 2, "high": 3}),
    "address": Field(Kind.ADDRESS, lambda thing: thing["address"]),
}
THING = {
    "check": "sql-injection",
    "path": "/Internal/reports[1]",
    "status": 404,
    "level": 2,
    "address": "10.1.2.3",
}

TRUE = [
    'check = "sql-injection"',
    "check = SQL-Injection",
    "check != other",
    "path ~ /internal/*",
    "path ~ report",
    "path ~ '*[1]'",
    "status = 404 and status >= 400 and status < 500 and status <= 404 and status > 403",
    "status in (200, 404)",
    "level >= medium and level < high",
    "address = 10.1.2.3",
    "address in (192.0.2.0/24, 10.0.0.0/8, ::1)",
    "address != 192.0.2.1",
    "check in (a, b, 'sql-injection')",
    "check = a or check = b or status = 404",
    "not check = a",
    "not not status = 404",
    "not (check = a or check = b)",
    "check = a and status = 1 or status = 404",
    "(status=404)",
]


@pytest.mark.parametrize("text", TRUE)
def test_true_and_its_opposite_false(text: str) -> None:
    assert parse_predicate(text, FIELDS)(THING) is True
    assert parse_predicate(f"not ({text})", FIELDS)(THING) is False


MISTAKES = {
    "": "column 1: the end: a field is wanted here: check, path, status, level, address",
    "chek = a": 'column 1: chek: did you mean "check"?',
    "status = x": "column 10: x: a number is wanted here",
    "level >= hihg": "column 10: hihg: a number or one of low, medium, high is wanted here",
    "address = here": "column 11: here: an address or a network is wanted here",
    "(check = a": 'column 11: the end: ")" is missing before it',
    "check = a b": 'column 11: b: "and", "or" or the end is missing before it',
    "check > a": 'column 7: >: "check" is no number: it knows =, !=, ~ and "in"',
    "status ~ 4": 'column 8: ~: "status" wants =, !=, ~, <, > or "in" after it',
    "check in a": 'column 10: a: "(" is missing before it',
    "check =": "column 8: the end: a value is missing here",
    'check = "a': "column 8: '\"a' is not understood",
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.items(), ids=list(MISTAKES))
def test_a_mistake_has_its_column_and_what_to_do(text: str, message: str) -> None:
    with pytest.raises(PredicateError) as raised:
        parse_predicate(text, FIELDS)
    assert str(raised.value) == message


def test_bounds() -> None:
    with pytest.raises(PredicateError, match="nested deeper"):
        parse_predicate("(" * (MAX_DEPTH + 1) + "status = 1", FIELDS)
    with pytest.raises(PredicateError, match="longer than"):
        parse_predicate("x" * (MAX_LENGTH + 1), FIELDS)


def test_what_is_no_address_is_in_no_network() -> None:
    inside = parse_predicate("address in (0.0.0.0/0, ::/0)", FIELDS)
    assert not inside(THING | {"address": "unix"})


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="checkstatu =!~<>()\"'\\,.1andornti:/*", max_size=80))
def test_any_text_is_a_predicate_or_a_mistake(text: str) -> None:
    with suppress(PredicateError):
        assert parse_predicate(text, FIELDS)(THING) in {True, False}


_values: dict[str, st.SearchStrategy[Any]] = {
    "check": st.text(max_size=20),
    "path": st.text(max_size=20),
}


@settings(max_examples=100, deadline=None)
@given(st.fixed_dictionaries(_values))
def test_quoted_values_mean_themselves(thing: dict[str, str]) -> None:
    quoted = thing["check"].replace("\\", "\\\\").replace('"', '\\"')
    assert parse_predicate(f'check = "{quoted}"', FIELDS)(thing)


@pytest.mark.parametrize("joint", ["and", "or"])
def test_a_long_list_of_parts_is_not_a_deep_one(joint: str) -> None:
    part = {"and": "status = 404", "or": "status = 1"}[joint]
    text = f" {joint} ".join([part] * 100 + ["level = high"])
    ask = parse_predicate(text, FIELDS)
    frames = 40

    def deep(left: int) -> bool:
        return ask(THING) if not left else deep(left - 1)

    before = sys.getrecursionlimit()
    here = len(inspect.stack(0))
    sys.setrecursionlimit(here + 2 * frames)
    try:
        assert deep(frames // 2) is False
    finally:
        sys.setrecursionlimit(before)
    assert parse_predicate(text.replace("high", "medium"), FIELDS)(THING) is True
