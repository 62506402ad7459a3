"""Litestar."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

from litestar import Litestar, MediaType, Request, Response, get, post, websocket
from litestar.background_tasks import BackgroundTask
from litestar.connection import ASGIConnection
from litestar.datastructures import UploadFile
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.middleware.base import DefineMiddleware
from litestar.response import File, Redirect, Stream
from tests.frameworks.apps import same

from nightlatch import public, sensitive, subject


class Authentication(AbstractAuthenticationMiddleware):
    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        return AuthenticationResult(user="ada", auth=None)


@get("/json")
async def json_() -> dict[str, str]:
    return {"phone": "+15550100"}


@get("/text", media_type=MediaType.TEXT)
async def text() -> str:
    return "grüße"


@get("/headers", media_type=MediaType.TEXT)
async def headers() -> Response[str]:
    response = Response("two")
    response.headers["x-twice"] = "1, 2"
    response.set_cookie("a", "1")
    response.set_cookie("b", "2", httponly=True)
    return response


@get("/no-content", status_code=204)
async def no_content() -> None:
    return None


@get("/not-modified", status_code=304)
async def not_modified() -> None:
    return None


@get("/redirect")
async def redirecting() -> Redirect:
    return Redirect("/json")


@post("/echo", media_type=MediaType.TEXT, status_code=200)
async def echo(request: Request[Any, Any, Any]) -> Response[bytes]:
    media = request.headers.get("content-type") or "application/octet-stream"
    return Response(await request.body(), media_type=media)


@post("/ignore", media_type=MediaType.TEXT, status_code=200)
async def ignore() -> str:
    return "no need"


@post("/form", media_type=MediaType.TEXT, status_code=200)
async def form(request: Request[Any, Any, Any]) -> str:
    data = await request.form()
    told = []
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            told.append((name, len(await value.read())))
        else:
            told.append((name, value))
    return repr(sorted(told))


def _stream(content: Iterable[bytes | None], media: str) -> Stream:
    async def produce() -> AsyncIterator[bytes]:
        for piece in content:
            await asyncio.sleep(0.005 if piece is None else 0)
            if piece is not None:
                yield piece

    return Stream(produce(), media_type=media)


@get("/stream")
async def stream() -> Stream:
    return _stream(same.pieces("piece %d;"), "text/plain")


@get("/stream-json")
async def stream_json() -> Stream:
    return _stream(same.pieces('{"n": %d}'), "application/json")


@get("/ndjson")
async def ndjson() -> Stream:
    return _stream(same.pieces('{"n": %d}\n'), "application/x-ndjson")


@get("/gated")
async def gated() -> Stream:
    return _stream(same.gated(), "text/event-stream")


@get("/endless")
async def endless() -> Stream:
    return _stream(same.endless(), "text/event-stream")


@get("/people")
async def people() -> Response[bytes]:
    return Response(same.as_json(same.PEOPLE), media_type="application/json")


@get("/download")
async def download() -> Response[bytes]:
    return Response(same.BINARY, media_type="application/octet-stream")


@get("/file")
async def file() -> File:
    return File(path=same.file(), etag=None)


@get("/raises")
async def raises() -> None:
    raise RuntimeError("the application's own")


@get("/raises-midway")
async def raises_midway() -> Stream:
    return _stream(same.midway(), "application/json")


@get("/items/{item:int}")
@public(owner="the shop", reason="everybody may look")
async def item(item: int) -> dict[str, int]:
    return {"item": item}


@get("/v1/users/{phone:str}/status")
async def status(phone: str) -> dict[str, object]:
    return same.look_up(phone)


@get("/calls")
async def calls() -> dict[str, int]:
    return {"calls": len(same.CALLS)}


@get("/whisper")
@sensitive
async def whisper() -> dict[str, str]:
    return {"mood": "fine"}


@get("/find")
@subject("pet")
async def find() -> dict[str, str]:
    return {"owner": "known"}


@get("/me", middleware=[DefineMiddleware(Authentication)])
async def me() -> dict[str, str]:
    return {"name": "Ada"}


@get("/background", media_type=MediaType.TEXT)
async def background() -> Response[str]:
    return Response("soon", background=BackgroundTask((same.HERE / "ran").touch))


@websocket("/ws")
async def echoing(socket: Any) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


app = Litestar(
    [
        *(json_, text, headers, no_content, not_modified, redirecting, echo, ignore, form, stream),
        *(stream_json, ndjson, gated, endless, people, download, file, raises, raises_midway),
        *(item, status, calls, whisper, find, me, background, echoing),
    ],
    openapi_config=None,
)

if same.GUARDED:
    from nightlatch.litestar import Nightlatch

    Nightlatch(app)
