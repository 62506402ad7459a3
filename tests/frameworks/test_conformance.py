"""One suite for all frameworks, on the servers that people run them on, over real sockets: what
their clients get is to the byte what they would get without us, and what is decided is done."""

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.capture.challenging import solve
from tests.capture.conformance import exchange, http, split
from tests.frameworks.apps.same import BINARY
from tests.frameworks.cases import CASES
from tests.frameworks.houses import HOUSES, House, open_house
from tests.servers import CLIENT, Server, eventually
from websockets.sync.client import connect

from nightlatch.exchange.exchange import Ending
from nightlatch.exchange.record import Record
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.ports import EventQuery

# A house is one test: to start its three servers takes longer than to ask them anything.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LIMIT = 3
"""People that may leave to one caller where it is enforced."""
DATE = re.compile(rb"\r\ndate: [^\r]+", re.IGNORECASE)


@dataclass
class Doors:
    """One application three times: bare, watched, and with a budget that is enforced."""

    house: House
    bare: Server
    watched: Server
    enforced: Server


@pytest.mark.parametrize("house", HOUSES, ids=lambda house: house.name)
def test_a_house(house: House, tmp_path: Path, subtests: pytest.Subtests) -> None:
    with _open(house, tmp_path) as doors:
        ran = 0
        for step in STEPS:
            with subtests.test(step.__name__.strip("_")):
                ran += 1
                step(doors)
    assert ran == 9


@contextmanager
def _open(house: House, place: Path) -> Iterator[Doors]:
    (place / "data.bin").write_bytes(BINARY)
    strict = {"MODE": "enforce", "BUDGETS_CALLER_BURST": str(LIMIT), "ATTACKS_REFUSE": "true"}
    with ExitStack() as stack, ThreadPoolExecutor() as starting:
        bare, watched, enforced = (
            starting.submit(stack.enter_context, open_house(house, place, **given))
            for given in ({"guarded": False}, {"guarded": True}, {"guarded": True, **strict})
        )
        yield Doors(house, bare.result(), watched.result(), enforced.result())


def _bytes_in_are_bytes_out(doors: Doors) -> None:
    ran = 0
    for case in CASES:
        bare, watched = (
            exchange(doors.bare.port, case.request),
            exchange(doors.watched.port, case.request),
        )
        assert DATE.sub(b"", watched) == DATE.sub(b"", bare), case.name
        status = split(bare)[0].split()[1]
        assert case.status in (None, int(status)), case.name
        ran += 1
    assert ran == 32


def _each_event_arrives_before_the_next_is_made(doors: Doors) -> None:
    gate = doors.watched.log.parent / "gate"
    with _talking(doors.watched, "/gated") as connection:
        _read_until(connection, b"data: 0\n\n")
        # The proof needs no clock: the second event only exists once this file does.
        gate.touch()
        _read_until(connection, b"data: 1\n\n")


def _a_client_that_hangs_up_ends_the_stream(doors: Doors) -> None:
    with _talking(doors.watched, "/endless") as connection:
        _read_until(connection, b"data: on")
    eventually((doors.watched.log.parent / "closed").exists, pause=0.05)


def _background_tasks_run(doors: Doors) -> None:
    if not doors.house.background:
        pytest.skip("this framework has no background tasks")
    assert doors.watched.get("/background").text == "soon"
    eventually((doors.watched.log.parent / "ran").exists, pause=0.05)


def _websockets_pass(doors: Doors) -> None:
    if not doors.house.websockets:
        pytest.skip("this server has no WebSockets")
    with connect(f"ws://127.0.0.1:{doors.watched.port}/ws") as client:
        client.send("grüße" * 10_000)
        assert client.recv() == "grüße" * 10_000


def _refused_before_the_application_is_called_and_let_in_for_a_solution(doors: Doors) -> None:
    asked = [_look_up(doors.enforced, number) for number in range(LIMIT + 4)]
    statuses = [one.status_code for one in asked]
    # Where threads take turns, the next may be asked before the last answer is entered.
    passed = statuses.count(200)
    assert LIMIT <= passed <= LIMIT + 1
    assert statuses == [200] * passed + [403] * (LIMIT + 4 - passed)
    refused = asked[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    assert doors.enforced.get("/calls").json() == {"calls": passed}
    solution = {"Nightlatch-Solution": solve(refused.json()["challenge"])}
    let_in = _look_up(doors.enforced, 50, **solution)
    assert let_in.status_code == 200
    assert let_in.json() == {"account_id": 48_000_050, "status": "active"}
    assert let_in.headers["nightlatch-pass"]
    assert "nightlatch-pass=" in let_in.headers["set-cookie"]
    assert doors.enforced.get("/calls").json() == {"calls": passed + 1}


def _a_list_of_people_is_withheld(doors: Doors) -> None:
    answer = doors.enforced.get("/people")
    assert answer.status_code in (403, 429)
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert b"+1201555" not in answer.content


def _an_attack_in_the_body_does_not_reach_the_view(doors: Doors) -> None:
    attack = b"a=1'+UNION+SELECT+name,+password+FROM+users--+"
    form = "Content-Type: application/x-www-form-urlencoded"
    answer = exchange(
        doors.enforced.port, http("attack", "POST /form", 403, form, body=attack).request
    )
    status, _, body = split(answer)
    assert status.split()[1] == b"403", answer
    assert b"UNION" not in body
    assert json.loads(body)["status"] == 403


def _what_the_application_knows_is_on_record(doors: Doors) -> None:
    """Last, as it stops the server: routes, users and marks, and no exchange is missing."""
    for path in ("/me/" if "starlette" in doors.house.name else "/me", "/whisper", "/find?pet=rex"):
        assert doors.watched.get(path).status_code == 200
    # An answer is there before its exchange is handed over: two more, so that those before are.
    for _ in range(2):
        assert doors.watched.get("/last").status_code == 404
        time.sleep(0.2)
    doors.watched.stop()
    found = [record for record in _records(doors.watched) if record.path != "/last"]
    by_path = {record.path: record for record in found}
    item = by_path["/items/7"]
    assert item.endpoint == "GET /items/{item}"
    assert item.mark is not None
    assert (item.mark.public, item.mark.owner) == (True, "the shop")
    assert by_path["/nothing"].status == 404
    me = next(record for record in found if record.path.startswith("/me"))
    assert any(circle.startswith("principal:") for circle in me.circles)
    whisper = by_path["/whisper"]
    assert "personal-data-to-strangers" in {finding.check for finding in whisper.findings}
    assert len(by_path["/find"].asked) == 1
    assert by_path["/endless"].ending is Ending.CLIENT_GONE
    # One of the cases is two requests, where the server keeps the connection.
    watched = len(CASES) + doors.house.keeps_alive
    watched += len(("gated", "endless", "me", "whisper", "find"))
    watched += doors.house.background + doors.house.websockets
    assert len(found) == watched


STEPS: tuple[Callable[[Doors], None], ...] = (
    _bytes_in_are_bytes_out,
    _each_event_arrives_before_the_next_is_made,
    _a_client_that_hangs_up_ends_the_stream,
    _background_tasks_run,
    _websockets_pass,
    _refused_before_the_application_is_called_and_let_in_for_a_solution,
    _a_list_of_people_is_withheld,
    _an_attack_in_the_body_does_not_reach_the_view,
    _what_the_application_knows_is_on_record,
)
"""In this order: the last reads what those before left on record."""


def _look_up(server: Server, number: int, **headers: str) -> Any:
    return CLIENT.get(f"{server.url}/v1/users/1201555{number:04}/status", headers=headers)


def _talking(server: Server, path: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    return connection


def _read_until(connection: socket.socket, wanted: bytes) -> None:
    seen = b""
    while wanted not in seen:
        piece = connection.recv(65_536)
        assert piece, f"closed after {seen[:200]!r}"
        seen += piece


def _records(server: Server) -> list[Record]:
    path: Path = server.log.parent / ".nightlatch" / "events.duckdb"
    with closing(DuckDBEvents(path)) as events:
        return sorted(events.search(EventQuery(limit=200)), key=lambda record: record.id)
