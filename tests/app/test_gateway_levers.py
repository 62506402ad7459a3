"""What people order, carried out by a real HAProxy: challenges, waiting, limits, fields held."""

import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from msgspec import Struct
from msgspec.structs import replace
from tests.app.gateway_house import gateway, needs_haproxy, upstream
from tests.capture.challenging import solve
from tests.servers import CLIENT, Server, eventually

from nightlatch.cli.desk import desk
from nightlatch.exchange.measure import MeasureKind
from nightlatch.policy.orders import Order
from nightlatch.settings import Settings

pytestmark = [pytest.mark.slow, needs_haproxy]

HERE = Order(MeasureKind.BLOCK, "127.0.0.1", lasts=600.0)
USERS = "/users?n=1"
ALL_USERS = "GET /users"
PROBLEM = "application/problem+json"
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


class Door(Struct):
    """A gateway in observe mode, and where its data are."""

    server: Server
    place: Path

    @contextmanager
    def ordered(self, order: Order) -> Iterator[None]:
        """Until the end of the block, and some moment longer."""
        settings = Settings(data_dir=str(self.place / ".nightlatch"))
        with desk(settings, looks=False) as one:
            made = one.order(order)
            try:
                yield
            finally:
                one.undo(made.id)
        if self.server.process.poll() is None:
            self.until(200)

    def get(self, path: str = USERS, **headers: str) -> httpx.Response:
        return self.server.get(path, headers={"Connection": "close", **headers})

    def until(self, status: int, path: str = USERS, **headers: str) -> httpx.Response:
        """The first answer with it: orders hold within seconds."""

        def answered() -> httpx.Response | None:
            answer = self.get(path, **headers)
            return answer if answer.status_code == status else None

        answer: httpx.Response = eventually(answered, pause=0.05)
        return answer


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with upstream(tmp_path_factory.mktemp("upstream")) as server:
        yield server


@pytest.fixture(scope="module")
def door(behind: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    place = tmp_path_factory.mktemp("door")
    with gateway(place, behind) as server:
        assert server.get(USERS).status_code == 200
        yield Door(server, place)


def test_a_program_solves_its_challenge_and_has_a_pass(door: Door) -> None:
    order = replace(HERE, kind=MeasureKind.CHALLENGE)
    with door.ordered(order):
        asked = door.until(403)
        assert asked.headers["content-type"] == PROBLEM
        assert asked.headers["cache-control"] == "no-store"
        solution = {"Nightlatch-Solution": solve(asked.json()["challenge"])}
        paid = door.get(**solution)
        assert (paid.status_code, len(paid.json())) == (200, 1)
        token = paid.headers["nightlatch-pass"]
        assert f"={token};" in paid.headers["set-cookie"]
        shown = door.get(**{"Nightlatch-Pass": token})
        assert shown.status_code == 200
        assert "nightlatch-pass" not in shown.headers
        assert door.get(**solution).status_code == 403, "a solution counts once"
        # The pass is ours, and the application never sees how HAProxy asks us.
        told = door.get("/echo", **{"Nightlatch-Pass": token}).json()["fields"]
        assert not [name for name, _ in told if name.startswith("x-nightlatch")]


def test_a_person_sees_a_page_and_comes_in_with_its_form(door: Door) -> None:
    with door.ordered(replace(HERE, kind=MeasureKind.CHALLENGE)):
        page = door.until(403, **BROWSER)
        assert page.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "x-nightlatch-answer" not in page.headers
        files = re.findall(r'(?:src|href)="(/\.nightlatch/[^"]+)"', page.text)
        assert files
        assert {door.get(file).status_code for file in files} == {200}
        solution = solve(door.get().json()["challenge"])
        form = f"{door.server.url}/.nightlatch/pass"
        sent = CLIENT.post(form, data={"solution": solution})
        assert sent.status_code in (204, 303)
        cookie = sent.headers["set-cookie"].partition(";")[0]
        inside = door.get(**BROWSER, Cookie=cookie)
        assert (inside.status_code, len(inside.json())) == (200, 1)


def test_slowed_answers_wait_and_others_do_not(door: Door) -> None:
    # Longer than HAProxy waits for any one answer of the agent.
    order = replace(HERE, kind=MeasureKind.SLOW, seconds=2.5, endpoint=ALL_USERS)
    with door.ordered(order):

        def waited() -> bool:
            began = time.monotonic()
            assert door.get().status_code == 200
            return time.monotonic() - began >= 2.5

        eventually(waited, pause=0.02)
        # Nobody else waits: this answers while the other still has to.
        with pytest.raises(httpx.ReadTimeout):
            CLIENT.get(door.server.url + USERS, timeout=0.5)
        assert door.get("/echo").status_code == 200


def test_limits_are_told_and_kept(door: Door) -> None:
    order = replace(
        HERE,
        kind=MeasureKind.LIMIT_REQUESTS,
        amount=5,
        seconds=60.0,
        each="address",
        endpoint=ALL_USERS,
    )
    with door.ordered(order):

        def limited() -> httpx.Response | None:
            answer = door.get()
            return answer if "ratelimit" in answer.headers else None

        told = eventually(limited, pause=0.05)
        assert {"ratelimit-policy", "ratelimit-reset"} <= told.headers.keys()
        assert told.headers["ratelimit-limit"] == "5"
        left = int(told.headers["ratelimit-remaining"])
        assert left < 5
        refused = [door.get() for _ in range(left + 1)][-1]
        assert (refused.status_code, refused.headers["content-type"]) == (429, PROBLEM)
        assert 1 <= int(refused.headers["retry-after"]) <= 120
        assert door.get("/echo").status_code == 200


def test_fields_that_cannot_be_taken_out_are_not_let_out(door: Door) -> None:
    assert "example.org" in door.get().text
    order = replace(HERE, kind=MeasureKind.WITHHOLD_FIELDS, fields=("email",), endpoint=ALL_USERS)
    with door.ordered(order):
        held = door.until(503)
        assert held.headers["content-type"] == PROBLEM
        assert "example.org" not in held.text
        assert door.get("/users/436601000001").status_code == 200


def test_found_and_not_found_look_the_same(door: Door) -> None:
    order = replace(HERE, kind=MeasureKind.UNIFORM, whom="everyone", endpoint="GET /users/{phone}")
    with door.ordered(order):
        found = door.until(202, "/users/436601000001")
        missing = door.get("/users/436602000001")
        assert (found.status_code, found.content) == (missing.status_code, missing.content)
        assert {*found.headers} == {*missing.headers}


def test_a_block_holds_until_it_is_undone(door: Door) -> None:
    with door.ordered(HERE):
        assert door.until(403).headers["content-type"] == PROBLEM
    assert door.until(200).json()


def test_who_waits_is_let_go_when_the_agent_hangs_or_dies(behind: Server, tmp_path: Path) -> None:
    """HAProxy 2.6 can forget those who ask again after they were left without an answer."""
    with gateway(tmp_path, behind) as server, ThreadPoolExecutor(1) as others:
        alone = Door(server, tmp_path)
        order = replace(HERE, kind=MeasureKind.SLOW, seconds=20.0, endpoint=ALL_USERS)
        assert alone.get().status_code == 200
        with alone.ordered(order):
            for how in (signal.SIGSTOP, signal.SIGKILL):
                eventually(lambda: is_kept_waiting(alone), pause=0.02)
                waiting = others.submit(alone.get)
                time.sleep(0.3)
                assert not waiting.done()
                server.process.send_signal(how)
                assert waiting.result(timeout=8).status_code == 200
                server.process.send_signal(signal.SIGCONT)


def is_kept_waiting(door: Door) -> bool:
    try:
        CLIENT.get(door.server.url + USERS, timeout=1.0)
    except httpx.ReadTimeout:
        return True
    return False
