"""Sanic, on its own server."""

import asyncio
from collections.abc import Iterable
from typing import Any

from sanic import HTTPResponse, Request, Sanic, Websocket, empty, file, json, raw, redirect, text
from tests.frameworks.apps import same

from nightlatch import public, sensitive, subject

app: Sanic[Any, Any] = Sanic("shop")
app.config.REQUEST_MAX_SIZE = 1 << 25
app.config.FALLBACK_ERROR_FORMAT = "json"
app.config.MOTD = False


@app.get("/json")
async def json_(request: Request) -> HTTPResponse:
    return json({"phone": "+15550100"})


@app.get("/text")
async def text_(request: Request) -> HTTPResponse:
    return text("grüße")


@app.get("/headers")
async def headers(request: Request) -> HTTPResponse:
    response = text("two")
    response.headers.add("X-Twice", "1")
    response.headers.add("X-Twice", "2")
    response.add_cookie("a", "1")
    response.add_cookie("b", "2", httponly=True)
    return response


@app.get("/no-content")
async def no_content(request: Request) -> HTTPResponse:
    return empty()


@app.get("/not-modified")
async def not_modified(request: Request) -> HTTPResponse:
    return empty(304)


@app.get("/redirect")
async def redirecting(request: Request) -> HTTPResponse:
    return redirect("/json")


@app.post("/echo")
async def echo(request: Request) -> HTTPResponse:
    media = request.headers.get("content-type", "application/octet-stream")
    return raw(request.body, content_type=media)


@app.post("/ignore")
async def ignore(request: Request) -> HTTPResponse:
    return text("no need")


@app.post("/form")
async def form(request: Request) -> HTTPResponse:
    fields = sorted((request.form or {}).items())
    files = sorted((name, len(one[0].body)) for name, one in (request.files or {}).items())
    return text(repr((fields, files)))


@app.post("/upload", stream=True)
async def upload(request: Request) -> HTTPResponse:
    size = 0
    assert request.stream is not None
    while (piece := await request.stream.read()) is not None:  # type: ignore[attr-defined]
        size += len(piece)
    return json({"size": size})


async def _stream(request: Request, content: Iterable[bytes | None], media: str) -> None:
    response = await request.respond(content_type=media)
    for piece in content:
        await asyncio.sleep(0.005 if piece is None else 0)
        if piece is not None:
            await response.send(piece)
    await response.eof()


@app.get("/stream")
async def stream(request: Request) -> None:
    await _stream(request, same.pieces("piece %d;"), "text/plain")


@app.get("/stream-json")
async def stream_json(request: Request) -> None:
    await _stream(request, same.pieces('{"n": %d}'), "application/json")


@app.get("/ndjson")
async def ndjson(request: Request) -> None:
    await _stream(request, same.pieces('{"n": %d}\n'), "application/x-ndjson")


@app.get("/gated")
async def gated(request: Request) -> None:
    await _stream(request, same.gated(), "text/event-stream")


@app.get("/endless")
async def endless(request: Request) -> None:
    await _stream(request, same.endless(), "text/event-stream")


@app.get("/people")
async def people(request: Request) -> HTTPResponse:
    return raw(same.as_json(same.PEOPLE), content_type="application/json")


@app.get("/download")
async def download(request: Request) -> HTTPResponse:
    return raw(same.BINARY)


@app.get("/file")
async def file_(request: Request) -> HTTPResponse:
    return await file(same.file(), last_modified=0)


@app.get("/raises")
async def raises(request: Request) -> HTTPResponse:
    raise RuntimeError("the application's own")


@app.get("/raises-midway")
async def raises_midway(request: Request) -> None:
    await _stream(request, same.midway(), "application/json")


@app.get("/items/<item:int>")
@public(owner="the shop", reason="everybody may look")
async def item(request: Request, item: int) -> HTTPResponse:
    return json({"item": item})


@app.get("/v1/users/<phone>/status")
async def status(request: Request, phone: str) -> HTTPResponse:
    return json(same.look_up(phone))


@app.get("/calls")
async def calls(request: Request) -> HTTPResponse:
    return json({"calls": len(same.CALLS)})


@app.get("/whisper")
@sensitive
async def whisper(request: Request) -> HTTPResponse:
    return json({"mood": "fine"})


@app.get("/find")
@subject("pet")
async def find(request: Request) -> HTTPResponse:
    return json({"owner": "known"})


@app.get("/me")
async def me(request: Request) -> HTTPResponse:
    request.ctx.nightlatch_principal = "ada"
    return json({"name": "Ada"})


@app.websocket("/ws")  # type: ignore[untyped-decorator]
async def echoing(request: Request, socket: Websocket) -> None:
    await socket.send(str(await socket.recv()))


if same.GUARDED:
    from nightlatch.sanic import Nightlatch

    Nightlatch(app)
