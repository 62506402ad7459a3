"""Long-lived and two-way conversations over real sockets, with and without a verdict."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from tests.capture.conformance import TIMEOUT, exchange, http, serving, split
from tests.capture.recording import FORBID, WITHHOLD, Flight, Recording, allow
from tests.capture.sample import BACKGROUND_RUNS, Wrapping, starlette_app
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from nightlatch.capture.asgi import AsgiCapture
from nightlatch.exchange.exchange import Ending

pytestmark = pytest.mark.slow

UPLOAD_SIZE = 20 << 20


def eventually(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


@pytest.fixture(params=["h11", "httptools"])
def parser(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextlib.contextmanager
def watching(app: Starlette, recording: Recording, parser: str, **server: Any) -> Iterator[int]:
    app.add_middleware(AsgiCapture[Flight], inline=recording, on_lost=recording.on_lost)
    with serving(app, parser, **server) as port:
        yield port


def talk_to(port: int, request: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
    connection.sendall(request)
    return connection


def read_until(connection: socket.socket, wanted: bytes) -> bytes:
    seen = b""
    while wanted not in seen:
        piece = connection.recv(65_536)
        assert piece, f"closed after {seen!r}"
        seen += piece
    return seen


@pytest.mark.parametrize("media_type", ["text/event-stream", "application/x-ndjson", "text/plain"])
def test_each_event_arrives_before_the_next_is_made(parser: str, media_type: str) -> None:
    received = [threading.Event() for _ in range(3)]

    async def events(request: Request) -> Response:
        async def produce() -> AsyncIterator[str]:
            for number, one in enumerate(received):
                yield f"data: {number}\n\n"
                # The proof needs no clock: the next event exists only once this one was read.
                while not one.is_set():
                    await _breathe()

        return StreamingResponse(produce(), media_type=media_type)

    recording = Recording()
    app = Starlette(routes=[Route("/", events)])
    with watching(app, recording, parser) as port:
        with talk_to(port, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") as connection:
            for number, one in enumerate(received):
                read_until(connection, b"data: %d\n\n" % number)
                one.set()
            read_until(connection, b"0\r\n\r\n")
        eventually(lambda: bool(recording.finished))
    assert recording.finished[0].ending is Ending.ANSWERED


async def _breathe() -> None:
    await asyncio.sleep(0.001)


def test_a_large_upload_streams_through(parser: str) -> None:
    sizes: list[int] = []

    async def upload(request: Request) -> Response:
        async with request.form() as form:
            file = form["file"]
            assert not isinstance(file, str)
            sizes.append(file.size or 0)
        return JSONResponse({"size": sizes[-1]})

    recording = Recording()
    app = Starlette(routes=[Route("/", upload, methods=["POST"])])
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        + b"0123456789abcdef" * (UPLOAD_SIZE // 16)
        + b"\r\n--b--\r\n"
    )
    head = "Content-Type: multipart/form-data; boundary=b"
    with watching(app, recording, parser) as port:
        answer = exchange(port, http("upload", "POST /", 200, head, body=body).request)
    assert json.loads(split(answer)[2]) == {"size": UPLOAD_SIZE}
    captured = recording.finished[0].request.body
    assert captured.size == len(body)
    assert captured.data == body[:65_536]
    assert captured.truncated


def test_background_tasks_run_after_the_answer(parser: str, tmp_path: Path) -> None:
    BACKGROUND_RUNS.clear()
    recording = Recording(at_response=lambda _: WITHHOLD)
    with watching(starlette_app(tmp_path), recording, parser) as port:
        answer = exchange(port, http("background", "GET /background", 429).request)
        assert answer.startswith(b"HTTP/1.1 429 ")
        eventually(lambda: BACKGROUND_RUNS == ["ran"])


def test_a_client_that_hangs_up_in_a_stream(parser: str) -> None:
    ended = threading.Event()

    async def endless(request: Request) -> Response:
        async def produce() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"data: on\n\n"
                    await _breathe()
            finally:
                ended.set()

        return StreamingResponse(produce(), media_type="text/event-stream")

    recording = Recording()
    with watching(Starlette(routes=[Route("/", endless)]), recording, parser) as port:
        with talk_to(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") as connection:
            read_until(connection, b"data: on")
        assert ended.wait(TIMEOUT)
        eventually(lambda: bool(recording.finished))
    assert [one.ending for one in recording.finished] == [Ending.CLIENT_GONE]


@pytest.mark.parametrize("wrapped", [True, False], ids=["wrapped", "bare"])
@pytest.mark.parametrize("framed", [True, False], ids=["declared", "chunked"])
def test_a_cut_stream_is_seen_to_be_incomplete(
    parser: str, framed: bool, wrapped: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The server closes the connection although the application would go on for ever."""
    produced: list[int] = []

    async def people(request: Request) -> Response:
        async def produce() -> AsyncIterator[bytes]:
            for number in range(10_000_000):
                produced.append(number)
                yield b'{"phone": "+1555%07d"}\n' % number
                await _breathe()

        headers = {"content-length": "230000000"} if framed else None
        return StreamingResponse(produce(), media_type="application/x-ndjson", headers=headers)

    recording = Recording(at_stream=lambda chunk: WITHHOLD if b"0000003" in chunk else allow())
    app = Starlette(routes=[Route("/", people)])
    if wrapped:
        app.add_middleware(Wrapping)
    with watching(app, recording, parser) as port:
        answer = exchange(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert produced[:4] == [0, 1, 2, 3]
    assert len(produced) < 10
    assert "Traceback" not in caplog.text
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"0000002" in answer
    assert b"0000003" not in answer
    assert not answer.endswith(b"0\r\n\r\n")
    assert [one.ending for one in recording.finished] == [Ending.REFUSED]


def test_withheld_whatever_the_middleware_in_between(parser: str, tmp_path: Path) -> None:
    recording = Recording(at_response=lambda _: FORBID)
    paths = ["/json", "/json-in-pieces", "/json-big", "/gzip/json", "/wrapped/json", "/stream-json"]
    with watching(starlette_app(tmp_path), recording, parser) as port:
        for path in paths:
            request = http("withheld", f"GET {path}", 403, "Accept-Encoding: gzip").request
            status, headers, body = split(exchange(port, request))
            assert status == b"HTTP/1.1 403 Forbidden", path
            assert b"content-type: application/problem+json" in headers
            assert json.loads(body)["title"] == "Forbidden"
    assert len(recording.finished) == len(paths)
    gzipped = recording.judged[3].response
    assert json.loads(gzipped.body.data)[0] == {"phone": "+15550000", "name": "Ada"}
    assert gzipped.body.size == int(gzipped.headers.get(b"content-length") or 0)


def test_a_compressed_stream_is_inspected_decoded(parser: str, tmp_path: Path) -> None:
    recording = Recording()
    with watching(starlette_app(tmp_path), recording, parser) as port:
        request = http("gzip", "GET /gzip/stream", 200, "Accept-Encoding: gzip").request
        exchange(port, request)
    seen = recording.judged[0].response.body.data + b"".join(recording.streamed)
    assert seen == b"".join(b'{"n": %d}' % number for number in range(5))


def test_refused_before_a_large_upload_was_read(parser: str) -> None:
    recording = Recording(at_request=lambda _: WITHHOLD)
    request = http("upload", "POST /", 429, body=b"z" * UPLOAD_SIZE).request
    with watching(Starlette(), recording, parser) as port:
        answer = exchange(port, request)
    assert answer.startswith(b"HTTP/1.1 429 ")
    assert b"\r\nretry-after: 30\r\n" in answer


class TestWebSockets:
    @pytest.fixture(params=["websockets-sansio"])
    def port(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
        self.recording = Recording()
        app = starlette_app(tmp_path)
        with watching(app, self.recording, "h11", ws=request.param) as port:
            yield port

    def test_echo_subprotocol_and_close_code(self, port: int) -> None:
        wanted = [Subprotocol("chat.v2"), Subprotocol("chat.v1")]
        with connect(f"ws://127.0.0.1:{port}/ws?a=1", subprotocols=wanted) as client:
            assert client.subprotocol == "chat.v2"
            for message in ("one", "grüße", "x" * 100_000):
                client.send(message)
                assert client.recv() == message
            client.send("close")
            with pytest.raises(ConnectionClosed) as closed:
                client.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "as asked")
        [request] = self.recording.requests
        assert (request.method, request.scheme, request.path) == ("GET", "ws", "/ws")
        [finished] = self.recording.finished
        assert finished.response is not None
        assert finished.response.status == 101
        assert (finished.ending, finished.route) == (Ending.ANSWERED, "/ws")

    def test_the_applications_refusal(self, port: int) -> None:
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://127.0.0.1:{port}/ws/refusing")
        assert refused.value.response.status_code == 403
        [finished] = self.recording.finished
        assert finished.response is not None
        assert finished.response.status == 403

    @pytest.mark.parametrize("phase", ["at_request", "at_response"])
    def test_ours(self, port: int, phase: str) -> None:
        setattr(self.recording, phase, lambda _: WITHHOLD)
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://127.0.0.1:{port}/ws")
        response = refused.value.response
        assert response.status_code == 429
        assert response.headers["retry-after"] == "30"
        assert response.headers["content-type"] == "application/problem+json"
        eventually(lambda: bool(self.recording.finished))
        assert [one.ending for one in self.recording.finished] == [Ending.REFUSED]
