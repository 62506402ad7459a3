"""Documents in memory: for an application that keeps none, and for trying out."""

import threading
from collections import deque
from collections.abc import Callable, Sequence

from nightlatch.exchange.facts import Contract, EndpointSummary
from nightlatch.exchange.incident import Incident
from nightlatch.exchange.measure import Measure
from nightlatch.store.ports import AuditEntry, StoreFailed


class MemoryDocuments:
    """A DocumentStore that forgets all when the process ends, and before that the incidents,
    measures and audit entries that were written first, beyond `max_entries` of each."""

    def __init__(self, max_entries: int = 10_000) -> None:
        self._max_entries = max_entries
        self._lock = threading.Lock()
        self._contracts: dict[tuple[str, str], Contract] = {}
        self._measures: dict[str, Measure] = {}
        self._endpoints: dict[tuple[str, str], EndpointSummary] = {}
        self._incidents: dict[str, Incident] = {}
        self._audit: deque[AuditEntry] = deque(maxlen=max_entries)
        self._state: dict[str, bytes] = {}
        self._closed = False

    def contracts(self) -> list[Contract]:
        with self._open():
            return [contract for _, contract in sorted(self._contracts.items())]

    def put_contract(self, contract: Contract) -> None:
        with self._open():
            self._contracts[contract.endpoint, contract.service] = contract

    def measures(self, ending_after: float = 0.0, limit: int = 1_000) -> list[Measure]:
        with self._open():
            found = [one for one in self._measures.values() if one.expires > ending_after]
        found.sort(key=lambda one: (one.created, one.id), reverse=True)
        return found[: max(0, limit)]

    def measure(self, measure_id: str) -> Measure | None:
        with self._open():
            return self._measures.get(measure_id)

    def put_measure(self, measure: Measure) -> None:
        with self._open():
            self._measures[measure.id] = measure
            if len(self._measures) > self._max_entries:
                del self._measures[next(iter(self._measures))]

    def endpoints(self) -> list[EndpointSummary]:
        with self._open():
            return [summary for _, summary in sorted(self._endpoints.items())]

    def put_endpoints(self, summaries: Sequence[EndpointSummary]) -> None:
        with self._open():
            self._endpoints.update(((one.endpoint, one.service), one) for one in summaries)

    def incidents(self, limit: int = 100) -> list[Incident]:
        with self._open():
            newest = sorted(self._incidents.values(), key=lambda i: (i.opened, i.id), reverse=True)
        return newest[: max(0, limit)]

    def incident(self, incident_id: str) -> Incident | None:
        with self._open():
            return self._incidents.get(incident_id)

    def put_incident(self, incident: Incident) -> None:
        with self._open():
            self._incidents[incident.id] = incident
            if len(self._incidents) > self._max_entries:
                del self._incidents[next(iter(self._incidents))]

    def audit(self, entry: AuditEntry) -> None:
        with self._open():
            self._audit.append(entry)

    def audit_log(self, limit: int = 100) -> list[AuditEntry]:
        with self._open():
            oldest = sorted(self._audit, key=lambda entry: entry.at)
        # Sorting is stable, so that of two entries of one moment the later comes first.
        return oldest[::-1][: max(0, limit)]

    def state(self, key: str) -> bytes | None:
        with self._open():
            return self._state.get(key)

    def put_state(self, key: str, value: bytes) -> None:
        with self._open():
            self._state[key] = value

    def change_state(self, key: str, change: Callable[[bytes | None], bytes | None]) -> None:
        with self._open():
            changed = change(self._state.get(key))
            if changed is not None:
                self._state[key] = changed

    def close(self) -> None:
        self._closed = True

    def _open(self) -> threading.Lock:
        """The lock, to hold while reading or changing."""
        if self._closed:
            raise StoreFailed("the documents store is closed")
        return self._lock
