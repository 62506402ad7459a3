"""Fields by name, in any spelling."""

import json
from typing import Any

import pytest

from nightlatch.checks.fields import any_named, has_leaf, spellings, telling
from nightlatch.exchange.content import EMPTY, Content, Leaf, read_content
from nightlatch.exchange.exchange import Body
from nightlatch.exchange.signs import PASSWORD_NAME, SCHEMA


def test_spellings() -> None:
    assert spellings("is_admin role") == {
        *("is_admin", "IS_ADMIN", "is-admin", "isadmin", "IsAdmin", "isAdmin"),
        *("role", "ROLE", "Role"),
    }


def test_any_named() -> None:
    leaves = (Leaf("$.a.isAdmin", "isAdmin", True), Leaf("$.b", "b", 1))
    assert any_named(leaves, spellings("is_admin"))
    assert not any_named(leaves, spellings("admin"))
    assert not any_named((), spellings("admin"))


def read(value: Any) -> Content:
    return read_content(Body(json.dumps(value).encode()), "application/json")


def test_leaves_that_cannot_tell_are_not_made() -> None:
    content = read({"a": 1})
    assert telling(content, PASSWORD_NAME, SCHEMA) == ()
    assert telling(content, PASSWORD_NAME | SCHEMA, SCHEMA) == content.leaves != ()
    form = read_content(Body(b"p%61ssword=x"), "application/x-www-form-urlencoded")
    assert telling(form, 0, PASSWORD_NAME) == form.leaves != ()


@pytest.mark.parametrize(
    ("value", "any_leaf", "any_text"),
    [
        ({}, False, False),
        ([[], {"a": []}], False, False),
        ({"a": {"b": [1, None]}, "c": []}, True, False),
        ([[{"a": [[], ["text"]]}], 7], True, True),
        ("text", True, True),
    ],
)
def test_has_leaf(value: Any, any_leaf: bool, any_text: bool) -> None:
    assert has_leaf(read(value)) is any_leaf
    assert has_leaf(read(value), str) is any_text


def test_has_leaf_of_other_kinds() -> None:
    form = read_content(Body(b"a=1"), "application/x-www-form-urlencoded")
    assert has_leaf(form)
    assert has_leaf(form, str)
    assert not has_leaf(form, int)
    assert not has_leaf(EMPTY)
