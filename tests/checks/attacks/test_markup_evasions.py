"""What is found plainly is found in disguise, and no repetition costs more than reading it."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks import (
    code_injection,
    cross_site_scripting,
    expression_injection,
    server_side_include,
    template_injection,
)
from nightlatch.checks.attacks.recogniser import Recogniser
from nightlatch.checks.attacks.value import Place, Value

FINDING = 60
CASES = Path(__file__).parent / "cases"
RECOGNISERS = (
    code_injection.RECOGNISER,
    cross_site_scripting.RECOGNISER,
    expression_injection.RECOGNISER,
    server_side_include.RECOGNISER,
    template_injection.RECOGNISER,
)

_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t"}

each = pytest.mark.parametrize("recogniser", RECOGNISERS, ids=lambda one: one.check)


def found(recogniser: Recogniser, text: str) -> bool:
    clue = recogniser.recognise(text, Value(Place.QUERY, "q", text))
    return clue is not None and clue.certainty >= FINDING


def bad_html() -> list[str]:
    lines = (CASES / "cross-site-scripting.txt").read_text().splitlines()
    written = [line.split("\t")[1] for line in lines if line.startswith("bad\t")]
    texts = [re.sub(r"\\[nrt]", lambda escape: _ESCAPES[escape[0]], text) for text in written]
    return [text for text in texts if re.match(r"<(?:img|svg|body|input|details|video) ?\w", text)]


def in_any_case(text: str, chance: random.Random) -> str:
    """Names of elements and attributes in mixed case; code keeps its own, which has a meaning."""
    swap = chance.choice([str.upper, str.lower, str.title])
    return re.sub(r"<\w+|\son\w+(?==)", lambda name: swap(name[0]), text)


def with_other_spaces(text: str, chance: random.Random) -> str:
    space = chance.choice(["\n", "\t", "\x0c", "  ", "/", " /", "\r\n"])
    return re.sub(r"^(<\w+) ", lambda tag: tag[1] + space, text)


def behind_a_breakout(text: str, chance: random.Random) -> str:
    return chance.choice(['">', "'>", "</title>", "--></script>", "x", "1 "]) + text


def half_open(text: str, chance: random.Random) -> str:
    return text.removesuffix(">") if text.count(">") == 1 else text


@pytest.mark.parametrize("disguise", [in_any_case, with_other_spaces, behind_a_breakout, half_open])
def test_html_in_disguise(disguise: object) -> None:
    assert callable(disguise)
    chance = random.Random(7)
    texts = bad_html()
    assert len(texts) > 30
    missed = [
        made
        for text in texts
        for made in [disguise(text, chance)]
        if not found(cross_site_scripting.RECOGNISER, made)
    ]
    assert missed == []


@pytest.mark.parametrize(
    "spelled", ["alert", "\\u0061lert", "/**/alert/**/", "top.alert", "(alert)"]
)
@pytest.mark.parametrize("called", ["(1)", "`1`", "(/x/)", "('XSS')", "(document.domain)", " (1)"])
@pytest.mark.parametrize("around", ["{}", "';{}//", '"-{}-"', "<svg onload={}>", "javascript:{}"])
def test_a_call_however_it_is_spelled(spelled: str, called: str, around: str) -> None:
    if " " in called and "onload" in around:
        called = called.strip()
    assert found(cross_site_scripting.RECOGNISER, around.format(spelled + called))


@pytest.mark.parametrize("opening", ["{{%s}}", "${%s}", "#{%s}", "<%%= %s %%>", "@(%s)"])
@pytest.mark.parametrize("sum_", ["7*7", " 7 * 7 ", "(7)*7", "7*'7'", "1337*1338", "99+1"])
def test_a_sum_between_any_delimiters(opening: str, sum_: str) -> None:
    assert found(template_injection.RECOGNISER, opening % sum_)


@each
@given(text=st.text(alphabet="<>{}()[]$#%@*'\"`=;:/\\ \n+-.ajscriptonlerv_", max_size=300))
@settings(max_examples=60, deadline=None)
def test_never_raises(recogniser: Recogniser, text: str) -> None:
    recogniser.recognise(text, Value(Place.QUERY, "q", text))


@each
@pytest.mark.parametrize(
    "fragment",
    [
        "<",
        "<a b='",
        '"',
        "'+",
        "{{",
        "${",
        "${${",
        "<!--",
        "alert(",
        "on",
        "/*",
        "<?php ",
        "`",
        "__class__",
        "\\",
        "@a.",
        "#a=",
        "[[",
        "<x>",
        "a b ",
    ],
)
def test_reads_what_is_repeated_and_comes_to_an_end(recogniser: Recogniser, fragment: str) -> None:
    text = (fragment * 8192)[:8192]
    clue = recogniser.recognise(text, Value(Place.QUERY, "q", text))
    assert clue is None or 0 < clue.certainty <= 100
