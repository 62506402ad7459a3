"""Stores that fail when told to, around real ones."""

from collections.abc import Sequence
from typing import Any

from nightlatch.exchange.facts import Contract, EndpointSummary
from nightlatch.exchange.incident import Incident
from nightlatch.exchange.record import Record
from nightlatch.store.memory_events import MemoryEvents
from nightlatch.store.ports import AuditEntry, Exposure, StoreFailed


class FailingEvents(MemoryEvents):
    """Fails while `broken` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = ""
        self.appends = 0

    def append(self, records: Sequence[Record]) -> None:
        self.appends += 1
        self._fail()
        super().append(records)

    def exposure(self, now: float) -> dict[str, Exposure]:
        self._fail()
        return super().exposure(now)

    def size(self) -> Any:
        self._fail()
        return super().size()

    def prune(self, now: float, max_age: float, max_bytes: int) -> int:
        self._fail()
        return super().prune(now, max_age, max_bytes)

    def _fail(self) -> None:
        if self.broken:
            raise StoreFailed(self.broken)


class Documents:
    """The documents port in memory; writing fails while `broken` is set."""

    def __init__(self) -> None:
        self.broken = ""
        self._contracts: dict[str, Contract] = {}
        self._endpoints: dict[str, EndpointSummary] = {}
        self._incidents: dict[str, Incident] = {}
        self._audit: list[AuditEntry] = []
        self._state: dict[str, bytes] = {}

    def contracts(self) -> list[Contract]:
        return list(self._contracts.values())

    def put_contract(self, contract: Contract) -> None:
        self._fail()
        self._contracts[contract.endpoint] = contract

    def endpoints(self) -> list[EndpointSummary]:
        return list(self._endpoints.values())

    def put_endpoints(self, summaries: Sequence[EndpointSummary]) -> None:
        self._fail()
        self._endpoints |= {summary.endpoint: summary for summary in summaries}

    def incidents(self, limit: int = 100) -> list[Incident]:
        newest = sorted(self._incidents.values(), key=lambda one: one.opened, reverse=True)
        return newest[:limit]

    def incident(self, incident_id: str) -> Incident | None:
        return self._incidents.get(incident_id)

    def put_incident(self, incident: Incident) -> None:
        self._fail()
        self._incidents[incident.id] = incident

    def audit(self, entry: AuditEntry) -> None:
        self._fail()
        self._audit.append(entry)

    def audit_log(self, limit: int = 100) -> list[AuditEntry]:
        return self._audit[::-1][:limit]

    def state(self, key: str) -> bytes | None:
        return self._state.get(key)

    def put_state(self, key: str, value: bytes) -> None:
        self._fail()
        self._state[key] = value

    def close(self) -> None:
        pass

    def _fail(self) -> None:
        if self.broken:
            raise StoreFailed(self.broken)
