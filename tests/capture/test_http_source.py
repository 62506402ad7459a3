"""What every source over HTTP shares: who is let in, how much, and what each failure is called."""

import asyncio
import base64
import gzip
import json
import threading
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from tests.capture.collector_server import serving
from tests.capture.intakes import TOKEN, OneToken, RememberingIntake
from tests.observations import observed

from nightlatch.capture.http_source import (
    HttpSource,
    Malformed,
    Reading,
    Sent,
    Taken,
    Unreadable,
)
from nightlatch.capture.reception import Rejected, fields
from nightlatch.exchange.source import SourceKind
from nightlatch.faults import FAULTS

OTLP = SourceKind.OTLP
PATH = "/things"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


def read(sent: Sent) -> Reading:
    """A JSON list: a path is an exchange, a number is malformed, "bug" is one of ours."""
    try:
        told = json.loads(sent.body)
    except ValueError as error:
        raise Unreadable("not JSON", "Send a list of paths.") from error
    if told == "bug":
        raise ZeroDivisionError
    if not isinstance(told, list):
        raise Unreadable("no list", "Send a list of paths.")
    paths = [one for one in told if isinstance(one, str)]
    numbers = [Malformed("a number", str(one).encode()) for one in told if isinstance(one, int)]
    return Reading([observed(path, at=sent.at) for path in paths], numbers)


class Door:
    def __init__(self, room: int = 100, **options: Any) -> None:
        self.intake = RememberingIntake(room)
        self.keeper = OneToken(OTLP, bytes_left=options.pop("bytes_left", 1 << 40))
        self.source = HttpSource(OTLP, [PATH], read, self.intake, self.keeper, **options)

    def client(self) -> httpx.AsyncClient:
        app = Starlette(routes=self.source.routes)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://collector")

    async def post(self, content: bytes | str, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client() as http:
            return await http.post(PATH, content=content, headers=HEADERS | named)

    @property
    def reasons(self) -> list[tuple[str, str]]:
        return [(name, reason) for _, name, reason, _ in self.intake.rejected]


async def test_what_can_be_read_is_taken() -> None:
    door = Door()
    response = await door.post('["/a", "/b"]')
    assert response.status_code == 202
    assert [one.request.path for one in door.intake.seen] == ["/a", "/b"]
    assert door.intake.rejected == []


@pytest.mark.parametrize(
    "shown",
    [
        {"Authorization": f"Bearer {TOKEN}"},
        {"authorization": f"bearer  {TOKEN} "},
        {"X-API-Key": TOKEN},
        {"Authorization": "Digest username=x", "x-api-key": TOKEN},
        {"Authorization": "Basic " + base64.b64encode(f"web:{TOKEN}".encode()).decode()},
    ],
)
async def test_the_token_may_be_shown_in_several_ways(shown: dict[str, str]) -> None:
    async with Door().client() as http:
        assert (await http.post(PATH, content="[]", headers=shown)).status_code == 202


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer other"},
        {"Authorization": TOKEN},
        {"X-API-Key": ""},
    ],
)
async def test_whoever_shows_no_token_is_told_how(shown: dict[str, str]) -> None:
    door = Door()
    async with door.client() as http:
        response = await http.post(PATH, content='["/a"]', headers=shown)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert "nightlatch source add" in response.json()["detail"]
    assert door.reasons == [("", "wrong token")]
    assert door.intake.seen == []


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "gzip, gzip": lambda data: gzip.compress(gzip.compress(data)),
    "identity": lambda data: data,
}


@pytest.mark.parametrize("coding", CODINGS)
async def test_content_codings_are_undone(coding: str) -> None:
    door = Door()
    response = await door.post(CODINGS[coding](b'["/a"]'), content_encoding=coding)
    assert response.status_code == 202
    assert len(door.intake.seen) == 1


REFUSED: list[tuple[str, bytes, dict[str, str], int, str]] = [
    ("no JSON", b"{", {}, 400, "not JSON"),
    ("nothing", b"", {}, 400, "not JSON"),
    ("cut gzip", gzip.compress(b'["/a"]')[:-9], {"content_encoding": "gzip"}, 400, "unreadable"),
    ("no gzip", b'["/a"]', {"content_encoding": "gzip"}, 400, "unreadable"),
    ("unknown coding", b"[]", {"content_encoding": "rot13"}, 400, "unreadable"),
    ("too large", b"x" * 2_001, {}, 413, "too large"),
    ("far too large", b"x" * 9_000, {}, 413, "too large"),
    ("a bomb", gzip.compress(bytes(9_000)), {"content_encoding": "gzip"}, 413, "too large"),
    ("plain and too large", b" " * 1_900, {}, 413, "too large"),
]


@pytest.mark.parametrize(
    ("content", "headers", "status", "reason"),
    [case[1:] for case in REFUSED],
    ids=[case[0] for case in REFUSED],
)
async def test_what_is_refused(
    content: bytes, headers: dict[str, str], status: int, reason: str
) -> None:
    door = Door(max_body=2_000, max_decoded=1_800)
    response = await door.post(content, **headers)
    assert (response.status_code, door.reasons) == (status, [("web", reason)])
    assert response.headers["content-type"] == "application/problem+json"
    problem = msgspec.json.decode(response.content)
    assert problem["status"] == status
    assert problem["detail"]
    assert door.intake.seen == []


async def test_a_malformed_message_does_not_stop_its_neighbours() -> None:
    door = Door()
    response = await door.post('["/a", 17, "/b", 18]')
    assert response.status_code == 202
    assert len(door.intake.seen) == 2
    assert door.intake.rejected == [
        (OTLP, "web", "a number", b"17"),
        (OTLP, "web", "a number", b"18"),
    ]


async def test_the_beginning_of_what_cannot_be_read_is_handed_on() -> None:
    door = Door()
    await door.post(b"{" + b"x" * 5_000)
    ((_, _, _, excerpt),) = door.intake.rejected
    assert excerpt.startswith(b"{xxx")
    assert len(excerpt) == 512


async def test_without_any_room_the_sender_comes_again() -> None:
    door = Door(room=0)
    response = await door.post('["/a"]')
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    assert door.intake.lost == {}
    assert door.reasons == [("web", "no room")]


async def test_who_never_comes_again_has_lost() -> None:
    door = Door(room=0, comes_again=False)
    assert (await door.post('["/a", "/b"]')).status_code == 429
    assert door.intake.lost == {(OTLP, "web"): 2}


@pytest.mark.slow
async def test_of_a_body_that_half_fits_the_rest_is_lost_and_the_answer_may_say_so() -> None:
    def answer(_sent: Sent, taken: Taken) -> Response:
        return JSONResponse({"taken": taken.accepted, "lost": taken.lost})

    door = Door(room=2, answer=answer)
    response = await door.post('["/a", "/b", "/c"]')
    assert response.json() == {"taken": 2, "lost": 1}
    assert door.intake.lost == {(OTLP, "web"): 1}


async def test_over_its_rate_a_source_waits() -> None:
    door = Door(bytes_left=10)
    assert (await door.post('["/a"]')).status_code == 202
    late = await door.post('["/a"]')
    assert late.status_code == 429
    assert "retry-after" in late.headers
    assert door.reasons == [("web", "over its rate")]


async def test_what_was_not_announced_counts_when_it_is_there() -> None:
    async def chunks() -> Any:
        yield b'["/a",'
        yield b'"/b"]'

    door = Door()
    async with door.client() as http:
        response = await http.post(PATH, content=chunks(), headers=HEADERS)
    assert response.status_code == 202
    assert [size for _, size in door.keeper.shown] == [0, 11]


async def test_a_refusal_can_be_worded_for_the_protocol() -> None:
    def refusal(_request: Request, rejected: Rejected) -> Response:
        return JSONResponse({"code": rejected.reason}, rejected.status, fields(rejected))

    door = Door(refusal=refusal)
    async with door.client() as http:
        response = await http.post(PATH, content="[]")
    assert response.json() == {"code": "wrong token"}
    assert "www-authenticate" in response.headers


async def test_a_bug_of_ours_is_counted_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE")
    before = FAULTS.counts().get("capture.otlp", 0)
    door = Door()
    response = await door.post('"bug"')
    assert response.status_code == 500
    assert FAULTS.counts()["capture.otlp"] == before + 1
    assert door.reasons == [("web", "a fault of ours")]


async def test_too_many_at_once_are_asked_to_come_back() -> None:
    entered = asyncio.Event()

    async def receive() -> Any:
        entered.set()
        await asyncio.sleep(60)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    door = Door(at_once=1)
    scope = {"type": "http", "method": "POST", "path": PATH, "query_string": b""}
    scope["headers"] = [(b"authorization", f"Bearer {TOKEN}".encode())]
    slow = asyncio.create_task(door.source(scope, receive, send))
    await entered.wait()
    response = await door.post('["/a"]')
    assert response.status_code == 503
    slow.cancel()


@pytest.mark.slow
def test_a_real_client_that_hangs_up_is_counted() -> None:
    import socket

    door = Door()
    with serving(door.source.routes) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nx-api-key: {TOKEN}\r\n"
            connection.sendall(f"{head}Content-Length: 100\r\n\r\n[".encode())
        response = httpx.post(f"{url}{PATH}", content='["/a"]', headers=HEADERS)
        assert response.status_code == 202
    assert ("web", "cut short on the way") in door.reasons


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["", *CODINGS, "br", "x", "gzip, br, zstd"]))
def test_hostile_bytes_are_values(content: bytes, coding: str) -> None:
    async def scenario() -> int:
        return (await Door().post(content, content_encoding=coding)).status_code

    assert asyncio.run(scenario()) in {202, 400, 413}


@pytest.mark.parametrize(
    ("size", "coded", "here"), [(16, False, True), (17, False, False), (16, True, False)]
)
async def test_small_bodies_are_read_where_they_arrive(size: int, coded: bool, here: bool) -> None:
    threads = []

    def reads(_sent: Sent) -> Reading:
        threads.append(threading.current_thread())
        return Reading()

    source = HttpSource(OTLP, [PATH], reads, RememberingIntake(), OneToken(OTLP), on_loop=16)
    transport = httpx.ASGITransport(app=Starlette(routes=source.routes))
    headers = HEADERS | ({"content-encoding": "identity"} if coded else {})
    async with httpx.AsyncClient(transport=transport, base_url="http://collector") as http:
        answer = await http.post(PATH, content=b"x" * size, headers=headers)
    assert answer.status_code == 202
    assert (threads == [threading.current_thread()]) is here
