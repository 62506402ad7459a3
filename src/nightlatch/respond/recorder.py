"""The one place where records end up: stored, counted, gathered into incidents, shown live.

Every application's records come in through `take`; every person's decision goes out through
`directives`. Safe for several threads.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from threading import Lock

from msgspec.structs import replace

from nightlatch.exchange.agent import AgentReport
from nightlatch.exchange.facts import Contract, Directives, EndpointSummary, ServiceEndpoint
from nightlatch.exchange.ids import new_id
from nightlatch.exchange.incident import Alert, Incident, IncidentState
from nightlatch.exchange.judgement import Mode, Outcome
from nightlatch.exchange.record import Record
from nightlatch.faults import FAULTS, guarded
from nightlatch.inventory.catalogue import Catalogue
from nightlatch.policy.asking import Sources
from nightlatch.respond.agents import Agents
from nightlatch.respond.alerts import LogNotifier, Notifier
from nightlatch.respond.counts import Counts
from nightlatch.respond.decisions import Decisions
from nightlatch.respond.health import Health
from nightlatch.respond.incidents import Incidents
from nightlatch.respond.journal import PLACE as EVENTS
from nightlatch.respond.journal import Journal
from nightlatch.respond.keeper import PLACE as DOCUMENTS
from nightlatch.respond.keeper import Keeper
from nightlatch.respond.live import Feed, Subscription
from nightlatch.respond.measures import Measures, where
from nightlatch.respond.recent import Recent
from nightlatch.respond.schedule import Schedule
from nightlatch.respond.source_book import SourceBook
from nightlatch.respond.troubles import Trouble, Troubles
from nightlatch.respond.ways import Ways
from nightlatch.store.ports import (
    AuditEntry,
    DocumentStore,
    EventStore,
    Exposure,
    StoreFailed,
    StoreSize,
)

DAY = 86_400.0
MAX_AGE = 30 * DAY
MAX_BYTES = 4 * 1024**3
"""How long and how much the events store keeps, unless told otherwise."""

SNAPSHOT_EVERY = 5.0
LEARNED_EVERY = 60.0
PRUNE_EVERY = 600.0
"""Seconds between two storings of incidents and endpoints, of what was learned, and two prunings.
A process that is killed loses no more than that of each, and no record."""
EXPOSURE_FOR = 5.0
"""Seconds for which a counted exposure is good: counting it reads a month of records."""


class UnknownIncident(LookupError):
    """There is no incident with this id."""


class Recorder:
    """Takes over what earlier processes stored; raises `StoreFailed` when that cannot be read."""

    def __init__(
        self,
        events: EventStore,
        documents: DocumentStore,
        *,
        notifiers: Sequence[Notifier] = (LogNotifier(),),
        max_age: float = MAX_AGE,
        max_bytes: int = MAX_BYTES,
        version: str = "",
        sources: Sources | None = None,
    ) -> None:
        """`sources`: what measures' predicates ask about networks and clients, for previews."""
        self._events = events
        self._documents = documents
        self._notifiers = tuple(notifiers)
        self._max_age = max_age
        self._max_bytes = max_bytes
        self._version = version

        self._counts = Counts()
        self._troubles = Troubles()
        self._journal = Journal(events, self._counts, self._troubles)
        self._decisions = Decisions(documents)
        self.measures = Measures(self._decisions, events, documents, sources)
        """What people ordered against callers, or for them."""
        self.sources = SourceBook()
        """What became of all that came from elsewhere than applications."""
        self.ways = Ways()
        """Where else things come in and go out."""
        self._feed = Feed()
        self._exposure: tuple[float, dict[ServiceEndpoint, Exposure]] | None = None
        self._schedule = Schedule(snapshot=SNAPSHOT_EVERY, learned=LEARNED_EVERY, prune=PRUNE_EVERY)

        # For what follows; never held while a store is asked.
        self._lock = Lock()
        self._recent = Recent()
        self._agents = Agents(self._counts)
        self.sharing: Callable[[], str] = str
        """Tells why this process shares no budgets with others; nothing, unless it is replaced."""
        self.feeds: Callable[[], tuple[Trouble, ...]] = tuple
        """Tells what is wrong with lists of networks here, likewise."""
        self._catalogue = Catalogue()
        self._incidents = Incidents(new_id)
        self._keeper = Keeper(
            documents, self._catalogue, self._incidents, self._lock, self._troubles
        )
        self._keeper.restore()
        self.sources.restore(documents)

    # Records in

    def take(self, records: Sequence[Record]) -> None:
        """Keep them. Never raises; a record whose id came before is ignored."""
        with guarded("respond.take"):
            with self._lock:
                fresh = self._recent.unseen(records)
            alerts: list[Alert] = []
            with guarded("respond.note"):
                self._note(fresh, alerts)
            # People first: a store may be slow.
            self._tell(alerts)
            self._store(fresh)
            self._feed.publish(fresh)
            if alerts:
                # An incident that somebody was told of must survive a kill.
                self._keeper.keep_incidents(alerts[-1].at)

    def count(self, outcome: Outcome, number: int = 1) -> None:
        """Exchanges that ended elsewhere than in `take`."""
        self._counts.count(outcome, number)

    def report(self, report: AgentReport, now: float) -> None:
        """What an application says of itself; its own losses are counted here too."""
        with self._lock:
            self._agents.note(report, now)

    def reject(self, reason: str) -> None:
        """A batch was turned away; `reason` is one of a few fixed phrases."""
        self._counts.reject(reason)

    # What is known

    def endpoints(self, now: float) -> list[EndpointSummary]:
        """The riskiest first."""
        exposure = self._exposure_at(now)
        contracts = self._decisions.contracts()
        with self._lock:
            alarmed = self._incidents.alarmed()
            return self._catalogue.summaries(exposure, now, contracts, alarmed)

    def places(self) -> list[ServiceEndpoint]:
        """Every endpoint seen, of each service: a fiftieth of what all their summaries cost."""
        with self._lock:
            return self._catalogue.places()

    def incidents(self, limit: int = 100) -> list[Incident]:
        """Newest first."""
        with self._lock:
            current = {incident.id: incident for incident in self._incidents.current()}
        stored = {incident.id: incident for incident in self._documents.incidents(limit)}
        newest = sorted((stored | current).values(), key=lambda one: one.opened, reverse=True)
        return newest[:limit]

    def incident(self, incident_id: str) -> Incident | None:
        with self._lock:
            current = self._incidents.find(incident_id)
        return current or self._documents.incident(incident_id)

    def subscribe(self, capacity: int = 0, *, lasting: bool = False) -> Subscription:
        """A live feed of records from now on; see `Feed.subscribe`."""
        return self._feed.subscribe(capacity, lasting=lasting)

    def inform(self, notifier: Notifier) -> None:
        """One more way to reach somebody, from now on."""
        self._notifiers = (*self._notifiers, notifier)

    def health(self, now: float) -> Health:
        size = self._size(now)
        directives = self._decisions.directives
        with self._lock:
            return Health(
                at=now,
                version=self._version,
                outcomes=self._counts.outcomes,
                levels=self._counts.levels,
                refused=self._counts.refused,
                detections=self._counts.detections,
                incidents_open=self._incidents.open,
                losses=self._agents.losses,
                faults=Counter(FAULTS.counts()) + Counter(self._agents.faults),
                rejected=self._counts.rejected,
                store=size,
                waiting=self._journal.waiting,
                troubles=self._troubles.current(),
                agents=self._agents.seen(now),
                sharing=self.sharing(),
                feeds=self.feeds(),
                readers=self._feed.readers,
                missed=self._feed.missed,
                revision=directives.revision,
                mode=directives.mode,
            )

    # What people decide. Each raises StoreFailed when it could not be kept; what closes a door is
    # in force even then.

    @property
    def directives(self) -> Directives:
        return self._decisions.directives

    def decide(self, contract: Contract, actor: str, now: float) -> None:
        """Replace the contract of the same endpoint of the same service."""
        decided = replace(contract, decided_at=now)
        self._decisions.decide(
            decided, AuditEntry(now, actor, "decide", where(contract.at), _in_words(decided))
        )
        self.measures.forget_door(contract.at)

    def set_mode(self, mode: Mode | None, actor: str, now: float) -> None:
        """For every application, whatever its own settings say; None leaves it to them again."""
        detail = mode.value if mode else "as each application is set"
        self._decisions.set_mode(mode, AuditEntry(now, actor, "set-mode", "everywhere", detail))

    def contain(self, incident_id: str, actor: str, now: float) -> None:
        """Enforce at the incident's endpoint. Raises UnknownIncident."""
        incident = self._known(incident_id)
        with self._lock:
            contained = self._incidents.contain(incident_id, now)
        self._decisions.enforce(
            incident.at, AuditEntry(now, actor, "contain", incident_id, where(incident.at))
        )
        self._keeper.keep_incident(contained or replace(incident, state=IncidentState.CONTAINED))

    def close_incident(self, incident_id: str, actor: str, now: float) -> None:
        """It is dealt with. What was enforced stays enforced. Raises UnknownIncident."""
        incident = self._known(incident_id)
        with self._lock:
            closed = self._incidents.close(incident_id)
        self._keeper.keep_incident(closed or replace(incident, state=IncidentState.CLOSED))
        self._documents.audit(
            AuditEntry(now, actor, "close-incident", incident_id, where(incident.at))
        )

    # Time passes

    def tick(self, now: float) -> None:
        """To be called about once a second from a thread that may wait. Never raises."""
        with guarded("respond.tick"):
            self._journal.retry(now)
            self._mind_measures(now)
            due = self._schedule.due(now)
            if "snapshot" in due:
                self._keep_snapshot(now)
            if "learned" in due:
                self._keeper.keep_learned(now)
            if "prune" in due:
                self._prune(now)

    def close(self, now: float) -> None:
        """Keep everything a last time. The stores stay open: they are their owner's to close."""
        with guarded("respond.close"):
            self._journal.retry(now)
            self._journal.give_up()
            self._keep_snapshot(now)
            self._keeper.keep_learned(now)

    # Inside

    def _note(self, records: Sequence[Record], alerts: list[Alert]) -> None:
        """Adds to `alerts`, so that a bug on the way takes none of them with it."""
        self._counts.note(records)
        self.measures.note(records)
        with self._lock:
            for record in records:
                alerts += self._incidents.note(record)
                self._catalogue.note(record)

    def _store(self, records: Sequence[Record]) -> None:
        if not records:
            return
        try:
            self._journal.write(records)
        except Exception:
            self._counts.count(Outcome.LOST_FAULT, len(records))
            raise

    def _tell(self, alerts: Iterable[Alert]) -> None:
        for alert in alerts:
            for notifier in self._notifiers:
                with guarded("respond.notify"):
                    notifier.notify(alert)

    def _keep_snapshot(self, now: float) -> None:
        self._keeper.keep_incidents(now)
        self._keeper.keep_endpoints(self.endpoints(now), now)
        self._keeper.keep_health(self.health(now))
        try:
            self.measures.keep_hits()
            self.sources.keep(self._documents)
        except StoreFailed as error:
            self._troubles.note(DOCUMENTS, error, now)

    def _mind_measures(self, now: float) -> None:
        """Take over what was ordered in another process; open doors whose time is over."""
        try:
            self.measures.tick(now)
        except StoreFailed as error:
            self._troubles.note(DOCUMENTS, error, now)

    def _prune(self, now: float) -> None:
        try:
            self._events.prune(now, self._max_age, self._max_bytes)
        except StoreFailed as error:
            self._troubles.note(EVENTS, error, now)

    def _known(self, incident_id: str) -> Incident:
        incident = self.incident(incident_id)
        if incident is None:
            raise UnknownIncident(incident_id)
        return incident

    def _exposure_at(self, now: float) -> dict[ServiceEndpoint, Exposure]:
        known = self._exposure
        if known is not None and abs(now - known[0]) < EXPOSURE_FOR:
            return known[1]
        try:
            counted = self._events.exposure(now)
        except StoreFailed as error:
            self._troubles.note(EVENTS, error, now)
            counted = known[1] if known else {}
        self._exposure = (now, counted)
        return counted

    def _size(self, now: float) -> StoreSize | None:
        try:
            return self._events.size()
        except StoreFailed as error:
            self._troubles.note(EVENTS, error, now)
            return None


def _in_words(contract: Contract) -> str:
    """For the audit log."""
    parts = [contract.expectation.value]
    if contract.reason:
        parts.append(f"because {contract.reason}")
    if contract.owner:
        parts.append(f"owner {contract.owner}")
    if contract.mode is not None:
        parts.append(f"mode {contract.mode.value}")
    if contract.hourly_limit is not None:
        parts.append(f"at most {contract.hourly_limit} people an hour to strangers")
    return ", ".join(parts)
