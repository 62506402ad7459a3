"""Streams of messages, however they arrive."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.capture.gelf.framing import TOO_LONG, GelfFramer
from nightlatch.capture.wires.reading import Malformed

PRETTY = json.dumps({"short_message": "x", "deep": {"a": [{}, {"b": 1}]}}, indent=2).encode()
PLAIN = b'{"short_message":"y"}'


def fed(framer: GelfFramer, stream: bytes, step: int) -> list[bytes | Malformed]:
    messages: list[bytes | Malformed] = []
    for at in range(0, len(stream), step):
        messages += framer.feed(stream[at : at + step])
    return [*messages, *framer.end()]


@given(st.integers(1, 300))
@settings(max_examples=60, deadline=None)
def test_zero_bytes_end_messages_wherever_the_pieces_are_cut(step: int) -> None:
    assert fed(GelfFramer(), b"\0".join([PLAIN, PRETTY, PLAIN]), step) == [PLAIN, PRETTY, PLAIN]


@given(st.integers(1, 300))
@settings(max_examples=60, deadline=None)
def test_line_breaks_do_where_no_zero_comes(step: int) -> None:
    stream = b"\r\n".join([PLAIN, PRETTY, PLAIN, PRETTY]) + b"\n"
    assert fed(GelfFramer(), stream, step) == [PLAIN, PRETTY, PLAIN, PRETTY]


@given(st.integers(1, 100))
@settings(max_examples=60, deadline=None)
def test_a_line_that_is_none_does_not_stop_its_neighbours(step: int) -> None:
    stream = b"\n".join([PLAIN, b'{"broken":', PLAIN, b"garbage", PLAIN, b""])
    messages = fed(GelfFramer(), stream, step)
    assert messages == [PLAIN, b'{"broken":', PLAIN, b"garbage", PLAIN]


def test_what_is_too_long_is_told_once_and_left_out() -> None:
    framer = GelfFramer(max_message=100)
    messages = fed(framer, b"x" * 1_000 + b"\0" + PLAIN + b"\0", 64)
    assert [one.reason for one in messages if isinstance(one, Malformed)] == [TOO_LONG]
    assert messages[-1] == PLAIN


def test_many_lines_cost_no_more_than_they_are_long() -> None:
    framer = GelfFramer()
    stream = b'{"a":{}\n' + b"{}\n}" * 200_000
    messages = fed(framer, stream, 65_536)
    assert sum(len(one) for one in messages if isinstance(one, bytes)) <= len(stream)


@given(st.lists(st.binary(max_size=60), max_size=20))
@settings(max_examples=100, deadline=None)
def test_hostile_bytes_never_raise(pieces: list[bytes]) -> None:
    framer = GelfFramer(max_message=64)
    for piece in pieces:
        framer.feed(piece)
    framer.end()
