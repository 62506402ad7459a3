import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.detect.shapes import MAX_SHAPES, Shapes, denied, shape_of
from nightlatch.exchange.content import EMPTY, Content, ContentKind, read_content
from nightlatch.exchange.exchange import Body

ACCOUNT = {"account_id": "a-5591", "status": "active", "device_count": 2, "phone": "+15550100"}


def content(value: Any) -> Content:
    return read_content(Body(json.dumps(value).encode()), "application/json")


HITS: list[tuple[int, Any]] = [
    (200, ACCOUNT),
    (200, {"data": ACCOUNT}),
    (200, {"success": True, "data": ACCOUNT}),
    (200, {"exists": True}),
    (200, {"is_registered": True}),
    (200, {"available": False}),
    (200, True),
    (200, [ACCOUNT]),
    (200, {"results": [ACCOUNT], "total": 1}),
    (200, {"id": 7, "active": False}),
    (200, {"id": 7, "verified": False, "name": None}),
    (200, {"status": "suspended", "id": 7}),
    (200, {"name": "Nobody Unknown", "bio": "no results"}),
    (201, {"id": 7}),
    (409, {"error": "already registered"}),
]
MISSES: list[tuple[int, Any]] = [
    (404, {"error": "not found"}),
    (404, ACCOUNT),
    (410, None),
    (422, {"detail": "unknown number"}),
    (200, None),
    (200, False),
    (200, []),
    (200, {}),
    (200, ""),
    (200, {"exists": False}),
    (200, {"isRegistered": False, "phone": "+15550100"}),
    (200, {"available": True}),
    (200, {"user": None}),
    (200, {"data": None, "success": True}),
    (200, {"data": {"exists": False}}),
    (200, {"data": {}}),
    (200, {"results": [], "total": 0}),
    (200, {"count": 0, "page": 1}),
    (200, {"success": False, "message": "User not found"}),
    (200, {"status": "NOT_FOUND"}),
    (200, {"result": "unknown"}),
    (200, {"error": {"code": 60026}}),
    (200, {"message": "No such user"}),
]
SILENT = [(status, {"detail": "x"}) for status in (302, 400, 401, 403, 405, 429, 500, 503)]


@pytest.mark.parametrize(("status", "value"), HITS)
def test_convention_reads_hits(status: int, value: Any) -> None:
    assert Shapes().read(status, content(value)) is True


@pytest.mark.parametrize(("status", "value"), MISSES)
def test_convention_reads_misses(status: int, value: Any) -> None:
    assert Shapes().read(status, content(value)) is False


@pytest.mark.parametrize(("status", "value"), SILENT)
def test_some_answers_say_nothing(status: int, value: Any) -> None:
    assert Shapes().read(status, content(value)) is None


def test_there_were_cases() -> None:
    assert (len(HITS), len(MISSES), len(SILENT)) == (15, 23, 8)


def test_an_empty_or_textual_answer_is_judged_by_its_status() -> None:
    shapes = Shapes()
    text = Content(ContentKind.TEXT)
    assert [shapes.read(status, EMPTY) for status in (200, 204, 404)] == [True, False, False]
    assert [shapes.read(status, text) for status in (200, 404)] == [True, False]


def test_of_two_shapes_that_convention_leaves_open_the_much_smaller_is_the_miss() -> None:
    shapes = Shapes()
    small = content({"ref": "r-1"})
    assert shapes.read(200, small) is True
    for _ in range(20):
        shapes.read(200, content(ACCOUNT))
        last = shapes.read(200, small)
    assert last is False
    assert shapes.read(200, content(ACCOUNT)) is True


def test_no_content_is_a_hit_where_misses_are_404() -> None:
    shapes = Shapes()
    assert shapes.read(204, EMPTY) is False
    for _ in range(20):
        shapes.read(404, EMPTY)
        last = shapes.read(204, EMPTY)
    assert last is True


def test_values_do_not_make_new_shapes() -> None:
    one = shape_of(200, content(ACCOUNT))
    other = {"account_id": "b-77", "status": "closed", "device_count": 9, "phone": "+15550101"}
    assert shape_of(200, content(other)) == one
    assert shape_of(404, content(other)) != one
    assert shape_of(200, content(ACCOUNT | {"status": "not found"})) != one


def test_an_endpoint_that_never_answers_alike_costs_no_memory() -> None:
    shapes = Shapes()
    for number in range(1_000):
        assert shapes.read(200, content({f"key{number}": 1})) is True
        assert len(shapes._met) <= MAX_SHAPES


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"id": 7}, None),
        ({"registered": True}, False),
        ({"registered": False}, True),
        ({"available": True}, True),
        ({"success": True}, None),
        ({"success": False}, True),
        ({"exists": True, "error": "gone"}, True),
    ],
)
def test_flags_confirm_or_deny(fields: dict[str, Any], expected: bool | None) -> None:
    assert denied(fields) is expected


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=80),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=30)
    ),
    max_leaves=40,
)


@pytest.mark.slow
@given(_JSON, st.integers(100, 599))
@settings(max_examples=100, deadline=None)
def test_any_answer_is_read_and_read_alike_again(value: Any, status: int) -> None:
    shapes = Shapes()
    first = shapes.read(status, content(value))
    assert first in (True, False, None)
    assert shapes.read(status, content(value)) is first
