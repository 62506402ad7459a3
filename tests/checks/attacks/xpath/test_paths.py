"""What goes on as XPath, token by token."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.xpath.paths import MAX_TOKENS, breaks_out, tokens


def test_reads_steps_axes_and_calls() -> None:
    read = [token.text for token in tokens("//user[name='x']/child::node()[1] | $a", 0)]
    assert read == [
        *("//", "user", "[", "name", "=", "'x'", "]"),
        *("/", "child::", "node", "(", ")", "[", "1", "]", "|", "$a"),
    ]


@pytest.mark.parametrize(
    "value",
    [
        "' or count(/*)=1 or '1'='1",
        '" or position()=1 or "a"="b',
        "'or//user or'",
        "']|//*['",
        "')]/../*[('a'='a",
        "1 or count(//user)>0",
        "' and string-length(name(/*[1]))=4 and 'a'='a",
    ],
)
def test_breaks_out(value: str) -> None:
    assert breaks_out(value)
    assert breaks_out(value.upper())
    assert breaks_out(value.replace(" ", "\n\t"))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "'",
        "'yes' and/or 'no'",
        "1 or 2 // both",
        "//user[name='x']",
        "a['b'] / c['d']",
        'replace(/["]/g, "")',
        "$('a').text()",
        "' or '1'='1",
    ],
)
def test_does_not_break_out(value: str) -> None:
    assert not breaks_out(value)


_PIECES = "' \" or and ] [ | / // * @ :: child:: name( position( ) ( 1 = . .. $x count"
PIECES = _PIECES.split(" ")


@given(st.lists(st.sampled_from(PIECES), max_size=200).map(" ".join))
@settings(max_examples=100, deadline=None)
def test_pieces_in_any_order_raise_nothing(text: str) -> None:
    breaks_out(text)


@pytest.mark.parametrize("piece", PIECES)
def test_long_repetition_is_read_to_the_bound(piece: str) -> None:
    assert len(tokens(piece * 8_192, 0)) <= MAX_TOKENS
    breaks_out(piece * 8_192)
    breaks_out("'" + piece * 8_192)
