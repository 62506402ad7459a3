"""How an attack is told: where, how it was hidden, what it says and what it would do."""

import pytest

from nightlatch.checks.attacks.evidence import LONGEST, worded
from nightlatch.checks.attacks.value import Clue, Place, Value

WHY = "closes a quote"


def told(text: str, value: Value | None = None) -> str:
    """The text as evidence repeats it, and nothing around it."""
    before, after = "Query `q`: `", f"` {WHY}"
    words = worded(Clue(80, WHY, text), value or Value(Place.QUERY, "q", text))
    assert words.startswith(before)
    assert words.endswith(after)
    return words.removeprefix(before).removesuffix(after)


PLACES = [
    (Value(Place.QUERY, "q", "x"), "Query `q`: `x` closes a quote"),
    (Value(Place.JSON, "$.users[].name", "x"), "JSON `$.users[].name`: `x` closes a quote"),
    (Value(Place.FORM, "a", "x"), "Form field `a`: `x` closes a quote"),
    (Value(Place.PATH, "", "x"), "The path: `x` closes a quote"),
    (Value(Place.BODY, "", "x"), "The body: `x` closes a quote"),
    (Value(Place.JSON, "$.x", "x", is_name=True), "A name in the JSON: `x` closes a quote"),
    (Value(Place.FORM, "x", "x", is_name=True), "The name of a form field: `x` closes a quote"),
    (
        Value(Place.COOKIE, "c", "x", codings=("base64", "percent-encoding", "base64")),
        "Cookie `c`, decoded (base64, percent-encoding): `x` closes a quote",
    ),
    (
        Value(Place.QUERY, "+15550100123", "x"),
        "Query, a field with an unusual name: `x` closes a quote",
    ),
    (None, "The request: `x` closes a quote"),
]


@pytest.mark.parametrize(("value", "words"), PLACES, ids=[words for _, words in PLACES])
def test_says_where_it_stood_and_what_was_undone(value: Value | None, words: str) -> None:
    assert worded(Clue(80, WHY, "x"), value) == words


MASKED = [
    ("' or mail='ada@example.org'--", "' or mail='•••'--"),
    ("ada.lovelace+news@mail.example.co.uk or 1=1", "••• or 1=1"),
    ("1 or phone=+15550100123", "1 or phone=+•••"),
    ("card 4111 1111, pin 12345", "card 4111 1111, pin 12345"),
    ("mailto:ada@example.org;id", "mailto:•••;id"),
    ("write to ada@example.org.", "write to •••."),
    ("http://good.example@127.0.0.1/", "http://good.example@127.0.0.1/"),
    ("@@version", "@@version"),
    ("a@b and @c", "a@b and @c"),
]


@pytest.mark.parametrize(("text", "shown"), MASKED)
def test_masks_whom_it_names(text: str, shown: str) -> None:
    assert told(text) == shown


QUOTED = [
    ("id", "`id`"),
    ("`id`", "`` `id` ``"),
    ("a``b", "``` a``b ```"),
]


@pytest.mark.parametrize(("text", "span"), QUOTED)
def test_its_back_quotes_do_not_end_the_code(text: str, span: str) -> None:
    assert worded(Clue(80, WHY, text), None) == f"The request: {span} {WHY}"


UNPRINTABLE = ["\0", "\r\n", "\x1b[31m", "\u200b", "\u202e", "\u2028", "\ud800", "\ufeff", "\x85"]


@pytest.mark.parametrize("character", UNPRINTABLE, ids=ascii)
def test_nothing_in_it_moves_a_cursor_or_breaks_a_line(character: str) -> None:
    shown = told(f"a{character}b")
    assert shown.isprintable()
    assert shown.encode()
    assert (shown[0], shown[-1]) == ("a", "b")


def test_is_cut_where_it_is_long() -> None:
    shown = told("x" * LONGEST)
    assert shown == "x" * LONGEST
    shown = told("x" * 8_000)
    assert len(shown) == LONGEST
    assert shown.endswith("x…")


@pytest.mark.parametrize("part", ["A", "a.", "a@", "@a", "1", "a-@b.", "+", "a@b-"])
def test_long_texts_are_masked_in_linear_time(part: str) -> None:
    # One attempt at each character would take minutes: the suite's timeout is the judge.
    assert len(told(part * (400_000 // len(part)))) <= LONGEST
