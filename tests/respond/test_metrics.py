"""What a scrape says, read back with Prometheus' own parser."""

import msgspec
from prometheus_client.parser import text_string_to_metric_families
from tests.records import LOOK_UP, NOW, REFUSED, detection, record
from tests.respond.stores import FailingDocuments, FailingEvents

from nightlatch.exchange.agent import AgentReport
from nightlatch.exchange.judgement import Level, Mode, Outcome
from nightlatch.respond.metrics import MAX_ENDPOINTS, MAX_SERVICES, Metrics
from nightlatch.respond.recorder import Recorder

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scraped(recorder: Recorder, now: float = NOW) -> Samples:
    metrics = Metrics(lambda: recorder.health(now), lambda: recorder.endpoints(now))
    families = text_string_to_metric_families(metrics.render().decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


def make() -> tuple[Recorder, FailingEvents]:
    events = FailingEvents()
    return Recorder(events, FailingDocuments(), notifiers=(), version="1.2"), events


def test_a_scrape_says_how_all_fares() -> None:
    recorder, _ = make()
    recorder.take(
        [
            record(0, level=Level.HIGH, detections=(detection(),), disclosed=(1, 2)),
            record(1, address="198.51.100.9", decision=REFUSED),
        ]
    )
    recorder.count(Outcome.LOST_QUEUE_FULL, 3)
    recorder.reject("wrong token")
    recorder.report(AgentReport("api", "i1", queue_depth=4, spooled=7), NOW)
    recorder.report(AgentReport("api", "i2", queue_depth=5, spooled=7), NOW)
    recorder.set_mode(Mode.OBSERVE, "ada", NOW)
    samples = scraped(recorder, NOW + 1)
    assert value(samples, "nightlatch_exchanges_total", outcome="recorded") == 2
    assert value(samples, "nightlatch_exchanges_total", outcome="lost-queue-full") == 3
    assert value(samples, "nightlatch_exchanges_total", outcome="lost-fault") == 0
    assert value(samples, "nightlatch_exchanges_by_level_total", level="high") == 1
    assert value(samples, "nightlatch_refused_total") == 1
    assert value(samples, "nightlatch_detections_total", kind="enumeration") == 1
    assert value(samples, "nightlatch_batches_rejected_total", reason="wrong token") == 1
    assert value(samples, "nightlatch_incidents_open") == 1
    assert value(samples, "nightlatch_agents", service="api") == 2
    assert value(samples, "nightlatch_queue_depth", service="api") == 9
    assert value(samples, "nightlatch_spooled_records", service="api") == 7
    assert value(samples, "nightlatch_store_records") == 2
    assert value(samples, "nightlatch_store_bytes") > 0
    assert value(samples, "nightlatch_directives_revision") > 0
    assert value(samples, "nightlatch_build_info", version="1.2") == 1
    exposed = {"service": "directory", "endpoint": LOOK_UP, "window": "24h"}
    assert value(samples, "nightlatch_disclosed_subjects", **exposed) == 2


def test_a_store_that_cannot_say_its_size_says_nothing() -> None:
    recorder, events = make()
    events.broken = "gone"
    recorder.take([record(0)])
    samples = scraped(recorder)
    assert value(samples, "nightlatch_store_waiting_records") == 1
    assert value(samples, "nightlatch_troubles") == 1
    assert ("nightlatch_store_records", frozenset()) not in samples


def test_labels_are_bounded_and_tell_of_nobody() -> None:
    recorder, _ = make()
    for number in range(MAX_ENDPOINTS + 20):
        recorder.take([record(number, endpoint=f'GET /{number}/{{id}}"\n', path="/a/55512345")])
    for number in range(MAX_SERVICES + 20):
        recorder.report(AgentReport(f"service-{number}", f"i{number}"), NOW)
    samples = scraped(recorder)
    endpoints = {dict(labels).get("endpoint") for _, labels in samples} - {None}
    services = {dict(labels).get("service") for _, labels in samples} - {None, "directory"}
    assert len(endpoints) == MAX_ENDPOINTS
    assert len(services) == MAX_SERVICES
    text = str(samples)
    assert "192.0.2" not in text
    assert "55512345" not in text


def test_every_number_of_health_is_in_the_scrape() -> None:
    """A new field of Health must be shown or be named here."""
    recorder, _ = make()
    shown_otherwise = {"at", "version", "store", "mode", "feeds"}
    assert {field.name for field in msgspec.structs.fields(recorder.health(NOW))} - (
        shown_otherwise
    ) == {
        "outcomes",
        "sharing",
        "levels",
        "refused",
        "detections",
        "incidents_open",
        "faults",
        "rejected",
        "waiting",
        "troubles",
        "agents",
        "readers",
        "losses",
        "missed",
        "revision",
    }
