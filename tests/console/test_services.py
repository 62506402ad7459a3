"""Two services with the same endpoint, as pages and the REST API show them."""

from urllib.parse import quote

import pytest
from msgspec.structs import replace
from tests.console.house import Client, House
from tests.console.sample_house import LOOKUP, NOW

from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.facts import Contract, Expectation
from nightlatch.exchange.judgement import Mode

KEY = quote(LOOKUP, safe="")
OWN = "accounts-api"
NOBODY = {"credential_kind": None, "credential_state": CredentialState.NONE}
DECISION = {"expectation": "must-authenticate", "mode": "enforce"}


@pytest.fixture
def two(house: House) -> House:
    """The sample house, and a second service that was asked three times at the same endpoint."""
    others = [
        replace(one, id=f"{one.id[:-3]}CRM", service="crm", detections=(), at=NOW - 1 - n)
        for n, one in enumerate(house.records[-3:])
    ]
    house.recorder.take([replace(one, endpoint=LOOKUP, **NOBODY) for one in others])
    assert {one.service for one in house.recorder.endpoints(NOW)} == {OWN, "crm"}
    return house


def decided(house: House) -> set[tuple[str, Expectation]]:
    return {(one.service, one.expectation) for one in house.recorder.directives.contracts}


def test_with_one_service_nobody_is_asked_which(client: Client) -> None:
    for page in ("/requests", "/measures", "/incidents", "/endpoints", "/"):
        text = client.get(page).text
        assert 'name="service"' not in text
        assert f">{OWN}<" not in text


def test_a_decision_is_of_the_service_whose_page_it_is(client: Client, two: House) -> None:
    page = client.get(f"/endpoint?key={KEY}&service=crm").text
    assert f'action="/endpoint?key={KEY.replace("%2F", "/")}&amp;service=crm#decision"' in page
    form = DECISION | {"csrf_token": two.csrf_of(client)}
    answer = client.post(f"/endpoint?key={KEY}&service=crm", data=form)
    assert answer.headers["location"] == f"/endpoint?key={KEY}&service=crm&saved=1#decision"
    assert decided(two) == {("crm", Expectation.MUST_AUTHENTICATE)}
    told = client.post(f"/endpoint?key={KEY}", data=form)
    assert told.status_code == 422
    assert f"Several services have {LOOKUP}: say which ({OWN}, crm)." in told.text
    assert client.post(f"/endpoint?key={KEY}&service=none", data=form).status_code == 404


def test_machines_say_which_service_they_decide_for(machine: Client, two: House) -> None:
    body = {"endpoint": LOOKUP, **DECISION}
    told = machine.put("/api/v1/contracts", json=body)
    assert (told.status_code, told.json()["detail"]) == (
        422,
        f"Several services have {LOOKUP}: say which ({OWN}, crm).",
    )
    assert machine.put("/api/v1/contracts", json=body | {"service": "none"}).status_code == 404
    kept = machine.put("/api/v1/contracts", json=body | {"service": OWN})
    assert (kept.status_code, kept.json()["service"]) == (200, OWN)
    # Of an endpoint that one service alone has, it need not be said.
    kept = machine.put("/api/v1/contracts", json=body | {"endpoint": "GET /v1/profile"})
    assert kept.json()["service"] == OWN
    found = machine.get(f"/api/v1/endpoint?key={KEY}&service=crm").json()
    assert found["contract"] is None


def test_a_page_tells_what_was_decided_for_every_service(client: Client, two: House) -> None:
    two.recorder.decide(Contract(LOOKUP, mode=Mode.OBSERVE), "ada", NOW)
    page = f"/endpoint?key={KEY}&service=crm"
    assert "decided for every service that has this endpoint" in client.get(page).text
    two.recorder.measures.close_door(two.recorder.directives.contracts[0].at, "ida", NOW)
    assert "opens in all of them" in client.get(page).text
    two.recorder.decide(Contract(LOOKUP, service="crm"), "ada", NOW)
    assert "every service that has" not in client.get(page).text


def test_requests_are_narrowed_to_a_service(client: Client, machine: Client, two: House) -> None:
    text = client.get("/requests?service=crm").text
    assert "<strong>3</strong> requests" in text
    assert '<option value="crm" selected>crm</option>' in text
    row = '</a> <span class="faint">crm</span></td>'
    assert row not in text, "all of them are"
    assert client.get(f"/requests?endpoint={KEY}").text.count(row) == 3
    timeline = f"/api/v1/timeline?endpoint={KEY}&service=crm"
    buckets = machine.get(timeline).json()["buckets"]
    assert sum(one["low"] + one["medium"] + one["high"] for one in buckets) == 3
    assert {one["service"] for one in machine.get("/api/v1/records?service=crm").json()} == {"crm"}


def test_a_door_closes_in_one_service(client: Client, machine: Client, two: House) -> None:
    asked = client.get(f"/door?key={KEY}&service=crm").text
    assert " of crm answers nobody" in asked
    assert "<strong>3</strong>" in asked
    assert client.get(f"/door?key={KEY}").status_code == 422
    csrf = {"csrf_token": two.csrf_of(client)}
    answer = client.post(f"/door/close?key={KEY}&service=crm", data=csrf)
    assert answer.headers["location"] == f"/endpoint?key={KEY}&service=crm"
    assert decided(two) == {("crm", Expectation.MUST_AUTHENTICATE)}
    assert "This door is closed" in client.get(f"/endpoint?key={KEY}&service=crm").text
    assert "This door is closed" not in client.get(f"/endpoint?key={KEY}&service={OWN}").text
    assert "of crm</span>" in client.get("/measures").text
    closing = {"endpoint": LOOKUP, "service": OWN}
    assert machine.post("/api/v1/doors/close", json=closing).json()["service"] == OWN
    assert machine.post("/api/v1/doors/open", json={"endpoint": LOOKUP}).status_code == 422
    assert client.post(f"/door/open?key={KEY}&service=crm", data=csrf).status_code == 303
    left = machine.post("/api/v1/doors/open", json={"endpoint": LOOKUP}).json()
    assert left == []


def test_an_order_names_its_service(client: Client, two: House) -> None:
    assert '<option value="">every service</option>' in client.get("/measures").text
    order = {"kind": "block", "whom": "203.0.113.0/24", "endpoint": LOOKUP, "service": "crm"}
    seen = client.get("/measures/preview", params=order).text
    assert '<input type="hidden" name="service" value="crm">' in seen
    client.post("/measures", data=order | {"csrf_token": two.csrf_of(client)})
    assert two.recorder.directives.of(OWN).measures == ()
    assert len(two.recorder.directives.of("crm").measures) == 1
    limits = client.get(f"/limits?endpoint={KEY}&service=crm").text
    assert "service=crm" in limits


def test_lists_say_whose_an_endpoint_is(client: Client, two: House) -> None:
    assert f"{OWN} · opened" in client.get("/incidents").text
    assert f"of {OWN}. Opened" in client.get(two.walk).text
    assert '<span class="faint">crm</span>' in client.get("/").text
