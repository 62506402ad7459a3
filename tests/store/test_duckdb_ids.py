"""Which ids the events file has: remembered, or asked for."""

from pathlib import Path

import pytest
from tests.store.conformance.events import numbers
from tests.store.records import record

from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.ports import EventQuery


def test_a_record_is_known_however_long_ago_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nightlatch.store.duckdb_ids.CAPACITY", 6)
    store = DuckDBEvents(tmp_path / "events.duckdb")
    for number in range(20, 40, 2):
        store.append([record(number), record(number + 1)])
    for again in (39, 35, 30, 20):
        store.append([record(again)])
    store.append([record(5), record(22), record(40), record(41)])
    assert numbers(store.search(EventQuery(limit=99))) == [41, 40, *range(39, 19, -1), 5]
    store.close()


def test_what_overlaps_the_batch_before_is_told_without_asking_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DuckDBEvents(tmp_path / "events.duckdb")
    store.append([record(0)])
    monkeypatch.setattr("nightlatch.store.duckdb_ids._in_file", None)
    store.append([record(2), record(4)])
    store.append([record(1), record(2), record(3)])
    assert numbers(store.search(EventQuery())) == [4, 3, 2, 1, 0]
    store.close()


def test_what_was_pruned_may_come_again(tmp_path: Path) -> None:
    store = DuckDBEvents(tmp_path / "events.duckdb")
    store.append([record(number) for number in range(4)])
    assert store.prune(record(3).at, max_age=1.0, max_bytes=1 << 40) == 2
    store.append([record(0)])
    assert numbers(store.search(EventQuery())) == [3, 2, 0]
    store.close()
