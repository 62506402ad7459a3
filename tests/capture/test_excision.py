"""What is taken out, whatever the JSON: compared with taking it out by hand."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.capture.excision import Unreadable, has_fields, without
from nightlatch.exchange.headers import Headers

HEADERS = Headers([(b"content-type", b"application/json")])
NAMES = st.sampled_from(["phone", "PHONE", "e-mail", "id", "é", ""])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner), st.dictionaries(NAMES, inner))
)


def cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: cleaned(one) for name, one in value.items() if name.lower() != "phone"}
    return [cleaned(one) for one in value] if isinstance(value, list) else value


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(VALUES, st.booleans())
def test_exactly_the_named_fields_are_gone(value: Any, escaped: bool) -> None:
    body = json.dumps(value, ensure_ascii=escaped).encode()
    left = without(("Phone",), HEADERS, body)
    expected = cleaned(value)
    if left is None:
        assert expected == value
    else:
        assert json.loads(left) == expected != value


@settings(max_examples=100, deadline=None)
@given(st.binary())
def test_any_body_is_cleaned_or_unreadable(body: bytes) -> None:
    try:
        left = without(("phone",), HEADERS, body)
    except Unreadable:
        return
    assert left is None or b'"phone"' not in left


@settings(max_examples=100, deadline=None)
@given(st.binary(), st.sampled_from([b"gzip", b"br", b"zstd", b"deflate", b"gzip, br", b"x"]))
def test_so_is_any_coding_of_it(body: bytes, coding: bytes) -> None:
    headers = Headers([*HEADERS.raw, (b"content-encoding", coding)])
    try:
        without(("phone",), headers, body)
    except Unreadable:
        return


@pytest.mark.parametrize(
    ("media", "may"),
    [
        (b"application/json", True),
        (b"application/problem+json", True),
        (b" Image/PNG", False),
        (b"text/html", False),
        (b"text/plain", True),
        (b"", True),
    ],
)
def test_which_media_have_fields(media: bytes, may: bool) -> None:
    assert has_fields(Headers([(b"content-type", media)])) is may
    assert has_fields(Headers())
