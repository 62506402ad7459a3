"""Somebody's application, in both frameworks, with the one line that the README asks for."""

import asyncio

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from nightlatch import Nightlatch


async def status(request: Request) -> Response:
    phone = request.path_params["phone"]
    if phone.endswith("9"):
        return JSONResponse({"error": "not found"}, 404)
    return JSONResponse({"account_id": 48_000_000 + int(phone), "status": "active"})


async def profile(request: Request) -> Response:
    if request.headers.get("authorization") != "Bearer of-a-customer-0001":
        return JSONResponse({"error": "unauthorized"}, 401)
    return JSONResponse({"phone": "+12015550100"})


async def order(request: Request) -> Response:
    try:
        return JSONResponse({"received": len(await request.json())})
    except (ValueError, RecursionError):
        return JSONResponse({"error": "not JSON"}, 400)


async def slow(request: Request) -> Response:
    await asyncio.sleep(0.3)
    return PlainTextResponse("at last")


async def boom(request: Request) -> Response:
    raise RuntimeError("the application's own bug")


async def health(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def chat(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


ROUTES = [
    Route("/v1/users/{phone}/status", status),
    Route("/v1/profile", profile),
    Route("/v1/orders", order, methods=["POST"]),
    Route("/slow", slow),
    Route("/boom", boom),
    Route("/health", health),
    WebSocketRoute("/chat", chat),
]

starlette_app = Starlette(routes=ROUTES)
starlette_app.add_middleware(Nightlatch)

fastapi_app = FastAPI(routes=ROUTES)
fastapi_app.add_middleware(Nightlatch)

configured_app = Starlette(routes=ROUTES)
configured_app.add_middleware(Nightlatch, budgets_caller_burst=4)
