"""Orders that travel: from the command line and the console to applications and back."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.app.test_with_collector import call, look_up
from tests.servers import Server, answer_of, collector, eventually, nightlatch, outcomes, shop

pytestmark = pytest.mark.slow
LOOK_UP = "GET /v1/users/{phone}/status"


def post(up: Server, place: Path, path: str, **body: object) -> httpx.Response:
    return call(up, "POST", path, place, **body)


def test_a_block_ordered_in_the_collector_holds_in_the_application_until_undone(
    tmp_path: Path,
) -> None:
    with collector(tmp_path) as up, shop(tmp_path, URL=up.url) as server:
        assert [look_up(server, n) for n in range(4)] == [200] * 4
        eventually(lambda: outcomes(up)["recorded"] == 4)
        order = {"kind": "block", "whom": "127.0.0.0/8", "reason": "test", "author": "ida"}
        seen = post(up, tmp_path, "/measures/preview", **order).json()
        assert (seen["preview"]["requests"], seen["share"]) == (4, 1.0)
        made = post(up, tmp_path, "/measures", **order).json()
        assert made["author"] == "ida"
        eventually(lambda: look_up(server, 5) == 403)
        eventually(lambda: _listed(up, tmp_path)[0]["hits"] > 0)
        post(up, tmp_path, f"/measures/{made['id']}/undo", author="bo")
        eventually(lambda: look_up(server, 6) == 200)
        (listed,) = _listed(up, tmp_path)
        assert (listed["state"], listed["measure"]["undone_by"]) == ("undone", "bo")


def test_the_command_line_orders_while_the_collector_runs(tmp_path: Path) -> None:
    with collector(tmp_path) as up, shop(tmp_path, URL=up.url) as server:
        settings = {"CONSOLE_PORT": str(up.port)}
        assert look_up(server, 1) == 200
        eventually(lambda: outcomes(up)["recorded"] == 1)

        asked = nightlatch(tmp_path, "block", "127.0.0.1", **settings)
        assert asked.returncode == 2
        assert "1 request (100.0 % of all) of 1 caller" in asked.stdout
        assert "--yes" in asked.stderr
        made = answer_of(tmp_path, "block", "127.0.0.1", "--for", "2h", "--yes", **settings)
        assert made["expires"] - made["created"] == pytest.approx(7_200)
        eventually(lambda: look_up(server, 2) == 403)
        # Taken back in the data directory: the collector notices by itself.
        answer_of(tmp_path, "undo", made["id"][-8:], **settings)
        eventually(lambda: look_up(server, 3) == 200)

        door = answer_of(tmp_path, "close", LOOK_UP, "--reason", "it leaks", "--yes", **settings)
        assert door["endpoint"] == LOOK_UP
        eventually(lambda: look_up(server, 4) == 401)
        listed = answer_of(tmp_path, "measures", **settings)
        assert [one["endpoint"] for one in listed["closed_doors"]] == [LOOK_UP]
        answer_of(tmp_path, "open", LOOK_UP, **settings)
        eventually(lambda: look_up(server, 5) == 200)
        suggested = answer_of(tmp_path, "limits", "suggest", LOOK_UP, **settings)
        assert {one["confidence"] for one in suggested} == {"low"}


def test_an_application_alone_hears_the_command_line(tmp_path: Path) -> None:
    """The events file is the application's, and there is no console to ask: nothing can be
    previewed, and that is said, but orders can be given."""
    with shop(tmp_path) as server:
        assert look_up(server, 1) == 200
        asked = nightlatch(tmp_path, "block", "127.0.0.1", CONSOLE_PORT="1")
        assert asked.returncode == 2
        assert "To order it without having looked: --yes" in asked.stderr
        made = answer_of(tmp_path, "block", "127.0.0.1", "--yes", CONSOLE_PORT="1")
        eventually(lambda: look_up(server, 2) == 403)
        answer_of(tmp_path, "undo", made["id"])
        eventually(lambda: look_up(server, 3) == 200)


def test_a_limit_tells_when_to_come_back(tmp_path: Path) -> None:
    with collector(tmp_path) as up, shop(tmp_path, URL=up.url) as server:
        order = {"kind": "limit-requests", "amount": 3, "seconds": 60.0, "each": "address"}
        assert post(up, tmp_path, "/measures", **order).status_code == 200

        def refused() -> httpx.Response | None:
            answer = server.get("/v1/users/12015550001/status")
            return answer if answer.status_code == 429 else None

        answer: httpx.Response = eventually(refused, 10)
        assert 1 <= int(answer.headers["retry-after"]) <= 120


def _listed(up: Server, place: Path) -> Any:
    return call(up, "GET", "/measures", place).json()
