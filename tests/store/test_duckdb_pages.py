"""Pages: what is beside them, in whose row they lie, and what reading gives back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.records import NOON, record

from nightlatch.exchange.record import Message
from nightlatch.store.codec import unicode_text
from nightlatch.store.duckdb_events import DuckDBEvents
from nightlatch.store.duckdb_pages import PAGE, pages
from nightlatch.store.memory_events import MemoryEvents
from nightlatch.store.ports import EventQuery

BODIES = st.text(st.sampled_from("aB•\x7fßİ\u017f\ud800\x00\n🔑"), max_size=6)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBEvents]:
    store = DuckDBEvents(tmp_path / "events.duckdb")
    yield store
    store.close()


def bodies(number: int, request: str, response: str) -> dict[str, Message]:
    return {
        "request": Message(body=request, size=number, truncated=True),
        "response": Message(body=response, size=number, fault="cut"),
    }


def test_records_of_many_pages_come_back_in_order(store: DuckDBEvents) -> None:
    given_ = [record(n, **bodies(n, f"asked {n}", f"“{n}”")) for n in range(3 * PAGE + 5)]
    store.append(given_)
    assert store.search(EventQuery(limit=1_000)) == given_[::-1]
    assert store.get(given_[PAGE].id) == given_[PAGE]


def test_bodies_that_sql_folds_as_python_does_are_beside_the_page() -> None:
    (page,) = pages([record(1, **bodies(1, "Müller", "ADA •••"))])
    assert page.request_bodies == [""]
    assert page.response_bodies == ["ADA \x7f\x7f\x7f"]
    (kept,) = page.records
    assert (kept.request.body, kept.response.body) == ("Müller", "")


def test_a_page_is_pruned_with_the_last_of_its_records(store: DuckDBEvents) -> None:
    moments = (5.0, 9.0, 7.0)
    store.append([record(n, at=NOON + moment) for n, moment in enumerate(moments)])
    assert store.prune(NOON + 9, max_age=2, max_bytes=1 << 40) == 1
    assert store.search(EventQuery()) == [
        record(1, at=NOON + 9),
        record(2, at=NOON + 7),
    ]
    assert store.prune(NOON + 9, max_age=1, max_bytes=1 << 40) == 1
    assert store.search(EventQuery()) == [record(1, at=NOON + 9)]


@pytest.mark.slow
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(request=BODIES, response=BODIES, text=BODIES)
def test_any_bodies_are_kept_and_found_as_in_memory(
    store: DuckDBEvents, request: str, response: str, text: str
) -> None:
    store.prune(NOON + 99, max_age=0, max_bytes=1 << 40)
    given_ = record(1, path="/", query="", host="", address="", **bodies(1, request, response))
    memory = MemoryEvents()
    for one in (store, memory):
        one.append([given_])
    found = store.get(given_.id)
    assert found == memory.get(given_.id)
    assert found is not None
    assert found.request.body == unicode_text(request)
    for asked in (text, request[1:4], response[1:4]):
        query = EventQuery(text=unicode_text(asked).replace("\n", ""))
        assert store.count(query) == memory.count(query), asked
