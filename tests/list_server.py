"""A real server on loopback that publishes lists, well and badly."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class ListServer(ThreadingHTTPServer):
    """Answers every path with `text`, unless `misbehave` is set, which then answers itself."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.text = ""
        self.etag = ""
        self.modified = ""
        self.misbehave: Callable[[BaseHTTPRequestHandler], None] | None = None
        self.asked: list[dict[str, str]] = []
        """The headers of each request, names in lower case."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ListServer

    def do_GET(self) -> None:
        server = self.server
        self.close_connection = True
        server.asked.append({name.lower(): value for name, value in self.headers.items()})
        if server.misbehave is not None:
            server.misbehave(self)
        elif server.etag and self.headers.get("If-None-Match") == server.etag:
            answer(self, 304, b"")
        else:
            answer(self, 200, server.text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Silent."""


def answer(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    server = handler.server
    assert isinstance(server, ListServer)
    handler.send_response(status)
    for name, value in {"ETag": server.etag, "Last-Modified": server.modified, **headers}.items():
        if value:
            handler.send_header(name, value)
    if status != 304:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def breaks_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"192.0.2.1\n")


def drips(handler: BaseHTTPRequestHandler) -> None:
    """A byte at a time, for a minute."""
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(600):
            handler.wfile.write(b"#")
            time.sleep(0.1)
    except OSError:
        """The client has had enough."""


def never_answers(_handler: BaseHTTPRequestHandler) -> None:
    time.sleep(5)


def says_error_with_200(handler: BaseHTTPRequestHandler) -> None:
    answer(handler, 200, b"<!DOCTYPE html><title>Maintenance</title>192.0.2.1")


def with_status(status: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda handler: answer(handler, status, b"192.0.2.1\n", **headers)


@contextmanager
def list_server() -> Iterator[ListServer]:
    server = ListServer()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
