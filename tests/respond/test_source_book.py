"""The book of sources: what was taken, lost and rejected, across restarts."""

import pytest
from tests.respond.stores import FailingDocuments

from nightlatch.exchange.source import SourceKind
from nightlatch.respond.dead_letters import MAX_REASONS, OTHER
from nightlatch.respond.source_book import (
    BOOK,
    MAX_SERVICE,
    MAX_SERVICES,
    MAX_SOURCES,
    REST,
    SourceBook,
    SourceSeen,
    read_book,
)
from nightlatch.store.memory_documents import MemoryDocuments
from nightlatch.store.ports import StoreFailed

OTLP, GELF = SourceKind.OTLP, SourceKind.GELF


def only(book: SourceBook) -> SourceSeen:
    (seen,) = book.sources
    return seen


def test_what_became_of_everything() -> None:
    book = SourceBook()
    book.accept(OTLP, "spans", {"shop": 5, "bank": 2}, 10.0)
    for _ in range(4):
        book.record(OTLP, "spans", 11.0)
    book.repeat(OTLP, "spans", 12.0)
    book.fail(OTLP, "spans", 1, 13.0)
    book.lose(OTLP, "spans", 3, 14.0)
    book.reject(OTLP, "spans", "not OTLP", b"{", 15.0)
    seen = only(book)
    assert (seen.accepted, seen.recorded, seen.repeated, seen.failed) == (7, 4, 1, 1)
    assert (seen.lost, seen.rejected) == (3, 1)
    assert (seen.first_seen, seen.last_seen) == (10.0, 15.0)
    assert seen.services == ["shop", "bank"]
    book.settle()
    assert only(book).failed == 2


def test_sources_are_told_apart_by_kind_and_name() -> None:
    book = SourceBook()
    book.lose(OTLP, "a", 1, 1.0)
    book.lose(GELF, "a", 2, 1.0)
    assert [(one.kind, one.lost) for one in book.sources] == [(GELF, 2), (OTLP, 1)]


def test_it_is_bounded_and_the_rest_still_counts() -> None:
    book = SourceBook()
    for number in range(3 * MAX_SOURCES):
        book.lose(OTLP, f"source-{number}", 1, 1.0)
    seen = book.sources
    assert len(seen) == MAX_SOURCES + 1
    assert next(one for one in seen if one.name == REST).lost == 2 * MAX_SOURCES


def test_reasons_and_services_are_bounded() -> None:
    book = SourceBook()
    for number in range(3 * MAX_REASONS):
        book.reject(OTLP, "a", f"reason {number}", b"", 1.0)
        book.accept(OTLP, "a", {f"service-{number}": 1}, 1.0)
    seen = only(book)
    assert len(seen.letters) == MAX_REASONS + 1
    assert seen.rejected == 3 * MAX_REASONS
    assert seen.letters[-1].reason == OTHER
    assert len(seen.services) == MAX_SERVICES


def test_a_name_of_a_megabyte_is_not_kept() -> None:
    """A GELF message's host is as long as its sender likes."""
    book = SourceBook()
    for letter in "ab":
        book.accept(GELF, "192.0.2.1", {letter * 1_000_000: 1, letter * 2_000_000: 1}, 1.0)
    (seen,) = book.sources
    assert seen.accepted == 4
    assert seen.services == ["a" * MAX_SERVICE, "b" * MAX_SERVICE]


def test_it_survives_a_restart() -> None:
    book, documents = SourceBook(), MemoryDocuments()
    book.reject(OTLP, "a", "not OTLP", b"[1, ", 5.0)
    book.keep(documents)
    after = SourceBook()
    after.restore(documents)
    assert after.sources == book.sources == read_book(documents)


def test_nothing_is_kept_where_nothing_was_heard() -> None:
    documents = MemoryDocuments()
    SourceBook().keep(documents)
    assert documents.state(BOOK) is None
    assert read_book(documents) == []


def test_what_could_not_be_kept_is_kept_the_next_time() -> None:
    documents, book = FailingDocuments(), SourceBook()
    book.lose(SourceKind.OTLP, "spans", 3, 1.0)
    documents.broken = "busy"
    with pytest.raises(StoreFailed):
        book.keep(documents)
    documents.broken = ""
    book.keep(documents)
    assert [one.lost for one in read_book(documents)] == [3]


def test_what_cannot_be_read_begins_anew() -> None:
    documents = MemoryDocuments()
    documents.put_state(BOOK, b"[{}]")
    book = SourceBook()
    book.restore(documents)
    assert book.sources == []
