"""The REST API."""

from typing import Any

import msgspec
import pytest
from tests.console.house import Client, House
from tests.console.sample_house import LOOKUP

from nightlatch.console.context import CSRF_HEADER
from nightlatch.console.doors import Overview
from nightlatch.exchange.facts import Contract, EndpointSummary, Expectation
from nightlatch.exchange.incident import Incident, IncidentState
from nightlatch.exchange.judgement import Mode
from nightlatch.exchange.record import Record

CONTRACT = {"endpoint": LOOKUP, "expectation": "must-authenticate"}


def get(machine: Client, path: str, shape: Any, **parameters: str | int) -> Any:
    answer = machine.get(f"/api/v1{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=shape)


def test_overview(machine: Client) -> None:
    view = get(machine, "/overview", Overview)
    assert view.exposure_day > 100
    assert view.doors[0].endpoint == LOOKUP


def test_records_are_searched_by_page(machine: Client, house: House) -> None:
    first = get(machine, "/records", list[Record], endpoint=LOOKUP, status="200", limit=3)
    then = get(
        machine, "/records", list[Record], endpoint=LOOKUP, status="200", before=first[-1].id
    )
    assert len(first) == 3
    assert first[-1].at > then[0].at
    assert {record.status for record in then} == {200}
    assert get(machine, f"/records/{first[0].id}", Record) == house.events.get(first[0].id)


@pytest.mark.parametrize("limit", [-5, 0, 10**9])
def test_a_page_is_bounded(machine: Client, limit: int) -> None:
    assert 1 <= len(get(machine, "/records", list[Record], limit=limit)) <= 500


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/records?status=abc", 422),
        ("/records?limit=x", 422),
        ("/records/none", 404),
        ("/endpoint?key=GET%20/none", 404),
        ("/endpoint", 422),
        ("/incidents/none", 404),
        ("/incidents/none/timeline", 404),
        ("/none", 404),
    ],
)
def test_errors_are_problem_details(machine: Client, path: str, status: int) -> None:
    answer = machine.get(f"/api/v1{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_endpoints_checks_timeline_and_health(machine: Client, house: House) -> None:
    assert len(get(machine, "/endpoints", list[EndpointSummary])) == 10
    assert get(machine, "/endpoint", EndpointSummary, key=LOOKUP).endpoint == LOOKUP
    assert len(get(machine, "/checks", list[dict[str, Any]])) == 14
    assert len(get(machine, "/timeline", dict[str, Any], span="1h")["buckets"]) == 60
    health = get(machine, "/health", dict[str, Any])
    assert {name: number for name, number in health["outcomes"].items() if number} == {
        "recorded": len(house.records)
    }


def test_a_contract_is_decided_and_audited(machine: Client, house: House) -> None:
    answer = machine.put("/api/v1/contracts", json=CONTRACT)
    assert answer.status_code == 200
    decided = msgspec.json.decode(answer.content, type=Contract)
    assert decided.decided_at == house.clock()
    kept = house.contract(LOOKUP)
    assert kept is not None
    assert kept.expectation is Expectation.MUST_AUTHENTICATE
    assert house.documents.audit_log()[0].actor == "api"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[]", 422),
        (b'{"endpoint": 3}', 422),
        (msgspec.json.encode(CONTRACT | {"expectation": "public"}), 422),
        (msgspec.json.encode(CONTRACT | {"endpoint": "GET /none"}), 404),
        (b" " * 70_000, 413),
    ],
)
def test_a_bad_contract_changes_nothing(
    machine: Client, house: House, body: bytes, status: int
) -> None:
    assert machine.put("/api/v1/contracts", content=body).status_code == status
    assert house.recorder.directives.contracts == ()


def test_an_incident_is_contained_and_closed(machine: Client, house: House) -> None:
    walk = f"/api/v1{house.walk}"
    for verb, state in (("contain", IncidentState.CONTAINED), ("close", IncidentState.CLOSED)):
        answer = machine.post(f"{walk}/{verb}")
        assert msgspec.json.decode(answer.content, type=Incident).state is state
    kept = house.contract(LOOKUP)
    assert kept is not None
    assert kept.mode is Mode.ENFORCE


def test_the_mode_is_set(machine: Client) -> None:
    assert get(machine, "/mode", dict[str, str]) == {"mode": "observe"}
    assert machine.put("/api/v1/mode", json={"mode": "enforce"}).status_code == 200
    assert get(machine, "/mode", dict[str, str]) == {"mode": "enforce"}


def test_a_session_sends_its_csrf_token_in_a_header(client: Client, house: House) -> None:
    headers = {CSRF_HEADER: house.csrf_of(client)}
    assert client.post(f"/api/v1{house.walk}/contain", headers=headers).status_code == 200


def test_every_route_is_described(machine: Client) -> None:
    document = machine.get("/api/v1/openapi.json").json()
    assert len(document["paths"]) == 27
    text = msgspec.json.encode(document).decode()
    schemas = document["components"]["schemas"]
    referred = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert {"Record", "Contract", "Incident", "EndpointSummary"} <= referred <= set(schemas)
    assert all(path.startswith("/api/v1/") for path in document["paths"])
