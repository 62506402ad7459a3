"""Lines that a value adds to the one it should have."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.lines import MAX_LINES, added_lines, first_line, holds_text, is_head

ADDED = {
    "one line": [],
    "": [],
    "a\nb": ["b"],
    "a\rb": ["b"],
    "a\r\nb\n\nc": ["b", "", "c"],
    "a\\r\\nSet-Cookie: b": ["Set-Cookie: b"],
    "a\\nBcc: b": ["Bcc: b"],
    "C:\\new": [],
}


@pytest.mark.parametrize("text", ADDED, ids=repr)
def test_added(text: str) -> None:
    assert added_lines(text) == ADDED[text]


@pytest.mark.parametrize("text", ["a", "a\nb", "a\r\nb", "a\rb", "a\\nBcc: b"], ids=repr)
def test_the_first_is_what_stands_before(text: str) -> None:
    assert first_line(text) == "a"


def test_a_head_has_fields_from_its_first_line_on() -> None:
    head = "A: 1\nB: 2\nC: 3\nD: 4"
    assert is_head(head, added_lines(head))
    assert not is_head(f"x\n{head}", added_lines(f"x\n{head}"))


@pytest.mark.parametrize("key", ["message", "messages", "notes", "commentbody", "headers"])
def test_fields_for_texts(key: str) -> None:
    assert holds_text(key)


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet="ab:\\nr\r\n ", max_size=400))
def test_there_are_never_too_many(text: str) -> None:
    assert len(added_lines(text)) <= MAX_LINES
