"""The events file."""

from pathlib import Path

import pytest
from tests.store.conformance.events import EventStoreConformance

from nightlatch.store.duckdb_events import DuckDBEvents


class TestDuckDBEvents(EventStoreConformance):
    @pytest.fixture
    def store(self, tmp_path: Path) -> DuckDBEvents:
        return DuckDBEvents(tmp_path / "events.duckdb")
