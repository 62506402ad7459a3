"""The one walk through a JSON body."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.exchange.content import MAX_LEAVES, Content, ContentKind, read_content
from nightlatch.exchange.exchange import Body
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.places import MAX_PLACES, Place, Places, Sighting
from nightlatch.exchange.redaction import Redactor
from nightlatch.exchange.signs import ALL

REDACTOR = Redactor(Hasher(bytes(32)))

NAMES = st.sampled_from(["id", "phone", "password", "items", "note", "+15551234567", "created_at"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from(["ada@example.com", "+1 555 123 4567", "plain", ""]),
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda each: st.lists(each, max_size=4) | st.dictionaries(NAMES, each, max_size=4),
    max_leaves=20,
)


def walk(value: Any, places: Places) -> tuple[str, list[Sighting]]:
    data = json.dumps(value).encode()
    content = Content(ContentKind.JSON, value)
    text, sightings = REDACTOR.read(Body(data, len(data)), content, ALL, places)
    assert sightings is not None
    return text, list(sightings)


def seen(value: Any, places: Places) -> list[tuple[str, object]]:
    return [(place.path, value) for place, value in walk(value, places)[1]]


@pytest.mark.slow
@given(DOCUMENTS)
@settings(max_examples=100, deadline=None)
def test_all_texts_and_numbers_are_seen_as_leaves_have_them(document: Any) -> None:
    leaves = Content(ContentKind.JSON, document).leaves
    wanted = [
        (leaf.path, leaf.name, leaf.value)
        for leaf in leaves
        if leaf.value is not None and not isinstance(leaf.value, bool)
    ]
    _, sightings = walk(document, Places())
    assert [(place.path, place.name, value) for place, value in sightings] == wanted


@pytest.mark.slow
@given(st.lists(DOCUMENTS, min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_what_is_remembered_changes_nothing_that_is_kept(documents: list[Any]) -> None:
    places = Places()
    for document in documents:
        text, sightings = walk(document, places)
        assert text == walk(document, Places())[0]
        for place, _ in sightings:
            place.hush(1_000)


def test_quiet_places_report_only_what_is_longer() -> None:
    places = Places()
    row = {"note": "short", "age": 7}
    for place, _ in walk([row], places)[1]:
        place.hush(5)
    assert seen([row, row], places) == []
    longer = {"note": "longer", "age": 7_000_000}
    assert seen([row, longer], places) == [("$[].note", "longer")]


def test_a_new_member_is_seen_among_quiet_ones() -> None:
    places = Places()
    for place, _ in walk({"a": {"b": "x"}}, places)[1]:
        place.hush(5)
    assert seen({"a": {"b": "x", "c": "y"}, "d": [["z"]]}, places) == [
        ("$.a.c", "y"),
        ("$.d[][]", "z"),
    ]


def test_keys_that_are_values_fill_no_memory() -> None:
    places = Places()
    for start in range(0, 5_000, 100):
        users = {f"+1555{number:07d}": {"n": number} for number in range(start, start + 100)}
        text, sightings = walk({"users": users}, places)
        assert len(sightings) == 100
        assert f"+1555{start:07d}" not in text
    assert places.root is not None
    assert remembered(places.root) <= MAX_PLACES + 1


def test_long_keys_are_not_remembered() -> None:
    places = Places()
    assert seen({"k" * 1_000: "x"}, places) == [("$." + "k" * 1_000, "x")]
    assert places.root is not None
    assert places.root.members == {}


def test_sightings_are_bounded() -> None:
    numbers = list(range(MAX_LEAVES + 10))
    text, sightings = walk(numbers, Places())
    assert len(sightings) == MAX_LEAVES
    assert json.loads(text) == numbers


@pytest.mark.parametrize("value", ["hunter2", ["hunter2", 7, [None, {"a": "hunter2"}]]])
def test_below_a_secret_all_is_erased_and_all_is_seen(value: Any) -> None:
    places = Places()
    for _ in range(2):
        text, sightings = walk({"secret": value}, places)
        assert "hunter2" not in text
        assert "hunter2" in [sighted for _, sighted in sightings]
    assert walk({"secret": value}, Places())[0] == text


def test_other_kinds_are_left_to_their_leaves() -> None:
    body = Body(b"a=1", 3)
    content = read_content(body, "application/x-www-form-urlencoded")
    assert REDACTOR.read(body, content, ALL, Places()) == ("a=1", None)


def remembered(place: Place) -> int:
    below = [*place.members.values(), *([place.item] if place.item else [])]
    return 1 + sum(remembered(each) for each in below)
