"""What people order, carried out by the real nginx and Envoy, as far as each of them can."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.app.gateway_house import upstream
from tests.app.test_authorizer import PROXIES, authorizer
from tests.app.test_gateway_levers import ALL_USERS, BROWSER, HERE, PROBLEM, USERS, Door
from tests.capture.challenging import solve
from tests.servers import CLIENT, Server, eventually

from nightlatch.exchange.measure import MeasureKind

pytestmark = pytest.mark.slow

EVERYONE = replace(HERE, whom="everyone")
"""Whoever comes over the loopback has the machine's own address at Envoy."""
Proxy = Callable[[Path, int, Server], AbstractContextManager[Server]]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with upstream(tmp_path_factory.mktemp("upstream")) as server:
        yield server


@pytest.fixture(scope="module", params=PROXIES)
def door(
    request: pytest.FixtureRequest, behind: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    proxy: Proxy = request.param
    place = tmp_path_factory.mktemp("door")
    with authorizer(place) as agent, proxy(place, agent.port, behind) as server:
        assert server.get(USERS).status_code == 200
        yield Door(server, place)


def test_a_challenge_is_solved_once(door: Door) -> None:
    with door.ordered(replace(EVERYONE, kind=MeasureKind.CHALLENGE)):
        asked = door.until(403)
        assert asked.headers["content-type"] == PROBLEM
        solution = solve(asked.json()["challenge"])
        paid = door.get(**{"Nightlatch-Solution": solution})
        assert paid.status_code == 200
        token = paid.headers["nightlatch-pass"]
        assert f"={token};" in paid.headers["set-cookie"]
        assert door.get(**{"Nightlatch-Pass": token}).status_code == 200
        assert door.get(**{"Nightlatch-Solution": solution}).status_code == 403
        page = door.get(**BROWSER)
        assert (page.status_code, page.headers["content-type"][:9]) == (403, "text/html")
        form = {"solution": solve(door.get().json()["challenge"])}
        sent = CLIENT.post(f"{door.server.url}/.nightlatch/pass", data=form)
        assert sent.status_code in (204, 303)
        cookie = sent.headers["set-cookie"].partition(";")[0]
        assert door.get(Cookie=cookie).status_code == 200


def test_slowed_requests_wait(door: Door) -> None:
    with door.ordered(replace(EVERYONE, kind=MeasureKind.SLOW, seconds=2.0, endpoint=ALL_USERS)):

        def waited() -> bool:
            began = time.monotonic()
            assert door.get().status_code == 200
            return time.monotonic() - began >= 2.0

        eventually(waited, pause=0.02)


def test_what_an_answer_would_have_to_lose_is_not_asked_for(door: Door) -> None:
    order = replace(
        EVERYONE, kind=MeasureKind.WITHHOLD_FIELDS, fields=("email",), endpoint=ALL_USERS
    )
    with door.ordered(order):
        held = door.until(403)
        assert held.headers["content-type"] == PROBLEM
        assert "example.org" not in held.text


def test_limits_are_kept(door: Door) -> None:
    order = replace(
        EVERYONE, kind=MeasureKind.LIMIT_REQUESTS, amount=5, seconds=60.0, each="address",
        endpoint=ALL_USERS,
    )  # fmt: skip
    with door.ordered(order):
        refused = door.until(429)
        assert 1 <= int(refused.headers["retry-after"]) <= 120
