"""Which values read as SQL: a table of attacks, a longer one of everything else, and laws."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.sql_shape import sql_in
from nightlatch.checks.sql_tokens import END, MAX_TOKENS, Reading

TABLES = Path(__file__).parent / "sql"
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\xa0": "\xa0", "\\x00": "\x00"}


def table(name: str) -> list[tuple[str, str]]:
    """(heading, value) for every line that holds one."""
    rows, heading = [], ""
    for line in (TABLES / name).read_text(encoding="utf-8").split("\n")[1:]:
        if line.startswith("## "):
            heading = line[3:]
        elif line:
            rows.append((heading, _unescape(line)))
    return rows


def _unescape(line: str) -> str:
    for written, meant in _ESCAPES.items():
        line = line.replace(written, meant)
    return line


ATTACKS = table("attacks.txt")
HARMLESS = table("harmless.txt")


def test_the_tables_are_as_long_as_they_look() -> None:
    kinds = Counter(heading for heading, _ in ATTACKS)
    assert len(kinds) == 7
    assert all(count >= 3 for count in kinds.values())
    assert len(ATTACKS) >= 110
    assert len(HARMLESS) >= 150


@pytest.mark.parametrize(("does", "value"), ATTACKS, ids=[value for _, value in ATTACKS])
def test_attack(does: str, value: str) -> None:
    assert sql_in(value) == does


@pytest.mark.parametrize("value", [value for _, value in HARMLESS])
def test_harmless(value: str) -> None:
    assert sql_in(value) is None


@pytest.mark.parametrize("value", [value for _, value in HARMLESS if " " not in value])
def test_harmless_between_words(value: str) -> None:
    assert sql_in(f"see {value} there") is None


DISGUISED = [
    value for _, value in ATTACKS if " " in value and "--" not in value and "\n" not in value
]


@pytest.mark.parametrize("space", ["/**/", "\t", "\n", "\x0b", "/* x */", "  "])
def test_other_spaces_hide_nothing(space: str) -> None:
    missed = [value for value in DISGUISED if not sql_in(value.replace(" ", space))]
    assert missed == []
    assert len(DISGUISED) >= 50


def test_case_hides_nothing() -> None:
    missed = [
        value for _, value in ATTACKS if not sql_in(value.upper()) or not sql_in(value.title())
    ]
    assert missed == []


def test_length_hides_nothing() -> None:
    padding = "a" * 100_000
    assert sql_in(f"{padding}' or 1=1--")
    assert sql_in(f"' or 1=1 -- {padding}")
    assert sql_in("1" + " " * 100_000 + "or 1=1")


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_any_text_is_read_without_an_error(value: str) -> None:
    assert sql_in(value) in {None, *(heading for heading, _ in ATTACKS)}


WORDS = "select union or and drop table from where 1 2 = > like sleep ( ) , ; null users"
VOCABULARY = WORDS.split()


@given(st.lists(st.sampled_from(VOCABULARY)))
@settings(max_examples=100, deadline=None)
def test_sql_words_in_a_sentence_without_a_way_out_are_harmless(words: list[str]) -> None:
    assert sql_in("please note " + " ".join(words)) is None


PIECES = [
    "'",
    '"',
    "/*",
    "*/",
    "--",
    "#",
    "\\",
    "(",
    "''",
    "/*!",
    "1",
    "or ",
    "e",
    ".",
    "\n",
    "union ",
]


@given(st.lists(st.sampled_from(PIECES), max_size=200).map("".join), st.integers(0, 10))
@settings(max_examples=100, deadline=None)
def test_tokens_are_bounded_and_end_with_end(value: str, start: int) -> None:
    sql = Reading(value, start)
    kinds = [sql[index].kind for index in range(MAX_TOKENS + 2)]
    assert kinds[-1] == "end"
    assert sql[MAX_TOKENS + 1].text == END
    # After END there is nothing but END.
    assert "end" not in kinds[: kinds.index("end")]
    assert set(kinds[kinds.index("end") :]) == {"end"}


@pytest.mark.parametrize(
    "piece", ["/*", "'", "(", "' or ", "--", "\\'", "1,", "/*!", "or not ", "*/"]
)
def test_hostile_repetition_is_read_to_the_bound(piece: str) -> None:
    # A pattern that backtracks would not come back from these: the suite's timeout is the judge.
    sql_in(piece * 50_000)
