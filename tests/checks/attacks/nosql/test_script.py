"""Scripts and commands: no input is too long or too odd."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.nosql.commands import commands_in
from nightlatch.checks.attacks.nosql.operators import in_fragment, in_name
from nightlatch.checks.attacks.nosql.script import runs


@pytest.mark.parametrize(
    "text",
    ["';return true;var x='", "1;sleep(5)", "' || this.a=='b", "';a=new Date();do{}while(1)//"],
)
def test_runs(text: str) -> None:
    assert runs(text)


@pytest.mark.parametrize(
    "text", ["it's; return home", "return 1", "a; b", "x = 'a'; return 'b';", "'a' || 'b'"]
)
def test_does_not_run(text: str) -> None:
    assert not runs(text)


@pytest.mark.parametrize(
    ("text", "certainty"),
    [
        ("*1\r\n$8\r\nflushall\r\n", 90),
        ("x\r\nCONFIG SET dir /tmp\r\n", 75),
        ("x\nCONFIG SET dir /tmp\n", 0),
        ("\r\nconfig set x" + "\r\nnotes" * 200, 0),
        ("please\r\nset the alarm\r\n", 0),
        ("CONFIG SET dir /tmp", 0),
    ],
)
def test_commands_between_line_ends(text: str, certainty: int) -> None:
    assert commands_in(text) == certainty


_PIECES = "' \" ; return var { } $ne : , [ \r\n * $1 db . ( ) || this == true // set 0"
PIECES = _PIECES.split(" ")


@given(st.lists(st.sampled_from(PIECES), max_size=200).map(" ".join))
@settings(max_examples=100, deadline=None)
def test_pieces_in_any_order_raise_nothing(text: str) -> None:
    runs(text)
    commands_in(text)
    in_fragment(text)
    in_name(text)


@pytest.mark.parametrize("piece", [*PIECES, "';", "(!", "\r\nset ", "db.a", "\r\neval '"])
def test_long_repetition_ends(piece: str) -> None:
    # A pattern that backtracks would not come back from these: the suite's timeout is the judge.
    runs(piece * 8_192)
    commands_in(piece * 8_192)
    in_fragment(piece * 8_192)
