"""The shape of documents: what is counted, and what is not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.graphql.shape import (
    MAX_NAMES,
    REPEATED,
    count_aliased,
    depth,
    directives,
    has_circle,
    introspected,
    is_document,
    repeated,
    selections,
)


def test_depth_counts_selections_and_not_arguments() -> None:
    assert depth(selections('query { a(x: {b: {c: {d: 1}}}, s: "{{{{") { b { c } } }')) == 3


def test_aliases() -> None:
    text = "query Q($id: ID!) { a: user(id: $id) { id } b: user { id ...F ... on User { x } } }"
    assert count_aliased(selections(text)) == {"user": 2}


def test_runs() -> None:
    assert repeated("{" + " b" * REPEATED + "}") == "b"
    assert not repeated("{" + " b" * (REPEATED - 1) + " bb }")
    assert not repeated("{" + " b c" * REPEATED + "}")


def test_directives_in_a_row() -> None:
    assert directives(selections("{ a @x @y(if: true) @z b @x }")) == 3


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{ __schema { types { name } } }", "__schema"),
        ("{ x: __schema { types { name } } }", "__schema"),
        ('{ __type(name: "A") { name } }', "__type"),
        ("{ __typename }", ""),
        ("{ __schema: name }", ""),
        ('{ a(x: "__schema { types }") }', ""),
        ("{ a # __schema { x }\n }", ""),
        ("{ a @__schema { x } }", ""),
    ],
)
def test_introspection(text: str, field: str) -> None:
    assert introspected(selections(text)) == field


@pytest.mark.parametrize(
    ("text", "circle"),
    [
        ("fragment A on X { ...A }", True),
        ("fragment A on X { ...B } fragment B on X { y { ...A } }", True),
        ("fragment A on X { ...B } fragment B on X { y }", False),
        ("fragment A on X { ...B ...C } fragment B on X { ...C } fragment C on X { y }", False),
        ("fragment A on X { ...Missing } query { ...A }", False),
        ("{ ...A ...B } fragment A on X { ... on Y { ...B } } fragment B on Y { z }", False),
        ("fragment A on X { ... on Y { ...A } }", True),
    ],
)
def test_circles(text: str, circle: bool) -> None:
    assert has_circle(selections(text)) is circle


@pytest.mark.parametrize("text", ["{ a }", "query { a }", "# c\n{ a }", "mutation M { a }", "Q{a}"])
def test_documents(text: str) -> None:
    assert is_document(text)


@pytest.mark.parametrize("text", ["", "a b c", "please see { a }", '["a"]', "`{ a }`"])
def test_other_texts(text: str) -> None:
    assert not is_document(text)


@given(st.text('{}()@:."#\\$ a\n', max_size=80))
@settings(max_examples=100, deadline=None)
def test_never_raises(text: str) -> None:
    bare = selections(text)
    assert depth(bare) <= len(text)
    assert directives(bare) <= len(text)
    assert count_aliased(bare).total() <= len(text)
    has_circle(bare)


PARTS = ["{", "(", '"', '"""', "@a", "a:", "a ", "...", "#", "\\", '("', "fragment A {", "@", "on "]


@pytest.mark.parametrize("part", PARTS)
def test_hostile_texts_are_read_to_the_bound(part: str) -> None:
    # Patterns that backtrack would not come back from these: the suite's timeout is the judge.
    bare = selections(part * (32_768 // len(part)))
    assert count_aliased(bare).total() <= MAX_NAMES
    repeated(bare)
    assert not has_circle(bare)
    assert not introspected(bare)
    depth(bare)
    directives(bare)
