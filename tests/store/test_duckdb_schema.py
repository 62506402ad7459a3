"""Old files are brought up to date; new ones, strange ones and damaged ones are refused."""

from contextlib import suppress
from pathlib import Path

import duckdb
import pytest
from tests.store.conformance.events import numbers
from tests.store.records import DEMO_LOOKUP, NOON, record

from nightlatch.exchange.facts import ServiceEndpoint
from nightlatch.exchange.record import Message
from nightlatch.store import duckdb_schema
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.duckdb_file import _ROW_GROUP
from nightlatch.store.duckdb_schema import MIGRATIONS, migrate
from nightlatch.store.ports import EventQuery, Exposure, StoreFailed

VERSION_1, VERSION_2 = (
    (Path(__file__).parent / "fixtures" / f"events_v{number}.sql").read_text() for number in (1, 2)
)

_ADD_COLUMN = ("ALTER TABLE records ADD COLUMN country VARCHAR DEFAULT ''",)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.duckdb"


def build(path: Path, statements: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(statements)


def version(connection: duckdb.DuckDBPyConnection) -> list[tuple[int]]:
    return connection.execute("SELECT version FROM schema_version").fetchall()


def test_a_file_of_version_1_is_read(path: Path) -> None:
    build(path, VERSION_1)
    store = DuckDBEvents(path)
    first = record(1, disclosed=(2**64 - 1, 7))
    second = store.get(record(2).id)
    assert store.search(EventQuery()) == [second, first]
    assert store.exposure(NOON + 9) == {DEMO_LOOKUP.everywhere: Exposure(day=2, month=2)}
    store.append([record(2), record(3)])
    assert store.size().records == 3
    store.close()


def test_a_file_of_version_2_is_read(path: Path) -> None:
    build(path, VERSION_2)
    store = DuckDBEvents(path)
    first = record(1, disclosed=(2**64 - 1, 7))
    second = record(2, response=Message(body="Straße 7", size=9))
    assert store.search(EventQuery()) == [second, first]
    assert store.exposure(NOON + 9) == {DEMO_LOOKUP.everywhere: Exposure(day=2, month=2)}
    store.append([record(2), record(3)])
    assert store.size().records == 3
    store.close()


def test_records_of_version_1_are_found_among_newer_ones(path: Path) -> None:
    build(path, VERSION_1)
    store = DuckDBEvents(path)
    store.append([record(3), record(4, response=Message(body="nothing"))])
    for query, found in (
        (EventQuery(text="DEVICES"), [3, 2, 1]),
        (EventQuery(circle="headers:0a1b2c3d"), [4, 3, 2, 1]),
        (EventQuery(circle="headers:0a1b2c3d", limit=2, before=record(3).id), [2, 1]),
        (EventQuery(check="cors"), []),
    ):
        assert numbers(store.search(query)) == found, query
    store.close()


def test_a_record_written_before_the_newest_fields_has_their_defaults(path: Path) -> None:
    build(path, VERSION_1)
    store = DuckDBEvents(path)
    found = store.get(record(2).id)
    assert found is not None
    assert found.path == record(2).path
    assert found.response.body == ""
    assert (found.asked, found.disclosed, found.hit) == ((), (), None)
    store.close()


def test_a_file_of_many_row_groups_takes_records_as_soon_as_it_is_brought_up_to_date(
    path: Path,
) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS events (ROW_GROUP_SIZE {_ROW_GROUP})")
        connection.execute("USE events")
        migrate(connection, MIGRATIONS[:2])
        connection.execute(
            f"INSERT INTO disclosures SELECT {NOON}, 'GET /', 'c', 'a', range FROM range(40000)"
        )
    store = DuckDBEvents(path)
    store.append([record(n, endpoint="GET /", disclosed=(40_000 + n,)) for n in range(3)])
    assert store.exposure(NOON + 9) == {
        ServiceEndpoint("", "GET /"): Exposure(40_000, 40_000),
        ServiceEndpoint("demo", "GET /"): Exposure(40_003, 40_003),
    }
    store.close()


def test_every_migration_runs_on_a_version_1_file() -> None:
    with duckdb.connect() as connection:
        connection.execute(VERSION_1)
        migrate(connection, (*MIGRATIONS, _ADD_COLUMN))
        assert version(connection) == [(len(MIGRATIONS) + 1,)]
        countries = connection.execute("SELECT DISTINCT country FROM records").fetchall()
        assert countries == [("",)]


def test_a_migrated_file_has_the_tables_of_a_new_one() -> None:
    schemas = []
    for before in (VERSION_1, VERSION_2, "SELECT 1"):
        with duckdb.connect() as connection:
            connection.execute(before)
            migrate(connection)
            described = "SELECT table_name, sql FROM duckdb_tables() ORDER BY table_name"
            schemas.append(connection.execute(described).fetchall())
    assert schemas[0] == schemas[1] == schemas[2]
    assert len(schemas[0]) == 3


def test_migrating_twice_changes_nothing() -> None:
    with duckdb.connect() as connection:
        migrate(connection)
        migrate(connection)
        assert version(connection) == [(len(MIGRATIONS),)]


def test_a_migration_that_fails_leaves_the_file_as_it_was() -> None:
    broken = (*_ADD_COLUMN, "ALTER TABLE nowhere ADD COLUMN x INTEGER")
    with duckdb.connect() as connection:
        connection.execute(VERSION_1)
        with pytest.raises(duckdb.Error):
            migrate(connection, (*MIGRATIONS, broken))
        assert version(connection) == [(1,)]
        migrate(connection, (*MIGRATIONS, _ADD_COLUMN))
        assert version(connection) == [(len(MIGRATIONS) + 1,)]


def test_a_first_start_that_failed_can_be_repeated(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(duckdb_schema.migrate, "__defaults__", ((("CREATE TABLE",),),))
        with pytest.raises(StoreFailed):
            DuckDBEvents(path)
    store = DuckDBEvents(path)
    assert store.size().records == 0
    store.close()


def test_what_a_newer_nightlatch_wrote_is_refused(path: Path) -> None:
    build(path, VERSION_1 + "UPDATE schema_version SET version = 99;")
    with pytest.raises(StoreFailed, match=r"newer Nightlatch.*version 99.*Upgrade"):
        DuckDBEvents(path)


def test_somebody_elses_database_is_refused(path: Path) -> None:
    build(path, "CREATE TABLE invoices (number INTEGER)")
    with pytest.raises(StoreFailed, match="not Nightlatch's"):
        DuckDBEvents(path)


def test_a_file_that_is_no_database_is_named(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1_000)
    with pytest.raises(StoreFailed, match=r"events\.duckdb is damaged.*Move it away"):
        DuckDBEvents(path)


@pytest.mark.slow
@pytest.mark.parametrize("place", [4_096, 8_192, 12_400, 300_000])
def test_a_damaged_file_is_a_failure_and_nothing_else(path: Path, place: int) -> None:
    store = DuckDBEvents(path)
    store.append([record(number, query=f"{hash((number, 1)):x}" * 50) for number in range(3_000)])
    store.close()
    content = bytearray(path.read_bytes())
    content[place : place + 4_096] = b"\xa5" * 4_096
    path.write_bytes(content)
    with suppress(StoreFailed):
        store = DuckDBEvents(path)
        for found in store.search(EventQuery(limit=3_000)):
            assert found.path == record(0).path
        store.close()


def test_a_place_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreFailed, match="cannot be used"):
        DuckDBEvents(tmp_path / "file" / "events.duckdb")
