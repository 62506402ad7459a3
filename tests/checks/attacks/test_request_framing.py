"""Requests that hide another one, and all the honest ones that look a little like it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.clues import FINDING
from nightlatch.checks.attacks.request_framing import judge
from nightlatch.exchange.exchange import Body, Request
from nightlatch.exchange.headers import Headers

SECOND = b"GET /admin HTTP/1.1\r\nHost: x\r\n\r\n"

BAD: list[tuple[list[tuple[bytes, bytes]], bytes]] = [
    ([(b"content-length", b"6"), (b"transfer-encoding", b"chunked")], b"0\r\n\r\nG"),
    ([(b"content-length", b"6"), (b"content-length", b"5")], b""),
    ([(b"content-length", b"5, 6")], b""),
    ([(b"content-length", b"+5")], b""),
    ([(b"content-length", b"-1")], b""),
    ([(b"content-length", b"0x5")], b""),
    ([(b"content-length", b"5 5")], b""),
    ([(b"content-length", b"1_0")], b""),
    ([(b"content-length", b"")], b""),
    ([(b"content-length", b"\xb2")], b""),
    ([(b"transfer-encoding", b"xchunked")], b""),
    ([(b"transfer-encoding", b"chunked, identity")], b""),
    ([(b"transfer-encoding", b"identity, chunked")], b""),
    ([(b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"x")], b""),
    ([(b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"chunked")], b""),
    ([(b"transfer-encoding", b"cow")], b""),
    ([(b"transfer-encoding", b"\x0bchunked")], b""),
    ([(b"transfer-encoding", b"chunked\x0c")], b""),
    ([(b"transfer-encoding", b'"chunked"')], b""),
    ([(b"transfer-encoding", b"chunked;x=y")], b""),
    ([(b"transfer-encoding", b"chunk")], b""),
    ([(b"transfer-encoding", b"\xffchunked")], b""),
    ([(b"transfer-encoding", b"")], b""),
    ([(b"transfer-encoding", b"chunked, gzip")], b""),
    ([(b"transfer-encoding ", b"chunked")], b""),
    ([(b" transfer-encoding", b"chunked")], b""),
    ([(b"transfer-encoding\x0b", b"chunked")], b""),
    ([(b"transfer_encoding\t", b"chunked")], b""),
    ([(b"foo: bar\r\ntransfer-encoding", b"chunked")], b""),
    ([(b"content-length\x00", b"5")], b""),
    ([(b"x", b"y\r\n\r\n" + SECOND)], b""),
    ([(b"x", b"y\nTransfer-Encoding: chunked")], b""),
    ([(b"x", b"a\0b")], b""),
    ([(b":path", b"/admin")], b""),
    ([(b"content-type", b"application/x-www-form-urlencoded")], b"0\r\n\r\n" + SECOND),
    ([(b"content-type", b"application/x-www-form-urlencoded")], b"a=b\r\n0\n\n" + SECOND),
    ([(b"content-length", b"30")], SECOND),
    ([], b"5\r\nx=y&z\r\n0\r\n\r\nPOST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\n"),
]

GOOD: list[tuple[list[tuple[bytes, bytes]], bytes]] = [
    ([], b""),
    ([(b"content-length", b"0")], b""),
    ([(b"content-length", b"12")], b'{"a": "b"}  '),
    ([(b"content-length", b" 12 ")], b""),
    ([(b"content-length", b"5"), (b"content-length", b"5")], b""),
    ([(b"transfer-encoding", b"chunked")], b"hello"),
    ([(b"transfer-encoding", b"Chunked")], b"hello"),
    ([(b"transfer-encoding", b"gzip, chunked")], b"hello"),
    ([(b"te", b"trailers")], b""),
    ([(b"x_custom_header", b"1"), (b"x.dotted", b"2"), (b"X-Upper", b"3")], b""),
    ([(b"cookie", b"a=b; c=d")], b""),
    ([(b"x", b"folded\r\n  line")], b""),
    ([(b"content-type", b"application/json")], b'{"log": "GET /a HTTP/1.1\\n200"}'),
    ([(b"content-type", b"text/plain")], b"127.0.0.1 - - GET /a HTTP/1.1 200\n" * 3),
    ([(b"content-type", b"text/plain")], b"Steps:\n\nGET /a HTTP/1.1\nHost: x\n"),
    ([(b"content-type", b"multipart/form-data")], b"--x\r\n\r\nGET / HTTP/1.1\r\n--x--"),
    ([(b"content-type", b"text/plain")], b"total\n10\n\nGET / HTTP/1.1"),
]


def request(headers: list[tuple[bytes, bytes]], body: bytes = b"", version: str = "1.1") -> Request:
    return Request(
        *("POST", "https", "x", "/", "", Headers(headers), "127.0.0.1", version),
        Body(body, len(body)),
    )


@pytest.mark.parametrize(("headers", "body"), BAD)
def test_finds(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    clue = judge(request(headers, body))
    assert clue is not None
    assert clue.certainty >= FINDING


@pytest.mark.parametrize(("headers", "body"), GOOD)
def test_leaves_in_peace(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    clue = judge(request(headers, body))
    assert clue is None or clue.certainty < FINDING


def test_http_2_has_no_transfer_encoding() -> None:
    clue = judge(request([(b"transfer-encoding", b"chunked")], version="2"))
    assert clue is not None
    assert clue.certainty >= FINDING


def test_a_second_request_outweighs_the_two_lengths() -> None:
    both = [(b"content-length", b"6"), (b"transfer-encoding", b"chunked")]
    clue = judge(request(both, b"0\r\n\r\n" + SECOND))
    assert clue is not None
    assert "second request" in clue.why


FIELDS = st.tuples(
    st.sampled_from([b"content-length", b"transfer-encoding"]) | st.binary(max_size=20),
    st.sampled_from([b"chunked", b"5", b"5,", b","]) | st.binary(max_size=40),
)


@given(st.lists(FIELDS, max_size=6), st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_never_raises(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    judge(request(headers, b"0\r\n\r\n HTTP/" + body))


@pytest.mark.parametrize("part", [b"0\r\n\r\n", b"\r\n", b"GET ", b"0", b"GET / HTTP/", b"\n 0\n"])
def test_hostile_bodies_are_read_in_linear_time(part: bytes) -> None:
    # Patterns that backtrack would not come back from these: the suite's timeout is the judge.
    judge(request([], b" HTTP/" + part * 20_000))
