"""Events in one DuckDB file: the default on one machine."""

import math
import threading
from collections.abc import Sequence
from pathlib import Path

import duckdb

from nightlatch.exchange.facts import ServiceEndpoint
from nightlatch.exchange.record import Record
from nightlatch.store import duckdb_questions as questions
from nightlatch.store.duckdb_batch import insert
from nightlatch.store.duckdb_file import EventsFile
from nightlatch.store.duckdb_ids import KnownIds
from nightlatch.store.duckdb_pages import COLUMNS, read
from nightlatch.store.duckdb_questions import Where, one_row
from nightlatch.store.ports import (
    Bucket,
    CallerCount,
    EventQuery,
    Exposure,
    Peaks,
    StoreSize,
)
from nightlatch.store.query import DAY, MONTH

_PRUNE_ROUNDS = 8
_PRUNE_TO = 0.9
"""Pruning by size goes a little below the bound, so that the next append does not pass it again."""

_DISCLOSURE_BYTES = 32
"""A disclosure's share of the file, a little more than measured."""


class DuckDBEvents:
    """An EventStore in the file `path`, which one process owns.

    `memory_limit_mb` bounds what DuckDB takes of this process's memory; one thread is enough for
    the questions asked here and leaves the others to the application.
    """

    def __init__(self, path: Path, memory_limit_mb: int = 256, threads: int = 1) -> None:
        self._file = EventsFile(path, memory_limit_mb, threads)
        self._writing = threading.Lock()
        self._known: KnownIds | None = None

    def append(self, records: Sequence[Record]) -> None:
        by_id = {record.id: record for record in reversed(records)}
        if not by_id:
            return
        with self._writing:
            known = self._known
            # A commit that fails may still have reached the disk: until this one is known to have
            # succeeded, nothing is known.
            self._known = None
            with self._file.transaction() as cursor:
                if known is None:
                    known = KnownIds(_highest_id(cursor))
                for record_id in known.among(by_id, cursor):
                    del by_id[record_id]
                if by_id:
                    fresh = [by_id[record_id] for record_id in sorted(by_id)]
                    insert(cursor, fresh, self._file.parsed)
            known.add(by_id)
            self._known = known

    def get(self, record_id: str) -> Record | None:
        where = Where()
        where.add("id = ?", record_id)
        with self._file.transaction() as cursor:
            found = read(cursor, _select(cursor, COLUMNS, where))
        return found[0] if found else None

    def search(self, query: EventQuery) -> list[Record]:
        where = questions.matching(query)
        with self._file.transaction() as cursor:
            if query.before is not None and not _add_before(cursor, where, query.before):
                return []
            order = f"ORDER BY observed_at DESC, id DESC LIMIT {max(0, query.limit)}"
            return read(cursor, _select(cursor, COLUMNS, where, order))

    def count(self, query: EventQuery) -> int:
        where = questions.matching(query)
        with self._file.cursor() as cursor:
            ((count,),) = _select(cursor, "count(*)", where)
        return int(count)

    def exposure(self, now: float) -> dict[ServiceEndpoint, Exposure]:
        with self._file.cursor() as cursor:
            day = questions.exposed(cursor, now - DAY, now)
            month = questions.exposed(cursor, now - MONTH, now)
        return {
            at: Exposure(day=day.get(at) or day.get(at.everywhere, 0), month=count)
            for at, count in month.items()
        }

    def timeline(
        self,
        since: float,
        until: float,
        buckets: int,
        endpoint: str | None = None,
        service: str | None = None,
    ) -> list[Bucket]:
        with self._file.cursor() as cursor:
            return questions.timeline(cursor, since, until, buckets, endpoint, service)

    def callers(
        self,
        endpoint: str,
        since: float,
        until: float,
        limit: int = 20,
        service: str | None = None,
    ) -> list[CallerCount]:
        with self._file.cursor() as cursor:
            return questions.callers(cursor, endpoint, since, until, limit, service)

    def peaks(self, what: str, by: str, step: float, since: float, until: float) -> list[Peaks]:
        with self._file.cursor() as cursor:
            return questions.peaks(cursor, what, by, step, since, until)

    def prune(self, now: float, max_age: float, max_bytes: int) -> int:
        """Disclosures are small and exposure needs a month of them: of the bound on size they may
        have half, and so outlive the records they came with. The bound on age holds for both.

        The file keeps the rest of a row group that was forgotten in part, which is at most 16,384
        records; it gives the space of the others back for new records, not to the file system.
        """
        with self._file.cursor() as cursor:
            removed = _forget(cursor, "records", now - max_age)
            _forget(cursor, "disclosures", now - max_age)
            _limit_disclosures(cursor, max_bytes // 2)
            for attempt in range(1, _PRUNE_ROUNDS + 1):
                # First of all the log is folded in: it is many times as large as what it becomes.
                cursor.execute("CHECKPOINT")
                living = self._living_bytes(cursor)
                if living <= max_bytes:
                    break
                share = 1.0 if attempt == _PRUNE_ROUNDS else 1 - _PRUNE_TO * max_bytes / living
                removed += _forget_share(cursor, "records", share)
        with self._writing:
            # What was forgotten may come again.
            self._known = None
        return removed

    def _living_bytes(self, cursor: duckdb.DuckDBPyConnection) -> float:
        """What the file would take without the rows that are deleted but still stored: to measure
        the file alone would be to delete more and more until a whole row group is free."""
        stored, living = one_row(
            cursor,
            """
            SELECT coalesce(sum(count), 0), (SELECT count(*) FROM records)
            FROM pragma_storage_info('records')
            WHERE column_name = 'observed_at' AND segment_type = 'DOUBLE'
            """,
        )
        return self._file.used_bytes(cursor) * living / stored if stored else 0.0

    def size(self) -> StoreSize:
        with self._file.cursor() as cursor:
            records, oldest = one_row(cursor, "SELECT count(*), min(observed_at) FROM records")
            (memory,) = one_row(cursor, "SELECT sum(memory_usage_bytes) FROM duckdb_memory()")
            used = self._file.used_bytes(cursor)
            return StoreSize(records=records, bytes=used, oldest=oldest, memory=int(memory))

    def close(self) -> None:
        with self._writing:
            self._file.close()


def _select(
    cursor: duckdb.DuckDBPyConnection, what: str, where: Where, order: str = ""
) -> list[questions.Row]:
    statement = f"SELECT {what} FROM records WHERE {where.sql} {order}"  # noqa: S608
    return cursor.execute(statement, where.parameters).fetchall()


def _add_before(cursor: duckdb.DuckDBPyConnection, where: Where, record_id: str) -> bool:
    """Narrow to records older than this one; False when it is gone."""
    this = Where()
    this.add("id = ?", record_id)
    times = _select(cursor, "observed_at", this)
    if not times:
        return False
    where.add("(observed_at, id) < (?, ?)", times[0][0], record_id)
    # Says it again in the terms by which DuckDB skips whole row groups.
    where.add("observed_at <= ?", times[0][0])
    return True


def _highest_id(cursor: duckdb.DuckDBPyConnection) -> str:
    (highest,) = one_row(cursor, "SELECT coalesce(max(id), '') FROM records")
    return str(highest)


def _forget(cursor: duckdb.DuckDBPyConnection, table: str, cutoff: float) -> int:
    """Delete what is older than `cutoff`; returns how many rows went."""
    statement = f"DELETE FROM {table} WHERE observed_at < ?"  # noqa: S608
    return int(one_row(cursor, statement, [cutoff])[0])


def _forget_share(cursor: duckdb.DuckDBPyConnection, table: str, share: float) -> int:
    """Delete the oldest share of the rows, and at least the oldest row."""
    statement = f"SELECT approx_quantile(observed_at, {share!r}), min(observed_at) FROM {table}"  # noqa: S608
    cutoff, oldest = one_row(cursor, statement)
    if oldest is None:
        return 0
    return _forget(cursor, table, math.nextafter(max(cutoff, oldest), math.inf))


def _limit_disclosures(cursor: duckdb.DuckDBPyConnection, max_bytes: int) -> None:
    (rows,) = one_row(cursor, "SELECT count(*) FROM disclosures")
    fitting = max_bytes // _DISCLOSURE_BYTES
    if rows > fitting:
        _forget_share(cursor, "disclosures", 1 - fitting / rows)
