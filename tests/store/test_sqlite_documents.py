"""The documents file."""

import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import registry
from sqlalchemy.schema import CreateTable
from tests.store.conformance.documents import (
    CONTRACT,
    INCIDENT,
    SUMMARY,
    DocumentStoreConformance,
)
from tests.store.processes import other_process, start_process

from nightlatch.store import documents_schema
from nightlatch.store.ports import AuditEntry, StoreFailed
from nightlatch.store.sql_documents import TABLES
from nightlatch.store.sqlite_documents import SQLiteDocuments

REVISION_0001 = (Path(__file__).parent / "fixtures" / "documents_0001.sql").read_text()


class TestSQLiteDocuments(DocumentStoreConformance):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SQLiteDocuments]:
        store = SQLiteDocuments(tmp_path / "new" / "100%" / "documents.sqlite")
        yield store
        store.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "documents.sqlite"


def test_documents_survive_a_restart(path: Path) -> None:
    first = SQLiteDocuments(path)
    first.put_contract(CONTRACT)
    first.put_incident(INCIDENT)
    first.close()
    second = SQLiteDocuments(path)
    assert second.contracts() == [CONTRACT]
    assert second.incident(INCIDENT.id) == INCIDENT
    second.close()


def test_only_the_owner_may_read_it(path: Path) -> None:
    store = SQLiteDocuments(path)
    store.put_contract(CONTRACT)
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    store.close()


@pytest.mark.slow
def test_another_process_reads_while_this_one_writes(path: Path) -> None:
    store = SQLiteDocuments(path)
    store.put_contract(CONTRACT)
    script = """
from nightlatch.store.sqlite_documents import SQLiteDocuments
store = SQLiteDocuments(path)
print(store.contracts()[0].owner)
store.close()
"""
    with store._engine.begin() as writing:
        writing.execute(sa.text("UPDATE contracts SET document = '{}'"))
        assert other_process(script, path) == CONTRACT.owner
    store.close()


@pytest.mark.slow
def test_a_second_store_in_this_process_takes_nothing_from_the_first(path: Path) -> None:
    """POSIX drops a process's locks on a file when it closes any descriptor of it; then another
    process that closes the file would believe itself the last, and delete the log."""
    look = (
        "from nightlatch.store.sqlite_documents import SQLiteDocuments\n"
        "store = SQLiteDocuments(path)\nprint(len(store.contracts()))\nstore.close()"
    )
    first = SQLiteDocuments(path)
    first.contracts()
    SQLiteDocuments(path).close()
    assert other_process(look, path) == "0"
    first.put_contract(CONTRACT)
    assert other_process(look, path) == "1"
    first.close()


def test_two_that_start_at_once_on_a_new_file(path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: SQLiteDocuments(path), range(4)))
    for store in stores:
        assert store.contracts() == []
        store.close()


@pytest.mark.slow
def test_what_two_processes_change_is_the_work_of_both(path: Path) -> None:
    work = """
from nightlatch.store.sqlite_documents import SQLiteDocuments
store = SQLiteDocuments(path)
print(flush=True)
for _ in range(50):
    store.change_state("count", lambda value: (value or b"") + b"2")
store.close()
"""
    store = SQLiteDocuments(path)
    with start_process(work, path) as process:
        assert process.stdout is not None
        process.stdout.readline()  # From here on both write.
        for _ in range(50):
            store.change_state("count", lambda value: (value or b"") + b"1")
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    written = store.state("count") or b""
    assert (written.count(b"1"), written.count(b"2"), len(written)) == (50, 50, 100)
    store.close()


def test_migrations_and_tables_say_the_same(path: Path) -> None:
    store = SQLiteDocuments(path)
    with store._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), TABLES) == []
    store.close()


def test_migrations_are_named_after_their_revisions() -> None:
    scripts = ScriptDirectory(str(Path(documents_schema.__file__).parent / "migrations"))
    told = [script.revision for script in scripts.walk_revisions()]
    assert documents_schema.revisions() == told[::-1]
    assert len(told) >= 3


def test_the_tables_are_postgresql_too() -> None:
    dialect = registry.load("postgresql")()
    statements = [
        str(CreateTable(table).compile(dialect=dialect)) for table in TABLES.sorted_tables
    ]
    assert len(statements) == 6
    assert any("BYTEA" in statement for statement in statements)


def test_what_a_newer_nightlatch_wrote_is_refused(path: Path) -> None:
    SQLiteDocuments(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreFailed, match=r"newer Nightlatch.*9999.*Upgrade"):
        SQLiteDocuments(path)


def test_a_document_of_older_code_is_read(path: Path) -> None:
    store = SQLiteDocuments(path)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO contracts VALUES ('', 'GET /a', '{\"endpoint\":\"GET /a\",\"gone\":1}')"
        )
    connection.close()
    assert [contract.endpoint for contract in store.contracts()] == ["GET /a"]
    store.close()


def test_a_document_that_cannot_be_read_is_a_failure(path: Path) -> None:
    store = SQLiteDocuments(path)
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO contracts VALUES ('', 'GET /a', '[]')")
    connection.close()
    with pytest.raises(StoreFailed, match="cannot be read"):
        store.contracts()
    store.close()


def test_a_damaged_file_is_named(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1_000)
    with pytest.raises(StoreFailed, match=r"documents\.sqlite.*damaged"):
        SQLiteDocuments(path)


def test_a_place_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreFailed, match="cannot be used"):
        SQLiteDocuments(tmp_path / "file" / "documents.sqlite")


def test_a_file_that_stays_locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nightlatch.store.sqlite_documents._BUSY_SECONDS", 0.1)
    store = SQLiteDocuments(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreFailed, match="another process holds it"):
        store.put_contract(CONTRACT)
    other.execute("ROLLBACK")
    other.close()
    store.put_contract(CONTRACT)
    store.close()


def test_a_file_of_revision_0001_is_read(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.executescript(REVISION_0001)
    connection.close()
    store = SQLiteDocuments(path)
    assert store.contracts() == [CONTRACT]
    assert store.endpoints() == [SUMMARY]
    assert store.incidents() == [INCIDENT]
    assert store.audit_log() == [AuditEntry(1.5, "ida", "decide", "GET /me", "why")]
    assert store.state("inventory") == b"\x00\xff"
    store.put_incident(INCIDENT)
    store.close()


def test_a_damaged_summary_of_an_older_file_is_told_of_and_not_lost(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.executescript(REVISION_0001)
        connection.execute("INSERT INTO endpoints VALUES ('GET /a', 'half of')")
    connection.close()
    store = SQLiteDocuments(path)
    with pytest.raises(StoreFailed, match="cannot be read"):
        store.endpoints()
    store.put_endpoints([SUMMARY])
    store.close()
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT service, endpoint FROM endpoints ORDER BY 1").fetchall()
    connection.close()
    assert rows == [("", "GET /a"), (SUMMARY.service, SUMMARY.endpoint)]
