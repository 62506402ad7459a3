"""What would have happened, told from records."""

import json
from pathlib import Path

import msgspec
import pytest
from tests.conversations import NOW, Conversation

from nightlatch.app.rooms import build_rooms
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.judgement import DetectionKind
from nightlatch.exchange.record import Record
from nightlatch.settings import Settings
from nightlatch.store.memory_events import MemoryEvents
from nightlatch.workbench.replay.log import (
    Detecting,
    LogFault,
    exported_records,
    retell,
    stored_records,
)

HONEST = 400


def _detecting() -> Detecting:
    rooms = build_rooms(Settings(), Hasher(bytes(32)))
    return Detecting(rooms.watch, rooms.behaviours)


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """Honest people, then one guesser: all of it observed only."""
    talk = Conversation("observe")
    for number in range(HONEST):
        talk.look_up(number % 150, hit=number % 12 > 0, address=f"198.51.{number % 150}.7")
    for number in range(3_000, 4_000):
        talk.look_up(number, hit=number % 7 == 0, address="203.0.113.9")
    return talk.records


@pytest.mark.slow
def test_an_observed_attack_would_have_been_stopped(records: list[Record]) -> None:
    told = retell(records, _detecting())
    (door,) = told.doors.values()

    assert told.records == door.requests == HONEST + 1_000
    assert len(door.disclosed) > 250
    assert len(door.would_leave) < len(door.disclosed) - 80
    assert door.refused > 500
    assert door.callers_refused == {"address:203.0.113.9"}
    assert DetectionKind.ENUMERATION in {detection.kind for detection in told.detections}
    assert door.first_alert is not None
    assert door.before_alert <= len(door.would_leave)


def test_while_it_learns_nothing_is_refused(records: list[Record]) -> None:
    told = retell(records, _detecting(), learn_until=NOW + 1e6)
    (door,) = told.doors.values()

    assert door.refused == door.challenged == 0
    assert door.would_leave == door.disclosed
    assert told.detections


def test_a_store_is_read_from_its_oldest_record_on(records: list[Record]) -> None:
    events = MemoryEvents()
    events.append(records)
    since = records[700].at

    assert list(stored_records(events)) == records
    assert list(stored_records(events, since)) == records[700:]
    assert list(stored_records(MemoryEvents())) == []


def test_an_export_may_be_in_any_order(records: list[Record]) -> None:
    lines = [msgspec.json.encode(record) + b"\n" for record in reversed(records[:50])]

    assert exported_records([*lines, b"\n"], "log.jsonl") == records[:50]


def test_a_line_that_is_no_record_is_named() -> None:
    for line in (b"{}", b"nonsense", b"\xff", json.dumps([1]).encode()):
        with pytest.raises(LogFault, match=r"log.jsonl, line 1: not a record"):
            exported_records([line], "log.jsonl")


def test_an_empty_log_tells_nothing(tmp_path: Path) -> None:
    assert retell([], _detecting()).records == 0
    assert tmp_path.is_dir()
