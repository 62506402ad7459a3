"""How the recorder fares, as one value: for the console, `doctor` and the metrics."""

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Struct

from nightlatch.exchange.judgement import Mode, Outcome
from nightlatch.respond.agents import AgentSeen
from nightlatch.respond.troubles import Trouble
from nightlatch.store.ports import DocumentStore, StoreSize


class Health(Struct, frozen=True):
    """Counts are since the start of the process."""

    at: float
    version: str
    """Of Nightlatch here; empty when not told."""
    outcomes: Mapping[str, int]
    """Exchanges by `Outcome`, every one of them."""
    levels: Mapping[str, int]
    """Exchanges by threat level: "low", "medium", "high"."""
    refused: int
    detections: Mapping[str, int]
    """By kind."""
    incidents_open: int
    faults: Mapping[str, int]
    """Bugs of ours that were caught, here and in applications, by place."""
    rejected: Mapping[str, int]
    """Batches turned away at the collector's door, by reason."""
    store: StoreSize | None
    """None when the store cannot say."""
    waiting: int
    """Records kept for a store that fails."""
    troubles: tuple[Trouble, ...]
    """What fails right now."""
    agents: tuple[AgentSeen, ...]
    readers: int
    """Of the live feed."""
    missed: int
    """Records that readers of the live feed were too slow for."""
    revision: int
    """Of the directives in force."""
    mode: Mode | None
    """Set for every application; None leaves it to each."""
    sharing: str = ""
    """Why this process shares no budgets with others right now, in words."""
    losses: Mapping[str, Mapping[str, int]] = {}
    """Exchanges that applications lost before they could ship them, among the `outcomes`: by
    service and `Outcome`."""
    feeds: tuple[Trouble, ...] = ()
    """Lists of networks that cannot be fetched or read: the last good copies are used meanwhile."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, in words that say what to do; empty when all is well."""
        return tuple(_problems(self))


HEALTH = "health"
"""Where the documents store has the newest health, as JSON."""


def read_health(documents: DocumentStore) -> Health | None:
    """What the last process that recorded here said of itself; None when none did yet."""
    kept = documents.state(HEALTH)
    if kept is None:
        return None
    try:
        return msgspec.json.decode(kept, type=Health)
    except msgspec.MsgspecError:
        # Another version's: it will be written again within seconds of the next start.
        return None


_LOST_WORDS = {
    Outcome.LOST_QUEUE_FULL: (
        "because Nightlatch could not keep up: give the collector a faster disk or a second core"
    ),
    Outcome.LOST_STORE_FAILED: (
        "because the events store failed: look for a full disk or a second process on the file"
    ),
    Outcome.LOST_COLLECTOR_GONE: (
        "because the collector did not answer: look at NIGHTLATCH_URL and the way to it"
    ),
    Outcome.LOST_FAULT: "by a bug in Nightlatch: the log has the trace, please report it",
}


def _problems(health: Health) -> Iterator[str]:
    for trouble in (*health.troubles, *health.feeds):
        yield f"{trouble.place} fails since {health.at - trouble.since:.0f} s: {trouble.text}"
    for outcome, words in _LOST_WORDS.items():
        if lost := health.outcomes.get(outcome, 0):
            yield f"{lost:,} exchanges were lost {words}."
    for place, times in health.faults.items():
        yield f"Nightlatch failed in {place} {times:,} times: the log has the trace."
    for reason, times in health.rejected.items():
        yield f"{times:,} batches from applications were turned away: {reason}."
    if health.sharing:
        yield health.sharing
    for agent in health.agents:
        yield from _agent_problems(agent, health)


def _agent_problems(agent: AgentSeen, health: Health) -> Iterator[str]:
    name = f"{agent.service} ({agent.instance})"
    if agent.silent(health.at):
        yield (
            f"No word from {name} for {health.at - agent.last_seen:.0f} s: it has died, or the "
            "network between is broken."
        )
    if agent.trouble:
        yield f"{name}: {agent.trouble}"
    if health.version and agent.version and agent.version != health.version:
        yield f"{name} runs Nightlatch {agent.version}, the collector {health.version}."
