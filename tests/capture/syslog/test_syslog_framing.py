"""RFC 6587: counted and ended by line breaks, also both on one connection."""

from hypothesis import given, settings
from hypothesis import strategies as st

from nightlatch.capture.syslog.framing import CUT_SHORT, TOO_LONG, SyslogFramer
from nightlatch.capture.wires.reading import Malformed

NEW = b"<34>1 - - - - - - two\nlines"
OLD = b"<13>Nov 22 11:59:50 h a: x"
DATED = b"2026-11-22T11:59:50Z h a: x"


def counted(message: bytes) -> bytes:
    return b"%d %s" % (len(message), message)


def fed(framer: SyslogFramer, stream: bytes, step: int) -> list[bytes | Malformed]:
    messages: list[bytes | Malformed] = []
    for at in range(0, len(stream), step):
        messages += framer.feed(stream[at : at + step])
    return [*messages, *framer.end()]


@given(st.integers(1, 200))
@settings(max_examples=60, deadline=None)
def test_both_framings_wherever_the_pieces_are_cut(step: int) -> None:
    stream = (
        counted(NEW) + counted(OLD) + OLD + b"\r\n" + DATED + b"\n" + OLD + b"\0" + counted(NEW)
    )
    messages = fed(SyslogFramer(), stream, step)
    plain = [one.rstrip(b"\r") for one in messages if isinstance(one, bytes)]
    assert plain == [NEW, OLD, OLD, DATED, OLD, NEW]


@given(st.integers(1, 200))
@settings(max_examples=60, deadline=None)
def test_what_is_no_message_takes_none_of_its_neighbours_with_it(step: int) -> None:
    stream = counted(NEW) + counted(b"no message") + counted(b"y" * 100) + counted(OLD)
    messages = fed(SyslogFramer(max_message=64), stream + OLD + b"\n", step)
    assert [one for one in messages if isinstance(one, bytes)] == [NEW, b"no message", OLD, OLD]
    assert [one.reason for one in messages if isinstance(one, Malformed)] == [TOO_LONG]


@given(st.integers(1, 200))
@settings(max_examples=60, deadline=None)
def test_what_is_too_long_is_told_once_and_left_out(step: int) -> None:
    framer = SyslogFramer(max_message=64)
    stream = (
        counted(b"<13>" + b"x" * 200) + OLD + b"\n" + b"<13>" + b"y" * 300 + b"\n" + OLD + b"\n"
    )
    messages = fed(framer, stream, step)
    assert [one.reason for one in messages if isinstance(one, Malformed)] == [TOO_LONG, TOO_LONG]
    assert [one for one in messages if isinstance(one, bytes)] == [OLD, OLD]


def test_a_message_that_was_cut_short_is_told() -> None:
    messages = fed(SyslogFramer(), counted(NEW)[:-3], 1_000)
    assert [one.reason for one in messages if isinstance(one, Malformed)] == [CUT_SHORT]
    assert fed(SyslogFramer(), OLD, 1_000) == [OLD]


@given(st.lists(st.binary(max_size=60), max_size=20))
@settings(max_examples=100, deadline=None)
def test_hostile_bytes_never_raise(pieces: list[bytes]) -> None:
    framer = SyslogFramer(max_message=64)
    for piece in pieces:
        framer.feed(piece)
    framer.end()
