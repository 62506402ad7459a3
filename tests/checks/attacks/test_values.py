"""Texts now, names late, and both in the same order."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.value import Place, Value
from nightlatch.checks.attacks.values import Values, strings_of
from nightlatch.exchange.content import MAX_DEPTH, MAX_LEAVES, Content, ContentKind

_json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=20,
)


def content(value: Any) -> Content:
    return Content(ContentKind.JSON, value)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(_json)
def test_texts_and_names_are_those_of_the_leaves(value: Any) -> None:
    found = strings_of(value)
    assert found is not None
    values = Values([Value(Place.PATH, "", "/")], found[0], content(value))
    assert [one.text for one in list(values)] == values.texts
    wanted = [(leaf.path, leaf.value) for leaf in content(value).leaves]
    texts = [(path, text) for path, text in wanted if isinstance(text, str) and text]
    assert [(one.name, one.text) for one in list(values)[1:]] == texts


def test_keys_of_every_depth() -> None:
    found = strings_of({"a": [{"b": "x"}, {"c": {"d": 1}}]})
    assert found == (["x"], {"a", "b", "c", "d"})


def test_bounds_are_those_of_the_leaves() -> None:
    deep: Any = "x"
    for _ in range(MAX_DEPTH + 2):
        deep = [deep]
    for value in (deep, ["x"] * (MAX_LEAVES + 1), {"a": [["x"] * 3_000, ["x"] * 3_000]}):
        assert strings_of(value) is None
        assert content(value).cut


def test_without_json_there_are_only_the_given() -> None:
    one = Value(Place.QUERY, "q", "x")
    assert list(Values([one])) == [one]
