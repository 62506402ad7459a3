"""Route templates as Starlette and FastAPI really leave them in the scope."""

import uuid
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Host, Mount, Route, Router
from tests.capture.recording import Flight, Recording, http_scope, talk

from nightlatch.capture.asgi import AsgiCapture
from nightlatch.capture.ports import Application, Receive, Scope, Send
from nightlatch.capture.route import fills, route_template


async def endpoint(request: Request) -> Response:
    return PlainTextResponse("ok")


async def opaque(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("ok")(scope, receive, send)


class Wrapper:
    """A middleware that hides the routes of what it wraps."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class Through(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: Any) -> Response:
        answer: Response = await call_next(request)
        return answer


def leaves() -> list[BaseRoute]:
    return [
        Route("/", endpoint),
        Route("/me", endpoint),
        Route("/{user}", endpoint),
        Route("/{user:int}/posts/{post}", endpoint),
    ]


def starlette() -> Starlette:
    return Starlette(
        routes=[
            Route("/health", endpoint),
            Mount("/users", routes=leaves()),
            Mount("/numbers", routes=[Route("/{number:int}", endpoint)]),
            Mount("/ids", routes=[Route("/{id:uuid}", endpoint)]),
            Route("/files/{path:path}", endpoint),
            Route("/a-{left}-{right}", endpoint),
            Mount("/tenants/{tenant}", routes=[Mount("/users", routes=leaves())]),
            Mount("/t-{tenant}", routes=[Route("/{tenant_user}", endpoint)]),
            Mount("/twice/{one}", routes=[Route("/same/{x}", endpoint)]),
            Mount("/wrapped", app=Wrapper(Router(routes=leaves()))),
            Mount("/wrapped-for/{tenant}", app=Wrapper(Router(routes=leaves()))),
            Mount("/opaque", app=opaque),
            Mount("/opaque-for/{tenant}", app=opaque),
            Mount("/fastapi", app=fastapi()),
            # Takes every path of its hosts, so it comes last.
            Host("{region}.api.example", Router(routes=[Route("/hosted/{user}", endpoint)])),
        ],
        middleware=[Middleware(Through)],
    )


def fastapi() -> FastAPI:
    app = FastAPI()
    inner = APIRouter(prefix="/inner")
    outer = APIRouter(prefix="/outer/{org}")
    catch_all = APIRouter(prefix="/catch")

    @app.get("/plain/{user}")
    @inner.get("/{user}")
    def one(user: str) -> str:
        return user

    @catch_all.get("/{path:path}")
    def rest(path: str) -> str:
        return path

    inner.add_route("/starlette/{user}", endpoint)
    outer.include_router(inner)
    app.include_router(inner)
    app.include_router(outer)
    app.include_router(catch_all)
    app.mount("/sub", Starlette(routes=leaves()))
    return app


STARLETTE_CASES: list[tuple[str, str | None]] = [
    ("/health", "/health"),
    ("/users/", "/users/"),
    ("/users/me", "/users/me"),
    ("/users/42", "/users/{user}"),
    ("/users/{user}", "/users/{user}"),
    ("/users/%s", "/users/{user}"),
    ("/users/7/posts/7", "/users/{user}/posts/{post}"),
    ("/users/007/posts/x", "/users/{user}/posts/{post}"),
    ("/numbers/0042", "/numbers/{number}"),
    ("/ids/6F9619FF-8B86-4D01-B42D-00CF4FC964FF".lower(), "/ids/{id}"),
    ("/files/a/b/c.txt", "/files/{path}"),
    ("/a-1-2", "/a-{left}-{right}"),
    ("/tenants/acme/users/42", "/tenants/{tenant}/users/{user}"),
    ("/tenants/users/users/users", "/tenants/{tenant}/users/{user}"),
    ("/t-acme/acme", "/t-{tenant}/{tenant_user}"),
    ("/twice/same/same/same", "/twice/{one}/same/{x}"),
    ("/wrapped/42", "/wrapped/{user}"),
    ("/wrapped-for/acme/42", None),
    ("/opaque/42", None),
    ("/opaque-for/acme/42", None),
    ("/hosted/42", "/hosted/{user}"),
    ("/users/unrouted/at/all", None),
    ("/nothing", None),
    ("/fastapi/plain/42", "/fastapi/plain/{user}"),
    ("/fastapi/inner/42", "/fastapi/inner/{user}"),
    ("/fastapi/openapi.json", "/fastapi/openapi.json"),
    ("/fastapi/sub/42", "/fastapi/sub/{user}"),
    ("/fastapi/nothing", None),
]
FASTAPI_CASES: list[tuple[str, str | None]] = [
    ("/plain/42", "/plain/{user}"),
    ("/inner/42", "/inner/{user}"),
    ("/starlette/42", "/starlette/{user}"),
    ("/outer/acme/inner/42", "/outer/{org}/inner/{user}"),
    ("/outer/inner/inner/inner", "/outer/{org}/inner/{user}"),
    ("/catch/a/b", "/catch/{path}"),
    ("/sub/42", "/sub/{user}"),
    ("/sub/7/posts/1", "/sub/{user}/posts/{post}"),
    ("/docs", "/docs"),
    ("/nothing", None),
    ("/plain/", None),
]


@cache
def watched(make: Callable[[], Starlette]) -> tuple[Starlette, Recording]:
    app, recording = make(), Recording()
    app.add_middleware(AsgiCapture[Flight], inline=recording)
    return app, recording


async def template_of(make: Callable[[], Starlette], path: str, **scope: Any) -> str | None:
    app, recording = watched(make)
    headers = [(b"host", b"eu.api.example")]
    await talk(app, http_scope(path=path, headers=headers, **scope))
    finished = recording.finished.pop()
    assert recording.judged.pop().route == finished.route
    return finished.route


@pytest.mark.parametrize(("path", "template"), STARLETTE_CASES)
async def test_starlette(path: str, template: str | None) -> None:
    assert await template_of(starlette, path) == template


@pytest.mark.parametrize(("path", "template"), FASTAPI_CASES)
async def test_fastapi(path: str, template: str | None) -> None:
    assert await template_of(fastapi, path) == template


async def test_below_a_root_path_the_template_still_fits_the_path() -> None:
    # As a server with --root-path gives it, and as a proxy that strips the prefix does.
    kept = await template_of(starlette, "/api/users/42", root_path="/api")
    stripped = await template_of(starlette, "/files/a/b", root_path="/api")
    mounted = await template_of(starlette, "/api/tenants/acme/users/42", root_path="/api")
    assert kept == "/api/users/{user}"
    assert stripped == "/files/{path}"
    assert mounted == "/api/tenants/{tenant}/users/{user}"


async def test_a_method_not_allowed_has_the_template_too() -> None:
    assert await template_of(starlette, "/users/42", method="DELETE") == "/users/{user}"


def test_an_older_starlette_without_a_route_in_the_scope() -> None:
    """Before 1.0 the scope had only the endpoint and the parameters."""
    router = Router(routes=[Mount("/users", routes=leaves()), Route("/other/{user}", endpoint)])
    scope = {
        "endpoint": endpoint,
        "path_params": {"user": "42"},
        "router": router,
        "root_path": "/users",
        "app_root_path": "",
    }
    assert route_template(scope, "/users/42", "") == "/users/{user}"
    assert route_template(scope, "/other/42", "") == "/other/{user}"
    assert route_template(scope, "/third/42", "") is None


def test_an_endpoint_reached_in_two_ways_is_not_guessed() -> None:
    routes = [Route("/{a}/x", endpoint), Route("/{a}/{b}", endpoint)]
    scope = {"endpoint": endpoint, "path_params": {"a": "1", "b": "x"}, "router": Router(routes)}
    assert route_template(scope, "/1/x", "") is None


def test_a_router_that_contains_itself_ends() -> None:
    router = Router()
    router.mount("/again", router)
    router.mount("/other", router)
    scope = {"endpoint": endpoint, "path_params": {}, "router": router}
    assert route_template(scope, "/again/again", "") is None


@pytest.mark.parametrize(
    ("template", "parameters", "path", "fit"),
    [
        ("/a/{b}", {"b": "c"}, "/a/c", True),
        ("/a/{b}", {"b": "d"}, "/a/c", False),
        ("/a/{b}", {}, "/a/c", False),
        ("/a/{b}", {"b": 7}, "/a/007", True),
        ("/a/{b}", {"b": 8}, "/a/007", False),
        ("/a/{b}", {"b": 0.5}, "/a/0.50", True),
        ("/a/{b}", {"b": uuid.UUID(int=0xAB)}, "/a/00000000-0000-0000-0000-0000000000AB", True),
        ("/a/{b}", {"b": None}, "/a/c", False),
        ("/a/{b}/{c}", {"b": "x/y", "c": "z"}, "/a/x/y/z", True),
        ("/a/{b.__class__}", {"b": "c"}, "/a/c", False),
        ("/a/{", {}, "/a/{", False),
        ("/a/{}", {"b": "c"}, "/a/c", False),
    ],
)
def test_fills(template: str, parameters: dict[str, Any], path: str, *, fit: bool) -> None:
    assert fills(template, parameters, path) is fit


def test_the_cases_are_all_there() -> None:
    assert (len(STARLETTE_CASES), len(FASTAPI_CASES)) == (28, 11)
