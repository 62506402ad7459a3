"""The middleware against a scripted server: what passes, what is held, what is refused."""

import asyncio
import contextlib
import gzip
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.capture.recording import (
    FORBID,
    JSON,
    WITHHOLD,
    WOULD_WITHHOLD,
    Recording,
    answering,
    http_scope,
    length,
    part,
    start,
    talk,
)

import nightlatch.faults
from nightlatch.capture.ports import Message, Receive, Scope, Send
from nightlatch.exchange.exchange import NO_BODY, Ending
from nightlatch.exchange.judgement import Outcome
from nightlatch.faults import FAULTS

ALICE = b'{"phone": "+15550100"}'
HELD = (start(200, JSON, length(len(ALICE))), part(ALICE))


def broken(*_: object) -> Any:
    raise RuntimeError("a bug of ours")


@pytest.fixture
def _swallowing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faults as in production: counted and swallowed."""
    monkeypatch.delenv("NIGHTLATCH_RAISE", raising=False)


class TestPassing:
    async def test_the_whole_exchange_is_seen_before_the_answer_leaves(self) -> None:
        recording = Recording()
        scope = http_scope(
            method="POST", path="/users", query_string=b"a=%20b", scheme="https", http_version="2"
        )
        heard = await talk(recording.around(answering(*HELD)), scope, [b"one ", b"two"])
        assert heard.sent == list(HELD)
        [request] = recording.requests
        assert (request.method, request.scheme, request.host) == ("POST", "https", "api.example")
        assert (request.path, request.query, request.peer) == ("/users", "a=%20b", "198.51.100.7")
        assert request.http_version == "2"
        assert request.body is NO_BODY
        [judged] = recording.judged
        assert judged.request.body.data == b"one two"
        assert not judged.request.body.truncated
        assert judged.response.status == 200
        assert judged.response.body.data == ALICE
        [finished] = recording.finished
        assert finished.ending is Ending.ANSWERED
        assert finished.request.body.data == b"one two"
        assert finished.response == judged.response
        assert 0 <= finished.duration < 5

    async def test_finish_comes_after_the_last_byte_and_before_background_work(self) -> None:
        recording = Recording()
        order: list[str] = []
        recording.at_finish = lambda: order.append("finish")

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            for message in HELD:
                await send(message)
            order.append("background")

        async def send(message: Message) -> None:
            order.append(message["type"])

        async def receive() -> Message:
            raise AssertionError("nothing to receive")

        await recording.around(app)(http_scope(), receive, send)
        assert order == ["http.response.start", "http.response.body", "finish", "background"]

    async def test_missing_scope_keys_have_the_specifications_defaults(self) -> None:
        recording = Recording()
        scope = http_scope(client=None)
        for key in ("scheme", "http_version", "query_string", "root_path"):
            del scope[key]
        assert (await talk(recording.around(answering(*HELD)), scope)).status == 200
        [request] = recording.requests
        assert (request.scheme, request.peer, request.query) == ("http", "", "")

    async def test_lifespan_passes_untouched(self) -> None:
        recording = Recording()
        seen: list[Scope] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(scope)

        scope: Scope = {"type": "lifespan"}
        await talk(recording.around(app), scope)
        assert seen == [scope]
        assert not recording.requests

    async def test_strange_headers_are_kept(self) -> None:
        recording = Recording()
        headers = [(b"host", b"a"), (b"x", b"\xe9\xff"), (b"x", b"2"), (b"big", b"b" * 100_000)]
        await talk(recording.around(answering(*HELD)), http_scope(headers=headers))
        assert recording.requests[0].headers.raw == tuple(headers)
        assert recording.requests[0].headers.get_all(b"x") == ["\xe9\xff", "2"]

    async def test_headers_given_as_an_iterator_reach_the_server(self) -> None:
        recording = Recording()
        head = {"type": "http.response.start", "status": 200, "headers": iter([JSON])}
        heard = await talk(recording.around(answering(head, part(ALICE))))
        assert heard.sent[0]["headers"] == [JSON]
        assert recording.judged[0].response.headers.get(b"content-type") == "application/json"

    async def test_upper_case_header_names_do_not_escape_the_hold(self) -> None:
        recording = Recording(at_response=lambda _: WITHHOLD)
        head = start(200, (b"Content-Type", b"application/json"), (b"Content-Length", b"22"))
        heard = await talk(recording.around(answering(head, part(b"{", more=True), part(b"}"))))
        assert heard.status == 429

    async def test_a_mutable_body_is_copied_while_it_is_held(self) -> None:
        buffer = bytearray(b'{"a":')

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send(start(200, JSON, length(7)))
            message = part(memoryview(buffer)[:5], more=True)  # type: ignore[arg-type]
            await send(message)
            buffer[:5] = b"xxxxx"
            message["body"] = b"1}"
            message["more_body"] = False
            await send(message)

        recording = Recording()
        heard = await talk(recording.around(app))
        assert heard.body == b'{"a":1}'
        assert recording.judged[0].response.body.data == b'{"a":1}'

    async def test_the_handler_that_never_reads_the_body(self) -> None:
        recording = Recording()
        app = recording.around(answering(*HELD, read=False))
        assert (await talk(app, body=[b"unread"])).sent == list(HELD)
        assert recording.finished[0].request.body is NO_BODY

    async def test_a_body_read_in_part_says_so(self) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await receive()
            for message in HELD:
                await send(message)

        recording = Recording()
        await talk(recording.around(app), body=[b"some", b"more"])
        assert recording.judged[0].request.body.truncated
        assert "incomplete" in recording.finished[0].request.body.fault

    async def test_bodies_beyond_the_limit_are_cut_and_counted(self) -> None:
        recording = Recording()
        app = recording.around(answering(*HELD), body_limit=10)
        await talk(app, body=[b"123456", b"7890AB"])
        body = recording.finished[0].request.body
        assert (body.data, body.size, body.truncated, body.fault) == (b"1234567890", 12, True, "")


class TestEndings:
    async def test_the_applications_error_is_the_same_object(self) -> None:
        recording = Recording()
        error = ValueError("theirs")
        heard = await talk(recording.around(answering(then=error)))
        assert heard.raised is error
        assert not heard.sent
        [finished] = recording.finished
        assert finished.ending is Ending.RAISED
        assert finished.response is None

    async def test_what_was_held_leaves_before_the_error_does(self) -> None:
        # The bare server would have sent the head and half of the body, and closed.
        recording = Recording()
        messages = (start(200, JSON, length(9)), part(b'{"a"', more=True))
        heard = await talk(recording.around(answering(*messages, then=ValueError())))
        assert heard.sent == list(messages)
        assert isinstance(heard.raised, ValueError)
        [finished] = recording.finished
        assert finished.ending is Ending.RAISED
        assert finished.response is not None
        assert finished.response.body.data == b'{"a"'

    async def test_an_error_after_the_answer_is_still_answered(self) -> None:
        recording = Recording()
        error = ValueError("in a background task")
        heard = await talk(recording.around(answering(*HELD, then=error)))
        assert heard.raised is error
        assert [finished.ending for finished in recording.finished] == [Ending.ANSWERED]

    async def test_no_answer_at_all(self) -> None:
        recording = Recording()
        heard = await talk(recording.around(answering()))
        assert heard.raised is None
        assert not heard.sent
        assert [finished.ending for finished in recording.finished] == [Ending.RAISED]

    async def test_answering_twice_reaches_the_server_to_judge(self) -> None:
        recording = Recording()
        heard = await talk(recording.around(answering(*HELD, *HELD)))
        assert heard.sent == [*HELD, *HELD]
        assert len(recording.finished) == len(recording.judged) == 1

    async def test_two_heads(self) -> None:
        recording = Recording()
        messages = (start(200, JSON), start(201, JSON), part(b"{}"))
        heard = await talk(recording.around(answering(*messages)))
        assert heard.sent == list(messages)
        assert len(recording.finished) == len(recording.judged) == 1

    async def test_a_body_without_a_head(self) -> None:
        recording = Recording()
        heard = await talk(recording.around(answering(part(b"x"))))
        assert heard.sent == [part(b"x")]
        assert recording.finished[0].response is None

    async def test_the_client_hangs_up(self) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send(start(200, (b"content-type", b"text/event-stream")))
            await send(part(b"data: 1\n\n", more=True))
            while (await receive())["type"] != "http.disconnect":
                pass

        recording = Recording()
        await talk(recording.around(app))
        [finished] = recording.finished
        assert finished.ending is Ending.CLIENT_GONE
        assert finished.response is not None
        assert finished.response.body.data == b"data: 1\n\n"
        assert "incomplete" in finished.response.body.fault

    async def test_a_server_that_refuses_to_send(self) -> None:
        recording = Recording()
        error = BrokenPipeError()
        heard = await talk(recording.around(answering(*HELD)), refuse_send=error)
        assert heard.raised is error
        assert [finished.ending for finished in recording.finished] == [Ending.CLIENT_GONE]

    async def test_cancellation_propagates_and_is_finished(self) -> None:
        reached = asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send(start(200, JSON, length(2)))
            reached.set()
            await asyncio.Event().wait()

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            raise AssertionError("nothing may be sent")

        recording = Recording()
        running = asyncio.ensure_future(recording.around(app)(http_scope(), receive, send))
        await reached.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert [finished.ending for finished in recording.finished] == [Ending.CLIENT_GONE]


class TestRefusing:
    @pytest.mark.parametrize(("decision", "status"), [(WITHHOLD, 429), (FORBID, 403)])
    async def test_at_the_request(self, decision: Any, status: int) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            raise AssertionError("must not be called")

        recording = Recording(at_request=lambda _: decision)
        heard = await talk(recording.around(app))
        assert heard.raised is None
        assert heard.status == status
        assert heard.headers[b"content-type"] == b"application/problem+json"
        assert heard.headers.get(b"retry-after") == (b"30" if status == 429 else None)
        assert json.loads(heard.body)["status"] == status
        assert b"because" not in heard.body
        [finished] = recording.finished
        assert finished.ending is Ending.REFUSED
        assert finished.response is not None
        assert finished.response.status == status
        assert not recording.judged

    async def test_the_request_body_is_not_waited_for(self) -> None:
        async def receive() -> Message:
            raise AssertionError("must not be read")

        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        recording = Recording(at_request=lambda _: WITHHOLD)
        await recording.around(answering())(http_scope(method="POST"), receive, send)
        assert sent[0]["status"] == 429

    async def test_at_the_response_the_application_runs_to_its_end(self) -> None:
        ran: list[str] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            for message in HELD:
                await send(message)
            ran.append("background")

        recording = Recording(at_response=lambda _: WITHHOLD)
        heard = await talk(recording.around(app))
        assert heard.status == 429
        assert ALICE not in heard.body
        assert heard.complete
        assert ran == ["background"]
        [finished] = recording.finished
        assert finished.ending is Ending.REFUSED
        assert finished.response is not None
        assert finished.response.status == 429

    async def test_hit_and_miss_are_refused_in_the_same_words(self) -> None:
        recording = Recording(at_response=lambda _: FORBID)
        hit = await talk(recording.around(answering(*HELD)))
        miss = await talk(recording.around(answering(start(404, JSON), part(b"{}"))))
        assert hit.sent == miss.sent

    async def test_observe_mode_changes_nothing(self) -> None:
        recording = Recording(
            at_request=lambda _: WOULD_WITHHOLD,
            at_response=lambda _: WOULD_WITHHOLD,
            at_stream=lambda _: WOULD_WITHHOLD,
        )
        messages = (start(200, JSON), part(b"[1", more=True), part(b"]"))
        assert (await talk(recording.around(answering(*messages)))).sent == list(messages)
        assert recording.finished[0].ending is Ending.ANSWERED

    async def test_a_stream_is_cut(self) -> None:
        recording = Recording(at_stream=lambda chunk: WITHHOLD if b"3" in chunk else WOULD_WITHHOLD)
        lines = [b'{"n": %d}\n' % n for n in range(6)]
        head = start(200, (b"content-type", b"application/x-ndjson"))
        parts = [part(line, more=True) for line in lines]
        heard = await talk(recording.around(answering(head, *parts, part())))
        assert heard.body == b"".join(lines[:3])
        assert not heard.complete
        assert heard.raised is None
        [finished] = recording.finished
        assert finished.ending is Ending.REFUSED
        assert finished.response is not None
        assert finished.response.body.data == b"".join(lines[:3])

    async def test_an_application_that_ignores_the_cut_stays_cut(self) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send(start(200, (b"content-type", b"application/x-ndjson")))
            for line in (b"1\n", b"2\n", b"3\n"):
                try:
                    await send(part(line, more=True))
                except OSError:
                    continue
            with pytest.raises(OSError, match="cut"):
                await send(part())

        recording = Recording(at_stream=lambda chunk: WITHHOLD if b"2" in chunk else WOULD_WITHHOLD)
        heard = await talk(recording.around(app))
        assert heard.body == b"1\n"
        assert not heard.complete

    async def test_another_error_after_the_cut_is_still_theirs(self) -> None:
        error = ValueError("cleaning up failed")

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send(start(200, (b"content-type", b"application/x-ndjson")))
            with contextlib.suppress(OSError):
                await send(part(b"1\n", more=True))
            raise error

        recording = Recording(at_stream=lambda _: WITHHOLD)
        assert (await talk(recording.around(app))).raised is error


@pytest.mark.usefixtures("_swallowing")
class TestFaults:
    """Ours are counted; the application's behaviour stays as it is."""

    @pytest.mark.parametrize("hook", ["at_response", "at_stream", "at_finish"])
    @pytest.mark.parametrize(
        "messages",
        [
            HELD,
            (start(200, JSON, length(7)), part(b'{"a"', more=True), part(b":1}")),
            (start(200, JSON), part(b"[", more=True), part(b"]")),
            (start(200, (b"content-type", b"text/event-stream")), part(b"x", more=True), part()),
            (start(200, (b"content-type", b"image/png")), part(b"\x89PNG")),
            (start(204), part()),
        ],
        ids=["whole", "pieces", "unsized", "stream", "image", "empty"],
    )
    async def test_fail_open(self, hook: str, messages: tuple[dict[str, Any], ...]) -> None:
        recording = Recording()
        setattr(recording, hook, broken)
        heard = await talk(recording.around(answering(*messages)))
        assert heard.sent == list(messages)
        assert heard.raised is None
        assert len(recording.finished) == 1
        assert recording.finished[0].ending is Ending.ANSWERED
        assert recording.lost == ([(Outcome.LOST_FAULT, 1)] if hook == "at_finish" else [])

    async def test_fail_open_at_the_request(self) -> None:
        recording = Recording(at_request=broken)
        before = FAULTS.counts().get("capture.on_request", 0)
        heard = await talk(recording.around(answering(*HELD)))
        assert heard.sent == list(HELD)
        assert FAULTS.counts()["capture.on_request"] == before + 1
        assert recording.lost == [(Outcome.LOST_FAULT, 1)]
        assert not recording.finished

    async def test_fail_closed_at_the_request(self) -> None:
        recording = Recording(at_request=broken)
        heard = await talk(recording.around(answering(*HELD), fail="closed"))
        assert heard.status == 503
        assert recording.lost == [(Outcome.LOST_FAULT, 1)]

    async def test_fail_closed_at_the_response(self) -> None:
        recording = Recording(at_response=broken)
        heard = await talk(recording.around(answering(*HELD), fail="closed"))
        assert heard.status == 503
        assert heard.headers[b"content-type"] == b"application/problem+json"
        assert ALICE not in heard.body
        assert recording.finished[0].ending is Ending.REFUSED

    async def test_fail_closed_in_a_stream(self) -> None:
        recording = Recording(at_stream=broken)
        head = start(200, (b"content-type", b"application/x-ndjson"))
        app = recording.around(answering(head, part(b"1\n", more=True), part()), fail="closed")
        heard = await talk(app)
        assert heard.sent == [head]
        assert recording.finished[0].ending is Ending.REFUSED

    @pytest.mark.parametrize(
        "message",
        [
            {"type": "http.response.start"},
            {"type": "http.response.start", "status": 200, "headers": [(b"one",)]},
            {"type": "http.response.start", "status": 200, "headers": [("text", "text")]},
            {"type": "http.response.start", "status": 200, "headers": None},
            {},
            {"type": "http.response.unheard-of"},
        ],
    )
    async def test_malformed_messages_are_the_servers_to_judge(
        self, message: dict[str, Any]
    ) -> None:
        recording = Recording()
        heard = await talk(recording.around(answering(message)))
        assert heard.sent == [message]
        assert len(recording.finished) == 1

    @pytest.mark.parametrize("body", [None, "text", 7])
    async def test_malformed_bodies_are_the_servers_to_judge(self, body: object) -> None:
        recording = Recording()
        messages = (start(200, JSON), {"type": "http.response.body", "body": body})
        heard = await talk(recording.around(answering(*messages)))
        assert heard.sent == list(messages)
        assert len(recording.finished) == 1

    @pytest.mark.parametrize("before", [(), HELD[:1], HELD], ids=["first", "held", "last"])
    async def test_what_is_no_message_at_all_is_the_servers_to_judge(
        self, before: tuple[dict[str, Any], ...]
    ) -> None:
        recording = Recording()
        heard = await talk(recording.around(answering(*before, None)))  # type: ignore[arg-type]
        assert heard.sent == [*before, None]
        assert heard.raised is None
        assert len(recording.finished) == 1

    async def test_a_malformed_request_body_reaches_the_application(self) -> None:
        seen: list[Message] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(await receive())
            for message in HELD:
                await send(message)

        recording = Recording()
        await talk(recording.around(app), body=[None])  # type: ignore[list-item]
        assert seen[0]["body"] is None
        assert len(recording.finished) == 1

    async def test_a_loss_that_cannot_be_counted(self) -> None:
        recording = Recording(at_request=broken)
        app = recording.around(answering(*HELD))
        app.on_lost = broken
        assert (await talk(app)).sent == list(HELD)


async def test_under_test_our_faults_are_raised() -> None:
    recording = Recording(at_response=broken)
    heard = await talk(recording.around(answering(*HELD)))
    assert isinstance(heard.raised, RuntimeError)


@pytest.mark.parametrize(
    ("options", "words"), [({"body_limit": 0}, "body_limit"), ({"fail": "maybe"}, "maybe")]
)
def test_mistaken_options_are_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Recording().around(answering(), **options)


async def test_a_compressed_answer_is_read_and_left_as_it_is() -> None:
    recording = Recording()
    packed = gzip.compress(ALICE)
    messages = (start(200, JSON, (b"content-encoding", b"gzip"), length(len(packed))), part(packed))
    heard = await talk(recording.around(answering(*messages)))
    assert heard.sent == list(messages)
    assert recording.judged[0].response.body.data == ALICE
    assert recording.judged[0].response.body.size == len(packed)


async def test_routing_that_changes_the_scope_does_not_change_the_request() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["path"] = "/changed"
        for message in HELD:
            await send(message)

    recording = Recording()
    await talk(recording.around(app), http_scope(path="/asked"))
    assert recording.finished[0].request.path == "/asked"


def test_importing_the_middleware_pulls_nothing_heavy() -> None:
    code = (
        "import sys, nightlatch.capture.asgi, nightlatch.capture.backlog;"
        "print([m for m in ('starlette', 'brotli', 'zstandard', 'asyncio')"
        " if m in sys.modules])"
    )
    source = str(Path(nightlatch.faults.__file__).parents[1])
    out = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONPATH": source},
    )
    assert out.stdout.strip() == "[]"


@settings(max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=60),
    places=st.lists(st.integers(0, 60), max_size=6),
    sized=st.booleans(),
    limit=st.integers(1, 80),
)
async def test_any_split_of_an_answer_leaves_as_it_came(
    body: bytes, places: list[int], sized: bool, limit: int
) -> None:
    edges = [0, *sorted(min(place, len(body)) for place in places), len(body)]
    pieces = [body[a:b] for a, b in pairwise(edges)]
    messages = [part(piece, more=True) for piece in pieces] + [part()]
    head = start(200, JSON, *([length(len(body))] if sized else []))
    recording = Recording()
    heard = await talk(recording.around(answering(head, *messages), body_limit=limit))
    assert heard.sent == [head, *messages]
    [judged] = recording.judged
    # Every byte was judged before it left, in order and once.
    assert judged.response.body.data + b"".join(recording.streamed) == body
    response = recording.finished[0].response
    assert response is not None
    assert (response.body.data, response.body.size) == (body[:limit], len(body))
    if sized:
        assert judged.response.body.data == body[:limit]
