"""FastAPI's drop-in, in each way that people put a middleware around an application."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from nightlatch.treblle import fastapi
from nightlatch.treblle.fastapi import TreblleMiddleware


class Watching:
    """Stands for Nightlatch's middleware, and counts what passes."""

    settings: dict[str, Any]
    passed = 0

    def __init__(self, app: Any, /, **settings: Any) -> None:
        self._app = app
        type(self).settings = settings

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        type(self).passed += 1
        await self._app(scope, receive, send)


def _as_documented(app: Starlette) -> Any:
    # What `@app.middleware("http")` is short for; Starlette has let go of the shorthand.
    from starlette.middleware.base import BaseHTTPMiddleware

    app.add_middleware(BaseHTTPMiddleware, dispatch=TreblleMiddleware(app, masked_fields=["a"]))
    return app


def _as_a_layer(app: Starlette) -> Any:
    app.add_middleware(TreblleMiddleware, masked_fields=["a"])
    return app


def _around(app: Starlette) -> Any:
    return TreblleMiddleware(app, masked_fields=["a"])


@pytest.mark.parametrize("put", [_as_documented, _as_a_layer, _around])
async def test_it_is_passed_once_in_every_way(
    put: Callable[[Starlette], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fastapi, "Nightlatch", Watching)
    monkeypatch.setattr(Watching, "passed", 0)
    monkeypatch.setenv("TREBLLE_SENSITIVE_KEYS", "pwd,shade")

    async def hello(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"hello {request.path_params['name']}")

    app = put(Starlette(routes=[Route("/hello/{name}", hello)]))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://shop"
    ) as client:
        assert (await client.get("/hello/ada")).text == "hello ada"
    assert Watching.passed == 1
    assert Watching.settings == {"redact_names": ("a", "pwd", "shade")}


@pytest.mark.parametrize("ours_first", [True, False])
async def test_where_nightlatch_is_already_it_does_nothing(
    ours_first: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fastapi, "Nightlatch", Watching)
    monkeypatch.setattr(Watching, "passed", 0)
    app = Starlette()
    if ours_first:
        app.add_middleware(Watching)
    _as_documented(app)
    if not ours_first:
        app.add_middleware(Watching)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://shop"
    ) as client:
        assert (await client.get("/")).status_code == 404
    assert Watching.passed == 1
    assert "does nothing" in caplog.text
