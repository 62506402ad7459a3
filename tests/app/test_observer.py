"""What sources tell, on its way to the recorder: nothing is lost without being counted."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.conversations import NOW
from tests.observations import LOG, SEES_ALL, looked_up, observed

from nightlatch.app.observer import Observer
from nightlatch.app.services import OTHERS, Services
from nightlatch.exchange.judgement import Outcome
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.record import Record
from nightlatch.exchange.source import Source, SourceKind
from nightlatch.respond.recorder import Recorder
from nightlatch.respond.source_book import SourceSeen
from nightlatch.settings import Settings, load_settings
from nightlatch.store.memory_documents import MemoryDocuments
from nightlatch.store.memory_events import MemoryEvents
from nightlatch.store.ports import EventQuery


class Collector:
    """An observer over real rooms and a recorder in memory."""

    def __init__(self, directory: Path, *, services: int = 8, **options: Any) -> None:
        self.settings = _settings(directory)
        self.events, self.documents = MemoryEvents(), MemoryDocuments()
        self.recorder = Recorder(self.events, self.documents, notifiers=())
        chosen: dict[str, Any] = {"capacity": 1_000, "default_service": "api"} | options
        self.observer = Observer(
            self.recorder, lambda: Services(self.settings, services), clock=lambda: NOW, **chosen
        )

    def records(self) -> list[Record]:
        assert self.observer.drain(10)
        return self.events.search(EventQuery(limit=10_000))

    def source(self, name: str = "sdk") -> SourceSeen:
        return next(one for one in self.recorder.sources.sources if one.name == name)


def _settings(directory: Path) -> Settings:
    return load_settings(
        {"data_dir": str(directory), "identity_verify_bots": False}, environment={}
    )


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    made = Collector(tmp_path)
    yield made
    made.observer.close()


def test_what_is_offered_is_recorded(collector: Collector) -> None:
    assert collector.observer.offer([looked_up(number) for number in range(20)]) == 20
    records = collector.records()
    assert len(records) == 20
    assert {record.service for record in records} == {"shop"}
    assert {record.source for record in records} == {SourceKind.TREBLLE}
    seen = collector.source()
    assert (seen.accepted, seen.recorded, seen.lost, seen.services) == (20, 20, 0, ["shop"])


def test_who_can_wait_does_the_work_at_once(tmp_path: Path) -> None:
    collector = Collector(tmp_path, at_once=True)
    collector.observer.push([looked_up(number) for number in range(20)])
    assert collector.observer.waiting() == 0
    assert len(collector.records()) == 20
    seen = collector.source()
    assert (seen.accepted, seen.recorded, seen.lost) == (20, 20, 0)
    collector.observer.close()


def test_two_services_side_by_side_are_judged_apart(collector: Collector) -> None:
    shop = [looked_up(number, at=NOW + number) for number in range(30)]
    bank = [replace(one, service="bank") for one in shop]
    collector.observer.offer([one for pair in zip(shop, bank, strict=True) for one in pair])
    records = collector.records()
    assert Counter(record.service for record in records) == {"shop": 30, "bank": 30}
    by_service = {
        service: [one for one in records if one.service == service] for service in ("shop", "bank")
    }
    # Each sees thirty in a row of one caller; together they would be sixty, each one twice.
    shapes = {
        service: [tuple(one.detections) != () for one in sorted(told, key=lambda one: one.at)]
        for service, told in by_service.items()
    }
    assert shapes["shop"] == shapes["bank"]


def test_beyond_the_bound_services_share_the_last_place_and_it_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    collector = Collector(tmp_path, services=3)
    collector.observer.offer([observed(service=f"service-{number}") for number in range(9)])
    told = Counter(record.service for record in collector.records())
    assert told == {"service-0": 1, "service-1": 1, OTHERS: 7}
    warnings = [one for one in caplog.records if "SOURCES_SERVICES" in one.getMessage()]
    assert len(warnings) == 1
    collector.observer.close()


def test_what_came_before_counts_once(collector: Collector) -> None:
    one = observed(id="span-1")
    collector.observer.offer([one, one])
    collector.observer.offer([one, replace(one, id="span-2"), replace(one, id=""), one])
    assert len(collector.records()) == 3
    seen = collector.source()
    assert (seen.accepted, seen.recorded, seen.repeated) == (6, 3, 3)


def test_the_same_name_from_another_source_is_another_exchange(collector: Collector) -> None:
    one = observed(id="1")
    other = replace(one, source=Source(SourceKind.TREBLLE, "another"))
    collector.observer.offer([one, other])
    assert len(collector.records()) == 2


class Blocked:
    """A recorder whose events store does not answer until it may."""

    def __init__(self, collector: Collector) -> None:
        self.may = threading.Event()
        take = collector.recorder.take

        def wait(records: Any) -> None:
            self.may.wait(20)
            take(records)

        collector.recorder.take = wait  # type: ignore[method-assign]


@pytest.mark.slow
def test_without_room_an_offer_says_how_many_were_taken(tmp_path: Path) -> None:
    collector = Collector(tmp_path, capacity=5)
    blocked = Blocked(collector)
    first = collector.observer.offer([observed()])
    assert first == 1
    time.sleep(1.0)  # Until the worker waits for the store.
    taken = collector.observer.offer([observed() for _ in range(20)])
    assert 0 < taken < 20
    collector.observer.lose(SourceKind.TREBLLE, "sdk", 20 - taken)
    blocked.may.set()
    assert len(collector.records()) == taken + 1
    seen = collector.source()
    assert (seen.accepted, seen.lost) == (taken + 1, 20 - taken)
    assert collector.recorder.health(NOW).outcomes[Outcome.LOST_QUEUE_FULL] == 20 - taken
    collector.observer.close()


@pytest.mark.slow
def test_large_bodies_fill_the_queue_by_weight(tmp_path: Path) -> None:
    collector = Collector(tmp_path, max_weight=64_000)
    blocked = Blocked(collector)
    collector.observer.offer([observed()])
    time.sleep(1.0)
    large = [observed(answer="x" * 10_000) for _ in range(20)]
    assert collector.observer.offer(large) == 5
    blocked.may.set()
    collector.observer.close()


@pytest.mark.slow
def test_a_push_waits_for_room_and_loses_nothing(tmp_path: Path) -> None:
    collector = Collector(tmp_path, capacity=10)
    collector.observer.push([observed(source=LOG) for _ in range(500)])
    assert len(collector.records()) == 500
    seen = collector.source("access.log")
    assert (seen.accepted, seen.recorded, seen.lost) == (500, 500, 0)
    collector.observer.close()


@pytest.mark.slow
def test_a_push_that_waits_ends_when_the_observer_does(tmp_path: Path) -> None:
    collector = Collector(tmp_path, capacity=10)
    blocked = Blocked(collector)
    pushing = threading.Thread(
        target=collector.observer.push, args=([observed(source=LOG) for _ in range(500)],)
    )
    pushing.start()
    time.sleep(1.0)
    began = time.monotonic()
    threading.Timer(0.2, blocked.may.set).start()
    collector.observer.close()
    pushing.join(5)
    assert not pushing.is_alive()
    assert time.monotonic() - began < 5
    seen = collector.source("access.log")
    assert seen.accepted + seen.lost == 500
    assert seen.recorded + seen.failed == seen.accepted


def test_after_the_end_nothing_is_taken(collector: Collector) -> None:
    collector.observer.close()
    assert collector.observer.offer([observed()]) == 0
    collector.observer.push([observed(source=LOG)])
    assert collector.source("access.log").lost == 1


def test_accounts_add_up_exactly(tmp_path: Path) -> None:
    """Many threads, a small queue: what was sent was recorded, came before, or is counted lost."""
    collector = Collector(tmp_path, capacity=50)
    sent = 8 * 40 * 7

    def send(number: int) -> None:
        for batch in range(40):
            seen = [observed(id=f"{number}-{batch}-{one % 5}") for one in range(7)]
            taken = collector.observer.offer(seen)
            collector.observer.lose(SourceKind.TREBLLE, "sdk", len(seen) - taken)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = collector.records()
    seen = collector.source()
    assert seen.accepted + seen.lost == sent
    assert seen.recorded + seen.repeated == seen.accepted
    assert len(records) == seen.recorded
    outcomes = collector.recorder.health(NOW).outcomes
    assert outcomes[Outcome.RECORDED] == seen.recorded
    assert outcomes[Outcome.LOST_QUEUE_FULL] == seen.lost
    collector.observer.close()


def test_a_bug_of_ours_costs_one_exchange_and_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE")
    collector = Collector(tmp_path)
    observe = Services.observe

    def sometimes(services: Services, seen: Observed) -> Record:
        if seen.request.path == "/bug":
            raise ZeroDivisionError
        return observe(services, seen)

    monkeypatch.setattr(Services, "observe", sometimes)
    collector.observer.offer([observed(), observed("/bug"), observed()])
    assert len(collector.records()) == 2
    assert collector.source().failed == 1
    assert collector.recorder.health(NOW).outcomes[Outcome.LOST_FAULT] == 1
    collector.observer.close()


def test_what_waited_when_a_process_was_killed_is_counted_by_the_next(tmp_path: Path) -> None:
    collector = Collector(tmp_path)
    Blocked(collector)
    book = collector.recorder.sources
    book.accept(SourceKind.OTLP, "spans", {"shop": 7}, NOW)
    book.record(SourceKind.OTLP, "spans", NOW)
    book.keep(collector.documents)
    after = Recorder(MemoryEvents(), collector.documents, notifiers=())
    (seen,) = after.sources.sources
    assert (seen.accepted, seen.recorded, seen.failed) == (7, 1, 6)


def test_what_was_learned_survives_a_restart(tmp_path: Path) -> None:
    first = Collector(tmp_path)
    first.observer.offer([observed("/v1/me", headers=(("authorization", "Bearer abcdefgh1"),))])
    first.observer.offer([observed("/v1/me", status=401) for _ in range(20)])
    first.records()
    first.observer.close()
    second = Collector(tmp_path)
    second.observer.offer([observed("/v1/me", headers=(("authorization", "Bearer abcdefgh1"),))])
    (record,) = second.records()
    assert record.posture == "protected"
    second.observer.close()


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    at=st.floats(allow_nan=True, allow_infinity=True),
    duration=st.floats(allow_nan=True, allow_infinity=True),
    service=st.text(max_size=300),
)
def test_whatever_a_source_says_of_time_and_place_can_be_stored(
    tmp_path_factory: pytest.TempPathFactory, at: float, duration: float, service: str
) -> None:
    collector = Collector(tmp_path_factory.mktemp("observed"))
    seen = replace(observed(), at=at, duration=duration, service=service)
    assert collector.observer.offer([seen]) == 1
    (record,) = collector.records()
    assert 0 < record.at <= NOW + 86_400
    assert 0 <= record.duration < float("inf")
    assert 0 < len(record.service) <= 128
    collector.observer.close()


def test_nothing_is_built_before_there_is_something_to_observe(tmp_path: Path) -> None:
    collector = Collector(tmp_path)
    collector.observer.close()
    assert not list(tmp_path.iterdir())


def test_rejected_messages_are_on_the_list(collector: Collector) -> None:
    collector.observer.reject(SEES_ALL.kind, "sdk", "not JSON", b'{"name": "Ada"')
    (letter,) = collector.source().letters
    assert (letter.reason, letter.count) == ("not JSON", 1)
    assert letter.pictures == ['{"name": "xxx"']
