"""What every DocumentStore must do."""

import threading

import pytest
from msgspec.structs import replace

from nightlatch.exchange.disclosure import DataClass, DataItem, Side
from nightlatch.exchange.facts import Contract, EndpointSummary, Expectation
from nightlatch.exchange.incident import Incident, IncidentCaller, IncidentState
from nightlatch.exchange.judgement import Detection, DetectionKind, Level, Mode
from nightlatch.exchange.measure import Measure, MeasureKind
from nightlatch.exchange.record import Posture
from nightlatch.store.ports import AuditEntry, DocumentStore, StoreFailed

CONTRACT = Contract(
    endpoint="GET /users/{phone}",
    expectation=Expectation.PUBLIC,
    owner="Ida O'Brien",
    reason="the app needs it before log-in; DROP TABLE contracts --",
    expires=1_800_000_000.25,
    mode=Mode.ENFORCE,
    hourly_limit=300,
    decided_at=1_750_000_000.125,
)
SUMMARY = EndpointSummary(
    endpoint="GET /users/{phone}",
    service="demo",
    requests=10,
    first_seen=1.5,
    last_seen=2.5,
    posture=Posture.OPEN,
    coverage=0.25,
    risk=Level.HIGH,
    risk_reason="tells strangers who has an account",
    items=(DataItem(Side.RESPONSE, "$.phone", DataClass.PHONE, 0.9, "+1•••••67", 3),),
    credential_kinds=("api-key",),
    failed_checks=(("personal-data-to-strangers", 9),),
    statuses=((200, 9), (404, 1)),
    contract=CONTRACT,
)
INCIDENT = Incident(
    id="01JX1",
    endpoint="GET /users/{phone}",
    kind=DetectionKind.ENUMERATION,
    title="Somebody walks the list",
    level=Level.HIGH,
    state=IncidentState.OPEN,
    opened=100.5,
    last_seen=200.5,
    attempts=10,
    subjects=4,
    callers=1,
    top_callers=(IncidentCaller("address:198.51.100.7", "198.51.100.7", 10, 4, 0, 100.5, 200.5),),
    detections=(
        Detection(
            DetectionKind.ENUMERATION,
            "GET /users/{phone}",
            "strangers",
            Level.HIGH,
            100.5,
            "",
            0,
            4,
            9,
        ),
    ),
)
MEASURE = Measure(
    id="01JM1",
    kind=MeasureKind.LIMIT_PEOPLE,
    author="Ida O'Brien",
    reason="it walks the list; DROP TABLE measures --",
    created=100.5,
    expires=200.25,
    endpoint="GET /users/{phone}",
    predicate="user-agent ~ 'python*'",
    amount=20,
    seconds=3_600.0,
    each="address",
    fields=("phone", "e-mail"),
)


class DocumentStoreConformance:
    """Inherit it and give a fixture `store` that returns an empty store."""

    def test_an_empty_store_has_nothing(self, store: DocumentStore) -> None:
        assert store.contracts() == []
        assert store.endpoints() == []
        assert store.incidents() == []
        assert store.incident("01JX1") is None
        assert store.measures() == []
        assert store.audit_log() == []
        assert store.state("inventory") is None

    def test_a_contract_is_replaced_by_its_endpoint(self, store: DocumentStore) -> None:
        other = Contract(endpoint="GET /me")
        store.put_contract(CONTRACT)
        store.put_contract(other)
        assert store.contracts() == [other, CONTRACT]
        changed = replace(CONTRACT, expectation=Expectation.MUST_AUTHENTICATE, expires=None)
        store.put_contract(changed)
        assert store.contracts() == [other, changed]

    def test_services_have_contracts_of_their_own(self, store: DocumentStore) -> None:
        shop, crm = replace(CONTRACT, service="shop"), replace(CONTRACT, service="crm")
        for contract in (shop, CONTRACT, crm):
            store.put_contract(contract)
        assert store.contracts() == [CONTRACT, crm, shop]
        closed = replace(crm, expectation=Expectation.MUST_AUTHENTICATE)
        store.put_contract(closed)
        assert store.contracts() == [CONTRACT, closed, shop]

    def test_measures_the_latest_order_first(self, store: DocumentStore) -> None:
        measures = [
            replace(MEASURE, id=f"01JM{n}", created=float(n % 3), expires=100.0 + n)
            for n in range(6)
        ]
        for measure in measures:
            store.put_measure(measure)
        assert [one.id for one in store.measures()] == [f"01JM{n}" for n in (5, 2, 4, 1, 3, 0)]
        assert [one.id for one in store.measures(ending_after=103.0)] == ["01JM5", "01JM4"]
        assert [one.id for one in store.measures(limit=2)] == ["01JM5", "01JM2"]
        assert store.measures(limit=0) == store.measures(limit=-1) == []

    def test_a_measure_is_replaced_by_its_id(self, store: DocumentStore) -> None:
        assert store.measure(MEASURE.id) is None
        store.put_measure(MEASURE)
        assert store.measure(MEASURE.id) == MEASURE
        undone = replace(MEASURE, expires=150.0, undone=150.0, undone_by="bo")
        store.put_measure(undone)
        assert store.measures() == [undone]
        assert store.measures(ending_after=150.0) == []
        assert store.measure("' OR '1'='1") is None

    def test_summaries_are_replaced_by_their_endpoint(self, store: DocumentStore) -> None:
        other = replace(SUMMARY, endpoint="GET /me", contract=None)
        store.put_endpoints([])
        store.put_endpoints([SUMMARY, other])
        newer = replace(SUMMARY, requests=11)
        store.put_endpoints([SUMMARY, newer])
        assert store.endpoints() == [other, newer]

    def test_services_with_the_same_endpoint_keep_a_summary_each(
        self, store: DocumentStore
    ) -> None:
        services = [replace(SUMMARY, service=name) for name in ("", "billing", "shop")]
        store.put_endpoints([services[2], services[0]])
        store.put_endpoints([services[1]])
        assert store.endpoints() == services
        busier = replace(services[2], requests=99)
        store.put_endpoints([busier])
        assert store.endpoints() == [*services[:2], busier]

    def test_many_summaries(self, store: DocumentStore) -> None:
        many = [replace(SUMMARY, endpoint=f"GET /{number:05}") for number in range(2_000)]
        store.put_endpoints(many)
        store.put_endpoints(many)
        assert store.endpoints() == many

    def test_incidents_newest_first(self, store: DocumentStore) -> None:
        incidents = [replace(INCIDENT, id=f"01JX{n}", opened=float(n % 3)) for n in range(6)]
        for incident in incidents:
            store.put_incident(incident)
        assert [found.id for found in store.incidents()] == [f"01JX{n}" for n in (5, 2, 4, 1, 3, 0)]
        assert [found.id for found in store.incidents(limit=2)] == ["01JX5", "01JX2"]
        assert store.incidents(limit=0) == store.incidents(limit=-1) == []

    def test_an_incident_is_replaced_by_its_id(self, store: DocumentStore) -> None:
        store.put_incident(INCIDENT)
        contained = replace(INCIDENT, state=IncidentState.CONTAINED, refused=5)
        store.put_incident(contained)
        assert store.incident(INCIDENT.id) == contained
        assert store.incidents() == [contained]
        assert store.incident("' OR '1'='1") is None

    def test_the_audit_log_keeps_everything_newest_first(self, store: DocumentStore) -> None:
        entries = [AuditEntry(float(n // 2), "ida", "decide", f"GET /{n}", "why") for n in range(6)]
        for entry in entries:
            store.audit(entry)
        store.audit(entries[0])
        assert store.audit_log() == [*reversed(entries[2:]), entries[0], entries[1], entries[0]]
        assert store.audit_log(limit=1) == entries[-1:]

    def test_state_is_bytes_by_name(self, store: DocumentStore) -> None:
        everything = bytes(range(256)) * 1_000
        store.put_state("inventory", b"old")
        store.put_state("inventory", everything)
        store.put_state("empty", b"")
        assert store.state("inventory") == everything
        assert store.state("empty") == b""

    def test_state_is_changed_from_what_it_was(self, store: DocumentStore) -> None:
        seen: list[bytes | None] = []

        def append(value: bytes | None) -> bytes:
            seen.append(value)
            return (value or b"") + b"1"

        for _ in range(3):
            store.change_state("count", append)
        assert store.state("count") == b"111"
        # It may be called more than once for a change, and then sees the same.
        assert list(dict.fromkeys(seen)) == [None, b"1", b"11"]

    def test_state_stays_where_nothing_is_made_of_it(self, store: DocumentStore) -> None:
        store.change_state("count", lambda _: None)
        assert store.state("count") is None
        store.put_state("count", b"1")
        store.change_state("count", lambda _: None)
        assert store.state("count") == b"1"
        store.change_state("count", lambda _: b"")
        assert store.state("count") == b""

    def test_a_change_that_raises_changes_nothing(self, store: DocumentStore) -> None:
        def refuse(_: bytes | None) -> bytes:
            raise LookupError("none of ours")

        store.put_state("count", b"1")
        with pytest.raises(LookupError, match="none of ours"):
            store.change_state("count", refuse)
        assert store.state("count") == b"1"
        # Nor does it leave anything locked.
        store.change_state("count", lambda value: (value or b"") + b"2")
        assert store.state("count") == b"12"

    def test_what_many_threads_change_is_the_work_of_all(self, store: DocumentStore) -> None:
        def work() -> None:
            for _ in range(10):
                store.change_state("count", lambda value: (value or b"") + b"1")

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.state("count") == b"1" * 40

    def test_hostile_text_is_kept_or_replaced_but_never_an_error(
        self, store: DocumentStore
    ) -> None:
        for endpoint in ("GET /'\"%;--", "GET /\x00", "GET /\U0001f511", "", "GET /\ud800"):
            store.put_contract(replace(CONTRACT, endpoint=endpoint))
            store.put_endpoints([replace(SUMMARY, endpoint=endpoint)])
            store.put_incident(replace(INCIDENT, id=endpoint))
            store.audit(AuditEntry(1.0, endpoint, endpoint, endpoint))
            store.put_state(endpoint, b"1")
            store.change_state(endpoint, lambda value: (value or b"") + b"2")
            assert store.incident(endpoint) is not None
            assert store.state(endpoint) == b"12"
        assert len(store.contracts()) == len(store.endpoints()) == len(store.audit_log()) == 5
        assert replace(CONTRACT, endpoint="GET /\x00") in store.contracts()

    def test_many_threads(self, store: DocumentStore) -> None:
        def work(worker: int) -> None:
            for number in range(5):
                store.put_incident(replace(INCIDENT, id=f"{worker}-{number}"))
                store.audit(AuditEntry(1.0, "worker", "put", str(number)))
                store.incidents()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(store.incidents()) == len(store.audit_log()) == 30

    def test_close_is_idempotent_and_final(self, store: DocumentStore) -> None:
        store.put_contract(CONTRACT)
        store.close()
        store.close()
        with pytest.raises(StoreFailed, match="closed"):
            store.contracts()
        with pytest.raises(StoreFailed, match="closed"):
            store.change_state("count", lambda _: b"1")
