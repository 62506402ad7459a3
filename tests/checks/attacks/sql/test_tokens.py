"""SQL's smallest parts, in the notations of five databases."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.sql.tokens import END, MAX_TOKENS, Reading


def texts(value: str, start: int = 0) -> list[str]:
    sql = Reading(value, start)
    read: list[str] = []
    while sql[len(read)].text != END:
        read.append(sql[len(read)].text)
    return read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("1 OR 1=1", ["1", "or", "1", "=", "1"]),
        ("1/**/or/* x */1", ["1", "or", "1"]),
        ("1/*!50000union*/select", ["1", "union", "select"]),
        ("1/*M!100100union*/", ["1", "union"]),
        ("1--x\nor#y\n2", ["1", "or", "2"]),
        ("1--\n-", ["1", "--\n-"]),
        ("1--\n-2", ["1", "-", "2"]),
        ("1\x0bor\x0c2\xa0or\ufffd3", ["1", "or", "2", "or", "3"]),
        ("1e1union", ["1e1", "union"]),
        ("1.or", ["1.", "or"]),
        ("1funion", ["1", "union"]),
        ("1st", ["1st"]),
        ("1108_no_1718 and", ["1108_no_1718", "and"]),
        ("0x41or", ["0x41", "or"]),
        ("x'41'or", ["x'41", "or"]),
        ("_latin1'a' N'b'", ["_latin1'a", "n'b"]),
        ("q'[it's]' x", ["q'[it's]", "x"]),
        ("$$a$$ b", ["$$a$", "b"]),
        ("'it''s' a", ["'it''s", "a"]),
        (r"'a\'b' c", [r"'a\'b", "c"]),
        ("'never ends", ["'never ends"]),
        ("@@version @x", ["@@version", "@x"]),
        ("a->>'b' @> c", ["a", "->>", "'b", "@>", "c"]),
        ("`a b` [c]", ["`a b`", "[", "c", "]"]),
        ("{fn user()}", ["(", "user", "(", ")", ")"]),
        ("1.e(1.e(2)", ["(", "(", "2", ")"]),
        ("a<=>b!=c||d", ["a", "<=>", "b", "!=", "c", "||", "d"]),
        ("", []),
    ],
)
def test_reads(value: str, read: list[str]) -> None:
    assert texts(value) == read


@pytest.mark.parametrize(
    ("value", "dead"),
    [
        ("--", True),
        ("-- -", True),
        ("--x", True),
        ("#", True),
        ("/* anything at all", True),
        ("-- and girls", False),
        ("-- great", False),
        ("-----------", False),
        ("#1", False),
        ("a", False),
    ],
)
def test_a_comment_silences_or_is_a_dash(value: str, dead: bool) -> None:
    assert Reading(value, 0).dead_comment(0) is dead


@pytest.mark.parametrize(
    ("value", "start", "unpaired"),
    [
        ("x' select 1", 2, True),
        ("' select 1", 1, True),
        ('execute("select 1")', 9, False),
        ('"select 1"', 1, False),
        ('f"select 1"', 2, False),
        ("1' x ('a'='a", 2, True),
    ],
)
def test_a_quote_ends_a_text_or_begins_one(value: str, start: int, unpaired: bool) -> None:
    assert Reading(value, start).unpaired is unpaired


_PIECES = "' \" /* */ -- # \\ ( '' /*! 1 or e . \n union @ { $$ q'[ 0x 1.e( ` \xa0 \x00"
PIECES = _PIECES.split(" ")


@given(st.lists(st.sampled_from(PIECES), max_size=200).map("".join), st.integers(0, 10))
@settings(max_examples=100, deadline=None)
def test_tokens_are_bounded_and_end_with_end(value: str, start: int) -> None:
    sql = Reading(value, start)
    kinds = [sql[index].kind for index in range(MAX_TOKENS + 2)]
    assert kinds[-1] == "end"
    assert sql[MAX_TOKENS + 1].text == END
    assert set(kinds[kinds.index("end") :]) == {"end"}


@pytest.mark.parametrize("piece", PIECES)
def test_long_repetition_is_read_to_the_bound(piece: str) -> None:
    assert len(texts(piece * 8_192)) <= MAX_TOKENS
