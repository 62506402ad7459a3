"""A request that is refused while the application reads it: its body never arrives."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.capture.recording import FORBID, Recording, answering, http_scope, part, start, talk

from nightlatch.capture.ports import Receive, Scope, Send
from nightlatch.exchange.exchange import Ending, Request
from nightlatch.exchange.judgement import ALLOW_ENFORCE, Decision

POST = http_scope(method="POST")


def no_evil(request: Request) -> Decision:
    return FORBID if b"evil" in request.body.data + request.body.tail else ALLOW_ENFORCE


def refusing() -> Recording:
    return Recording(at_body=no_evil)


def test_the_end_of_an_attack_does_not_reach_the_application() -> None:
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend([(await receive())["type"] for _ in range(3)])
        await send(start(200))
        await send(part(b"done"))

    inline = refusing()
    heard = asyncio.run(talk(inline.around(app), POST, [b"an ", b"evil body"]))
    assert seen == ["http.request", "http.disconnect", "http.disconnect"]
    assert (heard.status, heard.raised, heard.complete) == (403, None, True)
    assert b"done" not in heard.body
    (finished,) = inline.finished
    assert finished.ending is Ending.REFUSED
    assert finished.request.body.data == b"an evil body"


def test_a_framework_that_finds_the_client_gone_raises_nothing() -> None:
    async def save(request: StarletteRequest) -> Response:
        return JSONResponse(await request.json())

    inline = refusing()
    app = inline.around(Starlette(routes=[Route("/", save, methods=["POST"])]))
    heard = asyncio.run(talk(app, POST, [b'{"a": "evil"}']))
    assert (heard.status, heard.raised) == (403, None)
    good = asyncio.run(talk(app, POST, [b'{"a": ', b'"good"}']))
    assert (good.status, good.body) == (200, b'{"a":"good"}')
    assert inline.bodies == [b'{"a": "evil"}', b'{"a": "good"}']


def test_other_errors_of_the_application_are_its_own() -> None:
    inline = refusing()
    app = inline.around(answering(then=RuntimeError("theirs")))
    heard = asyncio.run(talk(app, POST, [b"good"]))
    assert isinstance(heard.raised, RuntimeError)


def test_beyond_the_limit_the_beginning_is_judged_and_nothing_waits() -> None:
    inline = refusing()
    app = inline.around(answering(start(200), part(b"ok")), body_limit=10)
    assert asyncio.run(talk(app, POST, [b"x" * 20, b"y" * 20])).status == 200
    assert asyncio.run(talk(app, POST, [b"an evil beginning", b"y" * 20])).status == 403
    assert asyncio.run(talk(app, POST, [b"x" * 20 + b"evil"])).status == 403
    assert len(inline.bodies) == 3


def test_without_a_body_nobody_is_asked() -> None:
    inline = refusing()
    assert asyncio.run(talk(inline.around(answering(start(200), part(b"ok"))), POST)).status == 200
    assert inline.bodies == []


def test_an_answer_that_has_begun_is_cut() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(200, (b"content-type", b"image/png")))
        await receive()
        await send(part(b"rest"))

    heard = asyncio.run(talk(refusing().around(app), POST, [b"evil"]))
    assert (heard.status, heard.body, heard.raised) == (200, b"", None)


@pytest.mark.parametrize(("fail", "status"), [("open", 200), ("closed", 503)])
def test_a_fault_of_ours_opens_or_closes(
    monkeypatch: pytest.MonkeyPatch, fail: str, status: int
) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE", raising=False)

    def broken(_: Request) -> Decision:
        raise RuntimeError("a bug of ours")

    app = Recording(at_body=broken).around(answering(start(200), part(b"ok")), fail=fail)
    assert asyncio.run(talk(app, POST, [b"good"])).status == status
