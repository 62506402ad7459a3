"""The events file: opened by one process, with bounded memory, its errors said in plain words."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakSet

import duckdb

from nightlatch.store.duckdb_schema import migrate
from nightlatch.store.forks import leave_to_parent
from nightlatch.store.ports import StoreFailed

_CHECKPOINT_AT = "64MB"
"""Size of the write-ahead log at which DuckDB folds it into the file. At the default of 16 MB an
insert costs half as much again."""

_ROW_GROUP = 16_384
"""Rows that are stored, skipped and given back together. DuckDB frees the space of deleted rows
only when all of their group are gone: with its default of 122,880, a store of large records would
never get below its bound on size."""

_ONE_COLLECTOR = "Set NIGHTLATCH_URL so that the application sends to the running collector."

_IDLE_CURSORS = 4
"""Kept for the next question: to open a cursor and close it takes a third of a millisecond."""


class EventsFile:
    """One DuckDB file. After an error that DuckDB cannot recover from it is opened anew."""

    def __init__(self, path: Path, memory_limit_mb: int, threads: int) -> None:
        self.path = path
        self._config = _config(path, memory_limit_mb, threads)
        self._lock = threading.Lock()
        self._closed = False
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._idle: list[duckdb.DuckDBPyConnection] = []
        self._parsed: dict[str, duckdb.Statement] = {}
        with self._explained():
            self._connection = self._open()
        _FILES.add(self)

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of one's own, for one question or one transaction; any thread may ask.

        Whatever DuckDB raises inside arrives as StoreFailed.
        """
        with self._explained():
            connection = self._opened()
            cursor = self._idle_cursor() or _new_cursor(connection)
            try:
                yield cursor
            except BaseException as error:
                # Nobody knows what state it is in.
                cursor.close()
                if isinstance(error, duckdb.Error) and _beyond_recovery(error):
                    self._abandon(connection)
                raise
            self._put_back(cursor, connection)

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """All or nothing, on disk when it ends."""
        with self.cursor() as cursor:
            cursor.begin()
            try:
                yield cursor
                cursor.commit()
            except BaseException:
                _roll_back(cursor)
                raise

    def parsed(self, text: str) -> duckdb.Statement:
        """One of a few constant statements; to parse it takes as long as to run it."""
        if text not in self._parsed:
            self._parsed[text] = self._opened().extract_statements(text)[0]
        return self._parsed[text]

    def used_bytes(self, cursor: duckdb.DuckDBPyConnection) -> int:
        """Blocks in use and the write-ahead log. The file may hold free blocks beside them, which
        it fills before it grows."""
        sizes = cursor.execute(
            "SELECT used_blocks * block_size FROM pragma_database_size() "
            "WHERE database_name = 'events'"
        )
        ((blocks,),) = sizes.fetchall()
        return int(blocks) + _size(self.path.with_name(self.path.name + ".wal"))

    def close(self) -> None:
        with self._lock:
            self._closed = True
            connection, self._connection = self._connection, None
            idle, self._idle, self._parsed = self._idle, [], {}
        for cursor in idle:
            cursor.close()
        if connection is not None:
            connection.close()

    def after_fork(self) -> None:
        """In a child: closed, without touching the file."""
        _PARENTS.add(self.path.absolute())
        leave_to_parent(self._connection, *self._idle, *self._parsed.values())
        self._lock = threading.Lock()
        self._closed = True
        self._connection, self._idle, self._parsed = None, [], {}

    def _opened(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            if self._closed:
                raise StoreFailed("the events store is closed")
            if self._connection is None:
                self._connection = self._open()
            return self._connection

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self.path.absolute() in _PARENTS:
            raise StoreFailed(
                f"the events file {self.path} belongs to the process that this one was forked from."
                f" {_ONE_COLLECTOR}"
            )
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = duckdb.connect(config=dict(self._config))
        try:
            quoted = str(self.path).replace("'", "''")
            connection.execute(f"ATTACH '{quoted}' AS events (ROW_GROUP_SIZE {_ROW_GROUP})")
            # From here on no statement can reach any other file.
            connection.execute("SET GLOBAL enable_external_access = false")
            # The columns we register are of one type each: looking at one value is enough.
            connection.execute("SET GLOBAL pandas_analyze_sample = 1")
            connection.execute("USE events")
            migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _idle_cursor(self) -> duckdb.DuckDBPyConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _put_back(
        self, cursor: duckdb.DuckDBPyConnection, connection: duckdb.DuckDBPyConnection
    ) -> None:
        with self._lock:
            if connection is self._connection and len(self._idle) < _IDLE_CURSORS:
                self._idle.append(cursor)
                return
        cursor.close()

    def _abandon(self, connection: duckdb.DuckDBPyConnection) -> None:
        """The next cursor opens the file anew."""
        idle: list[duckdb.DuckDBPyConnection] = []
        with self._lock:
            if self._connection is connection:
                self._connection = None
                idle, self._idle = self._idle, []
        for cursor in idle:
            cursor.close()
        connection.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            # Other errors quote what was stored, and a cause ends up in logs.
            quiet = isinstance(error, duckdb.OperationalError)
            raise StoreFailed(_explanation(self.path, error)) from (error if quiet else None)
        except OSError as error:
            raise StoreFailed(f"the events file {self.path} cannot be used: {error}") from error


_FILES: "WeakSet[EventsFile]" = WeakSet()
_PARENTS: set[Path] = set()
"""Files that the process had open from which this one was forked."""


def _after_fork() -> None:
    for file in list(_FILES):
        file.after_fork()


os.register_at_fork(after_in_child=_after_fork)


def _new_cursor(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    cursor = connection.cursor()
    cursor.execute("USE events")
    return cursor


def _config(
    path: Path, memory_limit_mb: int, threads: int
) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "memory_limit": f"{memory_limit_mb}MB",
        "threads": threads,
        "checkpoint_threshold": _CHECKPOINT_AT,
        # What a question needs beyond the memory limit goes beside the file.
        "temp_directory": f"{path}.tmp",
        "max_temp_directory_size": "1GB",
        # Nothing is downloaded or loaded.
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
    }


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _beyond_recovery(error: duckdb.Error) -> bool:
    return isinstance(error, duckdb.FatalException) or "has been invalidated" in str(error)


def _roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    try:
        cursor.rollback()
    except duckdb.Error:
        # A failed commit has rolled back already; the error that led here is the one to tell.
        return


def _explanation(path: Path, error: duckdb.Error) -> str:
    """What went wrong and what to do, in one line. Unknown errors are named by their type alone:
    DuckDB quotes values in its messages."""
    text = str(error).partition("\n")[0]
    if "Could not set lock" in text:
        return (
            f"the events file {path} is held by another process ({_holder(text)}). {_ONE_COLLECTOR}"
        )
    if "already attached" in text:
        return f"the events file {path} is already open in this process."
    if "No space left" in text or "File too large" in text or "quota" in text:
        return (
            f"no space left for the events file {path}. Free some, or lower how long and how much "
            "Nightlatch keeps; it goes on by itself when there is space."
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return f"the question was too large for the events store's memory limit ({path})."
    if _damaged(error, text):
        return (
            f"the events file {path} is damaged or is no DuckDB file ({text}). Move it away with "
            "its .wal: Nightlatch starts a new one."
        )
    detail = text if isinstance(error, duckdb.OperationalError) else type(error).__name__
    return f"the events file {path} failed: {detail}"


def _holder(text: str) -> str:
    _, _, after = text.partition("(PID ")
    return f"process id {after.partition(')')[0]}" if after else "its id is not known"


def _damaged(error: duckdb.Error, text: str) -> bool:
    return (
        isinstance(error, duckdb.SerializationException | duckdb.InternalException)
        or "not a valid DuckDB" in text
        or "checksum" in text.lower()
        or "Corrupt" in text
    )
