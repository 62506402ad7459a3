"""The applications that report here, and what each lost before it could ship it."""

from collections.abc import Mapping

from msgspec import Struct

from nightlatch.exchange.agent import AgentReport
from nightlatch.exchange.judgement import Outcome
from nightlatch.respond.counts import Counts

MAX_AGENTS = 1_000
"""Processes remembered; the one heard of least recently goes first."""
SILENT_AFTER = 15.0
"""Seconds without a word after which a process counts as silent; it reports every two."""
FORGET_AFTER = 3_600.0
MAX_SERVICES = 100
"""Services whose losses are told apart; the rest counts as one."""
REST = "(others)"
MAX_PLACES = 100
"""Places of faults; those that come when there are so many are not listed."""


class AgentSeen(Struct, frozen=True):
    """One application process, as it last reported."""

    service: str
    instance: str
    version: str
    revision: int
    queue_depth: int
    lost: int
    """Exchanges it lost since it began, all reasons together."""
    last_seen: float
    spooled: int = 0
    """Records on its disk; all processes of an application share that."""
    trouble: str = ""
    """Why it shares no budgets with others, in its own words."""

    def silent(self, now: float) -> bool:
        return now - self.last_seen > SILENT_AFTER


class _Known(Struct):
    report: AgentReport
    last_seen: float


class Agents:
    """Not safe for several threads: its owner holds a lock."""

    def __init__(self, counts: Counts, max_agents: int = MAX_AGENTS) -> None:
        self._counts = counts
        self._max_agents = max_agents
        self._faults: dict[str, int] = {}
        self._losses: dict[str, dict[str, int]] = {}
        # In order of the last report.
        self._known: dict[str, _Known] = {}

    def note(self, report: AgentReport, now: float) -> None:
        before = self._known.pop(report.instance, None)
        self._count_losses(report.service, before.report.lost if before else {}, report.lost)
        self._count_faults(before.report.faults if before else {}, report.faults)
        if report.leaving:
            return
        if len(self._known) >= self._max_agents:
            del self._known[next(iter(self._known))]
        self._known[report.instance] = _Known(report, now)

    def seen(self, now: float) -> tuple[AgentSeen, ...]:
        """Those heard of within the hour, by service."""
        agents = (_seen(one) for one in self._known.values() if now - one.last_seen < FORGET_AFTER)
        return tuple(sorted(agents, key=lambda agent: (agent.service, agent.instance)))

    @property
    def faults(self) -> Mapping[str, int]:
        """Bugs of ours that were caught in applications, by place."""
        return dict(self._faults)

    @property
    def losses(self) -> Mapping[str, Mapping[str, int]]:
        """Exchanges that never came, by service and `Outcome`, also of processes that are gone."""
        return {service: dict(lost) for service, lost in self._losses.items()}

    def _count_losses(self, service: str, before: dict[str, int], after: dict[str, int]) -> None:
        for outcome in Outcome:
            # Reports may arrive out of order: a total never shrinks.
            more = after.get(outcome, 0) - before.get(outcome, 0)
            if outcome.lost and more > 0:
                self._counts.count(outcome, more)
                lost = self._lost_by(service)
                lost[outcome.value] = lost.get(outcome.value, 0) + more

    def _lost_by(self, service: str) -> dict[str, int]:
        if service not in self._losses and len(self._losses) >= MAX_SERVICES:
            service = REST
        return self._losses.setdefault(service, {})

    def _count_faults(self, before: dict[str, int], after: dict[str, int]) -> None:
        for place, total in after.items():
            more = total - before.get(place, 0)
            if more > 0 and (place in self._faults or len(self._faults) < MAX_PLACES):
                self._faults[place] = self._faults.get(place, 0) + more


def _seen(known: _Known) -> AgentSeen:
    report = known.report
    return AgentSeen(
        service=report.service,
        instance=report.instance,
        version=report.version,
        revision=report.revision,
        queue_depth=report.queue_depth,
        lost=sum(report.lost.values()),
        last_seen=known.last_seen,
        spooled=report.spooled,
        trouble=report.trouble,
    )
