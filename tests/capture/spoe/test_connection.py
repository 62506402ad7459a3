"""Conversations with HAProxy, byte by byte, without a socket."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.capture.spoe_client import hello, notify

from nightlatch.capture.spoe.connection import Connection, State, answer
from nightlatch.capture.spoe.frames import (
    ABORT,
    FIN,
    Frame,
    Kind,
    Message,
    Scope,
    SetVariable,
    Status,
    read_actions,
    read_frame,
    read_pairs,
    write_frame,
)
from nightlatch.capture.spoe.values import Value, write_uint32, write_value

FAST = settings(max_examples=60, deadline=None)


REQUEST = Message("nightlatch-request", {"id": "1-2", "ssl": False, "body": b"x" * 500})


def open_connection() -> Connection:
    connection = Connection()
    assert connection.receive(hello()) == []
    told = read_frame(connection.to_send()[4:])
    assert told.kind == Kind.AGENT_HELLO
    return connection


def disconnected(connection: Connection) -> Status:
    told = read_frame(connection.to_send()[4:])
    assert told.kind == Kind.AGENT_DISCONNECT
    assert connection.state is State.CLOSED
    return Status(int(str(read_pairs(told.payload)["status-code"])))


def test_the_handshake_agrees_on_a_size_and_on_pipelining() -> None:
    connection = Connection(max_frame=1_000)
    connection.receive(hello())
    told = read_frame(connection.to_send()[4:])
    assert read_pairs(told.payload) == {
        "version": "2.0", "max-frame-size": 1_000, "capabilities": "pipelining",
    }  # fmt: skip
    assert connection.state is State.OPEN


def test_a_health_check_is_greeted_and_over() -> None:
    connection = Connection()
    connection.receive(hello(healthcheck=write_value(True)))
    assert read_frame(connection.to_send()[4:]).kind == Kind.AGENT_HELLO
    assert connection.state is State.CLOSED
    assert not connection.trouble


REFUSED = {
    "version missing": (hello(supported_versions=b""), Status.NO_VERSION),
    "another version": (hello(supported_versions=write_value("1.0")), Status.UNSUPPORTED_VERSION),
    "size missing": (hello(max_frame_size=b""), Status.NO_FRAME_SIZE),
    "size too small": (hello(max_frame_size=write_uint32(100)), Status.BAD_FRAME_SIZE),
    "capabilities missing": (hello(capabilities=b""), Status.NO_CAPABILITIES),
    "no greeting": (notify(REQUEST), Status.INVALID),
    "too big": (b"\x7f\xff\xff\xff", Status.TOO_BIG),
    "no head": (b"\x00\x00\x00\x02ab", Status.INVALID),
    "fragment at first": (hello() + notify(REQUEST, flags=0), Status.FRAGMENTATION),
    "fragment later": (
        hello() + write_frame(Frame(Kind.UNSET, FIN, 7, 1, b"")), Status.FRAGMENTATION,
    ),
    "greeted twice": (hello() + hello(), Status.INVALID),
    "nonsense": (hello() + write_frame(Frame(Kind.NOTIFY, FIN, 1, 1, b"\xff\xff")), Status.INVALID),
    "goodbye": (
        hello() + write_frame(Frame(Kind.HAPROXY_DISCONNECT, FIN, 0, 0)), Status.NORMAL,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_spoken_is_refused_with_its_reason(name: str) -> None:
    said, wanted = REFUSED[name]
    connection = Connection()
    connection.receive(said)
    heard = connection.to_send()
    frames = []
    while heard:
        size = int.from_bytes(heard[:4], "big")
        frames.append(read_frame(heard[4 : 4 + size]))
        heard = heard[4 + size :]
    assert frames[-1].kind == Kind.AGENT_DISCONNECT
    assert read_pairs(frames[-1].payload)["status-code"] == wanted
    assert bool(connection.trouble) is (wanted is not Status.NORMAL)
    assert connection.receive(hello()) == []


def test_unknown_frames_and_given_up_ones_are_skipped() -> None:
    connection = open_connection()
    unknown = write_frame(Frame(55, FIN, 1, 1, b"whatever"))
    assert connection.receive(unknown + notify(REQUEST, flags=FIN | ABORT)) == []
    assert connection.state is State.OPEN
    (told,) = connection.receive(notify(REQUEST))
    assert told.messages == [REQUEST]


@FAST
@given(st.lists(st.integers(1, 50), min_size=1, max_size=12), st.integers(1, 5))
def test_pieces_of_any_size_tell_the_same(cuts: list[int], frames: int) -> None:
    said = hello() + b"".join(notify(REQUEST, number=turn) for turn in range(frames))
    connection, told, at = Connection(), [], 0
    for cut in (*cuts, len(said)):
        told += connection.receive(said[at : at + cut])
        at += cut
    assert [one.number for one in told] == list(range(frames))
    assert all(one.messages == [REQUEST] for one in told)


NAMES = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=12)
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.binary(max_size=20))


@pytest.mark.slow
@FAST
@given(st.lists(st.tuples(NAMES, st.dictionaries(NAMES, VALUES, max_size=6)), max_size=4))
def test_messages_come_back(messages: list[tuple[str, dict[str, Value]]]) -> None:
    sent = [Message(name, arguments) for name, arguments in messages]
    (told,) = open_connection().receive(notify(*sent))
    assert told.messages == sent


@FAST
@given(st.lists(st.tuples(NAMES, VALUES, st.sampled_from(Scope)), max_size=6))
def test_answers_bear_the_names_of_what_they_answer(
    actions: list[tuple[str, Value, Scope]],
) -> None:
    (told,) = open_connection().receive(notify(REQUEST, stream=300, number=9))
    set_them = [SetVariable(*action) for action in actions]
    frame = read_frame(answer(told, set_them)[4:])
    assert (frame.kind, frame.flags, frame.stream, frame.number) == (Kind.ACK, FIN, 300, 9)
    assert read_actions(frame.payload) == set_them


@FAST
@given(st.binary(max_size=300))
def test_nothing_that_is_said_raises(said: bytes) -> None:
    for connection in (Connection(), open_connection()):
        connection.receive(said)
        connection.to_send()
