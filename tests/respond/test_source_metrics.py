"""Sources in the metrics: every outcome and reason, by names that people gave."""

from prometheus_client.parser import text_string_to_metric_families

from nightlatch.exchange.source import SourceKind
from nightlatch.respond.metrics import MAX_SOURCES, Metrics
from nightlatch.respond.recorder import Recorder
from nightlatch.respond.source_book import SourceBook
from nightlatch.store.memory_documents import MemoryDocuments
from nightlatch.store.memory_events import MemoryEvents

LABELS = ("kind", "source", "outcome", "reason")


def samples(book: SourceBook) -> dict[tuple[str, ...], float]:
    recorder = Recorder(MemoryEvents(), MemoryDocuments(), notifiers=())
    text = Metrics(lambda: recorder.health(1.0), tuple, lambda: book.sources).render().decode()
    return {
        (sample.name, *(sample.labels.get(label, "") for label in LABELS)): sample.value
        for family in text_string_to_metric_families(text)
        if family.name in {"nightlatch_source_exchanges", "nightlatch_source_rejected"}
        for sample in family.samples
    }


def test_what_became_of_each_source() -> None:
    book = SourceBook()
    book.accept(SourceKind.OTLP, "spans", {"shop": 4}, 1.0)
    book.record(SourceKind.OTLP, "spans", 1.0)
    book.repeat(SourceKind.OTLP, "spans", 1.0)
    book.fail(SourceKind.OTLP, "spans", 2, 1.0)
    book.lose(SourceKind.OTLP, "spans", 3, 1.0)
    book.reject(SourceKind.OTLP, "spans", "not OTLP", b"ada@example.com", 1.0)
    exchanges, rejected = "nightlatch_source_exchanges_total", "nightlatch_source_rejected_total"
    assert samples(book) == {
        (exchanges, "otlp", "spans", "recorded", ""): 1,
        (exchanges, "otlp", "spans", "repeated", ""): 1,
        (exchanges, "otlp", "spans", "lost", ""): 5,
        (rejected, "otlp", "spans", "", "not OTLP"): 1,
    }


def test_they_are_bounded() -> None:
    book = SourceBook()
    for number in range(2 * MAX_SOURCES):
        book.lose(SourceKind.OTLP, f"source-{number:04d}", 1, 1.0)
    assert len({key[2] for key in samples(book)}) == MAX_SOURCES
