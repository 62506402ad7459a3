"""What kind of filter a value would add."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.ldap.filters import MAX_TOKENS, Kind, filter_in


@pytest.mark.parametrize(
    ("text", "kind", "telling"),
    [
        ("*)(uid=*", Kind.BREAKOUT, True),
        ("x)(mail=a", Kind.BREAKOUT, False),
        ("x)(&)", Kind.BREAKOUT, False),
        ("x)(|(userPassword=a", Kind.BREAKOUT, True),
        ("*(|(mail=*))", Kind.NESTED, True),
        ("(&(uid=a)(1=0))", Kind.WHOLE, True),
        ("(&(uid=a)(cn=b))", Kind.WHOLE, False),
        ("userPassword:2.5.13.18:=1", Kind.MATCHING, True),
        ("*))\0", Kind.CUT, True),
    ],
)
def test_reads(text: str, kind: Kind, telling: bool) -> None:
    reading = filter_in(text)
    assert reading is not None
    assert (reading.kind, reading.telling) == (kind, telling)
    assert reading.decided is ("1=0" in text)


@pytest.mark.parametrize(
    "text", ["", "(a)(b)", "f(x)(y=1)", "(x=1)(y=2)", "if (!a) (b = 1)", ")(", "(!x)", "a)b(c=d"]
)
def test_brackets_that_are_no_filters(text: str) -> None:
    assert filter_in(text) is None


@pytest.mark.parametrize("space", [" ", "\t", "\n", "\r\n"])
def test_spaces_between_brackets_hide_nothing(space: str) -> None:
    for text in ("*)(uid=*", "x)(|(cn=*", "(&(uid=a)(1=0))"):
        assert filter_in(text.replace("(", f"({space}").replace(")", f"){space}"))


_PIECES = "( ) & | ! a= =* * \\ \0 :dn: 2.5.13.5 := 1=0 a"
PIECES = _PIECES.split(" ")


@given(st.lists(st.sampled_from(PIECES), max_size=200).map("".join))
@settings(max_examples=100, deadline=None)
def test_pieces_in_any_order_raise_nothing(text: str) -> None:
    filter_in(text)


@pytest.mark.parametrize("piece", ["(", ")", "(&", ")(", "(!(", "a=", "1.", "*)"])
def test_long_repetition_is_read_to_the_bound(piece: str) -> None:
    assert filter_in(piece * 8_192) == filter_in(piece * MAX_TOKENS)
