"""Disguises of the bad cases, and what a place is worth."""

import random
import re
from pathlib import Path

import pytest
from tests.checks.attacks.engine import clue_in, is_proposed
from tests.checks.attacks.test_cases import CASES, read_cases

from nightlatch.checks.attacks import sql_injection
from nightlatch.checks.attacks.clues import FINDING
from nightlatch.checks.attacks.sql_injection import RECOGNISER, recognise
from nightlatch.checks.attacks.value import Place, Value

ATTACKS = [case.value for case in read_cases(CASES / Path("sql-injection.txt")) if case.bad]
SPACED = [
    value for value in ATTACKS if re.fullmatch(r"(?:(?!--|#)[^\n'\"*])*(?:--|#)?", value.text)
]
"""Neither strings nor comments in them: every space may be another."""


def missed(disguised: list[tuple[Value, str]]) -> list[str]:
    wrong = []
    for value, text in disguised:
        clue = clue_in(RECOGNISER, Value(value.place, value.name, text))
        if clue is None or clue.certainty < FINDING:
            wrong.append(text)
    return wrong


@pytest.mark.parametrize(
    "space", ["/**/", "\t", "\n", "\r\n", "\x0b", "\x0c", "\xa0", "/* x */", "/*/**/", "  "]
)
def test_other_spaces_hide_nothing(space: str) -> None:
    assert missed([(value, value.text.replace(" ", space)) for value in SPACED]) == []
    assert len(SPACED) >= 90


@pytest.mark.parametrize("space", ["--x\n", "#x\n", "-- \n", "#\n"])
def test_comments_to_the_end_of_the_line_hide_nothing(space: str) -> None:
    assert missed([(value, value.text.replace(" ", space)) for value in SPACED]) == []


def test_case_hides_nothing() -> None:
    randomly = random.Random(7)
    mixed = [
        (value, "".join(randomly.choice((str.upper, str.lower))(c) for c in value.text))
        for value in ATTACKS
    ]
    assert missed(mixed) == []
    assert missed([(value, value.text.upper()) for value in ATTACKS]) == []


@pytest.mark.parametrize("keyword", ["union", "select", "and", "or", "sleep"])
def test_conditional_comments_hide_nothing(keyword: str) -> None:
    pattern = re.compile(rf"\b{keyword}\b")
    hidden = [
        (value, pattern.sub(f"/*!50000{keyword}*/", value.text))
        for value in SPACED
        if pattern.search(value.text)
    ]
    assert missed(hidden) == []
    assert len(hidden) >= 5


@pytest.mark.parametrize(
    "text", ["cartAND 7=7", "to the cartAND 7=7", "fooOR 1=2--", "cartAND/**/7=7", "cartOR\n7 = 7#"]
)
def test_a_word_that_and_is_glued_to_hides_nothing(text: str) -> None:
    assert missed([(Value(Place.FORM, "b", text), text)]) == []


def test_a_path_holds_a_value_from_any_segment_on() -> None:
    value = Value(Place.PATH, "", "")
    assert recognise("/users/1 or 1=1/orders", value)
    assert recognise("/users/1/**/or/**/1=1", value)
    assert recognise("/a-b/c.d/e_f/g~h/i:j/' or 1=1--/k", value)
    assert recognise("/users/1 of 2", value) is None


def test_a_path_of_many_odd_segments_is_read_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(sql_injection, "sql_in", read.append)
    recognise("/(a)" * 2_000, Value(Place.PATH, "", ""))
    assert 0 < len(read) <= 8
    assert max(map(len, read)) <= 1_024


ORDINARY = [
    "isGpcEnabled=0&datestamp=Tue+Nov+12+2024+10%3A21%3A33+GMT%2B0100&version=202409.1.0&hosts=",
    "https://shop.example.com/orders?page=2&filter[status]=open&sort=-date&brand=12",
    '{"items": [{"id": 1, "name": "<none>", "for": "sale"}], "path": "/p/1"}',
    "Her husband's schedule, and reports of 12 people or 3 dogs (two of them found)",
    '"The medium is the message." (Crazy Nigel)',
    "<p>Man I'm glad there isn't someone on a drum set</p>\n<a href=\"#top\">or here</a>",
    "There are 0 failures, 2 warnings and 1 notice.",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0",
    "multipart/form-data; boundary=----geckoformboundary4f1a",
    "Standard Time and Europe/Berlin or Asia/Tokyo (Japan)",
    "#005500",
    "*/*",
    "text/html,application/xml;q=0.9,*/*;q=0.8",
    "compute#operation",
    "cus_QXg1o8vcGmoR32",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_not_even_read(text: str) -> None:
    assert not is_proposed(RECOGNISER, text)


def test_a_query_in_place_of_an_id_is_none_of_an_application_that_is_sent_queries() -> None:
    for name, certain in [
        ("$.id", True),
        ("$.user_id", True),
        ("$.a.userId", True),
        ("$.q", False),
    ]:
        clue = recognise("select version()", Value(Place.JSON, name, ""))
        assert clue is not None
        assert (clue.certainty >= FINDING) is certain


def test_documents_about_sql_are_less_of_a_sign() -> None:
    short, long = "1 and length(a)>0", "1 and length(a)>0" + " " * 400
    value = Value(Place.QUERY, "q", "")
    found, quoted = recognise(short, value), recognise(long, value)
    assert found is not None
    assert quoted is not None
    assert found.certainty >= FINDING > quoted.certainty
    stored = recognise("select version()", Value(Place.JSON, "$.sql", ""))
    assert stored is not None
    assert stored.certainty < FINDING
