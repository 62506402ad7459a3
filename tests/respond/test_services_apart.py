"""The same endpoint in two services: decisions, doors, orders, incidents and figures of each."""

import msgspec
import pytest
from msgspec.structs import replace
from tests.measures import BLOCK
from tests.records import LOOK_UP, NOW, detection, record
from tests.respond.stores import FailingDocuments

from nightlatch.exchange.facts import Contract, EndpointSummary, Expectation, ServiceEndpoint
from nightlatch.exchange.incident import Incident, IncidentState
from nightlatch.exchange.judgement import Level, Mode
from nightlatch.exchange.record import Record
from nightlatch.policy.orders import Order, OrderRefused
from nightlatch.respond.measures import ClosedDoor, UnknownMeasure
from nightlatch.respond.recorder import Recorder
from nightlatch.store.memory_documents import MemoryDocuments
from nightlatch.store.memory_events import MemoryEvents
from nightlatch.store.ports import StoreFailed

SHOP, CRM = ServiceEndpoint("shop", LOOK_UP), ServiceEndpoint("crm", LOOK_UP)
EVERYWHERE = SHOP.everywhere
PUBLIC = Contract(LOOK_UP, Expectation.PUBLIC, "Ada", "wanted")


@pytest.fixture
def documents() -> MemoryDocuments:
    return MemoryDocuments()


@pytest.fixture
def recorder(documents: MemoryDocuments) -> Recorder:
    return opened(documents)


def opened(documents: MemoryDocuments) -> Recorder:
    return Recorder(MemoryEvents(), documents, notifiers=())


def seen(service: str, number: int, **changes: object) -> Record:
    return record(number, service=service, **changes)


def alarm(service: str, number: int) -> Record:
    return seen(service, number, detections=(detection(),), level=Level.HIGH)


def summaries(recorder: Recorder) -> dict[ServiceEndpoint, EndpointSummary]:
    return {one.at: one for one in recorder.endpoints(NOW + 10)}


def modes(recorder: Recorder, service: str) -> list[Mode | None]:
    return [one.mode for one in recorder.directives.of(service).contracts]


def test_a_decision_for_one_service_says_nothing_of_another(recorder: Recorder) -> None:
    recorder.take([seen("shop", 1), seen("crm", 2)])
    recorder.decide(replace(PUBLIC, service="shop"), "ada", NOW)
    found = summaries(recorder)
    assert found[SHOP].contract == recorder.directives.contracts[0]
    assert found[CRM].contract is None
    assert recorder.directives.of("crm").contracts == ()


def test_what_was_decided_before_holds_until_something_is_decided_for_the_service(
    documents: MemoryDocuments,
) -> None:
    documents.put_contract(PUBLIC)
    recorder = opened(documents)
    recorder.take([seen("shop", 1), seen("crm", 2)])
    assert {one.contract for one in summaries(recorder).values()} == {PUBLIC}
    closed = Contract(LOOK_UP, Expectation.MUST_AUTHENTICATE, service="crm")
    recorder.decide(closed, "ada", NOW)
    found = summaries(recorder)
    assert found[SHOP].contract == PUBLIC
    assert found[CRM].contract == replace(closed, decided_at=NOW)


def test_people_and_requests_are_counted_for_each(recorder: Recorder) -> None:
    recorder.take([seen("shop", n, disclosed=(n,)) for n in range(1, 6)])
    recorder.take([seen("crm", 9, disclosed=(9,))])
    found = summaries(recorder)
    assert (found[SHOP].exposure_day, found[CRM].exposure_day) == (5, 1)


def test_each_has_incidents_of_its_own(recorder: Recorder) -> None:
    recorder.take([alarm("shop", 1), *(seen("crm", n) for n in range(2, 9)), alarm("crm", 9)])
    by_service = {one.service: one for one in recorder.incidents()}
    shop, crm = by_service["shop"], by_service["crm"]
    assert (shop.attempts, crm.attempts, len(by_service)) == (1, 1, 2)
    recorder.contain(crm.id, "ada", NOW + 20)
    assert (modes(recorder, "crm"), modes(recorder, "shop")) == ([Mode.ENFORCE], [])
    assert recorder.incident(shop.id) == shop
    recorder.close_incident(shop.id, "ada", NOW + 21)
    recorder.close_incident(crm.id, "ada", NOW + 21)
    # Open again, in one of them.
    recorder.take([alarm("shop", 30)])
    found = summaries(recorder)
    assert found[SHOP].risk is Level.HIGH
    assert found[CRM].risk is not Level.HIGH


def kept_without_service(documents: MemoryDocuments) -> Incident:
    """An incident as a Nightlatch left it that did not tell services apart."""
    before = opened(documents)
    before.take([alarm("", 1)])
    before.close(NOW + 2)
    (incident,) = documents.incidents()
    assert incident.at == EVERYWHERE
    return incident


def test_an_incident_of_before_goes_on_in_every_service(documents: MemoryDocuments) -> None:
    incident = kept_without_service(documents)
    recorder = opened(documents)
    recorder.take([seen("shop", 2), alarm("crm", 3)])
    (found,) = recorder.incidents()
    assert (found.id, found.attempts) == (incident.id, 3)
    assert {one.risk for one in summaries(recorder).values()} == {Level.HIGH}


def test_to_contain_it_closes_the_endpoint_of_each(documents: MemoryDocuments) -> None:
    incident = kept_without_service(documents)
    recorder = opened(documents)
    recorder.decide(replace(PUBLIC, service="shop", mode=Mode.OBSERVE), "ada", NOW)
    recorder.contain(incident.id, "ada", NOW + 5)
    assert modes(recorder, "shop") == modes(recorder, "crm") == [Mode.ENFORCE]
    found = recorder.incident(incident.id)
    assert found is not None
    assert found.state is IncidentState.CONTAINED


def test_a_full_disk_keeps_none_of_them_from_being_contained() -> None:
    documents = FailingDocuments()
    incident = kept_without_service(documents)
    recorder = opened(documents)
    for service in ("shop", "crm"):
        recorder.decide(replace(PUBLIC, service=service, mode=Mode.OBSERVE), "ada", NOW)
    documents.broken = "disk full"
    with pytest.raises(StoreFailed):
        recorder.contain(incident.id, "ada", NOW + 5)
    for service in ("shop", "crm", "another"):
        assert modes(recorder, service) == [Mode.ENFORCE]


# Doors


def test_one_closes_and_the_other_stays_open(recorder: Recorder) -> None:
    recorder.measures.close_door(SHOP, "ida", NOW)
    assert (modes(recorder, "shop"), modes(recorder, "crm")) == ([Mode.ENFORCE], [])
    assert recorder.measures.closed_door(CRM) is None
    with pytest.raises(UnknownMeasure, match="of crm"):
        recorder.measures.open_door(CRM, "ida", NOW + 1)
    recorder.measures.close_door(CRM, "ida", NOW + 1)
    assert [door.service for door in recorder.measures.closed_doors()] == ["shop", "crm"]
    with pytest.raises(OrderRefused, match=r"Several services have .*\(crm, shop\)"):
        recorder.measures.open_door(EVERYWHERE, "ida", NOW + 2)
    recorder.measures.open_door(SHOP, "ida", NOW + 2)
    # The only one that is left need not be named.
    recorder.measures.open_door(EVERYWHERE, "ida", NOW + 3)
    assert modes(recorder, "shop") == modes(recorder, "crm") == [None]


def test_a_door_closed_before_is_closed_in_all_and_opens_in_all(
    documents: MemoryDocuments,
) -> None:
    closed = replace(PUBLIC, expectation=Expectation.MUST_AUTHENTICATE, mode=Mode.ENFORCE)
    documents.put_contract(closed)
    door = ClosedDoor(LOOK_UP, "ida", "it leaks", NOW, NOW + 99, PUBLIC)
    kept = {name: value for name, value in msgspec.to_builtins(door).items() if name != "service"}
    documents.put_state("closed-doors", msgspec.msgpack.encode({LOOK_UP: kept}))
    measures = opened(documents).measures
    assert measures.closed_door(SHOP) == measures.closed_door(CRM) == door
    # Closed once more, for one alone: what held before it was closed at all holds afterwards.
    own = measures.close_door(SHOP, "bo", NOW + 1)
    assert (own.service, own.before) == ("shop", PUBLIC)
    measures.open_door(CRM, "bo", NOW + 2)
    assert measures.closed_doors() == [own]
    assert documents.contracts()[0] == replace(PUBLIC, decided_at=NOW + 2)
    measures.tick(own.until)
    assert {one.expectation for one in documents.contracts()} == {Expectation.PUBLIC}


def test_a_door_whose_time_is_over_opens_once_and_no_other_in_its_place(
    recorder: Recorder, documents: MemoryDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in (EVERYWHERE, SHOP):
        recorder.measures.close_door(at, "ida", NOW, lasts=60.0 if at is EVERYWHERE else 99.0)
    due, there = recorder.measures.closed_doors(), opened(documents)
    there.measures.tick(NOW + 60)
    # As it looked a moment before the other process opened it.
    monkeypatch.setattr(recorder.measures, "closed_doors", lambda: due)
    recorder.measures.tick(NOW + 60)
    assert [door.at for door in opened(documents).measures.closed_doors()] == [SHOP]
    assert modes(recorder, "shop") == [Mode.ENFORCE]


def test_a_decision_for_one_service_ends_its_closing_alone(recorder: Recorder) -> None:
    recorder.measures.close_door(SHOP, "ida", NOW)
    recorder.measures.close_door(CRM, "ida", NOW)
    recorder.decide(replace(PUBLIC, service="crm"), "bo", NOW + 1)
    assert [door.service for door in recorder.measures.closed_doors()] == ["shop"]


# Orders


def test_an_order_for_one_service_is_previewed_and_holds_there(
    recorder: Recorder, documents: MemoryDocuments
) -> None:
    recorder.take([seen("shop", 1), seen("crm", 2), seen("crm", 3)])
    order = Order(BLOCK, endpoint=LOOK_UP, service="crm")
    assert recorder.measures.preview(order, NOW + 10).requests == 2
    assert recorder.measures.preview_closing(SHOP, NOW + 10).requests == 1
    recorder.measures.order(order, "ida", NOW + 10)
    assert recorder.directives.of("shop").measures == ()
    assert len(recorder.directives.of("crm").measures) == 1
    (entry,) = documents.audit_log()
    assert f"at {LOOK_UP} of crm" in entry.detail


def test_limits_are_suggested_for_each(recorder: Recorder) -> None:
    recorder.take([*(seen("shop", n) for n in range(3)), seen("crm", 9)])
    found = recorder.measures.suggestions(NOW + 10)
    assert {(one.service, one.highest) for one in found if one.seconds == 60} == {
        ("shop", 3),
        ("crm", 1),
    }
    of_shop = recorder.measures.suggestions(NOW + 10, LOOK_UP, "shop")
    assert {one.service for one in of_shop} == {"shop"}
