"""Applications that report: silence, leaving, losses as totals."""

from nightlatch.exchange.agent import AgentReport
from nightlatch.exchange.judgement import Outcome
from nightlatch.respond.agents import (
    FORGET_AFTER,
    MAX_PLACES,
    MAX_SERVICES,
    REST,
    SILENT_AFTER,
    Agents,
)
from nightlatch.respond.counts import Counts

NOW = 1_000.0
FULL = Outcome.LOST_QUEUE_FULL.value


def report(instance: str = "i1", **lost: int) -> AgentReport:
    return AgentReport("api", instance, lost={FULL: lost.get("full", 0)})


def test_losses_are_totals() -> None:
    counts = Counts()
    agents = Agents(counts)
    for total in (3, 3, 10, 7, 12):
        agents.note(report(full=total), NOW)
    assert counts.outcomes[FULL] == 3 + 7 + 5


def test_losses_are_told_by_service_and_their_services_bounded() -> None:
    agents = Agents(Counts())
    for number in range(2 * MAX_SERVICES):
        lost = {FULL: 2, "recorded": 5}
        agents.note(AgentReport(f"api-{number}", f"i{number}", lost=lost), NOW)
    assert len(agents.losses) == MAX_SERVICES + 1
    assert agents.losses["api-7"] == {FULL: 2}
    assert agents.losses[REST] == {FULL: 2 * MAX_SERVICES}


def test_what_is_no_loss_is_not_counted() -> None:
    counts = Counts()
    hostile = {"recorded": 5, "nonsense": 7, FULL: -4}
    Agents(counts).note(AgentReport("api", "i1", lost=hostile), NOW)
    assert sum(counts.outcomes.values()) == 0


def test_faults_are_totals_and_their_places_bounded() -> None:
    agents = Agents(Counts())
    for total in (1, 4, 4):
        agents.note(AgentReport("api", "i1", faults={"pipeline": total}), NOW)
    agents.note(AgentReport("api", "i2", faults={"pipeline": 2}), NOW)
    assert agents.faults == {"pipeline": 6}
    agents.note(AgentReport("api", "i3", faults={f"p{n}": 1 for n in range(200)}), NOW)
    agents.note(AgentReport("api", "i1", faults={"pipeline": 5}), NOW)
    assert len(agents.faults) == MAX_PLACES
    assert agents.faults["pipeline"] == 7


def test_silence_and_good_order() -> None:
    agents = Agents(Counts())
    agents.note(report("i1"), NOW)
    agents.note(report("i2"), NOW)
    agents.note(AgentReport("api", "i2", leaving=True), NOW + 1)
    (agent,) = agents.seen(NOW + SILENT_AFTER)
    assert agent.instance == "i1"
    assert not agent.silent(NOW + SILENT_AFTER)
    assert agent.silent(NOW + SILENT_AFTER + 1)
    assert agents.seen(NOW + FORGET_AFTER) == ()


def test_the_one_heard_of_least_recently_makes_room() -> None:
    agents = Agents(Counts(), max_agents=2)
    for instance in ("i1", "i2", "i1", "i3"):
        agents.note(report(instance), NOW)
    assert [agent.instance for agent in agents.seen(NOW)] == ["i1", "i3"]
