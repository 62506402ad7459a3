"""An application behind the gateway: what it answers, and the processes around it."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from textwrap import dedent

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from tests.servers import (
    Server,
    environment,
    eventually,
    free_port,
    listens,
    program,
    running,
)

from nightlatch.app.gateway import run_directory
from nightlatch.app.haproxy import HAProxy
from nightlatch.exchange.record import Record
from nightlatch.settings import Settings
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.ports import EventQuery

needs_haproxy = pytest.mark.skipif(
    program("haproxy") is None,
    reason="NOT RUN: no HAProxy was found. Install the system's package `haproxy` and run again.",
)


def user(number: int) -> dict[str, object]:
    return {"id": number, "name": f"User {number}", "email": f"user{number}@example.org",
            "phone": f"+43660{1_000_000 + number}"}  # fmt: skip


async def one_user(request: Request) -> Response:
    number = int(request.path_params["phone"]) - 436_601_000_000
    if not 0 <= number < 500_000:
        return JSONResponse({"detail": "no such user"}, 404)
    return JSONResponse(user(number))


async def many_users(request: Request) -> Response:
    return JSONResponse([user(number) for number in range(int(request.query_params["n"]))])


async def echo(request: Request) -> Response:
    """What came, as it came."""
    body = await request.body()
    # What is said of a connection ends at each hop.
    fields = [field for field in request.headers.items() if field[0] != "connection"]
    return JSONResponse({"path": request.scope["raw_path"].decode(), "size": len(body),
                         "sum": sum(body) % 65_521, "fields": fields})  # fmt: skip


async def back(request: Request) -> Response:
    return Response(await request.body(), media_type=request.headers.get("content-type"))


async def download(request: Request) -> Response:
    size = int(request.query_params["n"])

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, size, 1 << 16):
            yield bytes([start >> 16 & 255]) * min(1 << 16, size - start)

    fields = {"content-length": str(size)} if "sized" in request.query_params else {}
    return StreamingResponse(pieces(), media_type="application/octet-stream", headers=fields)


async def chunked_user(request: Request) -> Response:
    """JSON without a declared length, as many servers send it."""

    async def pieces() -> AsyncIterator[bytes]:
        yield bytes(JSONResponse([user(number) for number in range(3)]).body)

    return StreamingResponse(pieces(), media_type="application/json")


_GO_ON: dict[str, asyncio.Event] = {}


async def events(request: Request) -> Response:
    """Each event is only sent once the one before it has arrived: its reader says so."""
    key = request.query_params["key"]

    async def produce() -> AsyncIterator[str]:
        for number in range(3):
            _GO_ON[key] = asyncio.Event()
            yield f"data: {number}\n\n"
            await _GO_ON[key].wait()

    return StreamingResponse(produce(), media_type="text/event-stream")


async def go_on(request: Request) -> Response:
    _GO_ON[request.query_params["key"]].set()
    return PlainTextResponse("on")


async def slow(request: Request) -> Response:
    await asyncio.sleep(float(request.query_params["s"]))
    return JSONResponse({"slept": True})


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(f"you said {text}")


app = Starlette(
    routes=[
        Route("/users/{phone}", one_user),
        Route("/users", many_users),
        Route("/echo{rest:path}", echo, methods=["GET", "POST", "PUT", "HEAD"]),
        Route("/back", back, methods=["POST"]),
        Route("/download", download),
        Route("/left", download),
        Route("/chunked", chunked_user),
        Route("/events", events),
        Route("/go-on", go_on),
        Route("/slow", slow),
        WebSocketRoute("/talk", talk),
    ]
)


@contextmanager
def upstream(place: Path) -> Iterator[Server]:
    port = free_port()
    command = ["uvicorn", "tests.app.gateway_house:app", "--port", str(port), "--no-access-log"]
    with running(command, port, place) as server:
        yield server


@contextmanager
def gateway(place: Path, behind: Server, *options: str, **settings: str) -> Iterator[Server]:
    """`nightlatch gateway` in front of it."""
    port = free_port()
    listen = f"127.0.0.1:{port}"
    command = ["nightlatch", "gateway", "--upstream", behind.url, "--listen", listen, *options]
    with running(command, port, place, **settings) as server:
        try:
            eventually(lambda: "stands in front" in server.said, pause=0.05)
            yield server
        finally:
            if server.process.poll() is None:
                server.stop()
            # It outlives whoever was killed.
            run = run_directory(Settings(data_dir=str(place / ".nightlatch")))
            HAProxy(Path(str(program("haproxy"))), run).stop(grace=0.0)


@contextmanager
def gateway_agent(place: Path, **settings: str) -> Iterator[Server]:
    """The agent alone, for an HAProxy of somebody else's."""
    log = place / "agent.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "nightlatch", "gateway", "--agent"],
            cwd=place, env=environment(**settings), stdout=output, stderr=output,
        )  # fmt: skip
    server = Server(process, 0, log)
    try:
        eventually(lambda: "waits for your HAProxy" in server.said, pause=0.05)
        yield server
    finally:
        process.kill()
        process.wait()


@contextmanager
def proxy(place: Path, config: str) -> Iterator[Server]:
    """An HAProxy of somebody else's, which listens where `config` has "{port}"."""
    port = free_port()
    file, log = place / f"proxy-{port}.cfg", place / f"proxy-{port}.log"
    file.write_text(f"{_DEFAULTS}\n{dedent(config).replace('{port}', str(port))}\n")
    command = [str(program("haproxy")), "-db", "-f", str(file)]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=place, stdout=output, stderr=output)
    server = Server(process, port, log)
    try:
        eventually(lambda: listens(server), pause=0.02)
        yield server
    finally:
        process.terminate()
        process.wait()


_DEFAULTS = """\
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
"""


def on_record(place: Path) -> list[Record]:
    """From the store that the process has left."""
    with closing(DuckDBEvents(place / ".nightlatch" / "events.duckdb")) as events:
        return events.search(EventQuery(limit=1_000))
