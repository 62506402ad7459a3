"""Binary formats of objects, made by those who keep objects in them where Python can."""

import base64
import gzip
import os
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.checks.attacks.serialised.binary import read_binary

JAVA = b"\xac\xed\x00\x05sr\x00\x11java.util.HashMap\x05\x07\xda\xc1\xc3\x16`\xd1\x03\x00\x02F"


class _Calls:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("id",)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_that_calls_is_found(protocol: int) -> None:
    text = base64.b64encode(pickle.dumps(_Calls(), protocol)).decode()
    clue = read_binary(text)
    assert clue is not None
    assert "calls" in clue.why


@pytest.mark.parametrize("protocol", [4, 5])
def test_a_pickle_of_data_is_a_pickle(protocol: int) -> None:
    text = base64.b64encode(pickle.dumps({"a": [1, 2, 3]}, protocol)).decode()
    clue = read_binary(text)
    assert clue is not None
    assert clue.certainty < 90


def test_java_is_found_raw_encoded_and_compressed() -> None:
    for text in (
        base64.b64encode(JAVA).decode(),
        base64.urlsafe_b64encode(JAVA).decode().rstrip("="),
        JAVA.hex(),
        JAVA.decode("latin-1"),
        base64.b64encode(gzip.compress(JAVA + bytes(range(64)))).decode(),
    ):
        assert read_binary(text) is not None, text


@pytest.mark.parametrize("magic", [b"\xac\xed\x00\x05s", b"\xff\xfe\x00\x05w"])
def test_the_magic_alone_says_nothing_among_random_bytes(magic: bytes) -> None:
    noise = b"\x89PNG" + bytes(range(128, 256)) + magic + bytes(range(256))
    assert read_binary(noise.decode("utf-8", "replace")) is None
    assert read_binary((b"\x89PNG" + JAVA).decode("utf-8", "replace")) is not None


def test_compressed_json_passes() -> None:
    assert read_binary(base64.b64encode(gzip.compress(b'{"a":1}' * 20)).decode()) is None


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=200), st.sampled_from(["", "rO0AB", "gASV", "AAEAAAD", "/wE", "BAh", "H4sI"])
)
def test_anything_may_be_read(data: bytes, prefix: str) -> None:
    read_binary(prefix + base64.b64encode(data).decode())
    read_binary(data.decode("latin-1"))
