"""aiohttp, on its own server."""

import asyncio
from collections.abc import Generator, Iterable
from typing import Any

from aiohttp import web
from tests.frameworks.apps import same

from nightlatch import public, sensitive, subject
from nightlatch.capture.served import PRINCIPAL

routes = web.RouteTableDef()


@routes.get("/json")
async def json_(request: web.Request) -> web.Response:
    return web.json_response({"phone": "+15550100"})


@routes.get("/text")
async def text(request: web.Request) -> web.Response:
    return web.Response(text="grüße")


@routes.get("/headers")
async def headers(request: web.Request) -> web.Response:
    response = web.Response(text="two")
    response.headers.add("X-Twice", "1")
    response.headers.add("X-Twice", "2")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2", httponly=True)
    return response


@routes.get("/no-content")
async def no_content(request: web.Request) -> web.Response:
    return web.Response(status=204)


@routes.get("/not-modified")
async def not_modified(request: web.Request) -> web.Response:
    return web.Response(status=304)


@routes.get("/redirect")
async def redirecting(request: web.Request) -> web.Response:
    raise web.HTTPFound("/json")


@routes.post("/echo")
async def echo(request: web.Request) -> web.Response:
    media = request.headers.get("content-type", "application/octet-stream")
    return web.Response(body=await request.read(), headers={"content-type": media})


@routes.post("/ignore")
async def ignore(request: web.Request) -> web.Response:
    return web.Response(text="no need")


@routes.post("/form")
async def form(request: web.Request) -> web.Response:
    told: list[Any] = []
    for name, value in (await request.post()).items():
        said = len(value.file.read()) if isinstance(value, web.FileField) else value
        told.append((name, said))
    return web.Response(text=repr(sorted(told)))


async def _stream(
    request: web.Request, content: Iterable[bytes | None], media: str
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": media})
    await response.prepare(request)
    try:
        for piece in content:
            await asyncio.sleep(0.005 if piece is None else 0)
            if piece is not None:
                await response.write(piece)
    finally:
        # Not only when the error's frames are collected.
        if isinstance(content, Generator):
            content.close()
    await response.write_eof()
    return response


@routes.get("/stream")
async def stream(request: web.Request) -> web.StreamResponse:
    return await _stream(request, same.pieces("piece %d;"), "text/plain")


@routes.get("/stream-json")
async def stream_json(request: web.Request) -> web.StreamResponse:
    return await _stream(request, same.pieces('{"n": %d}'), "application/json")


@routes.get("/ndjson")
async def ndjson(request: web.Request) -> web.StreamResponse:
    return await _stream(request, same.pieces('{"n": %d}\n'), "application/x-ndjson")


@routes.get("/gated")
async def gated(request: web.Request) -> web.StreamResponse:
    return await _stream(request, same.gated(), "text/event-stream")


@routes.get("/endless")
async def endless(request: web.Request) -> web.StreamResponse:
    return await _stream(request, same.endless(), "text/event-stream")


@routes.get("/people")
async def people(request: web.Request) -> web.Response:
    return web.Response(body=same.as_json(same.PEOPLE), content_type="application/json")


@routes.get("/compressed")
async def compressed(request: web.Request) -> web.Response:
    response = web.Response(body=same.as_json(same.PEOPLE[:50]), content_type="application/json")
    response.enable_compression()
    return response


@routes.get("/download")
async def download(request: web.Request) -> web.Response:
    return web.Response(body=same.BINARY)


@routes.get("/file")
async def file(request: web.Request) -> web.FileResponse:
    return web.FileResponse(same.file(), headers={"Last-Modified": "x", "Etag": "y"})


@routes.get("/raises")
async def raises(request: web.Request) -> web.Response:
    raise RuntimeError("the application's own")


@routes.get("/raises-midway")
async def raises_midway(request: web.Request) -> web.StreamResponse:
    return await _stream(request, same.midway(), "application/json")


@routes.get(r"/items/{item:\d+}")
@public(owner="the shop", reason="everybody may look")
async def item(request: web.Request) -> web.Response:
    return web.json_response({"item": int(request.match_info["item"])})


@routes.get("/v1/users/{phone}/status")
async def status(request: web.Request) -> web.Response:
    return web.json_response(same.look_up(request.match_info["phone"]))


@routes.get("/calls")
async def calls(request: web.Request) -> web.Response:
    return web.json_response({"calls": len(same.CALLS)})


@routes.view("/whisper")
class Whisper(web.View):
    @sensitive
    async def get(self) -> web.Response:
        return web.json_response({"mood": "fine"})


@routes.get("/find")
@subject("pet")
async def find(request: web.Request) -> web.Response:
    return web.json_response({"owner": "known"})


@routes.get("/me")
async def me(request: web.Request) -> web.Response:
    request[PRINCIPAL] = "ada"
    return web.json_response({"name": "Ada"})


@routes.get("/ws")
async def echoing(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.send_str(await socket.receive_str())
    await socket.close()
    return socket


def make(_arguments: list[str]) -> web.Application:
    middlewares: list[Any] = []
    if same.GUARDED:
        from nightlatch.aiohttp import middleware

        middlewares.append(middleware())
    app = web.Application(middlewares=middlewares, client_max_size=1 << 25)
    app.add_routes(routes)
    return app
