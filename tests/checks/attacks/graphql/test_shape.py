"""The shape of documents: what is counted, and what is not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.graphql.shape import MAX_TOKENS, Shape, is_document


def test_depth_counts_selections_and_not_arguments() -> None:
    assert Shape('query { a(x: {b: {c: {d: 1}}}, s: "{{{{") { b { c } } }').depth == 3


def test_fields_and_aliases() -> None:
    shape = Shape(
        "query Q($id: ID!) { a: user(id: $id) { id } b: user { id ...F ... on User { x } } }"
    )
    assert shape.aliases == {"user": 2}
    assert shape.fields["user"] == 2
    assert shape.fields["id"] == 2
    assert shape.fields["x"] == 1
    assert shape.fields["User"] == shape.fields["F"] == 0
    assert shape.fields["a"] == shape.fields["b"] == 0


def test_directives_in_a_row() -> None:
    assert Shape("{ a @x @y(if: true) @z b @x }").directives == 3


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{ __schema { types { name } } }", "__schema"),
        ("{ x: __schema { types { name } } }", "__schema"),
        ('{ __type(name: "A") { name } }', "__type"),
        ("{ __typename }", ""),
        ('{ a(x: "__schema { types }") }', ""),
        ("{ a # __schema { x }\n }", ""),
        ("{ a @__schema { x } }", ""),
    ],
)
def test_introspection(text: str, field: str) -> None:
    assert Shape(text).introspects == field


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
    assert Shape(text).circle is circle


@pytest.mark.parametrize("text", ["{ a }", "query { a }", "# c\n{ a }", "mutation M { a }", "Q{a}"])
def test_documents(text: str) -> None:
    assert is_document(text)


@pytest.mark.parametrize("text", ["", "a b c", "please see { a }", '["a"]', "`{ a }`"])
def test_other_texts(text: str) -> None:
    assert not is_document(text)


@given(st.text('{}()@:."#\\$ a\n', max_size=80))
@settings(max_examples=100, deadline=None)
def test_never_raises(text: str) -> None:
    shape = Shape(text)
    assert shape.depth <= len(text)
    assert isinstance(shape.circle, bool)


@pytest.mark.parametrize(
    "part", ["{", "(", '"', '"""', "@a", "a:", "...", "#", "\\", '("', "fragment A {"]
)
def test_hostile_texts_are_read_to_the_bound(part: str) -> None:
    # Patterns that backtrack would not come back from these: the suite's timeout is the judge.
    shape = Shape(part * (32_768 // len(part)))
    assert shape.tokens <= MAX_TOKENS + 1
    assert not shape.circle
