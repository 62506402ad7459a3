"""Markdown's back quotes, and pieces of paths."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.shell.inline_code import is_inline_code, is_part_of_path
from nightlatch.checks.attacks.shell.words import Word

CODE = ("`a b`.", "see `a b`", "* `a b`", "[`a b`]", "### X: `a b`", "`a b` is x", "1. `a b`")
CALLS = (
    "`a b`",
    "x`a b`",
    "`a b`y",
    "'`a b`'",
    ";`a b`",
    "127.0.0.1 `a b`",
    "|`a b`.",
    "& x `a b`",
)


@pytest.mark.parametrize("text", CODE)
def test_code(text: str) -> None:
    assert is_inline_code(text, text.index("`"), text.rindex("`") + 1)


@pytest.mark.parametrize("text", CALLS)
def test_no_code(text: str) -> None:
    assert not is_inline_code(text, text.index("`"), text.rindex("`") + 1)


@pytest.mark.parametrize(
    ("text", "name", "argument", "part"),
    [
        ("/run/$(id -u)", "id", "-u", True),
        ("$(pwd)/x", "pwd", "", True),
        ("a-$(date +%F)", "date", "+%F", True),
        ("/run/$(id)", "id", "", False),
        ("$(cat x)/y", "cat", "x", False),
        ("$(pwd)", "pwd", "", False),
    ],
)
def test_paths(text: str, name: str, argument: str, part: bool) -> None:
    words = [Word(argument, argument, disguised=False)] if argument else []
    assert is_part_of_path(text, text.index("$"), text.index(")") + 1, name, words) is part


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="` \n*[.ab;", max_size=200), st.integers(0, 200), st.integers(0, 200))
def test_anything_may_be_asked(text: str, start: int, end: int) -> None:
    is_inline_code(text, start, end)
