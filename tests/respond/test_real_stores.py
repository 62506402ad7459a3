"""The recorder on the stores of one machine, from the application's socket to the restart."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.capture.collector_server import TOKEN, eventually, serving
from tests.records import LOOK_UP, NOW, detection, item, record

from nightlatch.capture.ingest import Ingest
from nightlatch.capture.shipping import Shipper
from nightlatch.exchange.facts import Contract, Directives, Expectation
from nightlatch.exchange.incident import IncidentState
from nightlatch.exchange.judgement import DetectionKind, Level, Mode
from nightlatch.exchange.measure import STRANGERS
from nightlatch.respond.recorder import LEARNED_EVERY, Recorder
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.ports import EventQuery
from nightlatch.store.sqlite_documents import SQLiteDocuments


class Machine:
    """One machine's stores, and the recorder on them."""

    def __init__(self, folder: Path) -> None:
        self.events = DuckDBEvents(folder / "events.duckdb")
        self.documents = SQLiteDocuments(folder / "documents.sqlite")
        self.recorder = Recorder(self.events, self.documents, notifiers=())

    def stop(self, now: float) -> None:
        self.recorder.close(now)
        self.kill()

    def kill(self) -> None:
        self.events.close()
        self.documents.close()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    machine.kill()


def story(recorder: Recorder) -> None:
    """An endpoint leaks, is walked, and is closed by a person."""
    walk = detection(DetectionKind.DISTRIBUTED_ENUMERATION, STRANGERS)
    recorder.take([record(n, items=(item(),), disclosed=(n << 40,)) for n in range(50)])
    recorder.take([record(50, detections=(walk,), level=Level.HIGH)])
    (incident,) = recorder.incidents()
    decided = Contract(LOOK_UP, Expectation.MUST_AUTHENTICATE, "Ada", service="directory")
    recorder.decide(decided, "ada", NOW + 1)
    recorder.contain(incident.id, "ada", NOW + 2)


@pytest.mark.slow
def test_a_story_survives_a_restart(tmp_path: Path) -> None:
    before = Machine(tmp_path)
    story(before.recorder)
    directives = before.recorder.directives
    endpoints = before.recorder.endpoints(NOW + 10)
    before.stop(NOW + 10)
    after = Machine(tmp_path)
    assert after.recorder.directives == directives
    assert after.recorder.endpoints(NOW + 10) == endpoints
    (incident,) = after.recorder.incidents()
    assert incident.state is IncidentState.CONTAINED
    assert endpoints[0].exposure_day == 50
    assert endpoints[0].contract == directives.contracts[0]
    assert [entry.action for entry in after.documents.audit_log()] == ["contain", "decide"]
    after.stop(NOW + 20)


@pytest.mark.slow
def test_a_kill_loses_no_record_no_decision_and_no_incident(tmp_path: Path) -> None:
    before = Machine(tmp_path)
    story(before.recorder)
    directives = before.recorder.directives
    before.kill()
    after = Machine(tmp_path)
    assert after.events.count(EventQuery()) == 51
    assert after.recorder.directives == directives
    assert len(after.recorder.incidents()) == 1
    after.kill()


def test_a_batch_sent_again_after_a_restart_is_stored_once(tmp_path: Path) -> None:
    records = [record(number) for number in range(10)]
    before = Machine(tmp_path)
    before.recorder.take(records)
    before.stop(NOW)
    after = Machine(tmp_path)
    after.recorder.take(records)
    assert after.events.count(EventQuery()) == 10
    after.kill()


def test_ticks_keep_what_is_shown(machine: Machine) -> None:
    machine.recorder.tick(NOW)
    story(machine.recorder)
    machine.recorder.tick(NOW + LEARNED_EVERY)
    assert machine.documents.endpoints() == machine.recorder.endpoints(NOW + LEARNED_EVERY)
    assert machine.documents.state("catalogue")
    assert machine.recorder.health(NOW).problems == ()


@pytest.mark.slow
def test_from_the_application_to_the_store_and_back(machine: Machine) -> None:
    got: list[Directives] = []
    with serving([Ingest(machine.recorder, TOKEN).route]) as url:
        shipper = Shipper(url, TOKEN, "directory", on_directives=got.append)
        shipper.send([record(number, disclosed=(number << 40,)) for number in range(2_000)])
        eventually(lambda: machine.recorder.health(NOW).outcomes["recorded"] == 2_000)
        machine.recorder.set_mode(Mode.ENFORCE, "ada", NOW)
        eventually(lambda: got and got[-1].mode is Mode.ENFORCE)
        shipper.close()
    assert machine.events.count(EventQuery()) == 2_000
    assert machine.recorder.endpoints(NOW + 1)[0].requests == 2_000
