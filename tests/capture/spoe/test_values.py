"""Typed values: what is written is read again, and nothing hostile gets through."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.capture.spoe.values import (
    Malformed,
    read_headers,
    read_named,
    read_value,
    read_varint,
    write_address,
    write_headers,
    write_value,
    write_varint,
)

FAST = settings(max_examples=100, deadline=None)

VECTORS = [
    (0, "00"), (239, "ef"), (240, "f000"), (2_287, "ff7f"), (2_288, "f08000"), (264_431, "ffff7f"),
]  # fmt: skip
"""The bounds of SPOE.txt section 3.1: so many bytes for so large a number."""


@pytest.mark.parametrize(("number", "written"), VECTORS)
def test_integers_are_written_as_the_protocol_has_them(number: int, written: str) -> None:
    assert write_varint(number).hex() == written
    assert read_varint(bytes.fromhex(written), 0) == (number, len(written) // 2)


@FAST
@given(st.integers(0, 2**64 - 1), st.binary(max_size=3))
def test_integers_come_back(number: int, after: bytes) -> None:
    written = write_varint(number)
    assert read_varint(written + after, 0) == (number, len(written))


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.binary(max_size=300),
    st.text(st.characters(max_codepoint=255), max_size=300),
)


@pytest.mark.slow
@FAST
@given(VALUES)
def test_values_come_back(value: bool | int | str | bytes | None) -> None:
    written = write_value(value)
    assert read_value(written, 0) == (value, len(written))


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::1", "::"])
def test_addresses_come_back_as_text(address: str) -> None:
    written = write_address(address)
    assert read_value(written, 0) == (address, len(written))


@FAST
@given(VALUES, st.integers(0, 400))
def test_what_is_cut_short_is_malformed(value: bool | int | str | bytes | None, kept: int) -> None:
    written = write_value(value)
    if kept < len(written):
        with pytest.raises(Malformed):
            read_value(written[:kept], 0)


@FAST
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_malformed(data: bytes) -> None:
    with suppress(Malformed):
        read_named(data, 0, 3)
    with suppress(Malformed):
        read_headers(data)


def test_integers_that_never_end_are_malformed() -> None:
    with pytest.raises(Malformed, match="64 bits"):
        read_varint(b"\xff" * 20, 0)


@FAST
@given(st.lists(st.tuples(st.binary(min_size=1, max_size=20), st.binary(max_size=300)), max_size=8))
def test_header_blocks_come_back(pairs: list[tuple[bytes, bytes]]) -> None:
    assert read_headers(write_headers(pairs)) == pairs
