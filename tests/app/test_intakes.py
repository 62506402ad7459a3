"""Sources at a collector that runs: tokens made meanwhile, its two doors, and its accounts."""

import gzip
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.servers import (
    CLIENT,
    Server,
    answer_of,
    collector,
    eventually,
    free_port,
    metrics,
    nightlatch,
)

pytestmark = pytest.mark.slow

EVENT = {
    "api_key": "x",
    "project_id": "y",
    "version": 20,
    "sdk": "django",
    "data": {
        "server": {"ip": "10.0.0.1"},
        "language": {"name": "python", "version": "3.11"},
        "request": {
            "timestamp": "2026-11-23 00:30:00",
            "ip": "203.0.113.7",
            "url": "https://api.shop.example/users/+15550100?page=1",
            "route_path": "/users/{phone}",
            "user_agent": "curl/8.5.0",
            "method": "GET",
            "headers": {"authorization": "Bearer ********"},
            "body": {},
        },
        "response": {
            "headers": {"content-type": "application/json"},
            "code": 200,
            "size": 30,
            "load_time": 12.5,
            "body": {"name": "Ada", "email": "ada@example.com"},
        },
        "errors": [],
    },
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str, Path]]:
    """A collector, its door for other machines, and where it keeps what it has."""
    place, apart = tmp_path_factory.mktemp("house"), free_port()
    with collector(place, SOURCES_LISTEN=f"127.0.0.1:{apart}") as server:
        eventually(lambda: "also listens on" in server.said)
        yield server, f"http://127.0.0.1:{apart}", place


def made(place: Path, name: str, *kinds: str) -> str:
    chosen = [word for kind in kinds for word in ("--kind", kind)]
    token: str = answer_of(place, "source", "add", name, *chosen, "--service", "shop")["token"]
    return token


def sent(url: str, token: str, event: Any = EVENT) -> httpx.Response:
    return CLIENT.post(f"{url}/", content=json.dumps(event), headers={"x-api-key": token})


def listed(place: Path, name: str) -> Any:
    """What became of a source's messages, as the command line says; None before it knows."""
    found = answer_of(place, "source", "list")["sources"]
    return next((one for one in found if one["name"] == name), None)


def test_an_event_goes_all_the_way_from_either_door(house: tuple[Server, str, Path]) -> None:
    server, apart, place = house
    token = made(place, "web", "treblle")
    eventually(lambda: sent(server.url, token).status_code == 200)
    assert sent(apart, token).status_code == 200
    seen = eventually(
        lambda: (one := listed(place, "web")) and one["recorded"] == one["accepted"] == 2 and one
    )
    assert seen["services"] == ["shop"]
    scraped = metrics(server)
    assert (
        scraped["nightlatch_source_exchanges_total{kind=treblle,outcome=recorded,source=web}"] == 2
    )
    record = _records(server, place)[0]
    assert record["service"] == "shop"
    assert record["source"] == "treblle"
    assert record["source_name"] == "web"
    assert record["unseen"] == ["secrets"]
    assert record["credential_state"] == "accepted"
    assert "ada@example.com" not in json.dumps(record)


def _records(server: Server, place: Path) -> Any:
    token = (place / ".nightlatch" / "ingest-token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    return CLIENT.get(f"{server.url}/api/v1/records", headers=headers).json()


def test_a_revoked_token_is_refused_within_seconds(house: tuple[Server, str, Path]) -> None:
    _, apart, place = house
    token = made(place, "short", "treblle")
    eventually(lambda: sent(apart, token).status_code == 200)
    answer_of(place, "source", "revoke", "short")
    eventually(lambda: sent(apart, token).status_code == 401)


def test_the_door_for_other_machines_shows_nothing(house: tuple[Server, str, Path]) -> None:
    server, apart, _ = house
    assert server.get("/").status_code == 401
    assert CLIENT.get(f"{apart}/healthz").status_code == 200
    for path in ("/requests", "/api/v1/records", "/static/latch.svg", "/metrics"):
        assert CLIENT.get(apart + path).status_code == 404
    # Where the console is, an SDK posts; whoever looks there finds nothing.
    assert CLIENT.get(f"{apart}/").status_code == 405


def test_what_cannot_be_read_is_a_dead_letter(house: tuple[Server, str, Path]) -> None:
    _, apart, place = house
    token = made(place, "broken", "treblle", "otlp")
    body = b'{"data": "ada@example.com", '

    def refused() -> bool:
        key = {"x-api-key": token}
        return CLIENT.post(f"{apart}/", content=body, headers=key).status_code == 401

    # The collector hears of a new token within a second.
    eventually(lambda: not refused())
    compressed = CLIENT.post(
        f"{apart}/v1/traces",
        content=gzip.compress(b"\xff" * 100),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Encoding": "gzip",
            "Content-Type": "application/x-protobuf",
        },
    )
    assert compressed.status_code == 400
    letters = eventually(
        lambda: (
            (found := answer_of(place, "dead-letters", "--source", "broken"))
            and len({one["kind"] for one in found}) == 2
            and found
        )
    )
    assert "ada" not in json.dumps(letters)
    assert all(one["letters"]["count"] >= 1 for one in letters)


def test_the_native_token_is_no_token_of_a_source(house: tuple[Server, str, Path]) -> None:
    _, apart, place = house
    native = (place / ".nightlatch" / "ingest-token").read_text().strip()
    assert sent(apart, native).status_code == 401
    token = made(place, "another", "treblle")
    records = CLIENT.post(
        f"{apart}/ingest/v1/records", headers={"Authorization": f"Bearer {token}"}
    )
    assert records.status_code == 401


def test_a_place_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = nightlatch(
            tmp_path, "up", CONSOLE_PORT=str(free_port()), SOURCES_LISTEN=f"127.0.0.1:{port}"
        )
    assert done.returncode == 2
    assert f"NIGHTLATCH_SOURCES_LISTEN=127.0.0.1:{port + 1}" in done.stderr


@pytest.mark.parametrize("place", ["4181", "x:", ":4181", "0.0.0.0:99999", "0.0.0.0:x"])
def test_a_place_that_is_none_is_a_mistake_of_the_settings(tmp_path: Path, place: str) -> None:
    done = nightlatch(tmp_path, "source", "list", SOURCES_LISTEN=place)
    assert done.returncode == 2
    assert "HOST:PORT" in done.stderr
