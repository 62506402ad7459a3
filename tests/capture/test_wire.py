"""Batches survive the way; hostile bodies end in two kinds of error and in bounded memory."""

import math
from contextlib import suppress
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.records import REFUSED, detection, item, record

from nightlatch.capture import wire
from nightlatch.exchange.agent import AgentReport
from nightlatch.exchange.facts import Contract, Directives, Expectation
from nightlatch.exchange.judgement import Mode

AGENT = AgentReport("api", "i1", "1.0", revision=3, queue_depth=7, lost={"lost-fault": 1})
RICH = record(
    1,
    items=(item(),),
    detections=(detection(),),
    disclosed=(2**64 - 1, 0),
    asked=(5,),
    decision=REFUSED,
)


def test_a_batch_survives_the_way() -> None:
    body = wire.pack(AGENT, [wire.encode_record(RICH), wire.encode_record(record(2))])
    batch = wire.unpack(body, "zstd")
    assert batch == wire.Batch(AGENT, (RICH, record(2)))
    assert wire.unpack(zstandard.decompress(body), "identity") == batch


def test_an_answer_survives_the_way() -> None:
    contract = Contract("GET /", Expectation.PUBLIC, mode=Mode.ENFORCE, hourly_limit=3)
    answer = wire.Answer(9, Directives(9, Mode.OBSERVE, (contract,)))
    assert wire.unpack_answer(wire.pack_answer(answer)) == answer


def test_a_newer_side_may_say_more() -> None:
    batch = {"agent": {"service": "s", "instance": "i", "mood": 1}, "records": [], "colour": "red"}
    assert wire.unpack(msgspec.msgpack.encode(batch), "").agent == AgentReport("s", "i")


def bomb(size: int) -> bytes:
    """A small frame with a large content, its size told in the head."""
    return zstandard.ZstdCompressor().compress(bytes(size))


def unframed_bomb(size: int) -> bytes:
    """The same with its size not told."""
    compressor = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    return compressor.compress(bytes(size)) + compressor.flush()


@pytest.mark.parametrize("make", [bomb, unframed_bomb])
def test_a_bomb_is_cut_off(make: Any) -> None:
    with pytest.raises(wire.TooLarge, match="decompressed"):
        wire.unpack(make(1_000_001), "zstd", max_bytes=1_000_000)


def test_a_lie_about_the_size_allocates_nothing() -> None:
    frame = bytearray(bomb(1_000))
    parameters = zstandard.get_frame_parameters(bytes(frame))
    assert parameters.content_size == 1_000
    # The largest field there is: 8 bytes of content size, single segment.
    liar = bytes(frame[:4]) + b"\xe0" + (2**62).to_bytes(8, "little") + bytes(frame[7:])
    with pytest.raises((wire.Unreadable, wire.TooLarge)):
        wire.unpack(liar, "zstd")


def test_too_many_records() -> None:
    encoded = wire.encode_record(record(1))
    with pytest.raises(wire.TooLarge, match="records"):
        wire.unpack(wire.pack(AGENT, [encoded] * (wire.MAX_RECORDS + 1)), "zstd")


UNSOUND: list[dict[str, Any]] = [
    {"id": ""},
    {"id": "x" * 65},
    {"at": math.nan},
    {"at": math.inf},
    {"duration": -math.inf},
    {"status": -1},
    {"status": 1000},
    {"disclosed": (-1,)},
    {"asked": (5, -1)},
]


@pytest.mark.parametrize("fields", UNSOUND, ids=str)
def test_what_would_poison_a_store_is_refused(fields: dict[str, Any]) -> None:
    body = wire.pack(AGENT, [wire.encode_record(record(1, **fields))])
    with pytest.raises(wire.Unreadable):
        wire.unpack(body, "zstd")


@pytest.mark.parametrize("encoding", ["gzip", "zstd, zstd", "br"])
def test_another_coding_is_named(encoding: str) -> None:
    with pytest.raises(wire.Unreadable, match="content encoding"):
        wire.unpack(b"", encoding)


@given(st.binary(max_size=300), st.sampled_from(["", "zstd"]))
@settings(max_examples=100, deadline=None)
def test_no_body_raises_anything_else(body: bytes, encoding: str) -> None:
    with pytest.raises((wire.Unreadable, wire.TooLarge)):
        wire.unpack(body, encoding)
    with pytest.raises(wire.Unreadable):
        wire.unpack_answer(body)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_batch_raises_nothing_else(data: st.DataObject) -> None:
    whole = bytearray(zstandard.decompress(wire.pack(AGENT, [wire.encode_record(RICH)])))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(wire.Unreadable, wire.TooLarge):
        wire.unpack(bytes(whole), "")


def test_deep_nesting_is_an_error_like_any_other() -> None:
    with pytest.raises(wire.Unreadable):
        wire.unpack(b"\x81\xa6colour" + b"\x91" * 100_000, "")
