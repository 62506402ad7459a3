"""Applications and a collector, each a process of its own, and decisions that travel back."""

import signal
from pathlib import Path

import httpx
import pytest
from tests.servers import (
    CLIENT,
    Server,
    answer_of,
    collector,
    eventually,
    metrics,
    nightlatch,
    outcomes,
    shop,
)

pytestmark = pytest.mark.slow

LOOK_UP = "GET /v1/users/{phone}/status"


def look_up(server: Server, number: int) -> int:
    return server.get(f"/v1/users/1201555{number:04}/status").status_code


def call(collector: Server, method: str, path: str, place: Path, **body: object) -> httpx.Response:
    """The console's REST API, with the token that `nightlatch up` left in the data directory."""
    token = (place / ".nightlatch" / "ingest-token").read_text().strip()
    return CLIENT.request(
        method,
        f"{collector.url}/api/v1{path}",
        headers={"Authorization": f"Bearer {token}"},
        json=body or None,
    )


def test_records_arrive_and_decisions_come_back(tmp_path: Path) -> None:
    with (
        collector(tmp_path) as up,
        shop(tmp_path, "fastapi", "--workers", "2", URL=up.url, SERVICE="shop") as server,
    ):
        assert [look_up(server, number) for number in range(40, 48)] == [200] * 8
        eventually(lambda: outcomes(up)["recorded"] == 8)
        [door] = call(up, "GET", "/endpoints", tmp_path).json()
        assert (door["endpoint"], door["service"], door["posture"]) == (LOOK_UP, "shop", "open")
        eventually(lambda: _exposure(up, tmp_path) == 8)
        found = call(up, "GET", "/records?level=high", tmp_path).json()
        assert len(found) == 8
        assert not [one for one in found if "12015550" in str(one)]
        assert eventually(lambda: metrics(up).get("nightlatch_agents{service=shop}") == 2)

        contract = {"endpoint": LOOK_UP, "expectation": "must-authenticate", "mode": "enforce"}
        decided = call(
            up, "PUT", "/contracts", tmp_path, owner="Ada", reason="it leaks", **contract
        )
        assert decided.status_code == 200, decided.text
        # Both workers hear of it: ten in a row are refused, and only there.
        eventually(lambda: [look_up(server, number) for number in range(10)] == [401] * 10)
        assert server.get("/health").status_code == 200
        assert server.get("/v1/users/12015550041/status").headers["www-authenticate"] == "Bearer"

        assert call(up, "PUT", "/mode", tmp_path, mode="off").status_code == 200
        assert server.get("/v1/profile").status_code == 401
        assert CLIENT.get(f"{up.url}/healthz", headers={"host": "collector"}).status_code == 200
        assert CLIENT.get(f"{up.url}/api/v1/mode").status_code == 401
        assert nightlatch(tmp_path, "doctor", URL=up.url).returncode == 0
        server.stop()
        assert up.stop() == 0


def test_a_collector_that_goes_and_comes_back_misses_nothing(tmp_path: Path) -> None:
    with collector(tmp_path) as first, shop(tmp_path, URL=first.url) as server:
        assert {look_up(server, number) for number in range(5)} == {200}
        eventually(lambda: outcomes(first)["recorded"] == 5)
        assert first.stop() == 0

        assert {look_up(server, number) for number in range(10, 15)} == {200}
        eventually(lambda: "does not answer" in server.said or "cannot" in server.said)
        told = nightlatch(tmp_path, "doctor", URL=first.url)
        assert told.returncode == 1
        assert "start `nightlatch up` there, or correct NIGHTLATCH_URL" in _flat(told.stdout)

        with collector(tmp_path, first.port) as second:
            eventually(lambda: outcomes(second)["recorded"] == 5)
            assert sum(outcomes(second).values()) == 5
            assert "The collector takes records again" in server.said
            eventually(lambda: _exposure(second, tmp_path) == 10)


def _exposure(collector: Server, place: Path) -> int:
    """People the one endpoint gave away today; counted every few seconds."""
    [door] = call(collector, "GET", "/endpoints", place).json()
    return int(door["exposure_day"])


def _flat(text: str) -> str:
    return " ".join(text.split())


def test_a_door_stays_closed_through_a_restart_without_a_collector(tmp_path: Path) -> None:
    contract = {"endpoint": LOOK_UP, "expectation": "must-authenticate", "mode": "enforce"}
    with collector(tmp_path) as up:
        with shop(tmp_path, URL=up.url) as server:
            assert look_up(server, 1) == 200
            eventually(lambda: outcomes(up)["recorded"] == 1)
            call(up, "PUT", "/contracts", tmp_path, owner="Ada", reason="it leaks", **contract)
            eventually(lambda: look_up(server, 1) == 401)
            server.stop()
        up.stop()
    with shop(tmp_path, URL=up.url) as server:
        assert [look_up(server, number) for number in range(5)] == [401] * 5
        server.stop()
    spooled = list((tmp_path / ".nightlatch" / "spool").iterdir())
    assert len(spooled) == 1, "what it refused waits on disk"
    with collector(tmp_path, up.port) as again, shop(tmp_path, URL=again.url):
        eventually(lambda: outcomes(again)["recorded"] == 5)


def test_a_collector_that_hangs_slows_nobody(tmp_path: Path) -> None:
    with collector(tmp_path) as up, shop(tmp_path, URL=up.url) as server:
        assert look_up(server, 1) == 200
        eventually(lambda: outcomes(up)["recorded"] == 1)
        up.process.send_signal(signal.SIGSTOP)
        # No answer waits for the collector: it answers nobody until these are through.
        assert {look_up(server, number) for number in range(20, 28)} == {200}
        up.process.send_signal(signal.SIGCONT)
        eventually(lambda: outcomes(up)["recorded"] == 9)


def test_who_finds_the_door_open_finds_the_key(tmp_path: Path) -> None:
    """An application that is started beside its collector does not know how far that is."""
    with collector(tmp_path):
        assert (tmp_path / ".nightlatch" / "ingest-token").read_text().strip()


def test_without_a_token_it_says_where_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(AssertionError) as caught, shop(tmp_path, URL="http://127.0.0.1:9"):
        pass
    assert "Start `nightlatch up` first, or set NIGHTLATCH_TOKEN" in str(caught.value)


def test_with_a_wrong_token_the_application_answers_and_both_sides_say_so(tmp_path: Path) -> None:
    with collector(tmp_path) as up, shop(tmp_path, URL=up.url, TOKEN="wrong") as server:
        assert look_up(server, 1) == 200
        eventually(lambda: "NIGHTLATCH_TOKEN" in server.said)
        eventually(lambda: metrics(up).get("nightlatch_batches_rejected_total{reason=wrong token}"))
        problems = call(up, "GET", "/health", tmp_path).json()["problems"]
        assert any("wrong token" in problem for problem in problems)


def test_the_command_line_reads_what_the_collector_keeps(tmp_path: Path) -> None:
    with collector(tmp_path) as up, shop(tmp_path, URL=up.url) as server:
        look_up(server, 1)
        eventually(lambda: outcomes(up)["recorded"] == 1)
        eventually(lambda: answer_of(tmp_path, "endpoints"))
        link = answer_of(tmp_path, "token", CONSOLE_PORT=str(up.port))["url"]
        opened = CLIENT.get(link, follow_redirects=False)
        assert opened.status_code == 303
        assert "nightlatch-session" in opened.cookies
        assert CLIENT.get(link).status_code == 401, "a link works once"
