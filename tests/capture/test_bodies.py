"""Bodies come out the same however they were cut, and no coding can hurt us."""

import gzip
import zlib
from collections.abc import Callable
from itertools import pairwise

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.capture.bodies import TAIL, BodyCollector, body_of, octets
from nightlatch.capture.codings import MAX_DECODED, MAX_STACKED, decoder_for
from nightlatch.exchange.exchange import NO_BODY, Body
from nightlatch.exchange.headers import Headers

TEXT = b'{"users": [' + b", ".join(b'{"phone": "+1555%07d"}' % n for n in range(500)) + b"]}"


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


def headers(*codings: str) -> Headers:
    return Headers([(b"content-encoding", coding.encode()) for coding in codings])


def collect(chunks: list[bytes], limit: int = 65_536) -> BodyCollector:
    collected = BodyCollector(limit)
    for number, chunk in enumerate(chunks, 1):
        collected.add(chunk, more=number < len(chunks))
    return collected


def read(data: bytes, *codings: str, limit: int = 65_536) -> Body:
    return body_of(collect([data], limit), decoder_for(headers(*codings)), over=True)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


def test_of_a_longer_body_the_end_is_kept_too() -> None:
    body = body_of(collect([b"a" * 100, b"b" * TAIL, b"the end"], 10), None, over=True)
    assert (body.data, body.truncated) == (b"a" * 10, True)
    assert body.tail == (b"b" * TAIL + b"the end")[-TAIL:]
    assert read(b"short").tail == b""
    answer = BodyCollector(10, ending=0)
    answer.add(b"a" * 100, more=False)
    assert answer.tail == b""
    # Of a coded body the end cannot be read without the middle.
    assert read(gzip.compress(bytes(range(256)) * 50), "gzip", limit=10).tail == b""


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=4), st.integers(1, 40))
def test_beginning_and_end_however_it_was_cut(data: bytes, places: list[int], limit: int) -> None:
    body = body_of(collect(cut(data, places), limit), None, over=True)
    assert body.data + body.tail == data


@pytest.mark.parametrize("coding", ENCODERS)
def test_each_coding_is_undone(coding: str) -> None:
    packed = ENCODERS[coding](TEXT)
    assert read(packed, coding) == Body(TEXT, len(packed))


def test_stacked_codings_are_undone_in_reverse() -> None:
    packed = ENCODERS["br"](ENCODERS["gzip"](TEXT))
    assert read(packed, "gzip, br").data == TEXT
    assert read(packed, "GZIP", " identity ,BR").data == TEXT


def test_deflate_without_its_zlib_wrapper() -> None:
    assert read(raw_deflate(TEXT), "deflate").data == TEXT


def test_gzip_members_and_padding() -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0" * 16
    assert read(packed, "gzip") == Body(b"one two", len(packed))


def test_zstd_frames() -> None:
    packed = ENCODERS["zstd"](b"one ") + ENCODERS["zstd"](b"two")
    assert read(packed, "zstd").data == b"one two"


def test_nothing_to_undo() -> None:
    for codings in ([], ["identity"], [""], [" , identity"]):
        assert decoder_for(headers(*codings)) is None


BOMB = b"\0" * (64 << 20)
BOMBS = {
    "gzip": gzip.compress(BOMB, 9),
    "deflate": zlib.compress(BOMB, 9),
    "br": brotli.compress(BOMB, quality=5),
    "zstd": zstandard.ZstdCompressor().compress(BOMB),
}


@pytest.mark.parametrize("coding", BOMBS)
def test_bombs_are_stopped_and_named(coding: str) -> None:
    bomb = BOMBS[coding]
    body = read(bomb, coding, limit=len(bomb))
    assert body.data == b"\0" * MAX_DECODED
    assert body.truncated
    assert body.fault == f"{coding}: expands beyond 1 MiB"


def test_a_bomb_in_a_bomb() -> None:
    nested = gzip.compress(BOMBS["gzip"])
    body = read(nested, "gzip, gzip")
    assert len(body.data) <= MAX_DECODED
    assert "expands" in body.fault


def test_exactly_the_bound_is_no_bomb() -> None:
    for coding, encode in ENCODERS.items():
        body = read(encode(b"a" * MAX_DECODED), coding)
        assert (len(body.data), body.fault, body.truncated) == (MAX_DECODED, "", False), coding


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_coding_that_ends_too_early_says_so(coding: str) -> None:
    packed = ENCODERS[coding](TEXT)[:-9]
    assert read(packed, coding).fault == "its content coding ends too early"


def test_what_was_never_encoded_is_read_as_it_is() -> None:
    """A false header must not hide a body that the application will read all the same."""
    for coding in ENCODERS:
        body = read(b'{"phone": "+15550100"}', coding)
        assert body.data == b'{"phone": "+15550100"}', coding
        assert body.fault.startswith(coding)
    body = read(b"{}", "utf-8")
    assert (body.data, body.fault) == (b"{}", "an unknown content coding")
    assert "more than" in read(b"{}", *["gzip"] * (MAX_STACKED + 1)).fault


def test_damage_in_the_middle_of_a_stream_ends_it() -> None:
    decoder = decoder_for(headers("gzip"))
    assert decoder is not None
    packed = gzip.compress(TEXT)
    assert decoder.feed(packed[:200])
    false_checksum = b"\0" * 8
    assert decoder.feed(packed[200:-8] + false_checksum) == b""
    assert decoder.fault == "gzip: damaged"
    assert decoder.feed(gzip.compress(b"more")) == b""


def test_a_prefix_of_an_encoded_body() -> None:
    packed = gzip.compress(TEXT)
    body = read(packed, "gzip", limit=len(packed) // 2)
    assert body.truncated
    assert body.size == len(packed)
    assert TEXT.startswith(body.data)
    assert body.data
    assert body.fault == ""


def test_a_body_that_ended_early() -> None:
    collected = BodyCollector(10)
    collected.add(b"half", more=True)
    over = body_of(collected, None, over=True)
    assert (over.data, over.truncated) == (b"half", False)
    assert "incomplete" in over.fault
    so_far = body_of(collected, None, over=False)
    assert (so_far.truncated, so_far.fault) == (True, "")


def test_no_body() -> None:
    assert body_of(collect([b""]), None, over=False) is NO_BODY
    assert body_of(BodyCollector(10), None, over=True) is NO_BODY


@settings(max_examples=100, deadline=None)
@given(
    data=st.binary(max_size=300),
    places=st.lists(st.integers(0, 300), max_size=12),
    limit=st.integers(1, 400),
)
def test_any_split_gives_the_same_body(data: bytes, places: list[int], limit: int) -> None:
    whole = body_of(collect([data], limit), None, over=True)
    assert body_of(collect(cut(data, places), limit), None, over=True) == whole
    assert whole.data == data[:limit]
    assert whole.size == len(data)
    assert whole.truncated == (len(data) > limit)


@settings(max_examples=60, deadline=None)
@given(
    coding=st.sampled_from(sorted(ENCODERS)),
    data=st.binary(max_size=2_000),
    places=st.lists(st.integers(0, 5_000), max_size=8),
)
def test_any_split_is_decoded_alike_piece_by_piece(
    coding: str, data: bytes, places: list[int]
) -> None:
    decoder = decoder_for(headers(coding))
    assert decoder is not None
    pieces = cut(ENCODERS[coding](data), places)
    assert b"".join(map(decoder.feed, pieces)) == data
    assert decoder.fault == ""
    assert decoder.finished


@settings(max_examples=100, deadline=None)
@given(
    codings=st.lists(st.sampled_from([*ENCODERS, "identity", "odd", ""]), max_size=6),
    garbage=st.binary(max_size=400),
    begin=st.sampled_from([b"", *(encode(TEXT)[:40] for encode in ENCODERS.values())]),
    room=st.integers(0, 300),
)
def test_garbage_never_raises_and_never_exceeds_the_bound(
    codings: list[str], garbage: bytes, begin: bytes, room: int
) -> None:
    decoder = decoder_for(headers(*codings))
    if decoder is not None:
        for piece in (begin + garbage, garbage, b""):
            # What was never encoded passes as it is, and has not expanded.
            assert len(decoder.feed(piece, room)) <= max(room, len(piece))


def test_octets_are_copies_that_nobody_can_change() -> None:
    buffer = bytearray(b"seen")
    copy = octets(memoryview(buffer))
    buffer[:] = b"gone"
    assert copy == b"seen"
    assert octets(bytearray(b"a")) == b"a"
    with pytest.raises(TypeError, match="not str"):
        octets("text")
