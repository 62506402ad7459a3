"""A row becomes the request that the middleware would have handed on."""

import gzip
import zlib
from typing import Any

import brotli
import pytest
from benchmarks.detection.corpus import Row
from benchmarks.detection.requests import request_of_row
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from nightlatch.capture.codings import MAX_DECODED
from nightlatch.capture.setup import BODY_LIMIT

PLAIN = Row("GET", "/", (), b"", 0, "tiny")


def _coded(coding: str, body: bytes) -> Row:
    return replace(PLAIN, method="POST", headers=(("Content-Encoding", coding),), body=body)


def test_the_path_is_decoded_and_the_query_is_not() -> None:
    request = request_of_row(replace(PLAIN, target="/caf%C3%A9/%2e%2e%2f?q=%27+or?"))
    assert (request.path, request.query) == ("/café/../", "q=%27+or?")


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("http://shop.example/a%20b?c=1", "/a b", "c=1"),
        (".bak", ".bak", ""),
        ("", "", ""),
        ("*", "*", ""),
        ("http://[::1/x", "http://[::1/x", ""),
        ("/go?to=http://shop.example/", "/go", "to=http://shop.example/"),
        ("/%ff", "/\ufffd", ""),
    ],
)
def test_odd_targets(target: str, path: str, query: str) -> None:
    request = request_of_row(replace(PLAIN, target=target))
    assert (request.path, request.query) == (path, query)


def test_header_fields_are_octets_in_lower_case_and_in_order() -> None:
    headers = (("X-Name", "Zoë"), ("x-name", "\ud800"), ("Host", "shop.example"))
    request = request_of_row(replace(PLAIN, headers=headers))
    assert request.headers.raw == (
        (b"x-name", "Zoë".encode()),
        (b"x-name", b"\xed\xa0\x80"),
        (b"host", b"shop.example"),
    )
    assert request.host == "shop.example"


def test_what_every_client_sends_is_added_where_it_was_left_out() -> None:
    request = request_of_row(replace(PLAIN, body=b"a=1"))
    assert request.headers.get_all(b"content-length") == ["3"]
    assert request.headers.get_all(b"host") == ["api.example.com"]
    framed = replace(PLAIN, body=b"a=1", headers=(("Transfer-Encoding", "chunked"),))
    assert b"content-length" not in request_of_row(framed).headers


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b"hello", mtime=0)),
        ("deflate", zlib.compress(b"hello")),
        ("br", brotli.compress(b"hello")),
        ("identity", b"hello"),
        ("gzip, br", brotli.compress(gzip.compress(b"hello", mtime=0))),
    ],
    # gzip writes the time into its header, and a test's name must be the same in every process.
    ids=["gzip", "deflate", "br", "identity", "gzip, br"],
)
def test_content_codings_are_undone(coding: str, body: bytes) -> None:
    request = request_of_row(_coded(coding, body))
    assert (request.body.data, request.body.fault) == (b"hello", "")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "nonsense"])
def test_what_was_never_encoded_is_inspected_as_it_is(coding: str) -> None:
    request = request_of_row(_coded(coding, b"name=Ada+Byron"))
    assert request.body.data == b"name=Ada+Byron"
    assert request.body.fault


def test_bodies_and_bombs_are_cut_as_the_capture_cuts_them() -> None:
    long = request_of_row(replace(PLAIN, body=b"x" * (BODY_LIMIT + 1))).body
    assert (len(long.data), long.size, long.truncated) == (BODY_LIMIT, BODY_LIMIT + 1, True)
    bomb = request_of_row(_coded("gzip", gzip.compress(b"x" * (MAX_DECODED + 1)))).body
    assert (len(bomb.data), bomb.truncated) == (MAX_DECODED, True)
    assert "expands beyond" in bomb.fault


ANY_TEXT = st.text(st.characters(codec=None), max_size=40)


@settings(max_examples=100, deadline=None)
@given(
    row=st.builds(
        Row,
        method=ANY_TEXT,
        target=ANY_TEXT | st.sampled_from(["//", "http://", "http://[", "/?", "/%", "?"]),
        headers=st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=4).map(tuple),
        body=st.binary(max_size=60),
        label=st.just(0),
        set=st.just("any"),
    )
)
def test_no_row_raises(row: Any) -> None:
    assert request_of_row(row).body.size == len(row.body)
