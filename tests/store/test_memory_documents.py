"""Documents in memory."""

import pytest
from msgspec.structs import replace
from tests.store.conformance.documents import INCIDENT, DocumentStoreConformance

from nightlatch.store.memory_documents import MemoryDocuments
from nightlatch.store.ports import AuditEntry


class TestMemoryDocuments(DocumentStoreConformance):
    @pytest.fixture
    def store(self) -> MemoryDocuments:
        return MemoryDocuments()


def test_what_was_written_first_goes_first() -> None:
    store = MemoryDocuments(max_entries=3)
    for number in range(5):
        store.put_incident(replace(INCIDENT, id=str(number)))
        store.audit(AuditEntry(float(number), "ida", "decide", "GET /"))
    assert [incident.id for incident in store.incidents()] == ["4", "3", "2"]
    assert [entry.at for entry in store.audit_log()] == [4.0, 3.0, 2.0]
