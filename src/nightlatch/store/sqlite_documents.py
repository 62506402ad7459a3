"""Documents in one SQLite file: the default on one machine. Other processes may read and write it
at the same time, as the command line does while the server runs."""

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from nightlatch.store.documents_schema import upgrade
from nightlatch.store.ports import StoreFailed
from nightlatch.store.sql_documents import SQLDocuments, explained

_BUSY_SECONDS = 5.0


class SQLiteDocuments(SQLDocuments):
    """A DocumentStore in the file `path`, which is created readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        _create(path)
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(path)),
            connect_args={"timeout": _BUSY_SECONDS},
            hide_parameters=True,  # Errors are logged; documents are not.
        )
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "begin", _begin)
        try:
            with explained(engine):
                upgrade(engine)
        except BaseException:
            engine.dispose()
            raise
        super().__init__(engine)


def _create(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Only a new file: to close one that another store of this process has open would drop its
        # locks, and whoever is next to close the file elsewhere would delete its log.
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))
    except OSError as error:
        raise StoreFailed(f"the documents file {path} cannot be used: {error}") from error


def _prepare(connection: Any, _: object) -> None:
    # The driver's own BEGIN leaves out reads and schema changes; SQLAlchemy shall say it instead.
    connection.isolation_level = None
    # Readers do not wait for the writer, and what was committed survives a loss of power.
    _switch_to_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")


def _switch_to_wal(connection: Any) -> None:
    """The file remembers it. SQLite does not wait for other connections here, so this does."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin(connection: sa.Connection) -> None:
    exclusive = connection.get_execution_options().get("exclusive", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if exclusive else "BEGIN")
