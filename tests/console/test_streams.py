"""Event streams over a real socket: so many of a session and in all, and none without a session."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from msgspec.structs import replace
from tests.console.house import API_TOKEN, House, build_house, served
from tests.servers import eventually

from nightlatch.console import stream
from nightlatch.console.guard import COOKIE
from nightlatch.console.streams import OF_SESSION, Streams

LIVE = "/requests/stream"
MACHINES_LIVE = "/api/v1/live"
AS_MACHINE = {"authorization": f"Bearer {API_TOKEN}"}


@contextmanager
def console(house: House, streams: Streams | None = None) -> Iterator[str]:
    if streams is not None:
        house.app.state.console = replace(house.app.state.console, streams=streams)
    with served(house.app) as base:
        yield base


@contextmanager
def somebody(house: House, base: str) -> Iterator[httpx.Client]:
    """With a session of their own."""
    with httpx.Client(base_url=base, headers={"origin": base}, timeout=20) as http:
        http.get("/", params={"token": house.access.issue(house.clock())})
        yield http


def watch(stack: ExitStack, http: httpx.Client, path: str = LIVE) -> Iterator[bytes]:
    """What comes on a stream that has begun, until the stack is closed."""
    answer = stack.enter_context(http.stream("GET", path))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    chunks = answer.iter_raw()
    assert next(chunks).startswith(b"retry:")
    # An iterator that nobody holds would close its connection.
    stack.callback(lambda: chunks)
    return chunks


def refused(http: httpx.Client, status: int, path: str = LIVE) -> httpx.Response:
    with http.stream("GET", path) as answer:
        assert answer.status_code == status
        answer.read()
    return answer


def opens(http: httpx.Client) -> bool:
    with http.stream("GET", LIVE) as answer:
        return answer.status_code == 200


@pytest.mark.slow
def test_a_session_has_so_many_streams_and_is_told_what_to_do() -> None:
    house = build_house(0, 0)
    with console(house) as base, somebody(house, base) as ada, ExitStack() as open_:
        for _ in range(OF_SESSION - 1):
            watch(open_, ada)
        with ExitStack() as last:
            watch(last, ada)
            answer = refused(ada, 429)
            assert answer.headers["content-type"].startswith("text/plain")
            assert answer.headers["retry-after"] == str(stream.AGAIN)
            assert f"{OF_SESSION} pages of this session" in answer.text
            assert "Close one of them" in answer.text
            # Everything else is served, and so is everybody else.
            assert ada.get("/requests").status_code == 200
            with somebody(house, base) as bob, ExitStack() as others:
                watch(others, bob)
        eventually(lambda: opens(ada))


@pytest.mark.slow
def test_all_together_have_so_many() -> None:
    house = build_house(0, 0)
    with console(house, Streams(2, 2, 3)) as base, ExitStack() as open_:
        ada, bob = (open_.enter_context(somebody(house, base)) for _ in range(2))
        watch(open_, ada)
        watch(open_, ada)
        with ExitStack() as last:
            watch(last, bob)
            assert "3 pages and programs follow this console" in refused(bob, 503).text
        eventually(lambda: opens(bob))


@pytest.mark.slow
def test_machines_leave_room_for_people() -> None:
    house = build_house(0, 0)
    with console(house, Streams(2, 2, 8)) as base, ExitStack() as open_:
        http = open_.enter_context(httpx.Client(base_url=base, headers=AS_MACHINE, timeout=20))
        for _ in range(2):
            watch(open_, http, MACHINES_LIVE)
        answer = refused(http, 429, MACHINES_LIVE)
        assert answer.headers["content-type"] == "application/problem+json"
        assert "end one of them first" in answer.json()["detail"]
        watch(open_, open_.enter_context(somebody(house, base)))


@pytest.mark.slow
def test_a_stream_ends_with_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT", 0.01)
    monkeypatch.setattr(stream, "TICK", 0.01)
    house = build_house(0, 0)
    with console(house) as base, somebody(house, base) as ada, ExitStack() as open_:
        events = watch(open_, ada)
        assert next(events).startswith(b": alive")
        session = house.access.session(ada.cookies[COOKIE], house.clock())
        assert session is not None
        ada.post("/settings/leave", data={"csrf_token": session.csrf})
        assert set(b"".join(events).split(b"\n\n")) <= {b": alive", b""}
        refused(ada, 401)


def test_what_is_over_leaves_nothing_behind() -> None:
    streams = Streams()
    for number in range(100):
        with streams.one_more(f"session-{number}"):
            pass
    assert not streams._open
