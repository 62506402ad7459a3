"""Events in a bounded ring in memory: for trying out, and when there is no DuckDB to use."""

import threading
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import attrgetter

from msgspec import Struct

from nightlatch.exchange.facts import ServiceEndpoint
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.record import Record
from nightlatch.store.codec import decode_record, encode_record
from nightlatch.store.ports import (
    Bucket,
    CallerCount,
    EventQuery,
    Exposure,
    Peaks,
    StoreFailed,
    StoreSize,
)
from nightlatch.store.query import CREDENTIALED, DAY, MONTH, matches, quantiles

_ENTRY_BYTES = 400
"""What an entry takes beside its encoded record, roughly."""


class _Entry(Struct, frozen=True, gc=False):
    """A record, encoded: a twentieth of the objects for the garbage collector to visit."""

    order: tuple[float, str]
    """Time and id: the order of all answers."""
    place: ServiceEndpoint
    circle: str
    address: str
    level: Level
    refused: bool
    disclosed: tuple[int, ...]
    data: bytes

    @property
    def at(self) -> float:
        return self.order[0]

    def is_of(self, endpoint: str | None, service: str | None) -> bool:
        """None: of any."""
        own = self.place
        return (endpoint is None or endpoint == own.endpoint) and (
            service is None or own.service in (service, "")
        )

    @property
    def weight(self) -> int:
        return len(self.data) + 8 * len(self.disclosed) + _ENTRY_BYTES


_order = attrgetter("order")


class MemoryEvents:
    """An EventStore that forgets the oldest records beyond `max_records` or `max_bytes`, and all of
    them when the process ends."""

    def __init__(self, max_records: int = 20_000, max_bytes: int = 64 << 20) -> None:
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._entries: list[_Entry] = []
        self._by_id: dict[str, _Entry] = {}
        self._bytes = 0
        self._closed = False

    def append(self, records: Sequence[Record]) -> None:
        entries = [_entry(record) for record in records]
        with self._lock:
            self._check_open()
            for entry in entries:
                self._keep(entry)
            self._forget(self._excess(self._max_records, self._max_bytes))

    def get(self, record_id: str) -> Record | None:
        with self._lock:
            self._check_open()
            entry = self._by_id.get(record_id)
        return None if entry is None else decode_record(entry.data)

    def search(self, query: EventQuery) -> list[Record]:
        entries = self._between(query.since, query.until)
        if query.before is not None:
            with self._lock:
                last = self._by_id.get(query.before)
            if last is None:
                return []
            del entries[bisect_left(entries, last.order, key=_order) :]
        return list(islice(_matching(reversed(entries), query), max(0, query.limit)))

    def count(self, query: EventQuery) -> int:
        return sum(1 for _ in _matching(self._between(query.since, query.until), query))

    def exposure(self, now: float) -> dict[ServiceEndpoint, Exposure]:
        day: dict[ServiceEndpoint, set[int]] = defaultdict(set)
        month: dict[ServiceEndpoint, set[int]] = defaultdict(set)
        for entry in self._between(None, None):
            if not entry.disclosed or not now - MONTH < entry.at <= now:
                continue
            month[entry.place].update(entry.disclosed)
            if entry.at > now - DAY:
                day[entry.place].update(entry.disclosed)
        return {
            at: Exposure(day=_with_everywhere(day, at), month=_with_everywhere(month, at))
            for at in month
        }

    def timeline(
        self,
        since: float,
        until: float,
        buckets: int,
        endpoint: str | None = None,
        service: str | None = None,
    ) -> list[Bucket]:
        step = (until - since) / buckets
        sorted_out: list[list[_Entry]] = [[] for _ in range(buckets)]
        for entry in self._between(since, until):
            if entry.is_of(endpoint, service):
                sorted_out[min(int((entry.at - since) / step), buckets - 1)].append(entry)
        return [_bucket(since + index * step, entries) for index, entries in enumerate(sorted_out)]

    def callers(
        self,
        endpoint: str,
        since: float,
        until: float,
        limit: int = 20,
        service: str | None = None,
    ) -> list[CallerCount]:
        by_circle: dict[str, list[_Entry]] = defaultdict(list)
        for entry in self._between(since, until):
            if entry.is_of(endpoint, service):
                by_circle[entry.circle].append(entry)
        counts = [_caller(circle, entries) for circle, entries in by_circle.items()]
        counts.sort(key=lambda c: (-c.disclosed, -c.requests, c.circle))
        return counts[:limit]

    def peaks(self, what: str, by: str, step: float, since: float, until: float) -> list[Peaks]:
        counted: dict[ServiceEndpoint, dict[str, dict[int, list[_Entry]]]] = {}
        for entry in self._between(since, until):
            caller = entry.address if by == "address" else entry.circle
            if entry.refused or (by != "address" and not caller.startswith(CREDENTIALED)):
                continue
            steps = counted.setdefault(entry.place, {}).setdefault(caller, {})
            steps.setdefault(int((entry.at - since) // step), []).append(entry)
        count = _distinct if what == "people" else len
        busiest = {
            at: [max(map(count, steps.values())) for steps in callers.values()]
            for at, callers in counted.items()
        }
        some = {at: [n for n in counts if n] for at, counts in busiest.items()}
        return [
            Peaks(at.endpoint, len(counts), *quantiles(counts), at.service)
            for at, counts in sorted(some.items(), key=lambda one: one[0][::-1])
            if counts
        ]

    def prune(self, now: float, max_age: float, max_bytes: int) -> int:
        with self._lock:
            self._check_open()
            too_old = bisect_left(self._entries, now - max_age, key=lambda entry: entry.at)
            forgotten = self._forget(too_old)
            return forgotten + self._forget(self._excess(self._max_records, max_bytes))

    def size(self) -> StoreSize:
        with self._lock:
            self._check_open()
            oldest = self._entries[0].at if self._entries else None
            return StoreSize(records=len(self._entries), bytes=self._bytes, oldest=oldest)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._forget(len(self._entries))

    def _check_open(self) -> None:
        if self._closed:
            raise StoreFailed("the events store is closed")

    def _keep(self, entry: _Entry) -> None:
        record_id = entry.order[1]
        if record_id not in self._by_id:
            self._by_id[record_id] = entry
            self._bytes += entry.weight
            insort(self._entries, entry, key=_order)

    def _excess(self, max_records: int, max_bytes: int) -> int:
        """How many of the oldest have to go."""
        excess = max(0, len(self._entries) - max_records)
        left = self._bytes - sum(entry.weight for entry in self._entries[:excess])
        while left > max_bytes:
            left -= self._entries[excess].weight
            excess += 1
        return excess

    def _forget(self, how_many: int) -> int:
        for entry in self._entries[:how_many]:
            del self._by_id[entry.order[1]]
            self._bytes -= entry.weight
        del self._entries[:how_many]
        return how_many

    def _between(self, since: float | None, until: float | None) -> list[_Entry]:
        """A copy, oldest first, so that nobody holds the lock while decoding."""
        with self._lock:
            self._check_open()
            entries = self._entries
            start = 0 if since is None else bisect_left(entries, since, key=_at)
            end = len(entries) if until is None else bisect_left(entries, until, key=_at)
            return entries[start:end]


def _at(entry: _Entry) -> float:
    return entry.order[0]


def _entry(record: Record) -> _Entry:
    record, data = encode_record(record)
    return _Entry(
        order=(record.at, record.id),
        place=ServiceEndpoint(record.service, record.endpoint),
        circle=record.circles[0] if record.circles else "",
        address=record.address,
        level=record.level,
        refused=record.refused,
        disclosed=record.disclosed,
        data=data,
    )


def _matching(entries: Iterable[_Entry], query: EventQuery) -> Iterator[Record]:
    for entry in entries:
        if entry.is_of(query.endpoint, query.service):
            record = decode_record(entry.data)
            if matches(record, query):
                yield record


def _with_everywhere(subjects: Mapping[ServiceEndpoint, set[int]], at: ServiceEndpoint) -> int:
    """How many there, those of every service included."""
    empty = set[int]()
    return len(subjects.get(at, empty) | subjects.get(at.everywhere, empty))


def _distinct(entries: Iterable[_Entry]) -> int:
    subjects: set[int] = set()
    subjects.update(*(entry.disclosed for entry in entries))
    return len(subjects)


def _how_many(entries: Iterable[_Entry], wanted: Callable[[_Entry], bool]) -> int:
    return sum(1 for entry in entries if wanted(entry))


def _bucket(at: float, entries: Sequence[_Entry]) -> Bucket:
    return Bucket(
        at=at,
        low=_how_many(entries, lambda entry: entry.level is Level.LOW),
        medium=_how_many(entries, lambda entry: entry.level is Level.MEDIUM),
        high=_how_many(entries, lambda entry: entry.level is Level.HIGH),
        refused=_how_many(entries, lambda entry: entry.refused),
        disclosed=_distinct(entries),
    )


def _caller(circle: str, entries: Sequence[_Entry]) -> CallerCount:
    """`entries` are one caller's, oldest first, at least one."""
    return CallerCount(
        circle=circle,
        address=entries[-1].address,
        requests=len(entries),
        disclosed=_distinct(entries),
        refused=_how_many(entries, lambda entry: entry.refused),
        first_seen=entries[0].at,
        last_seen=entries[-1].at,
    )
