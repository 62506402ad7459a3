"""The applications of the conformance suite: everything Starlette and FastAPI can answer with."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from nightlatch.capture.ports import Message, Receive, Scope, Send

PEOPLE = [{"phone": f"+1555{number:04}", "name": "Ada"} for number in range(3_000)]
BACKGROUND_RUNS: list[str] = []


class Script:
    """An ASGI endpoint that sends exactly these messages, in whatever order or number."""

    def __init__(self, *messages: Message, then: Exception | None = None) -> None:
        self.messages = messages
        self.then = then

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for message in self.messages:
            await send(dict(message))
        if self.then is not None:
            raise self.then


def _start(*headers: tuple[bytes, bytes]) -> Message:
    json = (b"content-type", b"application/json")
    return {"type": "http.response.start", "status": 200, "headers": [json, *headers]}


def _part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


def _length(size: bytes) -> tuple[bytes, bytes]:
    return (b"content-length", size)


SCRIPTS = {
    "/json-in-pieces": Script(
        _start(_length(b"9")), _part(b'{"a"', more=True), _part(b": ", more=True), _part(b"12}")
    ),
    "/raises-midway": Script(_start(), _part(b"[1", more=True), then=ValueError("midway")),
    "/raises-midway-sized": Script(
        _start(_length(b"9")), _part(b"[1", more=True), then=ValueError("midway")
    ),
    "/sends-nothing": Script(),
    "/sends-head": Script(_start(_length(b"9"))),
    "/sends-twice": Script(_start(_length(b"2")), _part(b"[]"), _start(), _part(b"[]")),
    "/sends-body": Script(_part(b"[]")),
    "/short": Script(_start(_length(b"9")), _part(b"[]")),
    "/long": Script(_start(_length(b"2")), _part(b"[1, 2]")),
    "/malformed-length": Script(_start(_length(b"-7x")), _part(b"[1, 2]")),
}


async def _echo(request: Request) -> Response:
    return Response(await request.body(), media_type=request.headers.get("content-type"))


async def _form(request: Request) -> Response:
    async with request.form() as form:
        fields = [(name, _told(value)) for name, value in form.multi_items()]
    return PlainTextResponse(repr(fields))


def _told(value: Any) -> str:
    return value if isinstance(value, str) else f"{value.filename} {value.size}"


async def _json_body(request: Request) -> Response:
    try:
        return JSONResponse(await request.json())
    except ValueError as error:
        raise HTTPException(400, "not JSON") from error


async def _user(request: Request) -> Response:
    told = [request.url.path, str(request.url), repr(request.path_params)]
    return JSONResponse({"told": [text.encode("utf-8", "replace").hex() for text in told]})


async def _headers(request: Request) -> Response:
    return Response(repr(request.headers.raw), headers={"x-name": "\xe9"}, media_type="text/plain")


async def _cookies(request: Request) -> Response:
    response = PlainTextResponse(repr(request.headers.getlist("cookie")))
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


async def _background(request: Request) -> Response:
    return PlainTextResponse("soon", background=BackgroundTask(BACKGROUND_RUNS.append, "ran"))


async def _raises(request: Request) -> Response:
    raise ValueError("the application's own")


async def _handled(request: Request) -> Response:
    raise HTTPException(418, "handled", {"x-why": "tea"})


async def _pieces(template: str) -> AsyncIterator[str]:
    for number in range(5):
        yield template % number


def _streaming(template: str, media_type: str) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        return StreamingResponse(_pieces(template), media_type=media_type)

    return endpoint


def _constant(make: Callable[[], Response]) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        return make()

    return endpoint


class Wrapping(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["x-wrapped"] = "yes"
        return response


async def _websocket_echo(websocket: WebSocket) -> None:
    offered = websocket.scope["subprotocols"]
    await websocket.accept(subprotocol=offered[0] if offered else None)
    async for message in websocket.iter_text():
        if message == "close":
            await websocket.close(4001, "as asked")
            return
        await websocket.send_text(message)


async def _websocket_refusing(websocket: WebSocket) -> None:
    await websocket.close(4003)


def routes(directory: Path) -> list[BaseRoute]:
    """All endpoints of the suite; `directory` gets the files they serve."""
    (directory / "data.bin").write_bytes(bytes(range(256)) * 400)
    (directory / "page.html").write_text("<p>page</p>")
    json = Route("/json", _constant(lambda: JSONResponse({"phone": "+15550100"})))
    return [
        json,
        Route("/text", _constant(lambda: PlainTextResponse("grüße"))),
        Route("/html", _constant(lambda: HTMLResponse("<p>hello</p>"))),
        Route("/memoryview", _constant(lambda: Response(memoryview(b"seen")))),
        Route("/no-content", _constant(lambda: Response(status_code=204))),
        Route("/not-modified", _constant(lambda: Response(status_code=304))),
        Route("/redirect", _constant(lambda: RedirectResponse("/json"))),
        Route("/users/{user}", _user),
        Mount("/mounted", routes=[Route("/users/{user:int}", _user)]),
        Route("/echo", _echo, methods=["POST"]),
        Route("/ignore", _constant(lambda: PlainTextResponse("no need")), methods=["POST"]),
        Route("/form", _form, methods=["POST"]),
        Route("/json-body", _json_body, methods=["POST"]),
        Route("/stream", _streaming("piece %d;", "text/plain")),
        Route("/stream-json", _streaming('{"n": %d}', "application/json")),
        Route("/ndjson", _streaming('{"n": %d}\n', "application/x-ndjson")),
        Route("/events", _streaming("data: %d\n\n", "text/event-stream")),
        Route("/json-big", _constant(lambda: JSONResponse(PEOPLE))),
        Route("/file", _constant(lambda: FileResponse(directory / "data.bin"))),
        Mount("/static", StaticFiles(directory=directory)),
        Mount(
            "/gzip",
            routes=[
                Route("/json", _constant(lambda: JSONResponse(PEOPLE[:200]))),
                Route("/stream", _streaming('{"n": %d}', "application/json")),
            ],
            middleware=[Middleware(GZipMiddleware)],
        ),
        Mount("/wrapped", routes=[json], middleware=[Middleware(Wrapping)]),
        Route("/cookies", _cookies),
        Route("/headers", _headers),
        Route("/background", _background),
        Route("/raises", _raises),
        Route("/handled-error", _handled),
        *(Route(path, script) for path, script in SCRIPTS.items()),
        WebSocketRoute("/ws", _websocket_echo),
        WebSocketRoute("/ws/refusing", _websocket_refusing),
    ]


def starlette_app(directory: Path) -> Starlette:
    return Starlette(routes=routes(directory))


def fastapi_app(directory: Path) -> FastAPI:
    """The same endpoints, and typed ones of FastAPI's own below /typed."""
    app = FastAPI(routes=routes(directory))
    typed = APIRouter(prefix="/typed")

    @typed.get("/{number}")
    def number(number: int) -> dict[str, int]:
        return {"number": number}

    app.include_router(typed)
    return app
