"""Where expressions stand in a text."""

import pytest

from nightlatch.checks.attacks.expressions.delimiters import MAX_EXPRESSIONS, MAX_READ, expressions


@pytest.mark.parametrize(
    ("text", "opening", "inner"),
    [
        ("a {{b}} c", "{{", "b"),
        ("${a{b}c}", "${", "a{b}c"),
        ("<%= a %>", "<%", "= a "),
        ("@(a(b))", "@(", "a(b)"),
        ("#set($a = 1)", "#set(", "$a = 1"),
        ("{% a %}", "{%", " a "),
        ("${open", "${", "open"),
        ("{{a}", "{{", "a}"),
    ],
)
def test_an_expression(text: str, opening: str, inner: str) -> None:
    found = expressions(text)[0]
    assert (found.opening, found.inner) == (opening, inner)


def test_the_inner_of_two_is_read_too() -> None:
    assert [found.opening for found in expressions("${{7*7}}")] == ["${", "{{", "{"]


@pytest.mark.parametrize("fragment", ["{{", "${", "[[", "<%", "@(", "{a"])
def test_reads_no_more_than_it_says(fragment: str) -> None:
    found = expressions(fragment * 8192)
    assert len(found) <= MAX_EXPRESSIONS
    assert sum(len(one.inner) for one in found[:-1]) <= MAX_READ
