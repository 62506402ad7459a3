"""Prometheus metrics, made from one health value at each scrape: nothing is counted twice.

Labels are names in our own code, names of services, and endpoint keys (route templates) of the
riskiest few: never an address, a path or anything else about a person.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from nightlatch.exchange.facts import EndpointSummary
from nightlatch.respond.health import Health
from nightlatch.respond.source_book import SourceSeen

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MAX_ENDPOINTS = 50
MAX_SERVICES = 100
MAX_SOURCES = 100
"""Series a scrape may hold of each; the rest of the endpoints are in the console."""


class Metrics:
    """`health` and `endpoints` are asked at each scrape."""

    def __init__(
        self,
        health: Callable[[], Health],
        endpoints: Callable[[], Sequence[EndpointSummary]] = tuple,
        sources: Callable[[], Sequence[SourceSeen]] = tuple,
    ) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Scrape(health, endpoints, sources))

    def render(self) -> bytes:
        """The text of a scrape, of type CONTENT_TYPE."""
        return generate_latest(self._registry)


class _Scrape(Collector):
    def __init__(
        self,
        health: Callable[[], Health],
        endpoints: Callable[[], Sequence[EndpointSummary]],
        sources: Callable[[], Sequence[SourceSeen]],
    ) -> None:
        self._health = health
        self._endpoints = endpoints
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        health = self._health()
        yield from _traffic(health)
        yield from _own_state(health)
        yield from _store(health)
        yield from _agents(health)
        yield from _of_sources(self._sources()[:MAX_SOURCES])
        yield from _exposure(self._endpoints()[:MAX_ENDPOINTS])

    def describe(self) -> Iterator[Metric]:
        """Nothing at registration: the first health is asked for at the first scrape."""
        return iter(())


def _traffic(health: Health) -> Iterator[Metric]:
    yield _counts("exchanges", "Exchanges by outcome.", "outcome", health.outcomes)
    yield _counts("exchanges_by_level", "Exchanges by threat level.", "level", health.levels)
    yield _count("refused", "Exchanges that Nightlatch refused.", health.refused)
    yield _counts("detections", "Detections by kind.", "kind", health.detections)
    yield _counts("faults", "Bugs of Nightlatch that were caught.", "place", health.faults)
    yield _counts(
        "batches_rejected", "Batches from applications turned away.", "reason", health.rejected
    )


def _own_state(health: Health) -> Iterator[Metric]:
    yield InfoMetricFamily(
        "nightlatch_build", "The Nightlatch that answers.", value={"version": health.version}
    )
    yield _gauge("incidents_open", "Incidents that are open.", health.incidents_open)
    yield _gauge("troubles", "Places that fail right now.", len(health.troubles))
    alone = sum(bool(agent.trouble) for agent in health.agents) + bool(health.sharing)
    yield _gauge("unshared", "Processes that should share budgets and cannot.", alone)
    yield _gauge("live_readers", "Readers of the live feed.", health.readers)
    yield _count("live_missed", "Records too fast for readers of the live feed.", health.missed)
    yield _gauge("directives_revision", "Revision of the directives in force.", health.revision)


def _store(health: Health) -> Iterator[Metric]:
    yield _gauge("store_waiting_records", "Records kept for a store that fails.", health.waiting)
    if health.store is not None:
        yield _gauge("store_records", "Records in the events store.", health.store.records)
        yield _gauge("store_bytes", "Size of the events store.", health.store.bytes)


def _agents(health: Health) -> Iterator[Metric]:
    processes: dict[str, int] = {}
    waiting: dict[str, int] = {}
    spooled: dict[str, int] = {}
    for agent in health.agents:
        if agent.service not in processes and len(processes) >= MAX_SERVICES:
            continue
        alive = not agent.silent(health.at)
        processes[agent.service] = processes.get(agent.service, 0) + alive
        waiting[agent.service] = waiting.get(agent.service, 0) + agent.queue_depth
        # They share one spool, and each reports all of it.
        spooled[agent.service] = max(spooled.get(agent.service, 0), agent.spooled)
    yield _gauges("agents", "Application processes that report.", "service", processes)
    yield _gauges("queue_depth", "Exchanges waiting in applications.", "service", waiting)
    yield _gauges("spooled_records", "Records on disk in applications.", "service", spooled)


def _of_sources(sources: Sequence[SourceSeen]) -> Iterator[Metric]:
    """Names are those that people gave, reasons those in our own code."""
    labels = ("kind", "source")
    taken = CounterMetricFamily(
        "nightlatch_source_exchanges", "Exchanges from sources.", labels=(*labels, "outcome")
    )
    rejected = CounterMetricFamily(
        "nightlatch_source_rejected", "Messages that were rejected.", labels=(*labels, "reason")
    )
    for one in sources:
        place = (one.kind, one.name)
        taken.add_metric((*place, "recorded"), one.recorded)
        taken.add_metric((*place, "repeated"), one.repeated)
        taken.add_metric((*place, "lost"), one.lost + one.failed)
        for letter in one.letters:
            rejected.add_metric((*place, letter.reason), letter.count)
    yield taken
    yield rejected


def _exposure(endpoints: Sequence[EndpointSummary]) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "nightlatch_disclosed_subjects",
        "Distinct subjects disclosed, by the endpoints most at risk.",
        labels=("endpoint", "window"),
    )
    # Counted by endpoint: services that have the same one would give the same sample twice.
    for one in {one.endpoint: one for one in endpoints}.values():
        family.add_metric((one.endpoint, "24h"), one.exposure_day)
        family.add_metric((one.endpoint, "30d"), one.exposure_month)
    yield family


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"nightlatch_{name}", text, value=value)


def _gauges(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(f"nightlatch_{name}", text, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family


def _count(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"nightlatch_{name}", text, value=value)


def _counts(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(f"nightlatch_{name}", text, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family
