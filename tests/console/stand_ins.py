"""Stand-ins for the rooms below, in memory, small and without surprises."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace
from tests.console.sample_house import (
    ATTACK_SECONDS,
    ATTACK_START,
    DOORS,
    HOUR,
    LOOKUP,
    NOW,
    detections,
    make_records,
    statuses,
)

from nightlatch.console.live import matcher
from nightlatch.exchange.facts import Contract, Directives, EndpointSummary
from nightlatch.exchange.incident import Incident, IncidentCaller, IncidentState
from nightlatch.exchange.judgement import DetectionKind, Level, Mode, Outcome
from nightlatch.exchange.record import Record
from nightlatch.store.ports import (
    AuditEntry,
    Bucket,
    CallerCount,
    EventQuery,
    Exposure,
    StoreSize,
)


class Events:
    """Records in a list, newest last."""

    def __init__(self, records: Sequence[Record] = ()) -> None:
        self.records = list(records)

    def append(self, records: Sequence[Record]) -> None:
        self.records += records

    def get(self, record_id: str) -> Record | None:
        return next((record for record in self.records if record.id == record_id), None)

    def search(self, query: EventQuery) -> list[Record]:
        matches, older, found = matcher(query), query.before is None, []
        for record in reversed(self.records):
            if older and matches(record):
                found.append(record)
                if len(found) == query.limit:
                    break
            older = older or record.id == query.before
        return found

    def count(self, query: EventQuery) -> int:
        return sum(map(matcher(query), self.records))

    def exposure(self, now: float) -> dict[str, Exposure]:
        return {door.endpoint: self._exposure(door.endpoint, now) for door in DOORS}

    def _exposure(self, endpoint: str, now: float) -> Exposure:
        left = [
            (record.at, digest)
            for record in self.records
            if record.endpoint == endpoint
            for digest in record.disclosed
        ]
        return Exposure(
            len({digest for at, digest in left if at > now - 24 * HOUR}),
            len({digest for at, digest in left if at > now - 720 * HOUR}),
        )

    def timeline(
        self, since: float, until: float, buckets: int, endpoint: str | None = None
    ) -> list[Bucket]:
        step = (until - since) / buckets
        cells: list[list[Record]] = [[] for _ in range(buckets)]
        for record in self.records:
            if since <= record.at < until and endpoint in (None, record.endpoint):
                cells[int((record.at - since) / step)].append(record)
        return [_bucket(since + step * index, cell) for index, cell in enumerate(cells)]

    def callers(
        self, endpoint: str, since: float, until: float, limit: int = 20
    ) -> list[CallerCount]:
        by_circle: dict[str, list[Record]] = {}
        for record in self.records:
            if record.endpoint == endpoint and since <= record.at < until:
                by_circle.setdefault(record.circles[0], []).append(record)
        counts = [_caller(circle, records) for circle, records in by_circle.items()]
        counts.sort(key=lambda caller: (-caller.disclosed, -caller.requests))
        return counts[:limit]

    def prune(self, now: float, max_age: float, max_bytes: int) -> int:
        return 0

    def size(self) -> StoreSize:
        oldest = self.records[0].at if self.records else None
        return StoreSize(len(self.records), 1400 * len(self.records), oldest)

    def close(self) -> None: ...


class Documents:
    """What people decided, in dictionaries."""

    def __init__(self) -> None:
        self.states: dict[str, bytes] = {}
        self.entries: list[AuditEntry] = []

    def contracts(self) -> list[Contract]:
        return []

    def put_contract(self, contract: Contract) -> None: ...

    def endpoints(self) -> list[EndpointSummary]:
        return []

    def put_endpoints(self, summaries: Sequence[EndpointSummary]) -> None: ...

    def incidents(self, limit: int = 100) -> list[Incident]:
        return []

    def incident(self, incident_id: str) -> Incident | None:
        return None

    def put_incident(self, incident: Incident) -> None: ...

    def audit(self, entry: AuditEntry) -> None:
        self.entries.insert(0, entry)

    def audit_log(self, limit: int = 100) -> list[AuditEntry]:
        return self.entries[:limit]

    def state(self, key: str) -> bytes | None:
        return self.states.get(key)

    def put_state(self, key: str, value: bytes) -> None:
        self.states[key] = value

    def close(self) -> None: ...


class SampleAgent(Struct):
    service: str
    instance: str
    version: str
    last_seen: float
    queue_depth: int


class SampleHealth(Struct):
    outcomes: Mapping[str, int]
    agents: Sequence[SampleAgent]
    problems: Sequence[str] = ()


class Feed:
    """A live feed that the test fills by hand."""

    def __init__(self) -> None:
        self.waiting: list[Record] = []
        self.lost = 0
        self.closed = False

    def take(self) -> tuple[Sequence[Record], int]:
        taken, lost = self.waiting, self.lost
        self.waiting, self.lost = [], 0
        return taken, lost

    def close(self) -> None:
        self.closed = True


class SampleRecorder:
    """Keeps decisions as the real recorder does, over records that do not change."""

    def __init__(self, events: Events, documents: Documents) -> None:
        self._events = events
        self._documents = documents
        self.contracts: dict[str, Contract] = {}
        self.mode: Mode | None = None
        self.feeds: list[Feed] = []
        self.problems: tuple[str, ...] = ()
        self._incidents = {incident.id: incident for incident in _sample_incidents(events)}

    @property
    def directives(self) -> Directives:
        return Directives(len(self._documents.entries), self.mode, tuple(self.contracts.values()))

    def endpoints(self, now: float) -> list[EndpointSummary]:
        exposure = self._events.exposure(now)
        made = [
            summary
            for door in DOORS
            if (summary := _summary(self._events, door.endpoint, exposure)) is not None
        ]
        made = [replace(one, contract=self.contracts.get(one.endpoint)) for one in made]
        made.sort(key=lambda one: (-one.risk, -one.exposure_day))
        return made

    def incidents(self, limit: int) -> list[Incident]:
        newest = sorted(self._incidents.values(), key=lambda one: -one.opened)
        return newest[:limit]

    def incident(self, incident_id: str) -> Incident | None:
        return self._incidents.get(incident_id)

    def decide(self, contract: Contract, actor: str, now: float) -> None:
        self.contracts[contract.endpoint] = contract
        self._audit(now, actor, "contract", contract.endpoint, contract.expectation)

    def set_mode(self, mode: Mode, actor: str, now: float) -> None:
        self.mode = mode
        self._audit(now, actor, "mode", "installation", mode)

    def contain(self, incident_id: str, actor: str, now: float) -> None:
        incident = self._incidents[incident_id]
        self._incidents[incident_id] = replace(incident, state=IncidentState.CONTAINED)
        known = self.contracts.get(incident.endpoint, Contract(incident.endpoint))
        self.contracts[incident.endpoint] = replace(known, mode=Mode.ENFORCE, decided_at=now)
        self._audit(now, actor, "contain", incident.endpoint, incident_id)

    def close_incident(self, incident_id: str, actor: str, now: float) -> None:
        closed = replace(self._incidents[incident_id], state=IncidentState.CLOSED)
        self._incidents[incident_id] = closed
        self._audit(now, actor, "close", closed.endpoint, incident_id)

    def subscribe(self) -> Feed:
        feed = Feed()
        self.feeds.append(feed)
        return feed

    def publish(self, *records: Record, lost: int = 0) -> None:
        for feed in self.feeds:
            feed.waiting += records
            feed.lost += lost

    def health(self, now: float) -> SampleHealth:
        records = len(self._events.records)
        agents = [SampleAgent("accounts-api", "worker-1", "0.1.0", now - 2, 3)] if records else []
        return SampleHealth({Outcome.RECORDED: records}, agents, self.problems)

    def _audit(self, now: float, actor: str, action: str, target: str, detail: str) -> None:
        self._documents.audit(AuditEntry(now, actor, action, target, detail))


def full_house(honest: int = 600, attack: int = 600) -> tuple[SampleRecorder, Events, Documents]:
    events, documents = Events(make_records(honest, attack)), Documents()
    return SampleRecorder(events, documents), events, documents


def empty_house() -> tuple[SampleRecorder, Events, Documents]:
    events, documents = Events(), Documents()
    return SampleRecorder(events, documents), events, documents


def _bucket(at: float, records: Sequence[Record]) -> Bucket:
    levels = [record.level for record in records]
    return Bucket(
        at,
        levels.count(Level.LOW),
        levels.count(Level.MEDIUM),
        levels.count(Level.HIGH),
        sum(record.decision.withhold for record in records),
        len({digest for record in records for digest in record.disclosed}),
    )


def _caller(circle: str, records: Sequence[Record]) -> CallerCount:
    return CallerCount(
        circle,
        records[0].address,
        len(records),
        len({digest for record in records for digest in record.disclosed}),
        sum(record.decision.withhold for record in records),
        records[0].at,
        records[-1].at,
    )


def _summary(
    events: Events, endpoint: str, exposure: Mapping[str, Exposure]
) -> EndpointSummary | None:
    door = next(door for door in DOORS if door.endpoint == endpoint)
    records = [record for record in events.records if record.endpoint == endpoint]
    if not records:
        return None
    failed: dict[str, int] = {}
    for record in records:
        for finding in record.findings:
            failed[finding.check] = failed.get(finding.check, 0) + 1
    return EndpointSummary(
        endpoint=endpoint,
        service="accounts-api",
        requests=len(records),
        first_seen=records[0].at,
        last_seen=records[-1].at,
        posture=door.posture,
        coverage={"protected": 0.99, "mixed": 0.61}.get(door.posture, 0.0),
        risk=door.level,
        risk_reason=door.reason,
        items=door.items,
        credential_kinds=(door.credential,) if door.credential else (),
        failed_checks=tuple(sorted(failed.items(), key=lambda entry: -entry[1])),
        statuses=statuses(records),
        refused=sum(record.decision.withhold for record in records),
        exposure_day=exposure[endpoint].day,
        exposure_month=exposure[endpoint].month * 3,
    )


def _sample_incidents(events: Events) -> list[Incident]:
    if not events.records:
        return []
    walk = [
        record
        for record in events.records
        if record.endpoint == LOOKUP and record.address.startswith("203.")
    ]
    callers = Events(walk).callers(LOOKUP, 0, NOW, 20)
    invoices = "GET /v1/invoices/{invoice_id}"
    return [
        Incident(
            id="01JXSM4Z0000000000000WALK1",
            endpoint=LOOKUP,
            kind=DetectionKind.DISTRIBUTED_ENUMERATION,
            title=f"64 addresses walk {LOOKUP}",
            level=Level.HIGH,
            state=IncidentState.OPEN,
            opened=ATTACK_START + 60,
            last_seen=ATTACK_START + ATTACK_SECONDS,
            attempts=len(walk),
            subjects=len({digest for record in walk for digest in record.disclosed}),
            callers=64,
            top_callers=tuple(
                IncidentCaller(
                    c.circle,
                    c.address,
                    c.requests,
                    c.disclosed,
                    c.refused,
                    c.first_seen,
                    c.last_seen,
                )
                for c in callers
            ),
            detections=detections(),
        ),
        _older("01JXQ00000000000000000BUDG", invoices, IncidentState.CONTAINED, 9, 143, 61),
        _older("01JXP00000000000000000OLD1", invoices, IncidentState.CLOSED, 31, 40, 12),
    ]


def _older(
    incident_id: str, endpoint: str, state: IncidentState, hours: float, attempts: int, people: int
) -> Incident:
    opened = NOW - hours * HOUR
    return Incident(
        id=incident_id,
        endpoint=endpoint,
        kind=DetectionKind.BUDGET_EXCEEDED,
        title=f"More people's records than allowed leave through {endpoint}",
        level=Level.MEDIUM,
        state=state,
        opened=opened,
        last_seen=opened + 2400,
        attempts=attempts,
        subjects=people,
        refused=38 if state is IncidentState.CONTAINED else 0,
        callers=3,
    )
