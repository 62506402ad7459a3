"""The agent's answers: variables that our HAProxy configuration acts on."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.capture.recording import WITHHOLD, Recording
from tests.capture.spoe_client import hello, notify

from nightlatch.capture.gateway.answers import Answers
from nightlatch.capture.gateway.haproxy import (
    Plan,
    configuration,
    snippet,
    spoe_configuration,
)
from nightlatch.capture.gateway.underway import Underway
from nightlatch.capture.gateway.upstream import read_upstream
from nightlatch.capture.refusal import problem
from nightlatch.capture.spoe.agent import SpoeAgent
from nightlatch.capture.spoe.connection import Notify
from nightlatch.capture.spoe.endings import read_ending
from nightlatch.capture.spoe.frames import Kind, Message, read_actions, read_frame
from nightlatch.capture.spoe.messages import FIELDS, fits
from nightlatch.capture.spoe.values import Value, write_headers
from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.source import Source, SourceKind

HEAD = write_headers([(b"host", b"api"), (b"content-type", b"application/json")])
REQUEST: dict[str, Value] = {
    "id": "1-2", "method": "POST", "path": "/users/%2B43", "query": "a=%31", "version": "2.0",
    "headers": HEAD, "body": b'{"a": 1}', "src": "192.0.2.7", "ssl": True,
}  # fmt: skip
RESPONSE: dict[str, Value] = {
    "id": "1-2", "method": "POST", "status": 200,
    "headers": write_headers([(b"content-length", b"2")]), "body": b"{}",
}  # fmt: skip


def agent(inline: Recording) -> SpoeAgent[Any]:
    source = Source(SourceKind.GATEWAY, "test")
    return SpoeAgent(Underway(inline, source, inline.on_lost), Answers())


def told(name: str, arguments: dict[str, Value]) -> Notify:
    return Notify(7, 1, [Message(name, arguments)])


def variables(one: SpoeAgent[Any], name: str, arguments: dict[str, Value]) -> dict[str, Value]:
    actions, _ = one.judge(told(name, arguments))
    return {action.name: action.value for action in actions}


def test_an_exchange_is_watched_from_its_request_to_its_answer() -> None:
    inline = Recording()
    one = agent(inline)
    assert variables(one, "nightlatch-request", REQUEST) == {"watch": True}
    assert variables(one, "nightlatch-response", RESPONSE) == {"done": True}
    one.hand_over()
    (finished,) = inline.finished
    request = finished.request
    assert (request.method, request.scheme, request.host) == ("POST", "https", "api")
    assert (request.path, request.query, request.http_version) == ("/users/+43", "a=%31", "2")
    assert (request.peer, request.body.data) == ("192.0.2.7", b'{"a": 1}')
    assert finished.response is not None
    assert finished.response.body.data == b"{}"


def test_a_refusal_tells_haproxy_what_to_answer() -> None:
    one = agent(Recording(at_request=lambda _request: WITHHOLD))
    found = variables(one, "nightlatch-request", REQUEST)
    assert (found["status"], found["retry_after"]) == (429, "30")
    assert found["body"] == problem(429, 30).body.data


def test_every_refusal_of_ours_is_one_that_haproxy_can_give() -> None:
    for status in (401, 403, 429, 503):
        assert fits(problem(status, 5))


def test_a_stream_is_not_over_with_its_head() -> None:
    one = agent(Recording())
    variables(one, "nightlatch-request", REQUEST)
    head = {**RESPONSE, "headers": write_headers([(b"transfer-encoding", b"chunked")]), "body": b""}
    assert variables(one, "nightlatch-response-head", head) == {"done": False}


def test_waiting_comes_in_rounds() -> None:
    one = agent(Recording())
    actions, delay = one.judge(told("nightlatch-wait", {"left": 2_000}))
    assert delay == 0.8
    assert actions[0].value == 1_200
    assert one.judge(told("nightlatch-wait", {"left": 300}))[1] == 0.3


def test_what_no_configuration_of_ours_sends_is_counted_and_passes() -> None:
    one = agent(Recording())
    for name, arguments in (
        ("nightlatch-request", {**REQUEST, "headers": b"\xff\xff"}),
        ("nightlatch-request", {**REQUEST, "path": 7}),
        ("nightlatch-response", {**RESPONSE, "status": "ok"}),
        ("another", {}),
    ):
        assert variables(one, name, arguments) == {}
    assert one.malformed == 4


async def test_it_answers_on_a_socket_and_in_order(tmp_path: Path) -> None:
    inline = Recording()
    loop = asyncio.get_running_loop()
    server = await loop.create_unix_server(agent(inline).protocol, tmp_path / "a.sock")
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "a.sock"))
    writer.write(hello())
    writer.write(notify(Message("nightlatch-request", REQUEST), stream=1))
    writer.write(notify(Message("nightlatch-response", RESPONSE), stream=1, number=2))
    frames = []
    for _ in range(3):
        size = int.from_bytes(await reader.readexactly(4), "big")
        frames.append(read_frame(await reader.readexactly(size)))
    assert [frame.kind for frame in frames] == [Kind.AGENT_HELLO, Kind.ACK, Kind.ACK]
    assert [action.name for action in read_actions(frames[1].payload)] == ["watch"]
    assert frames[2].number == 2
    writer.close()
    server.close()
    assert [one.ending for one in inline.finished] == [Ending.ANSWERED]


def test_ends_are_read_and_other_lines_are_not() -> None:
    key, end = read_ending(b"12-7 200 310 5000 1500 CD") or ("", None)
    assert end is not None
    assert (key, end.status, end.sent, end.duration, end.client_gone) == (
        "12-7", 200, 5_000, 1.5, True,
    )  # fmt: skip
    assert read_ending(b"Proxy nightlatch stopped (cumulated conns: FE: 0, BE: 0).") is None
    assert read_ending(b"a b c d e f") is None


def test_the_configuration_names_what_the_agent_speaks_of(tmp_path: Path) -> None:
    plan = Plan(listen=[":1"], upstream=read_upstream("http://[::1]:9"), place=tmp_path)
    main, second = configuration(plan), spoe_configuration()
    assert "server application [::1]:9" in main
    for field in FIELDS:
        assert f"txn.nightlatch.{field.replace('-', '_')})" in main
    for name in ("nightlatch-request", "nightlatch-response", "nightlatch-wait"):
        assert f"spoe-message {name}" in second
        assert f"send-spoe-group nightlatch {name}" in main


def test_the_end_stands_at_the_end_of_other_peoples_lines() -> None:
    line = (
        b"127.0.0.1:1 [18/Nov/2026:20:30:13.655] f b/s 0/0/0/0/0 200 9 - - ---- 1/1/0/0/0 0/0 "
        b'"GET /a?b=12-9%20200%201%201%201%20CD HTTP/1.1" 12-8 200 310 5000 1500 --'
    )
    key, end = read_ending(line) or ("", None)
    assert (key, end and end.client_gone) == ("12-8", False)
    cut_in_what_a_client_wrote = b"127.0.0.1:1 " + b"x" * 8_190 + b" 12-9 200 1 1 1 CD"
    assert read_ending(cut_in_what_a_client_wrote[-8_191:]) is None


def test_what_is_printed_knows_where_haproxy_is_locked_up(tmp_path: Path) -> None:
    place = tmp_path / "jail" / "run"
    place.mkdir(parents=True)
    printed = snippet(place, 65_536, fail_closed=True, chroot=str(tmp_path / "jail"))
    assert f"config {place}/spoe.cfg" in printed
    assert "log /run/ends.sock" in printed
    assert printed.count("unix@/run/") == 2
    with pytest.raises(ValueError, match="data_dir"):
        snippet(place, 65_536, fail_closed=True, chroot="/elsewhere")
    # What their own logs are is their affair.
    assert "set-log-level" not in printed
