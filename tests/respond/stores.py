"""Stores that fail when told to, around real ones."""

from collections.abc import Callable, Sequence
from typing import Any

from nightlatch.exchange.facts import Contract, EndpointSummary, ServiceEndpoint
from nightlatch.exchange.incident import Incident
from nightlatch.exchange.record import Record
from nightlatch.store.memory_documents import MemoryDocuments
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

    def exposure(self, now: float) -> dict[ServiceEndpoint, Exposure]:
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


class FailingDocuments(MemoryDocuments):
    """Writing fails while `broken` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = ""

    def put_contract(self, contract: Contract) -> None:
        self._fail()
        super().put_contract(contract)

    def put_endpoints(self, summaries: Sequence[EndpointSummary]) -> None:
        self._fail()
        super().put_endpoints(summaries)

    def put_incident(self, incident: Incident) -> None:
        self._fail()
        super().put_incident(incident)

    def audit(self, entry: AuditEntry) -> None:
        self._fail()
        super().audit(entry)

    def put_state(self, key: str, value: bytes) -> None:
        self._fail()
        super().put_state(key, value)

    def change_state(self, key: str, change: Callable[[bytes | None], bytes | None]) -> None:
        self._fail()
        super().change_state(key, change)

    def _fail(self) -> None:
        if self.broken:
            raise StoreFailed(self.broken)
