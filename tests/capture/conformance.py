"""Bytes in = bytes out: an application behind Nightlatch against the same application bare.

Each scenario is what a client writes to the socket; both servers' answers are compared to the last
byte on the wire: status line, header list in order, framing and body. A framework's own test builds
its application twice and calls `compare`.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn

from nightlatch.capture.ports import Application

TIMEOUT = 20.0


@contextlib.contextmanager
def serving(app: Application, http: str = "h11", **options: Any) -> Iterator[int]:
    """`app` on a real uvicorn in a thread; yields its port."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        http=http,
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=2,
        **options,
    )
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + TIMEOUT
        while not server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.005)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(TIMEOUT)
        listener.close()


def exchange(port: int, request: bytes) -> bytes:
    """Everything the server writes in answer to `request`, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as connection:
        # A server that refuses an upload may close before it has read all of it.
        with contextlib.suppress(ConnectionError):
            connection.sendall(request)
        answer = bytearray()
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(65_536):
                answer += piece
    return bytes(answer)


def split(answer: bytes) -> tuple[bytes, list[bytes], bytes]:
    """Status line, header lines and body of one answer, the date left out."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *headers = head.split(b"\r\n")
    return status, [line for line in headers if not line.lower().startswith(b"date:")], body


@dataclass(frozen=True)
class Scenario:
    name: str
    request: bytes
    status: int | None
    """What the bare application answers, so that no scenario tests only the error page."""


def http(
    name: str,
    line: str,
    status: int | None,
    *headers: str | bytes,
    body: bytes = b"",
    version: str = "1.1",
    close: bool = True,
) -> Scenario:
    """A scenario of one request; its Content-Length is added unless the body is framed by hand."""
    fields = [header.encode() if isinstance(header, str) else header for header in headers]
    framed = any(f.lower().startswith((b"transfer-encoding", b"content-length")) for f in fields)
    if body and not framed:
        fields.append(b"Content-Length: %d" % len(body))
    if close:
        fields.append(b"Connection: close")
    # Latin-1: a request line may hold bytes that are not UTF-8.
    head = f"{line} HTTP/{version}".encode("latin-1")
    return Scenario(name, b"\r\n".join([head, b"Host: api.example", *fields, b"", body]), status)


def _chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


_JSON = "Content-Type: application/json"
_FORM = "Content-Type: application/x-www-form-urlencoded"
_MULTIPART = "Content-Type: multipart/form-data; boundary=b"
_UPLOAD = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n" + bytes(range(256)) * 8 + b"\r\n--b--\r\n"
)
_TWO_KB = b'{"text": "' + b"x" * 2_000 + b'"}'

SCENARIOS: tuple[Scenario, ...] = (
    http("json", "GET /json", 200),
    http("json head", "HEAD /json", 200),
    http("text", "GET /text", 200),
    http("html", "GET /html", 200),
    http("memoryview", "GET /memoryview", 200),
    http("no content", "GET /no-content", 204),
    http("not modified", "GET /not-modified", 304),
    http("redirect", "GET /redirect", 307),
    http("slash redirect", "GET /json/", 307),
    http("not found", "GET /nothing", 404),
    http("method not allowed", "DELETE /json", 405),
    http("options", "OPTIONS /json", 405),
    http("path parameter", "GET /users/%2B15550100?x=%zz&&y", 200),
    http("raw bytes in path", "GET /users/\xff\xfe", None),
    http("escaped bytes in path", "GET /users/%FF%00", 200),
    http("mounted", "GET /mounted/users/7", 200),
    http("echo", "POST /echo", 200, _JSON, body=_TWO_KB),
    http(
        "echo chunked", "POST /echo", 200, "Transfer-Encoding: chunked", body=_chunked(b"a", b"b")
    ),
    http("echo nothing", "POST /echo", 200),
    http("echo large", "POST /echo", 200, body=b"y" * 300_000),
    http("body never read", "POST /ignore", 200, body=b"z" * 300_000),
    http("expect continue", "POST /echo", 100, "Expect: 100-continue", body=b"go on"),
    http("form", "POST /form", 200, _FORM, body=b"a=1&b=%E9&a=2"),
    http("multipart", "POST /form", 200, _MULTIPART, body=_UPLOAD),
    http("multipart damaged", "POST /form", 200, _MULTIPART, body=b"--b\r\nnonsense"),
    http("json damaged", "POST /json-body", 400, _JSON, body=b'{"a":'),
    http("json in a false coding", "POST /json-body", 200, "Content-Encoding: gzip", body=b"{}"),
    http("json not in utf-8", "POST /json-body", 400, _JSON, body=b'{"a": "\xff"}'),
    http("stream", "GET /stream", 200),
    http("stream of json", "GET /stream-json", 200),
    http("stream of json, head", "HEAD /stream-json", 200),
    http("stream of lines", "GET /ndjson", 200),
    http("events", "GET /events", 200),
    http("sized json in pieces", "GET /json-in-pieces", 200),
    http("json beyond the limit", "GET /json-big", 200),
    http("file", "GET /file", 200),
    http("file range", "GET /file", 206, "Range: bytes=10-19"),
    http("file range impossible", "GET /file", 416, "Range: bytes=999999-"),
    http("file unchanged", "GET /static/page.html", 200),
    http("gzip", "GET /gzip/json", 200, "Accept-Encoding: gzip"),
    http("gzip stream", "GET /gzip/stream", 200, "Accept-Encoding: gzip"),
    http("two cookies", "GET /cookies", 200, "Cookie: a=1", "Cookie: b=2"),
    http("latin-1 header", "GET /headers", 200, b"X-Name: \xe9\xff"),
    http("duplicate headers", "GET /headers", 200, "X-Name: 1", "X-Name: 2"),
    http("giant header", "GET /headers", 200, "X-Name: " + "n" * 30_000),
    http("http 1.0", "GET /json", 200, version="1.0"),
    http("http 1.0 stream", "GET /stream", 200, version="1.0"),
    http("background", "GET /background", 200),
    http("through BaseHTTPMiddleware", "GET /wrapped/json", 200),
    http("handled error", "GET /handled-error", 418),
    http("raises", "GET /raises", 500),
    http("raises midway", "GET /raises-midway", 200),
    http("raises midway, sized", "GET /raises-midway-sized", 200),
    http("sends nothing", "GET /sends-nothing", 500),
    http("sends a head only", "GET /sends-head", None),
    http("sends twice", "GET /sends-twice", 200),
    http("body without head", "GET /sends-body", 500),
    http("shorter than declared", "GET /short", None),
    http("longer than declared", "GET /long", None),
    http("malformed length", "GET /malformed-length", None),
    http("upload cut short", "POST /echo", None, "Content-Length: 100", body=b"only this"),
    Scenario(
        "pipelined",
        b"GET /json HTTP/1.1\r\nHost: a\r\n\r\n"
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
        b"GET /text HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        200,
    ),
)


def compare(bare: int, watched: int, scenario: Scenario) -> None:
    """Run one scenario against both servers and hold every byte of both answers together."""
    if scenario.name == "upload cut short":
        expected, got = _hang_up(bare, scenario.request), _hang_up(watched, scenario.request)
    else:
        expected, got = exchange(bare, scenario.request), exchange(watched, scenario.request)
    if scenario.status is not None:
        assert expected.split(b" ", 2)[1] == b"%d" % scenario.status, expected[:300]
    assert _dateless(got) == _dateless(expected)


def _hang_up(port: int, request: bytes) -> bytes:
    """Send what there is and close the writing side: the rest will never come."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            return connection.recv(65_536)
    return b""


def _dateless(answer: bytes) -> bytes:
    lines = answer.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(b"date:"))
