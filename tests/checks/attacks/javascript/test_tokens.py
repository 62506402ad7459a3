"""JavaScript's tokens, and the strings it puts together."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.javascript.tokens import MAX_TOKENS, tokens


@pytest.mark.parametrize(
    "code",
    [
        "'al'+'ert'",
        "'al' 'ert'",
        '"ale".concat("rt")',
        "`al`+`ert`",
        "/al/.source+/ert/.source",
        "String.fromCharCode(97,108,101,114,116)",
        "String.fromCharCode(0x61,108,101,114,116)",
        "atob('YWxlcnQ=')",
        "unescape('%61lert')",
        "8680439..toString(30)",
        r"'\x61lert'",
        r"'\u0061lert'",
        r"'\u{61}lert'",
        r"'\141lert'",
        "'al'/* */+//\n'ert'",
        "'al'~'ert'",
    ],
)
def test_constants_are_one_string(code: str) -> None:
    assert [(token.kind, token.text) for token in tokens(code)] == [("string", "alert")]


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("alert(1)", ["alert", "(", "1", ")"]),
        ("a/**/b", ["a", "b"]),
        ("a//b\nc", ["a", "c"]),
        ("a?.b", ["a", "?.", "b"]),
        (r"\u0061lert", ["alert"]),
        (r"\u{61}lert", ["alert"]),
        ("f(/x/g)", ["f", "(", "x", ")"]),
        ("a 'open", ["a", "'", "open"]),
        ("String.fromCharCode(97,98", ["ab"]),
        ("a+atob('YQ=='", ["a", "+", "a"]),
        ("$x.y$", ["$x", ".", "y$"]),
        ("", []),
    ],
)
def test_tokens(code: str, texts: list[str]) -> None:
    assert [token.text for token in tokens(code)] == texts


def test_a_lone_template_keeps_its_kind_since_it_may_be_a_call() -> None:
    assert [token.kind for token in tokens("alert`1`")] == ["word", "template"]


@pytest.mark.parametrize(
    "fragment",
    ["'a'+", "a.concat(", "String.fromCharCode(1,", "/*", "`", "\\", "1..toString(", "("],
)
def test_is_bounded_whatever_is_repeated(fragment: str) -> None:
    assert len(tokens(fragment * 8192)) <= MAX_TOKENS


@given(st.text(alphabet="'\"`\\/*+.()u{}x0a \n~", max_size=100))
@settings(max_examples=100, deadline=None)
def test_never_raises(code: str) -> None:
    tokens(code)
    tokens(f"atob('{code}')+String.fromCharCode({code})")
