"""Starlette; FastAPI is the same to us, and has its own typed routes in `tests/capture/sample`."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket
from tests.frameworks.apps import same

from nightlatch import public, sensitive, subject


class Backend(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser] | None:
        return AuthCredentials(), SimpleUser("ada")


async def json_(request: Request) -> Response:
    return JSONResponse({"phone": "+15550100"})


async def text(request: Request) -> Response:
    return PlainTextResponse("grüße")


async def headers(request: Request) -> Response:
    response = PlainTextResponse("two")
    response.raw_headers.extend([(b"x-twice", b"1"), (b"x-twice", b"2")])
    for cookie in same.COOKIES:
        response.raw_headers.append((b"set-cookie", cookie.encode()))
    return response


async def no_content(request: Request) -> Response:
    return Response(status_code=204)


async def not_modified(request: Request) -> Response:
    return Response(status_code=304)


async def redirecting(request: Request) -> Response:
    return RedirectResponse("/json")


async def echo(request: Request) -> Response:
    return Response(await request.body(), media_type=request.headers.get("content-type"))


async def ignore(request: Request) -> Response:
    return PlainTextResponse("no need")


async def form(request: Request) -> Response:
    told: list[Any] = []
    async with request.form() as data:
        for name, value in data.multi_items():
            said = len(await value.read()) if isinstance(value, UploadFile) else value
            told.append((name, said))
    return PlainTextResponse(repr(sorted(told)))


def _stream(content: Iterable[bytes | None], media: str) -> Response:
    async def produce() -> AsyncIterator[bytes]:
        for piece in content:
            await asyncio.sleep(0.005 if piece is None else 0)
            if piece is not None:
                yield piece

    return StreamingResponse(produce(), media_type=media)


async def stream(request: Request) -> Response:
    return _stream(same.pieces("piece %d;"), "text/plain")


async def stream_json(request: Request) -> Response:
    return _stream(same.pieces('{"n": %d}'), "application/json")


async def ndjson(request: Request) -> Response:
    return _stream(same.pieces('{"n": %d}\n'), "application/x-ndjson")


async def gated(request: Request) -> Response:
    return _stream(same.gated(), "text/event-stream")


async def endless(request: Request) -> Response:
    return _stream(same.endless(), "text/event-stream")


async def people(request: Request) -> Response:
    return Response(same.as_json(same.PEOPLE), media_type="application/json")


async def download(request: Request) -> Response:
    return Response(same.BINARY, media_type="application/octet-stream")


async def file(request: Request) -> Response:
    return FileResponse(same.file(), headers={"last-modified": "x", "etag": "y"})


async def raises(request: Request) -> Response:
    raise RuntimeError("the application's own")


async def raises_midway(request: Request) -> Response:
    return _stream(same.midway(), "application/json")


@public(owner="the shop", reason="everybody may look")
async def item(request: Request) -> Response:
    return JSONResponse({"item": request.path_params["item"]})


async def status(request: Request) -> Response:
    return JSONResponse(same.look_up(request.path_params["phone"]))


async def calls(request: Request) -> Response:
    return JSONResponse({"calls": len(same.CALLS)})


@sensitive
async def whisper(request: Request) -> Response:
    return JSONResponse({"mood": "fine"})


@subject("pet")
async def find(request: Request) -> Response:
    return JSONResponse({"owner": "known"})


async def me(request: Request) -> Response:
    return JSONResponse({"name": "Ada"})


async def background(request: Request) -> Response:
    return PlainTextResponse("soon", background=BackgroundTask((same.HERE / "ran").touch))


async def echoing(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


app = Starlette(
    routes=[
        Route("/json", json_),
        Route("/text", text),
        Route("/headers", headers),
        Route("/no-content", no_content),
        Route("/not-modified", not_modified),
        Route("/redirect", redirecting),
        Route("/echo", echo, methods=["POST"]),
        Route("/ignore", ignore, methods=["POST"]),
        Route("/form", form, methods=["POST"]),
        Route("/stream", stream),
        Route("/stream-json", stream_json),
        Route("/ndjson", ndjson),
        Route("/gated", gated),
        Route("/endless", endless),
        Route("/people", people),
        Route("/download", download),
        Route("/file", file),
        Route("/raises", raises),
        Route("/raises-midway", raises_midway),
        Route("/items/{item:int}", item),
        Route("/v1/users/{phone}/status", status),
        Route("/calls", calls),
        Route("/whisper", whisper),
        Route("/find", find),
        Mount(
            "/me",
            routes=[Route("/", me)],
            middleware=[Middleware(AuthenticationMiddleware, backend=Backend())],
        ),
        Route("/background", background),
        WebSocketRoute("/ws", echoing),
    ],
)

if same.GUARDED:
    from nightlatch import Nightlatch

    app.add_middleware(Nightlatch)
