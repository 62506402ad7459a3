"""Prometheus metrics, made from one health value at each scrape: nothing is counted twice.

Labels are names in our own code, names of services, and endpoint keys (route templates) of the
riskiest few: never an address, a path or anything else about a person.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from nightlatch.exchange.facts import EndpointSummary
from nightlatch.exchange.tally import Tally
from nightlatch.respond.health import Health
from nightlatch.respond.source_book import SourceSeen
from nightlatch.respond.ways import ExportSeen, Ways

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MAX_ENDPOINTS = 50
MAX_SERVICES = 100
MAX_SOURCES = 100
"""Series a scrape may hold of each; the rest of the endpoints are in the console."""


class Metrics:
    """All that is given is asked at each scrape. Beside it there is what Prometheus's own clients
    tell of their process: `process_resident_memory_bytes`, `process_cpu_seconds_total`, ..."""

    def __init__(
        self,
        health: Callable[[], Health],
        endpoints: Callable[[], Sequence[EndpointSummary]] = tuple,
        sources: Callable[[], Sequence[SourceSeen]] = tuple,
        ways: Ways | None = None,
    ) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Scrape(health, endpoints, sources, ways or Ways()))
        ProcessCollector(registry=self._registry)

    def render(self) -> bytes:
        """The text of a scrape, of type CONTENT_TYPE."""
        return generate_latest(self._registry)


class _Scrape(Collector):
    def __init__(
        self,
        health: Callable[[], Health],
        endpoints: Callable[[], Sequence[EndpointSummary]],
        sources: Callable[[], Sequence[SourceSeen]],
        ways: Ways,
    ) -> None:
        self._health = health
        self._endpoints = endpoints
        self._sources = sources
        self._ways = ways

    def collect(self) -> Iterator[Metric]:
        health = self._health()
        yield from _traffic(health)
        yield from _own_state(health)
        yield from _store(health)
        yield from _agents(health)
        yield from _of_sources(self._sources()[:MAX_SOURCES])
        yield from _over_http(self._ways)
        yield from _listeners(self._ways.listeners())
        yield from _exports(self._ways.exports())
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
        yield _gauge(
            "store_memory_bytes", "Memory that the events store holds.", health.store.memory
        )


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
    lost = CounterMetricFamily(
        "nightlatch_agent_lost_exchanges",
        "Exchanges that applications and gateways lost before they could ship them.",
        labels=("service", "outcome"),
    )
    for service, outcomes in health.losses.items():
        for outcome, number in outcomes.items():
            lost.add_metric((service, outcome), number)
    yield lost


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


def _over_http(ways: Ways) -> Iterator[Metric]:
    yield _gauge(
        "source_waiting_exchanges", "Exchanges of sources not yet recorded.", ways.waiting()
    )
    yield _counts(
        "source_ignored", "What sources sent that is no exchange.", "path", ways.ignored()
    )


def _listeners(tallies: Mapping[str, Tally]) -> Iterator[Metric]:
    """Labels are our own addresses. The outcomes add up to all that was read; what the kernel threw
    away and who was turned away are apart."""
    messages = CounterMetricFamily(
        "nightlatch_listener_messages",
        "Messages at GELF's and syslog's sockets, by what became of them.",
        labels=("listener", "outcome"),
    )
    overrun = CounterMetricFamily(
        "nightlatch_listener_overrun",
        "Datagrams that the kernel threw away before they were read.",
        labels=("listener",),
    )
    refused = CounterMetricFamily(
        "nightlatch_listener_refused",
        "Datagrams and connections that were turned away.",
        labels=("listener", "reason"),
    )
    incomplete = CounterMetricFamily(
        "nightlatch_listener_incomplete",
        "Chunked messages of which some never came.",
        labels=("listener",),
    )
    for address, tally in tallies.items():
        for outcome in _OUTCOMES:
            messages.add_metric((address, outcome.replace("_", "-")), getattr(tally, outcome))
        overrun.add_metric((address,), tally.overrun)
        refused.add_metric((address, "network"), tally.refused)
        refused.add_metric((address, "connections"), tally.crowded)
        incomplete.add_metric((address,), tally.incomplete)
    yield from (messages, overrun, refused, incomplete)


_OUTCOMES = ("taken", "lost", "idle", "malformed", "pieces", "over_rate")


def _exports(exports: Sequence[ExportSeen]) -> Iterator[Metric]:
    """Two destinations may have one name, where only what they want differs: they add up."""
    outcomes: Counter[tuple[str, str]] = Counter()
    waiting: Counter[str] = Counter()
    failing: dict[str, int] = {}
    for one in exports:
        outcomes[one.name, "sent"] += one.sent
        outcomes[one.name, "lost"] += one.lost
        outcomes[one.name, "unwanted"] += one.unwanted
        waiting[one.name] += one.waiting
        failing[one.name] = failing.get(one.name, 0) | bool(one.trouble)
    events = CounterMetricFamily(
        "nightlatch_export_events",
        "Events for destinations of live export, by what became of them.",
        labels=("destination", "outcome"),
    )
    for labels, number in outcomes.items():
        events.add_metric(labels, number)
    yield events
    yield _gauges("export_waiting", "Events not yet sent.", "destination", waiting)
    yield _gauges("export_failing", "Destinations that take nothing.", "destination", failing)


def _exposure(endpoints: Sequence[EndpointSummary]) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "nightlatch_disclosed_subjects",
        "Distinct subjects disclosed, by the endpoints most at risk.",
        labels=("service", "endpoint", "window"),
    )
    for one in endpoints:
        family.add_metric((*one.at, "24h"), one.exposure_day)
        family.add_metric((*one.at, "30d"), one.exposure_month)
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
