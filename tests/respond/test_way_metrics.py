"""Listeners, exports and what is ignored, in the metrics."""

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from nightlatch.exchange.agent import AgentReport
from nightlatch.exchange.judgement import Outcome
from nightlatch.exchange.tally import Tally
from nightlatch.respond.metrics import Metrics
from nightlatch.respond.recorder import Recorder
from nightlatch.respond.ways import ExportSeen, Ways
from nightlatch.store.memory_documents import MemoryDocuments
from nightlatch.store.memory_events import MemoryEvents

UDP = "gelf udp://127.0.0.1:12201"
SIEM = "ecs https://siem.example.com/in"


def samples(ways: Ways, recorder: Recorder | None = None) -> dict[tuple[str, ...], float]:
    """By name and the values of the labels, in the order of their names."""
    given = recorder or Recorder(MemoryEvents(), MemoryDocuments(), notifiers=())
    text = Metrics(lambda: given.health(1.0), ways=ways).render().decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_what_became_of_all_that_arrived_at_a_listener() -> None:
    tally = Tally(
        received=21, taken=1, lost=2, idle=3, malformed=4, pieces=5, over_rate=6,
        overrun=7, refused=8, crowded=9, incomplete=10,
    )  # fmt: skip
    ways = Ways()
    ways.listeners = lambda: {UDP: tally}
    told = samples(ways)
    messages = {
        key[2]: value
        for key, value in told.items()
        if key[0] == "nightlatch_listener_messages_total"
    }
    assert messages == {
        "taken": 1, "lost": 2, "idle": 3, "malformed": 4, "pieces": 5, "over-rate": 6,
    }  # fmt: skip
    assert sum(messages.values()) == tally.received
    assert told["nightlatch_listener_overrun_total", UDP] == 7
    assert told["nightlatch_listener_refused_total", UDP, "network"] == 8
    assert told["nightlatch_listener_refused_total", UDP, "connections"] == 9
    assert told["nightlatch_listener_incomplete_total", UDP] == 10


def test_every_count_of_a_listener_is_told() -> None:
    """A new one must not be forgotten here."""
    names = Tally.__struct_fields__
    tally = Tally(*(2**place for place in range(len(names))))
    ways = Ways()
    ways.listeners = lambda: {UDP: tally}
    told = sum(value for key, value in samples(ways).items() if "listener" in key[0])
    assert told == sum(getattr(tally, name) for name in names if name != "received")


def test_destinations_of_one_name_add_up() -> None:
    ways = Ways()
    ways.exports = lambda: (
        ExportSeen(SIEM, 5, 1, 0, 7, ""),
        ExportSeen(SIEM, 10, 0, 2, 1, "it does not answer"),
    )
    told = samples(ways)
    outcomes = [
        told["nightlatch_export_events_total", SIEM, outcome]
        for outcome in ("sent", "lost", "unwanted")
    ]
    assert outcomes == [15, 1, 2]
    assert told["nightlatch_export_waiting", SIEM] == 8
    assert told["nightlatch_export_failing", SIEM] == 1


def test_what_tells_of_no_exchange_and_what_waits() -> None:
    ways = Ways()
    ways.ignored, ways.waiting = lambda: {"/v1/logs": 3}, lambda: 12
    told = samples(ways)
    assert told["nightlatch_source_ignored_total", "/v1/logs"] == 3
    assert told["nightlatch_source_waiting_exchanges",] == 12


def test_whose_exchanges_were_lost_on_the_way_here() -> None:
    recorder = Recorder(MemoryEvents(), MemoryDocuments(), notifiers=())
    full, gone = Outcome.LOST_QUEUE_FULL.value, Outcome.LOST_COLLECTOR_GONE.value
    recorder.report(AgentReport("gateway", "i1", lost={full: 5, gone: 1}), 1.0)
    recorder.report(AgentReport("gateway", "i1", lost={full: 7, gone: 1}, leaving=True), 2.0)
    recorder.report(AgentReport("gateway", "i2", lost={full: 1}), 3.0)
    told = samples(Ways(), recorder)
    assert told["nightlatch_agent_lost_exchanges_total", full, "gateway"] == 8
    assert told["nightlatch_agent_lost_exchanges_total", gone, "gateway"] == 1


def test_the_process_tells_what_it_takes() -> None:
    assert samples(Ways())["process_resident_memory_bytes",] > 2**20


def test_the_guide_names_all_of_them() -> None:
    guide = (Path(__file__).parents[2] / "docs/guides/sources.md").read_text()
    ways = Ways()
    ways.listeners = lambda: {UDP: Tally()}
    ways.exports = lambda: (ExportSeen(SIEM, 0, 0, 0, 0, ""),)
    ways.ignored = lambda: {"/v1/logs": 0}
    prefixes = ("nightlatch_source_", "nightlatch_listener_", "nightlatch_export_")
    names = {key[0] for key in samples(ways) if key[0].startswith(prefixes)}
    assert len(names) == 9
    assert {name for name in names if f"`{name}`" not in guide} == set()
