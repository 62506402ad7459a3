"""Opens the stores that a machine has, in the data directory.

What is opened is imported then: all of it would make the import of an application a third longer.
"""

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from nightlatch import __version__
from nightlatch.settings import Settings
from nightlatch.store.ports import DocumentStore, EventStore, StoreFailed

if TYPE_CHECKING:
    from nightlatch.respond.recorder import Recorder

log = logging.getLogger("nightlatch")

DAY = 86_400.0
GUEST_MB = 96
"""What DuckDB may use in somebody else's process; a collector has its own, and gives it more."""
DOCUMENTS = "documents.sqlite"
EVENTS = "events.duckdb"
KEY = "key"
LEARNED = "inventory.msgpack"
WATCHED = "watch.msgpack"
OBSERVED = "observed"
CACHE = "nightlatch"
INGEST_TOKEN = "ingest-token"
DIRECTIVES = "directives.msgpack"
SPOOL = "spool"


def data_dir(settings: Settings) -> Path:
    """The data directory, made owner-only when it is not there yet."""
    path = Path(settings.data_dir)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def cache_dir(settings: Settings) -> Path:
    """Where compiled patterns are kept: once for all applications of a user, who may have no home;
    then in the data directory. `XDG_CACHE_HOME` is the XDG Base Directory Specification's."""
    try:
        path = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / CACHE
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return data_dir(settings)
    return path if os.access(path, os.W_OK) else data_dir(settings)


def open_documents(settings: Settings) -> DocumentStore:
    """SQLite in the data directory. Raises StoreFailed."""
    from nightlatch.store.sqlite_documents import SQLiteDocuments

    return SQLiteDocuments(data_dir(settings) / DOCUMENTS)


def open_events(settings: Settings, memory_mb: int = 256) -> EventStore:
    """DuckDB in the data directory. Raises StoreFailed, also when another process has it."""
    from nightlatch.store.duckdb_events import DuckDBEvents

    return DuckDBEvents(data_dir(settings) / EVENTS, memory_mb)


def open_what_there_is(settings: Settings) -> tuple[EventStore, DocumentStore]:
    """For an application without a collector: files if they can be had, else memory, and loud."""
    return _events_or_memory(settings), _documents_or_memory(settings)


def build_recorder(settings: Settings, events: EventStore, documents: DocumentStore) -> "Recorder":
    """A recorder over open stores. Raises StoreFailed when what they hold cannot be read."""
    from nightlatch.respond.recorder import Recorder

    return Recorder(
        events,
        documents,
        max_age=settings.retention.days * DAY,
        max_bytes=settings.retention.megabytes * 2**20,
        version=__version__,
    )


def _events_or_memory(settings: Settings) -> EventStore:
    try:
        return open_events(settings, GUEST_MB)
    except (ImportError, StoreFailed) as reason:
        log.warning("Records are kept in memory only: %s", _advice(reason))
        from nightlatch.store.memory_events import MemoryEvents

        return MemoryEvents()


def _documents_or_memory(settings: Settings) -> DocumentStore:
    try:
        return open_documents(settings)
    except (ImportError, StoreFailed) as reason:
        log.warning("Decisions and incidents are kept in memory only: %s", _advice(reason))
        from nightlatch.store.memory_documents import MemoryDocuments

        return MemoryDocuments()


def _advice(reason: Exception) -> str:
    if isinstance(reason, ImportError):
        return f"{reason.name} is not installed; pip install 'nightlatch[server]'"
    return str(reason)
