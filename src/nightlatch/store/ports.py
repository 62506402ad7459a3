"""The three ports. A backend that passes the port's conformance suite can stand in for any other.

Every call may raise `StoreFailed`, and nothing else, for what is not the caller's mistake.
Time is an argument: seconds since the epoch.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from msgspec import Struct

from nightlatch.exchange.facts import Contract, EndpointSummary, ServiceEndpoint
from nightlatch.exchange.incident import Incident
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.measure import Measure
from nightlatch.exchange.record import Record
from nightlatch.faults import Mistake


class StoreFailed(Mistake):
    """The store could not do it: disk full, file locked, gone. The text says what to do."""


class EventQuery(Struct, frozen=True):
    """Which records; every field that is set narrows. Newest first."""

    since: float | None = None
    """This moment included."""
    until: float | None = None
    """This moment excluded."""
    level: Level | None = None
    """At least this level."""
    endpoint: str | None = None
    address: str | None = None
    circle: str | None = None
    method: str | None = None
    status: str | None = None
    """"404", or a class: "4xx". Anything else matches no record."""
    check: str | None = None
    """Failed this check."""
    refused: bool | None = None
    text: str | None = None
    """Case-insensitive substring of path, query, host, address or redacted bodies."""
    before: str | None = None
    """Only records older than the record with this id (a page's last). None are when it is gone:
    the oldest go first."""
    limit: int = 50
    service: str | None = None
    """Here and in the questions below: what was kept before services were told apart is every
    service's."""


class Bucket(Struct, frozen=True):
    """One step of a timeline."""

    at: float
    low: int
    medium: int
    high: int
    refused: int
    disclosed: int
    """Distinct subjects that left within the bucket."""


class Exposure(Struct, frozen=True):
    day: int
    month: int


class CallerCount(Struct, frozen=True):
    """What one caller did at one endpoint in a stretch of time."""

    circle: str
    address: str
    requests: int
    disclosed: int
    refused: int
    first_seen: float
    last_seen: float


class Peaks(Struct, frozen=True):
    """How much the callers of one endpoint take in their busiest stretch of time, each its own."""

    endpoint: str
    callers: int
    p50: int
    p90: int
    p99: int
    """Of a hundred callers, the busiest but one never took more; the figure is one that a caller
    had (nearest rank, rounded up)."""
    highest: int
    service: str = ""


class StoreSize(Struct, frozen=True):
    records: int
    bytes: int
    oldest: float | None
    memory: int = 0
    """Bytes of this process's memory that the store says it holds; 0 where it does not say."""


class EventStore(Protocol):
    """Records of exchanges, appended in batches, searched by time."""

    def append(self, records: Sequence[Record]) -> None:
        """All or nothing, durable when it returns. A record whose id is known is ignored."""

    def get(self, record_id: str) -> Record | None: ...

    def search(self, query: EventQuery) -> list[Record]: ...

    def count(self, query: EventQuery) -> int:
        """How many records match; `before` and `limit` are ignored."""

    def exposure(self, now: float) -> dict[ServiceEndpoint, Exposure]:
        """Distinct subjects disclosed, by service and endpoint, in the last 24 hours and 30 days:
        exact up to 10,000 a figure, beyond that within 3 %."""

    def timeline(
        self,
        since: float,
        until: float,
        buckets: int,
        endpoint: str | None = None,
        service: str | None = None,
    ) -> list[Bucket]:
        """Exactly `buckets` equal steps from `since` up to `until`, empty ones included."""

    def callers(
        self,
        endpoint: str,
        since: float,
        until: float,
        limit: int = 20,
        service: str | None = None,
    ) -> list[CallerCount]:
        """Who called, by narrowest circle: the most distinct subjects first, then requests. The
        address is the caller's latest."""

    def peaks(self, what: str, by: str, step: float, since: float, until: float) -> list[Peaks]:
        """Of each caller the busiest of the steps of `step` seconds, counted from `since`; of those
        the quantiles, by endpoint key and service (empty: of before they were told apart). `what`:
        "requests", or "people" for distinct subjects disclosed. `by`: "address", or "credential"
        for callers that carry one (a principal or a session counts as such). Requests that were
        refused do not count."""

    def prune(self, now: float, max_age: float, max_bytes: int) -> int:
        """Forget the oldest until both bounds hold; returns how many records went."""

    def size(self) -> StoreSize: ...

    def close(self) -> None: ...


class CounterStore(Protocol):
    """Counts that expire: distinct members, plain counters, flags. Bounded; evicts what expires
    first, and says how often it had to. Each of the three kinds has its own keys; an entry is gone
    at the moment its time to live is over."""

    def add_distinct(self, key: str, members: Iterable[int], now: float, ttl: float) -> int:
        """Add 64-bit members to the set `key`, which lives `ttl` seconds from its creation; returns
        its cardinality: exact up to 1,000, beyond that within 3 %."""

    def distinct(self, key: str, now: float) -> int: ...

    def increment(self, key: str, by: int, now: float, ttl: float) -> int:
        """Add `by` to the counter `key`, which lives `ttl` seconds from its creation."""

    def count(self, key: str, now: float) -> int: ...

    def set_flag(self, key: str, value: str, now: float, ttl: float) -> None:
        """Replaces the flag, which lives `ttl` seconds from now."""

    def flag(self, key: str, now: float) -> str | None: ...

    def clear(self, key: str) -> None:
        """Forget everything of this name, of whatever kind."""

    @property
    def evicted(self) -> int:
        """Entries dropped before their time, since the start."""


class SharedTally(Protocol):
    """Distinct members under one name, of all processes together, as far as this one knows: never
    less than what all of them had a moment ago, plus what this one added since."""

    def add(self, members: Iterable[bytes], now: float) -> None:
        """Eight-byte digests. Never waits, never fails."""

    def count(self, window: int, now: float) -> int:
        """Members within the window of so many seconds that is open now."""

    def ends(self, window: int) -> float:
        """When that window ends."""

    @property
    def most(self) -> int:
        """At least what any window holds: a quick look before the others."""


class SharedPace(Protocol):
    """How fast all processes together are asked, by the generic cell rate algorithm: the moment at
    which all of it would have been due, as far as this process knows."""

    def add(self, requests: int, now: float) -> None:
        """Never waits, never fails."""

    @property
    def due(self) -> float:
        """0.0 before anything is known."""


class SharedCounts(Protocol):
    """Counts that several processes keep together, behind the backs of their requests."""

    def tally(self, name: str, windows: Sequence[int]) -> SharedTally:
        """The one of this name; its windows, in seconds, last from the first member on."""

    def pace(self, name: str, interval: float, bound: float) -> SharedPace:
        """The one of this name: a request each `interval` seconds, and its moment at most `bound`
        seconds ahead."""


class AuditEntry(Struct, frozen=True):
    at: float
    actor: str
    action: str
    target: str
    detail: str = ""


class DocumentStore(Protocol):
    """What people decided and what they must be able to read years later."""

    def contracts(self) -> list[Contract]:
        """By endpoint, and of the same endpoint by service."""

    def put_contract(self, contract: Contract) -> None:
        """Replaces the contract of the same endpoint of the same service."""

    def measures(self, ending_after: float = 0.0, limit: int = 1_000) -> list[Measure]:
        """Those that end, or ended, after the moment; what was ordered last comes first."""

    def measure(self, measure_id: str) -> Measure | None: ...

    def put_measure(self, measure: Measure) -> None:
        """Replaces the measure of the same id."""

    def endpoints(self) -> list[EndpointSummary]:
        """By endpoint, and the same endpoint by service."""

    def put_endpoints(self, summaries: Sequence[EndpointSummary]) -> None:
        """Replaces the summaries of these endpoints of these services, and keeps the others."""

    def incidents(self, limit: int = 100) -> list[Incident]:
        """Newest first."""

    def incident(self, incident_id: str) -> Incident | None: ...

    def put_incident(self, incident: Incident) -> None:
        """Replaces the incident of the same id."""

    def audit(self, entry: AuditEntry) -> None: ...

    def audit_log(self, limit: int = 100) -> list[AuditEntry]:
        """Newest first."""

    def state(self, key: str) -> bytes | None:
        """A small piece of learned state, e.g. "inventory", "console-token"."""

    def put_state(self, key: str, value: bytes) -> None:
        """Replaces it whatever it is by now: for what one process alone keeps."""

    def change_state(self, key: str, change: Callable[[bytes | None], bytes | None]) -> None:
        """Replaces it with what `change` makes of it (given None where there is none), and nobody,
        in any process, writes in between: for what several may change. Nothing is written where
        `change` returns None or raises; what it raises is raised. It must be quick and ask nothing
        of the store, and may be called more than once."""

    def close(self) -> None: ...
