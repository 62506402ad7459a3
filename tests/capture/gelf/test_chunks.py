"""Chunks in any order, twice, missing or hostile: what is held is bounded, what is lost is told."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.capture.gelf.chunks import (
    BYTES_IN_ALL,
    IN_ALL,
    INCOMPLETE,
    MAGIC,
    MAX_MESSAGE,
    PER_SENDER,
    WITHIN,
    Assemblies,
)
from nightlatch.capture.wires.reading import Malformed, Quiet

NOW = 1_800_000_000.0
HERE = "192.0.2.1 4711"


def chunk(number: int, count: int, data: bytes = b"x", name: int = 1) -> bytes:
    return MAGIC + name.to_bytes(8, "big") + bytes([number, count]) + data


def test_a_message_is_whole_with_its_last_chunk() -> None:
    assemblies = Assemblies()
    assert assemblies.take(chunk(0, 2, b"ab"), HERE, NOW) is Quiet.PIECE
    assert assemblies.take(chunk(1, 2, b"cd"), HERE, NOW + 1) == b"abcd"
    assert not assemblies.expire(NOW + 60)


@pytest.mark.slow
@given(st.integers(1, 128), st.integers(1, 50), st.randoms())
@settings(max_examples=50, deadline=None)
def test_any_order_and_every_chunk_twice(count: int, size: int, mix: random.Random) -> None:
    parts = [bytes([one]) * size for one in range(count)]
    order = [*range(count), *range(count)]
    mix.shuffle(order)
    assemblies = Assemblies()
    said = [assemblies.take(chunk(one, count, parts[one]), HERE, NOW) for one in order]
    assert [one for one in said if one is not Quiet.PIECE] == [b"".join(parts)]
    assert not assemblies.expire(NOW + 60)


def test_chunks_of_others_do_not_mix() -> None:
    assemblies = Assemblies()
    assemblies.take(chunk(0, 2, b"a"), HERE, NOW)
    assert assemblies.take(chunk(1, 2, b"b"), "192.0.2.1 4712", NOW) is Quiet.PIECE
    assert assemblies.take(chunk(1, 2, b"b", name=2), HERE, NOW) is Quiet.PIECE
    assert assemblies.take(chunk(1, 2, b"c"), HERE, NOW) == b"ac"


def test_what_is_late_is_given_up_and_told() -> None:
    assemblies = Assemblies()
    assemblies.take(chunk(0, 2, b"begin"), HERE, NOW)
    assert not assemblies.expire(NOW + WITHIN - 0.1)
    assert assemblies.expire(NOW + WITHIN) == [Malformed(INCOMPLETE, b"begin")]
    assert not assemblies.expire(NOW + WITHIN)
    assert assemblies.take(chunk(1, 2), HERE, NOW + WITHIN) is Quiet.PIECE


def test_chunks_that_are_none_are_malformed() -> None:
    assemblies = Assemblies()
    hostile = [MAGIC, MAGIC + b"12345678", chunk(0, 0), chunk(2, 2), chunk(0, 129), chunk(255, 255)]
    said = [assemblies.take(one, HERE, NOW) for one in hostile]
    assert len([one for one in said if isinstance(one, Malformed)]) == len(hostile) == 6
    assert not assemblies.expire(NOW + 60)


def test_chunks_that_disagree_leave_the_message_alone() -> None:
    assemblies = Assemblies()
    assemblies.take(chunk(0, 2, b"a"), HERE, NOW)
    assert isinstance(assemblies.take(chunk(1, 3), HERE, NOW), Malformed)
    assert assemblies.take(chunk(1, 2, b"b"), HERE, NOW) == b"ab"


def test_a_sender_who_begins_too_many_loses_their_own() -> None:
    assemblies = Assemblies()
    neighbour = "192.0.2.99 1"
    assemblies.take(chunk(0, 2, b"n"), neighbour, NOW)
    for name in range(10 * PER_SENDER):
        assemblies.take(chunk(0, 2, b"x", name), HERE, NOW)
    assert len(assemblies.expire(NOW)) == 9 * PER_SENDER
    assert assemblies.take(chunk(1, 2, b"n"), neighbour, NOW) == b"nn"


def test_many_senders_together_are_bounded() -> None:
    assemblies = Assemblies()
    for number in range(3 * IN_ALL):
        assemblies.take(chunk(0, 2), f"10.0.{number >> 8}.{number & 255} 1", NOW)
    assert len(assemblies.expire(NOW)) == 2 * IN_ALL
    assert len(assemblies.expire(NOW + WITHIN)) == IN_ALL


def test_bytes_together_are_bounded() -> None:
    assemblies = Assemblies()
    data = b"x" * 60_000
    sent = 0
    for name in range(2 * BYTES_IN_ALL // (10 * len(data))):
        for number in range(10):
            assemblies.take(chunk(number, 11, data, name), f"10.0.0.{name % 200} 1", NOW)
            sent += len(data)
    assert sent > 1.5 * BYTES_IN_ALL
    given_up = len(assemblies.expire(NOW))
    assert sent - given_up * 10 * len(data) <= BYTES_IN_ALL


def test_a_message_that_is_too_large_is_malformed() -> None:
    assemblies = Assemblies()
    data = b"x" * 65_000
    said = [assemblies.take(chunk(number, 128, data), HERE, NOW) for number in range(17)]
    assert isinstance(said[-1], Malformed)
    assert 17 * len(data) > MAX_MESSAGE


@given(st.lists(st.binary(max_size=40), max_size=40))
@settings(max_examples=100, deadline=None)
def test_hostile_bytes_never_raise(datagrams: list[bytes]) -> None:
    assemblies = Assemblies()
    for data in datagrams:
        assemblies.take(MAGIC + data, HERE, NOW)
    assemblies.expire(NOW + 60)
