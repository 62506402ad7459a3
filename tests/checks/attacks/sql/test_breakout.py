"""What the SQL in a value would do; the cases under `cases/` tell whether it is found at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.sql.breakout import sql_in


@pytest.mark.parametrize(
    ("value", "does"),
    [
        ("' or 1=1", "adds a condition that is decided in advance"),
        ("1 or x=x", "adds a condition that is decided in advance"),
        ("1 union select 1", "appends a second result with UNION SELECT"),
        ("1 and 0 union select 1", "appends a second result with UNION SELECT"),
        ("1; drop table users", "ends the statement and starts another"),
        ("'; declare @x int", "ends the statement and starts another"),
        ("admin'--", "closes a quote and comments the rest out"),
        ("1*1--", "comments the rest of the statement out"),
        ("'+sleep(5)+'", "makes the database wait or work"),
        ("1 and 1=(select 1)", "adds a query of its own"),
        ("1 order by 9--", "counts the columns of the result"),
        ("1 into outfile '/tmp/x'", "writes the result into a file"),
        ("a'+'b", "closes a quote and joins the rest with an operator"),
        ("uncompress(compress(version()))", "asks the database about itself"),
        ("select version()", "is a query of its own"),
        ("elt(1=2,3)", "adds a condition that is decided in advance"),
        ("id`,sleep(5)#", "makes the database wait or work"),
        ("1$$ union select 1", "appends a second result with UNION SELECT"),
        ("1q'[ union select 1", "appends a second result with UNION SELECT"),
        (r"1\' or 1=1", "adds a condition that is decided in advance"),
    ],
)
def test_says_what_it_does(value: str, does: str) -> None:
    found = sql_in(value)
    assert found is not None
    assert found.why == does


def test_the_first_quote_may_be_an_escaped_one() -> None:
    assert sql_in("O''Brien' or 1=1--")
    assert sql_in("\\'' or 1=1--")


def test_length_hides_nothing() -> None:
    padding = "a" * 8_000
    assert sql_in(f"{padding}' or 1=1--")
    assert sql_in(f"' or 1=1 -- {padding}")
    assert sql_in("1" + " " * 8_000 + "or 1=1")
    assert sql_in("1 union select " + "null," * 100 + "null")


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_any_text_is_read_without_an_error(value: str) -> None:
    found = sql_in(value)
    assert found is None or 0 < found.certainty <= 100


_WORDS = "select union or and drop table from where 1 2 = > like sleep ( ) , ; null users"
WORDS = _WORDS.split()


@given(st.lists(st.sampled_from(WORDS)))
@settings(max_examples=100, deadline=None)
def test_sql_words_in_a_sentence_without_a_way_out_are_harmless(words: list[str]) -> None:
    found = sql_in("please note " + " ".join(words))
    assert found is None or found.certainty < 60


_PIECES = "' \" /* */ -- # \\ ( ) '' /*! 1 or = . \n union select , ; and not case when @ in"
PIECES = _PIECES.split(" ")


@given(st.lists(st.sampled_from(PIECES), max_size=300).map(" ".join))
@settings(max_examples=100, deadline=None)
def test_pieces_of_sql_in_any_order_raise_nothing(value: str) -> None:
    sql_in(value)
