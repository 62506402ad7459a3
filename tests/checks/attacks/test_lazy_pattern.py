"""Patterns that are compiled on first use."""

import copy
import re

from nightlatch.checks.attacks.lazy_pattern import LazyPattern


def test_it_matches_as_the_compiled_pattern_does() -> None:
    lazy, compiled = LazyPattern(r"a(\d)", re.IGNORECASE), re.compile(r"a(\d)", re.IGNORECASE)
    text = "xA1a2"
    found = lazy.search(text)
    assert found is not None
    assert found.group() == "A1"
    assert lazy.match(text) is None
    assert lazy.fullmatch("A1") is not None
    assert lazy.findall(text) == compiled.findall(text)
    assert [match.span() for match in lazy.finditer(text)] == [(1, 3), (3, 5)]
    assert lazy.sub("-", text) == "x--"


def test_it_is_compiled_once_and_not_before() -> None:
    lazy = LazyPattern("a")
    assert "search" not in vars(lazy)
    lazy.search("a")
    assert "search" in vars(lazy)


def test_it_can_be_copied() -> None:
    assert copy.copy(LazyPattern("a")).search("a") is not None
