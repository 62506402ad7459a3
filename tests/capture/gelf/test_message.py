"""What is GELF, what is not, and what it costs to ask."""

import gzip
import json
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.capture.gelf.message import (
    DAMAGED,
    NO_JSON,
    TOO_LARGE,
    GelfMessage,
    inflate,
    message_of,
    read_message,
)
from nightlatch.capture.wires.reading import Malformed

SOUND: dict[str, Any] = {
    "version": "1.1",
    "host": "edge-1",
    "short_message": "a request",
    "timestamp": 1_800_000_000.25,
    "level": 6,
    "_method": "GET",
}


def test_a_sound_message() -> None:
    message = read_message(json.dumps(SOUND).encode())
    assert message == GelfMessage("edge-1", "a request", "", 1_800_000_000.25, {"_method": "GET"})


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1.0"},
        {"version": 1.1},
        {"message": "of some clients", "short_message": None},
        {"timestamp": "1800000000.25"},
        {"timestamp": 1_800_000_000_250},
        {"full_message": None},
        {"facility": "api", "line": 3, "file": "x.py"},
    ],
)
def test_what_clients_really_send_is_taken(change: dict[str, Any]) -> None:
    message = message_of({**SOUND, **change})
    assert isinstance(message, GelfMessage)
    assert message.at == 1_800_000_000.25
    assert message.extra == {"_method": "GET"}


@pytest.mark.parametrize("told", [None, "soon", {}, float("inf"), -5, 0, []])
def test_a_moment_that_is_none_is_not_told(told: Any) -> None:
    message = message_of({**SOUND, "timestamp": told})
    assert isinstance(message, GelfMessage)
    assert message.at is None


@pytest.mark.parametrize(
    "told",
    [
        {**SOUND, "version": "2.0"},
        {**SOUND, "version": ["1.1"]},
        {**SOUND, "version": {}},
        {**SOUND, "host": " "},
        {**SOUND, "short_message": None},
        {**SOUND, "short_message": 7},
        [],
        "text",
        None,
    ],
)
def test_what_is_none_is_malformed(told: Any) -> None:
    assert isinstance(message_of(told), Malformed)


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, zlib.compress], ids=["json", "gzip", "zlib"]
)
def test_compression_is_seen_by_the_first_bytes(pack: Any) -> None:
    assert inflate(pack(b'{"version":"1.1"}')) == b'{"version":"1.1"}'


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_compression_is_bounded_and_damage_is_told(pack: Any) -> None:
    packed = pack(b"0" * (1 << 24))
    assert inflate(packed) is TOO_LARGE
    assert inflate(pack(b"hello, world" * 9)[:-6]) is DAMAGED
    assert inflate(packed[:2] + b"\xff" * 20) is DAMAGED


def test_json_is_bounded_too() -> None:
    assert inflate(b" " * ((1 << 20) + 1)) is TOO_LARGE
    assert read_message(b"[" * 100_000) is NO_JSON


@pytest.mark.parametrize("odd", [None, True, -1, 1e300, "", "\0", [], {}, [[]], {"a": {}}])
def test_any_member_may_hold_anything(odd: Any) -> None:
    whole = {**SOUND, "message": "m", "full_message": "f", "timestamp": 1, "level": 1, "_a": 1}
    for name in whole:
        assert isinstance(message_of({**whole, name: odd}), GelfMessage | Malformed)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_hostile_bytes_never_raise(data: bytes) -> None:
    for magic in (b"", b"\x1f\x8b", b"\x78\x9c", b"{"):
        plain = inflate(magic + data)
        if isinstance(plain, bytes):
            read_message(plain)
