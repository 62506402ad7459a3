"""Measures in the console: pages for people, routes for machines."""

from urllib.parse import quote, urlencode

import pytest
from tests.console.house import Client, House
from tests.console.sample_house import LOOKUP, NOW

from nightlatch.console.pages.measures import OrderForm, read_order
from nightlatch.exchange.facts import Expectation
from nightlatch.exchange.judgement import Mode
from nightlatch.exchange.measure import MeasureKind
from nightlatch.policy.orders import DAY, OrderRefused

NETWORK = "203.0.113.0/24"
DOOR = quote(LOOKUP, safe="")


def order(client: Client, house: House, **fields: str) -> str:
    """Order through the form; where it leads."""
    given = {"kind": "block", "whom": NETWORK, "csrf_token": house.csrf_of(client)} | fields
    answer = client.post("/measures", data=given)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_a_preview_orders_nothing_and_says_whom_it_would_have_hit(
    client: Client, house: House
) -> None:
    text = client.get("/measures/preview", params={"kind": "block", "whom": NETWORK}).text
    assert "<strong>400</strong>" in text
    assert "They get 403" in text
    assert "ends after 1 day" in text
    assert "61 % of all 650" in text
    assert house.recorder.directives.measures == ()


def test_an_order_is_listed_with_all_that_is_known_of_it(client: Client, house: House) -> None:
    where = order(client, house, reason="it <walks> the list", lasts="4h", endpoint=LOOKUP)
    (measure,) = house.recorder.directives.measures
    assert where == f"/measures?ordered={measure.id}#m-{measure.id}"
    assert (measure.author, measure.expires - measure.created) == ("console", 4 * 3_600)
    text = client.get(where).text
    assert "Ordered. Every application knows within seconds." in text
    assert "it &lt;walks&gt; the list" in text
    assert "203.0.113.0/24" in text
    assert "by console" in text


def test_undo_and_renew(client: Client, house: House) -> None:
    order(client, house)
    (measure,) = house.recorder.directives.measures
    house.clock.now += DAY / 4
    csrf = {"csrf_token": house.csrf_of(client)}
    answer = client.post(f"/measures/{measure.id}/renew", data=csrf)
    assert answer.status_code == 303
    assert house.recorder.directives.measures[0].expires == NOW + 1.25 * DAY
    assert client.post(f"/measures/{measure.id}/undo", data=csrf).status_code == 303
    assert house.recorder.directives.measures == ()
    assert "undone by console" in client.get("/measures").text
    assert client.post("/measures/unknown/undo", data=csrf).status_code == 404


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"whom": "adress = 1"}, "did you mean"),
        ({"kind": "bless"}, "Choose what shall be done"),
        ({"kind": "limit-requests", "amount": "1e9"}, "The amount is a number"),
        ({"kind": "slow", "seconds": "nan"}, "The time is a number"),
        ({"kind": "limit-people"}, "How many?"),
        ({"whom": ""}, "block everyone"),
    ],
)
def test_what_cannot_stand_is_told_beside_the_form(
    client: Client, house: House, fields: dict[str, str], complaint: str
) -> None:
    given = {"kind": "block", "whom": NETWORK, "reason": "kept as typed"} | fields
    for answer in (
        client.get("/measures/preview", params=given),
        client.post("/measures", data=given | {"csrf_token": house.csrf_of(client)}),
    ):
        assert answer.status_code == 422
        assert complaint in answer.text
        assert 'value="kept as typed"' in answer.text
    assert house.recorder.directives.measures == ()


def test_the_form_and_the_address_are_the_same_order() -> None:
    form = OrderForm(
        "limit-people", "strangers", LOOKUP, "20", "3600", "address", "", "suggested", "30d"
    )
    again = read_order(dict(pair.split("=") for pair in form.address().split("&")))
    assert again.kind == form.kind
    made = form.order()
    assert (made.kind, made.amount, made.seconds) == (MeasureKind.LIMIT_PEOPLE, 20, 3_600.0)
    assert made.lasts == 30 * DAY
    fields = OrderForm("withhold-fields", fields=" phone, email name").order().fields
    assert fields == ("phone", "email", "name")
    with pytest.raises(OrderRefused):
        OrderForm("slow", seconds="1.2.3").order()


def test_suggestions_lead_to_their_preview(client: Client) -> None:
    text = client.get("/limits", params={"endpoint": LOOKUP}).text
    assert "requests a minute" in text
    address = text.split('href="/measures/preview?')[1].split('"')[0].replace("&amp;", "&")
    preview = client.get("/measures/preview?" + address)
    assert preview.status_code == 200
    assert "for each address" in preview.text
    assert "no traffic to learn from yet" in client.get("/limits?endpoint=GET+/none").text


def test_a_door_is_closed_and_opened(client: Client, house: House) -> None:
    assert "Nothing is closed yet" in client.get(f"/door?key={DOOR}").text
    csrf = {"csrf_token": house.csrf_of(client)}
    closed = client.post(f"/door/close?key={DOOR}", data=csrf | {"lasts": "7d", "reason": "leaks"})
    assert closed.status_code == 303
    contract = house.contract(LOOKUP)
    assert contract is not None
    assert (contract.expectation, contract.mode) == (Expectation.MUST_AUTHENTICATE, Mode.ENFORCE)
    assert contract.expires == NOW + 7 * DAY
    text = client.get(closed.headers["location"]).text
    assert "This door is closed" in text
    assert "Closed door" in client.get("/measures").text
    assert client.post(f"/door/open?key={DOOR}", data=csrf).status_code == 303
    assert "This door is closed" not in client.get(closed.headers["location"]).text
    assert client.post(f"/door/open?key={DOOR}", data=csrf).status_code == 404
    for path in ("/door?key=GET+/none", "/door/close?key=GET+/none"):
        method = "POST" if "close" in path else "GET"
        assert client.request(method, path, data=csrf).status_code == 404


def test_incidents_and_requests_lead_to_levers(client: Client, house: House) -> None:
    text = client.get(house.walk).text
    for words in ("Block these callers", "Challenge newcomers here", "Close this door"):
        assert words in text
    address = text.split('href="/measures/preview?')[1].split('"')[0].replace("&amp;", "&")
    preview = client.get("/measures/preview?" + address)
    assert preview.status_code == 200
    record = house.records[-1]
    asked = urlencode({"whom": record.address})
    assert f"/measures/preview?kind=block&amp;{asked}" in client.get(f"/requests/{record.id}").text


def test_machines_order_preview_renew_and_undo(machine: Client, house: House) -> None:
    given = {"kind": "block", "whom": NETWORK, "reason": "it walks the list"}
    seen = machine.post("/api/v1/measures/preview", json=given).json()
    assert seen["preview"]["requests"] == 400
    assert seen["share"] == pytest.approx(400 / 650)
    assert "It would have hit 62 % of all requests." in seen["warnings"]
    assert machine.get("/api/v1/measures").json() == []
    made = machine.post("/api/v1/measures", json=given | {"author": "ida"}).json()
    assert (made["author"], made["circle"]) == ("ida", "network:203.0.113.0/24")
    renewed = machine.post(f"/api/v1/measures/{made['id']}/renew", json={"lasts": 7_200.0}).json()
    assert renewed["expires"] == NOW + 7_200
    undone = machine.post(f"/api/v1/measures/{made['id']}/undo").json()
    assert undone["undone_by"] == "api"
    (listed,) = machine.get("/api/v1/measures").json()
    assert listed["state"] == "undone"
    actions = [entry.action for entry in house.documents.audit_log()]
    assert actions == ["undo-measure", "renew-measure", "order-block"]


def test_machines_close_and_open_doors(machine: Client) -> None:
    closing = {"endpoint": LOOKUP, "reason": "leaks", "author": "ida"}
    seen = machine.post("/api/v1/doors/preview", json=closing).json()
    assert seen["preview"]["requests"] > 400
    door = machine.post("/api/v1/doors/close", json=closing).json()
    assert (door["author"], door["endpoint"]) == ("ida", LOOKUP)
    assert machine.get("/api/v1/doors").json() == [door]
    assert machine.post("/api/v1/doors/open", json={"endpoint": LOOKUP}).json() == []
    again = machine.post("/api/v1/doors/open", json={"endpoint": LOOKUP})
    assert again.status_code == 404


def test_machines_are_told_what_is_wrong(machine: Client) -> None:
    wrong = machine.post("/api/v1/measures", json={"kind": "block", "whom": "((", "lasts": -1})
    assert wrong.status_code == 422
    assert "column" in wrong.json()["detail"]
    assert "a year at most" in wrong.json()["detail"]
    assert machine.post("/api/v1/measures", json={"kind": "bless"}).status_code == 422
    assert machine.post("/api/v1/measures/none/undo").status_code == 404
    suggested = machine.get("/api/v1/limits/suggestions", params={"endpoint": LOOKUP}).json()
    assert {one["endpoint"] for one in suggested} == {LOOKUP}


def test_a_session_is_its_own_author(client: Client, house: House) -> None:
    headers = {"x-csrf-token": house.csrf_of(client)}
    given = {"kind": "block", "whom": NETWORK, "author": "somebody else"}
    made = client.post("/api/v1/measures", json=given, headers=headers).json()
    assert made["author"] == "console"
