"""Challenges over real sockets: the guide's clients solve them, and a browser does."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from tests.capture.challenging import Door, challenging, solve
from tests.capture.conformance import serving
from tests.capture.recording import Flight
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from nightlatch.capture.asgi import AsgiCapture
from nightlatch.exchange.exchange import Ending

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guides" / "challenge.md").read_text()


async def user(request: Request) -> Response:
    return JSONResponse({"id": request.path_params["id"], "size": len(await request.body())})


async def icon(_: Request) -> Response:
    return Response(status_code=204)


async def chat(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


@contextmanager
def running(door: Door, *, cors: bool = False, http: str = "h11") -> Iterator[str]:
    routes = [
        Route("/users/{id}", user, methods=["GET", "POST"]),
        # Browsers ask for it of their own accord.
        Route("/favicon.ico", icon),
        WebSocketRoute("/chat", chat),
    ]
    app = Starlette(routes=routes)
    app.add_middleware(AsgiCapture[Flight], inline=door.inline, clock=door.clock)
    if cors:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=["https://app.example"],
            allow_headers=["Nightlatch-Pass", "Nightlatch-Solution"],
            expose_headers=["Nightlatch-Pass"],
        )
    with serving(app, http) as port:
        yield f"http://127.0.0.1:{port}"


def snippet(language: str) -> str:
    found = re.search(rf"<!-- tested: {language} -->\n```\w+\n(.*?)```", GUIDE, re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize("http", ["h11", "httptools"])
def test_the_guides_python_client_solves_once(http: str) -> None:
    door = challenging()
    names: dict[str, Any] = {}
    exec(compile(snippet("python"), "challenge.md", "exec"), names)
    with running(door, http=http) as base, names["client"] as client:
        for number in range(5):
            answer = client.post(f"{base}/users/{number}", content=b"x" * 200_000)
            assert answer.json() == {"id": str(number), "size": 200_000}
    endings = [finished.ending for finished in door.inline.finished]
    assert endings == [Ending.REFUSED] + [Ending.ANSWERED] * 5


def test_the_guides_javascript_client_solves_once() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("NOT RUN: Node.js is not installed")
    door = challenging()
    with running(door) as base:
        script = f"""{snippet("javascript")}
        for (let number = 0; number < 3; number += 1) {{
          const answer = await fetchSolving(`{base}/users/${{number}}`, {{ method: "POST" }});
          console.log(JSON.stringify(await answer.json()));
        }}"""
        done = subprocess.run(
            [node, "--input-type=module", "-e", script],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers == [{"id": str(number), "size": 0} for number in range(3)]
    endings = [finished.ending for finished in door.inline.finished]
    assert endings == [Ending.REFUSED] + [Ending.ANSWERED] * 3


def test_a_page_of_another_origin_can_read_the_challenge_and_the_pass() -> None:
    origin = {"Origin": "https://app.example"}
    with running(challenging(), cors=True) as base, httpx.Client(headers=origin) as client:
        asks = {
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "nightlatch-pass,nightlatch-solution",
        }
        assert client.options(f"{base}/users/7", headers=asks).status_code == 200
        refused = client.get(f"{base}/users/7")
        assert refused.headers["Access-Control-Allow-Origin"] == "https://app.example"
        solution = {"Nightlatch-Solution": solve(refused.json()["challenge"])}
        answer = client.get(f"{base}/users/7", headers=solution)
        assert answer.status_code == 200
        exposed = answer.headers["Access-Control-Expose-Headers"]
        assert "Nightlatch-Pass" in exposed
        assert answer.headers["Nightlatch-Pass"]


def test_a_websocket_client_solves() -> None:
    with running(challenging()) as base:
        address = base.replace("http", "ws", 1) + "/chat"
        with pytest.raises(InvalidStatus) as refused:
            connect(address)
        assert refused.value.response.status_code == 403
        challenge = json.loads(refused.value.response.body or b"")["challenge"]
        headers = {"Nightlatch-Solution": solve(challenge)}
        with connect(address, additional_headers=headers) as socket:
            assert socket.recv() == "hello"
            assert socket.response is not None
            assert socket.response.headers["Nightlatch-Pass"]


def test_one_solution_sent_by_many_at_once_counts_once() -> None:
    async def race(base: str) -> list[int]:
        async with httpx.AsyncClient() as client:
            challenge = (await client.get(f"{base}/users/7")).json()["challenge"]
            headers = {"Nightlatch-Solution": solve(challenge)}
            asked = (client.get(f"{base}/users/7", headers=headers) for _ in range(20))
            return [answer.status_code for answer in await asyncio.gather(*asked)]

    with running(challenging()) as base:
        statuses = asyncio.run(race(base))
    assert sorted(statuses) == [200] + [403] * 19


def test_headers_too_long_for_us_are_not_too_long_for_the_server() -> None:
    with running(challenging()) as base:
        for name in ("Nightlatch-Solution", "Nightlatch-Pass", "Cookie"):
            long = {name: "nightlatch-pass=" + "A" * 30_000}
            assert httpx.get(f"{base}/users/7", headers=long).status_code == 403
