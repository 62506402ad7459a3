"""The events file: what it does beyond the port."""

import random
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.conformance.events import EventStoreConformance, numbers
from tests.store.processes import other_process
from tests.store.records import DEMO_LOOKUP, NOON, PHONE_LOOKUP, caller, record

from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.ports import EventQuery, Exposure, StoreFailed


class TestDuckDBEvents(EventStoreConformance):
    @pytest.fixture
    def store(self, path: Path) -> Iterator[DuckDBEvents]:
        store = DuckDBEvents(path)
        yield store
        store.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "events.duckdb"


def noise(number: int) -> str:
    """Text that does not compress."""
    return random.Random(number).randbytes(500).hex()


def test_records_survive_a_restart_and_are_still_known(path: Path) -> None:
    first = DuckDBEvents(path)
    first.append([record(number, disclosed=(number,)) for number in range(5)])
    first.close()
    second = DuckDBEvents(path)
    second.append([record(number) for number in range(3, 8)])
    assert numbers(second.search(EventQuery())) == list(range(7, -1, -1))
    assert second.exposure(NOON + 9)[DEMO_LOOKUP].day == 5
    second.close()


def test_an_append_that_failed_is_all_undone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DuckDBEvents(path)
    store.append([record(1, disclosed=(1,))])
    with monkeypatch.context() as broken:
        broken.setattr("nightlatch.store.duckdb_batch._INSERT_DISCLOSURES", "INSERT INTO nowhere")
        with pytest.raises(StoreFailed):
            store.append([record(2, disclosed=(2,))])
    assert numbers(store.search(EventQuery())) == [1]
    store.append([record(2, disclosed=(2,))])
    store.append([record(2, disclosed=(2,))])
    assert numbers(store.search(EventQuery())) == [2, 1]
    assert store.exposure(NOON + 9) == {DEMO_LOOKUP: Exposure(day=2, month=2)}
    store.close()


@pytest.mark.slow
def test_prune_by_size_keeps_the_newest_that_fit(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nightlatch.store.duckdb_file._ROW_GROUP", 2_048)
    store = DuckDBEvents(path)
    for start in range(0, 10_000, 1_000):
        store.append([record(n, query=noise(n)) for n in range(start, start + 1_000)])
    assert store.prune(NOON, 1e9, 1 << 40) == 0
    everything = store.size().bytes
    bound = everything // 2
    removed = store.prune(NOON, 1e9, bound)
    left = store.size()
    assert 5_000 <= removed < 7_000
    assert (left.records, left.oldest) == (10_000 - removed, NOON + removed)
    assert left.bytes <= bound + everything * 2_048 / 10_000
    assert store.prune(NOON, 1e9, bound) == 0
    store.close()


@pytest.mark.slow
def test_disclosures_outlive_the_records_they_came_with(path: Path) -> None:
    store = DuckDBEvents(path)
    for start in range(0, 3_000, 1_000):
        batch = range(start, start + 1_000)
        store.append([record(n, disclosed=(n,), query=noise(n)) for n in batch])
    assert store.prune(NOON, 1e9, 1_500_000) > 0
    assert store.exposure(NOON + 3_000)[DEMO_LOOKUP].month == 3_000
    assert (
        sum(found.disclosed for found in store.callers(PHONE_LOOKUP, NOON, NOON + 3_000)) == 3_000
    )
    store.prune(NOON, 1e9, 32_000)
    assert store.exposure(NOON + 3_000)[DEMO_LOOKUP].month <= 500
    store.close()


@pytest.mark.slow
def test_a_read_while_the_file_is_pruned(path: Path) -> None:
    store = DuckDBEvents(path)
    store.append([record(number, disclosed=(number,)) for number in range(2_000)])
    stop = threading.Event()
    errors: list[Exception] = []

    def read() -> None:
        while not stop.is_set():
            try:
                store.search(EventQuery(limit=5))
                store.exposure(NOON)
            except StoreFailed as error:
                errors.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for age in range(19, 0, -1):
        store.prune(NOON + 2_000, age * 100.0, 1 << 40)
    stop.set()
    reader.join()
    assert errors == []
    assert store.size().records == 100
    store.close()


@pytest.mark.slow
def test_another_process_is_told_who_holds_the_file_and_what_to_do(path: Path) -> None:
    store = DuckDBEvents(path)
    told = other_process(
        """
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.ports import StoreFailed
try:
    DuckDBEvents(path)
except StoreFailed as error:
    print(error)
""",
        path,
    )
    assert "events.duckdb is held by another process (process id" in told
    assert "NIGHTLATCH_URL" in told
    store.close()


def test_a_record_that_cannot_be_read_is_a_failure(path: Path) -> None:
    store = DuckDBEvents(path)
    store.append([record(1)])
    with store._file.transaction() as cursor:
        cursor.execute("UPDATE records SET page = 'garbage'::BLOB")
    with pytest.raises(StoreFailed, match="newer Nightlatch wrote it, or the file is damaged"):
        store.get(record(1).id)
    store.close()


def test_errors_do_not_quote_what_was_stored(path: Path) -> None:
    store = DuckDBEvents(path)
    with (
        pytest.raises(StoreFailed) as raised,
        store._file.cursor() as cursor,
    ):
        cursor.execute("SELECT 'ida@example.com'::INTEGER")
    assert "ida@example.com" not in "".join(traceback.format_exception(raised.value))
    assert "ConversionException" in str(raised.value)
    store.close()


def test_nothing_but_the_events_file_can_be_read(path: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    store = DuckDBEvents(path)
    with pytest.raises(StoreFailed), store._file.cursor() as cursor:
        cursor.execute(f"SELECT * FROM '{tmp_path / 'secret.csv'}'").fetchall()
    with store._file.cursor() as cursor:
        loading = "name LIKE 'auto%known_extensions'"
        values = cursor.execute(f"SELECT value FROM duckdb_settings() WHERE {loading}").fetchall()
    assert values == [("false",), ("false",)]
    store.close()


def test_the_caller_page_sees_the_biggest_among_many(path: Path) -> None:
    store = DuckDBEvents(path)
    store.append(
        [record(n, disclosed=(n,), **caller(f"10.0.{n // 250}.{n % 250}")) for n in range(1_000)]
    )
    store.append([record(2_000, disclosed=tuple(range(40)), **caller("10.0.1.1"))])
    found = store.callers(PHONE_LOOKUP, NOON, NOON + 9_999, limit=2)
    assert [(f.address, f.disclosed, f.requests) for f in found] == [
        ("10.0.1.1", 41, 2),
        ("10.0.0.0", 1, 1),
    ]
    store.close()
