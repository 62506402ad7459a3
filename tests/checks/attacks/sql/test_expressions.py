"""How far a text is an expression, and what is in it."""

import pytest

from nightlatch.checks.attacks.sql.expressions import Expression
from nightlatch.checks.attacks.sql.tokens import Reading


def read(value: str) -> Expression:
    return Expression(Reading(value, 0), 0)


@pytest.mark.parametrize(
    "value",
    [
        "1=1",
        "(8)=(3)",
        "1+2+3=(2*3)",
        "'a' like 'a'",
        "1 between 0 and 2",
        "1 in (1,2)",
        "x=x",
        "t.x=t.x",
        "not (1=2)",
        "pi()>3",
        "1 is not null",
        "1=1::int",
        "a>1 or 2>1",
        "case when 1=1 then 1 else 0 end",
    ],
)
def test_is_decided_in_advance(value: str) -> None:
    expression = read(value)
    assert expression.decided
    assert expression.complete


@pytest.mark.parametrize(
    "value",
    [
        "age > 18",
        "1 < x",
        "1 <= x < 3",
        "a.x = b.x",
        "x = 1 and y = 2",
        "name like 'a%'",
        "f(a=a)",
        "length(name) > 3",
        "x between 1 and 3",
    ],
)
def test_is_not_decided_in_advance(value: str) -> None:
    assert not read(value).decided


@pytest.mark.parametrize(
    ("value", "inside"),
    [("(1=2)*3", True), ("f(1=2)", True), ("1=2", False), ("(2+3)=5", False), ("(a=2)*3", False)],
)
def test_is_decided_in_brackets(value: str, inside: bool) -> None:
    assert read(value).decided_inside is inside


@pytest.mark.parametrize(
    ("value", "tokens"),
    [
        ("select a union rep", 0),
        ("the boys' rooms", 1),
        ("2 people", 1),
        ("a or b, c", 3),
        ("1 and (2", 4),
    ],
)
def test_ends_where_sql_does(value: str, tokens: int) -> None:
    assert read(value).at == tokens


def test_counts_what_it_holds() -> None:
    expression = read("ascii(substr((select user()),1,1)) > @@port and sleep(5)")
    assert expression.complete
    assert (expression.queries, expression.called, expression.telling) == (1, 4, 4)
    assert (expression.system, expression.waits, expression.conditions) == (True, True, 1)


@pytest.mark.parametrize(
    ("value", "waits"),
    [
        ("sleep(5)", True),
        ("sleep(0x5)", True),
        ("sleep(if(1,5,0))", True),
        ("dbms_lock.sleep(5)", True),
        ("dbms_pipe.receive_message(('a'),5)", True),
        ("utl_http.request('a')", False),
        ("time.sleep(5)", False),
        ("sleep(ing)", False),
        ("sleep (8 hours)", False),
    ],
)
def test_waits(value: str, waits: bool) -> None:
    assert read(value).waits is waits
