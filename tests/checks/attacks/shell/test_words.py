"""Words as the shell hands them over."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.shell.words import MAX_WORDS, read_line

CASES = {
    "cat /etc/passwd": ["cat", "/etc/passwd"],
    "c'a't /etc/passwd": ["cat", "/etc/passwd"],
    'c"a"t x': ["cat", "x"],
    r"c\at x": ["cat", "x"],
    "w$@hoami": ["whoami"],
    "wh$1oami": ["whoami"],
    "who$(echo am)i": ["whoami"],
    "who``ami": ["whoami"],
    "who$()ami": ["whoami"],
    "cat$IFS/etc/passwd": ["cat", "/etc/passwd"],
    "cat${IFS}/etc/passwd": ["cat", "/etc/passwd"],
    "cat$IFS$9/etc/passwd": ["cat", "/etc/passwd"],
    "cat${IFS%??}x": ["cat", "x"],
    "{cat,/etc/passwd}": ["cat", "/etc/passwd"],
    "{id,}": ["id"],
    r"$'\x63\141t' x": ["cat", "x"],
    "cat ${HOME:0:1}etc": ["cat", "/etc"],
    "${x:-cat} y": ["cat", "y"],
    "cat</etc/passwd": ["cat", "/etc/passwd"],
    "cat /et\\\nc/pas\\\nswd": ["cat", "/etc/passwd"],
    "w^h^o^ami": ["whoami"],
    "ping%CommonProgramFiles:~10,-18%127.0.0.1": ["ping", "127.0.0.1"],
    "id # the rest": ["id"],
    "id; ls": ["id"],
    "id | cat": ["id"],
    "id)": ["id"],
    "echo 'a b' c": ["echo", "a b", "c"],
    "'unclosed x": ["'unclosed", "x"],
    "": [],
}


@pytest.mark.parametrize("text", CASES, ids=repr)
def test_words(text: str) -> None:
    assert [word.text for word in read_line(text, 0, {}).words] == CASES[text]


def test_variables_that_were_assigned_are_put_in() -> None:
    line = read_line("$a$b /x", 0, {"a": "c", "b": "at"})
    assert [word.text for word in line.words] == ["cat", "/x"]


@pytest.mark.parametrize(
    ("text", "disguised"),
    [
        ("c'a't", True),
        (r"c\at", True),
        ("w$@hoami", True),
        ("{cat,x}", True),
        ("'cat'", False),
        ("cat", False),
        ("--name='x'", False),
        ("$HOME", False),
    ],
)
def test_half_a_word_in_quotes_is_a_disguise(text: str, disguised: bool) -> None:
    assert read_line(text, 0, {}).words[0].disguised is disguised


def test_the_end_is_what_ended_the_command() -> None:
    text = "x; cat /etc/passwd; id"
    line = read_line(text, 3, {})
    assert text[line.end :] == "; id"


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab $'\"\\{}`()|;&<>*?^%~:,#=\n", max_size=300))
def test_anything_may_be_read(text: str) -> None:
    line = read_line(text, 0, {"a": "b"})
    assert 0 <= line.end <= len(text)
    assert len(line.words) <= MAX_WORDS + 13


@pytest.mark.parametrize("fragment", ["'", '"', "$(", "${", "a$@", "{a,", "\\", "`", "<(", "$'"])
def test_no_more_words_are_read_than_matter(fragment: str) -> None:
    assert len(read_line(fragment * (8192 // len(fragment)), 0, {}).words) <= MAX_WORDS + 13
