"""The recorder over whole stories: recorded, alarmed, decided, broken, restarted."""

from collections.abc import Sequence
from threading import Thread

import pytest
from tests.records import LOOK_UP, NOW, REFUSED, detection, item, record
from tests.respond.stores import FailingDocuments, FailingEvents

from nightlatch.exchange.agent import AgentReport
from nightlatch.exchange.facts import Contract, Directives, Expectation
from nightlatch.exchange.incident import Alert, Incident, IncidentState
from nightlatch.exchange.judgement import DetectionKind, Level, Mode, Outcome
from nightlatch.exchange.measure import STRANGERS
from nightlatch.exchange.record import Record
from nightlatch.faults import FAULTS
from nightlatch.inventory.catalogue import Catalogue
from nightlatch.respond.recorder import (
    EXPOSURE_FOR,
    LEARNED_EVERY,
    PRUNE_EVERY,
    SNAPSHOT_EVERY,
    Recorder,
    UnknownIncident,
)
from nightlatch.store.ports import EventQuery, StoreFailed


@pytest.fixture
def events() -> FailingEvents:
    return FailingEvents()


@pytest.fixture
def documents() -> FailingDocuments:
    return FailingDocuments()


class Told:
    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    def notify(self, alert: Alert) -> None:
        self.alerts.append(alert)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def recorder(events: FailingEvents, documents: FailingDocuments, told: Told) -> Recorder:
    return Recorder(events, documents, notifiers=(told,), version="1.0")


def alarm(number: int = 0) -> Record:
    return record(
        number,
        level=Level.HIGH,
        detections=(detection(DetectionKind.DISTRIBUTED_ENUMERATION, STRANGERS),),
    )


def outcomes(recorder: Recorder) -> dict[str, int]:
    """Those that happened."""
    return {name: n for name, n in recorder.health(NOW).outcomes.items() if n}


# Recorded


def test_what_it_takes_is_stored_counted_catalogued_and_shown_live(
    recorder: Recorder, events: FailingEvents
) -> None:
    reader = recorder.subscribe()
    records = [record(0, items=(item(),), disclosed=(7,)), record(1, decision=REFUSED)]
    recorder.take(records)
    assert len(events.search(EventQuery())) == 2
    (summary,) = recorder.endpoints(NOW + 1)
    assert (summary.requests, summary.risk, summary.exposure_day) == (2, Level.HIGH, 1)
    assert reader.take() == (tuple(records), 0)
    health = recorder.health(NOW)
    assert outcomes(recorder) == {"recorded": 2}
    assert health.levels == {"low": 2, "medium": 0, "high": 0}
    assert health.refused == 1
    assert health.store is not None
    assert health.store.records == 2
    assert health.problems == ()


def test_a_batch_sent_twice_counts_once(recorder: Recorder) -> None:
    reader = recorder.subscribe()
    records = [record(0), record(1)]
    recorder.take(records)
    recorder.take([*records, record(2)])
    assert outcomes(recorder) == {"recorded": 3}
    assert recorder.endpoints(NOW)[0].requests == 3
    assert len(reader.take()[0]) == 3


def test_nothing_to_take_is_nothing(recorder: Recorder, events: FailingEvents) -> None:
    recorder.take([])
    assert events.appends == 0


def test_many_threads_lose_nothing(recorder: Recorder) -> None:
    def work(start: int) -> None:
        for number in range(start, start + 200, 20):
            recorder.take([record(n) for n in range(number, number + 20)])

    threads = [Thread(target=work, args=(start,)) for start in range(0, 1000, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes(recorder) == {"recorded": 1000}
    assert recorder.endpoints(NOW)[0].requests == 1000


# Alarmed


def test_a_detection_opens_an_incident_tells_people_and_survives_a_kill(
    recorder: Recorder, documents: FailingDocuments, told: Told
) -> None:
    recorder.take([alarm()])
    (alert,) = told.alerts
    (incident,) = recorder.incidents(10)
    assert alert.incident == incident.id
    assert incident.alerts == (alert,)
    assert recorder.incident(incident.id) == incident
    assert documents.incident(incident.id) == incident
    (summary,) = recorder.endpoints(NOW)
    assert summary.risk_reason == "An incident is open here."
    assert recorder.health(NOW).incidents_open == 1
    assert recorder.health(NOW).detections == {"distributed-enumeration": 1}


def test_the_incident_is_told_and_kept_even_when_the_events_are_not(
    recorder: Recorder, events: FailingEvents, documents: FailingDocuments, told: Told
) -> None:
    events.broken = "disk full"
    recorder.take([alarm()])
    assert len(told.alerts) == len(documents.incidents()) == 1


def test_stored_and_current_incidents_are_one_list_newest_first(
    recorder: Recorder, documents: FailingDocuments
) -> None:
    recorder.take([alarm()])
    (first,) = recorder.incidents()
    recorder.close_incident(first.id, "ada", NOW)
    late = NOW + 100
    recorder.take([record(1, at=late, detections=(detection(at=late),))])
    assert [one.state for one in recorder.incidents()] == ["open", "closed"]
    assert [one.opened for one in recorder.incidents(1)] == [late]


def test_a_notifier_that_fails_costs_nothing_else(
    events: FailingEvents, documents: FailingDocuments, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def notify(self, alert: Alert) -> None:
            raise OSError("no route")

    monkeypatch.delenv("NIGHTLATCH_RAISE")
    recorder = Recorder(events, documents, notifiers=(Broken(), told))
    recorder.take([alarm()])
    assert len(told.alerts) == 1
    assert outcomes(recorder) == {"recorded": 1}


# Decided


def test_a_decision_takes_effect_is_kept_and_audited(
    recorder: Recorder, documents: FailingDocuments
) -> None:
    before = recorder.directives
    contract = Contract(LOOK_UP, Expectation.PUBLIC, owner="Ada", reason="directory")
    recorder.take([record(0, items=(item(),))])
    recorder.decide(contract, "ada", NOW + 5)
    (kept,) = documents.contracts()
    assert kept.decided_at == NOW + 5
    assert recorder.directives.contracts == (kept,)
    assert recorder.directives.revision > before.revision
    assert recorder.endpoints(NOW)[0].contract == kept
    (entry,) = documents.audit_log()
    assert (entry.actor, entry.action, entry.target) == ("ada", "decide", LOOK_UP)
    assert entry.detail == "public, because directory, owner Ada"


def test_a_second_decision_replaces_the_first(recorder: Recorder) -> None:
    for limit in (10, 20):
        recorder.decide(Contract(LOOK_UP, hourly_limit=limit), "ada", NOW)
    (contract,) = recorder.directives.contracts
    assert contract.hourly_limit == 20


def test_the_button_enforces_at_the_endpoint_and_keeps_its_contract(
    recorder: Recorder, documents: FailingDocuments
) -> None:
    public = Contract(LOOK_UP, Expectation.PUBLIC, owner="Ada", service="directory")
    recorder.decide(public, "ada", NOW)
    recorder.take([alarm()])
    (incident,) = recorder.incidents()
    recorder.contain(incident.id, "ada", NOW + 1)
    (contract,) = recorder.directives.contracts
    assert (contract.mode, contract.owner) == (Mode.ENFORCE, "Ada")
    assert recorder.incidents()[0].state is IncidentState.CONTAINED
    assert documents.incidents()[0].state is IncidentState.CONTAINED
    assert documents.audit_log()[0].action == "contain"
    assert recorder.health(NOW).incidents_open == 0
    recorder.close_incident(incident.id, "ada", NOW + 2)
    assert recorder.incidents()[0].state is IncidentState.CLOSED
    assert recorder.directives.contracts == (contract,), "what was enforced stays enforced"


def test_an_incident_that_is_only_stored_can_still_be_dealt_with(
    recorder: Recorder, events: FailingEvents, documents: FailingDocuments
) -> None:
    recorder.take([alarm()])
    (incident,) = recorder.incidents()
    recorder.close_incident(incident.id, "ada", NOW)
    recorder.contain(incident.id, "ada", NOW)
    assert documents.incidents()[0].state is IncidentState.CONTAINED


def test_an_unknown_incident_is_the_callers_mistake(recorder: Recorder) -> None:
    with pytest.raises(UnknownIncident):
        recorder.contain("nothing", "ada", NOW)
    with pytest.raises(UnknownIncident):
        recorder.close_incident("nothing", "ada", NOW)


def test_closing_a_door_does_not_wait_for_a_disk(
    recorder: Recorder, documents: FailingDocuments
) -> None:
    recorder.take([alarm()])
    (incident,) = recorder.incidents()
    documents.broken = "disk full"
    with pytest.raises(StoreFailed):
        recorder.contain(incident.id, "ada", NOW)
    assert recorder.directives.contracts[0].mode is Mode.ENFORCE
    with pytest.raises(StoreFailed):
        recorder.set_mode(Mode.ENFORCE, "ada", NOW)
    assert recorder.directives.mode is Mode.ENFORCE


def test_opening_one_does(recorder: Recorder, documents: FailingDocuments) -> None:
    documents.broken = "disk full"
    with pytest.raises(StoreFailed):
        recorder.decide(Contract(LOOK_UP, Expectation.PUBLIC), "ada", NOW)
    with pytest.raises(StoreFailed):
        recorder.set_mode(Mode.OFF, "ada", NOW)
    assert recorder.directives == Directives()


def test_the_mode_can_be_left_to_the_applications_again(recorder: Recorder) -> None:
    recorder.set_mode(Mode.ENFORCE, "ada", NOW)
    recorder.set_mode(None, "ada", NOW)
    assert recorder.directives.mode is None


@pytest.mark.slow
def test_an_older_picture_never_overwrites_what_a_person_left(
    recorder: Recorder, documents: FailingDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tick is storing an incident at the moment when somebody closes it."""
    recorder.tick(NOW)
    recorder.take([alarm()])
    recorder.take([record(1)])
    (incident,) = recorder.incidents()
    put = documents.put_incident
    closing: list[Thread] = []

    def put_slowly(one: Incident) -> None:
        if not closing:
            closing.append(Thread(target=recorder.close_incident, args=(incident.id, "ada", NOW)))
            closing[0].start()
            closing[0].join(0.2)
        put(one)

    monkeypatch.setattr(documents, "put_incident", put_slowly)
    recorder.tick(NOW + SNAPSHOT_EVERY)
    closing[0].join()
    recorder.tick(NOW + 2 * SNAPSHOT_EVERY)
    assert documents.incidents()[0].state is IncidentState.CLOSED


# Broken


def test_a_store_that_fails_loses_nothing_once_it_is_back(
    recorder: Recorder, events: FailingEvents, caplog: pytest.LogCaptureFixture
) -> None:
    events.broken = "disk full: make room"
    for number in range(50):
        recorder.take([record(number)])
    assert events.appends == 1, "not asked again for each batch"
    assert len([line for line in caplog.records if "disk full" in line.message]) == 1
    health = recorder.health(NOW + 3)
    assert outcomes(recorder) == {}
    assert health.waiting == 50
    assert health.store is None
    assert "The events store fails since 3 s: disk full: make room" in health.problems
    events.broken = ""
    recorder.tick(NOW + 4)
    assert outcomes(recorder) == {"recorded": 50}
    ids = [one.id for one in events.search(EventQuery(limit=100))]
    assert ids == [record(number).id for number in range(49, -1, -1)]
    assert recorder.health(NOW + 5).problems == ()


def test_the_exposure_of_before_serves_while_the_store_fails(
    recorder: Recorder, events: FailingEvents
) -> None:
    recorder.take([record(0, disclosed=(1, 2))])
    assert recorder.endpoints(NOW + 1)[0].exposure_day == 2
    events.broken = "gone"
    assert recorder.endpoints(NOW + 1 + EXPOSURE_FOR)[0].exposure_day == 2


def test_a_bug_in_a_store_is_counted_and_raises_nothing(
    events: FailingEvents, documents: FailingDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(records: Sequence[Record]) -> None:
        raise ZeroDivisionError

    monkeypatch.delenv("NIGHTLATCH_RAISE")
    monkeypatch.setattr(events, "append", bug)
    recorder = Recorder(events, documents)
    recorder.take([record(0), record(1)])
    assert outcomes(recorder) == {"lost-fault": 2}
    assert recorder.health(NOW).faults["respond.take"] >= 1


def test_a_bug_in_what_is_learned_costs_no_record_and_no_alert(
    events: FailingEvents,
    documents: FailingDocuments,
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def bug(_self: Catalogue, _record: Record) -> None:
        raise ZeroDivisionError

    monkeypatch.delenv("NIGHTLATCH_RAISE")
    monkeypatch.setattr(Catalogue, "note", bug)
    recorder = Recorder(events, documents, notifiers=(told,))
    recorder.take([alarm(), record(1)])
    assert outcomes(recorder) == {"recorded": 2}
    assert len(told.alerts) == 1


def test_documents_that_fail_are_kept_the_next_time(
    recorder: Recorder, documents: FailingDocuments
) -> None:
    recorder.tick(NOW)
    documents.broken = "locked"
    recorder.take([alarm()])
    recorder.tick(NOW + LEARNED_EVERY)
    assert any("documents store" in problem for problem in recorder.health(NOW).problems)
    documents.broken = ""
    recorder.tick(NOW + 2 * LEARNED_EVERY)
    assert recorder.health(NOW).problems == ()
    assert len(documents.incidents()) == len(documents.endpoints()) == 1
    assert documents.state("catalogue")


# Restarted


def test_a_restart_takes_over_everything(
    recorder: Recorder, events: FailingEvents, documents: FailingDocuments
) -> None:
    recorder.take([alarm(), record(1, items=(item(),), disclosed=(1,))])
    recorder.set_mode(Mode.ENFORCE, "ada", NOW)
    recorder.decide(Contract(LOOK_UP, hourly_limit=5), "ada", NOW)
    recorder.close(NOW + 1)
    restarted = Recorder(events, documents)
    assert restarted.directives == recorder.directives
    assert restarted.endpoints(NOW + 2) == recorder.endpoints(NOW + 2)
    assert restarted.incidents() == recorder.incidents()
    restarted.take([alarm(2)])
    (incident,) = restarted.incidents()
    assert incident.attempts == 3


def test_a_restart_never_reuses_a_revision(
    events: FailingEvents, documents: FailingDocuments
) -> None:
    recorder = Recorder(events, documents)
    recorder.set_mode(Mode.ENFORCE, "ada", NOW)
    again = Recorder(events, FailingDocuments())
    again.set_mode(Mode.OBSERVE, "ada", NOW + 1)
    assert again.directives.revision > recorder.directives.revision
    recorder.set_mode(Mode.OBSERVE, "ada", NOW - 100)
    assert recorder.directives.revision > int(NOW * 1000), "also when the clock is set back"


def test_damaged_state_starts_anew(events: FailingEvents, documents: FailingDocuments) -> None:
    for key in ("catalogue", "directives", "incident-counters"):
        documents.put_state(key, b"\xff damaged")
    recorder = Recorder(events, documents)
    recorder.take([record(0)])
    assert recorder.endpoints(NOW)[0].requests == 1


def test_documents_that_cannot_be_read_stop_the_start(
    events: FailingEvents, documents: FailingDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(key: str) -> bytes:
        raise StoreFailed("locked by another process")

    monkeypatch.setattr(documents, "state", fail)
    with pytest.raises(StoreFailed, match="locked"):
        Recorder(events, documents)


def test_what_waits_at_the_end_is_lost_and_counted(
    recorder: Recorder, events: FailingEvents
) -> None:
    events.broken = "gone"
    recorder.take([record(0), record(1)])
    recorder.close(NOW)
    assert outcomes(recorder) == {"lost-store-failed": 2}


# Time passes


def test_snapshots_are_kept_every_few_seconds(
    recorder: Recorder, documents: FailingDocuments
) -> None:
    recorder.tick(NOW)
    recorder.take([record(0)])
    recorder.tick(NOW + SNAPSHOT_EVERY / 2)
    assert documents.endpoints() == []
    recorder.tick(NOW + SNAPSHOT_EVERY)
    assert documents.endpoints() == recorder.endpoints(NOW)
    assert documents.state("catalogue") is None
    recorder.tick(NOW + LEARNED_EVERY)
    assert documents.state("catalogue")


def test_old_records_are_pruned(events: FailingEvents, documents: FailingDocuments) -> None:
    recorder = Recorder(events, documents, max_age=100)
    recorder.take([record(0), record(1, at=NOW + PRUNE_EVERY)])
    recorder.tick(NOW)
    recorder.tick(NOW + PRUNE_EVERY)
    assert [one.id for one in events.search(EventQuery())] == [record(1).id]


# Elsewhere


def test_losses_of_applications_are_counted_once(recorder: Recorder) -> None:
    lost = {Outcome.LOST_QUEUE_FULL.value: 5}
    for _ in range(2):
        recorder.report(AgentReport("api", "i1", "1.0", queue_depth=3, lost=lost), NOW)
    recorder.count(Outcome.LOST_FAULT)
    assert outcomes(recorder) == {"lost-queue-full": 5, "lost-fault": 1}
    (agent,) = recorder.health(NOW).agents
    assert (agent.service, agent.queue_depth, agent.lost) == ("api", 3, 5)


def test_faults_here_and_in_applications_are_shown_together(recorder: Recorder) -> None:
    FAULTS.note("pipeline", ValueError())
    recorder.report(AgentReport("api", "i1", faults={"pipeline": 2, "capture": 1}), NOW)
    assert recorder.health(NOW).faults == {"pipeline": 3, "capture": 1}


def test_rejected_batches_are_counted(recorder: Recorder) -> None:
    recorder.reject("wrong token")
    recorder.reject("wrong token")
    health = recorder.health(NOW)
    assert health.rejected == {"wrong token": 2}
    assert "2 batches from applications were turned away: wrong token." in health.problems
