"""What the console needs of the recorder: the room below that keeps decisions and incidents."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from nightlatch.exchange.facts import Contract, Directives, EndpointSummary, ServiceEndpoint
from nightlatch.exchange.incident import Incident
from nightlatch.exchange.judgement import Mode
from nightlatch.exchange.record import Record
from nightlatch.respond.measures import Measures
from nightlatch.respond.source_book import SourceBook
from nightlatch.respond.ways import Ways
from nightlatch.store.ports import StoreSize


class Subscription(Protocol):
    """A bounded live feed; a slow reader loses the oldest records and is told how many."""

    def take(self) -> tuple[Sequence[Record], int]:
        """What came since the last call, oldest first, and how many were lost before them.
        Never waits."""

    @property
    def closed(self) -> bool:
        """Nothing more arrives: this reader was crowded out."""

    def close(self) -> None: ...


class Agent(Protocol):
    """One application process that ships its records here."""

    @property
    def service(self) -> str: ...

    @property
    def instance(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def queue_depth(self) -> int: ...

    @property
    def lost(self) -> int: ...

    @property
    def last_seen(self) -> float: ...


class Health(Protocol):
    """How the recorder itself fares."""

    @property
    def outcomes(self) -> Mapping[str, int]:
        """Exchanges by outcome since the start."""

    @property
    def agents(self) -> Sequence[Agent]: ...

    @property
    def store(self) -> StoreSize | None:
        """None when the events store cannot say."""

    @property
    def problems(self) -> Sequence[str]:
        """What is wrong, in words that say what to do; empty when all is well."""


class Recorder(Protocol):
    @property
    def directives(self) -> Directives: ...

    @property
    def measures(self) -> Measures: ...

    @property
    def sources(self) -> SourceBook: ...

    @property
    def ways(self) -> Ways: ...

    def endpoints(self, now: float) -> list[EndpointSummary]:
        """Sorted by risk, the worst first."""

    def places(self) -> list[ServiceEndpoint]:
        """Every endpoint seen, of each service."""

    def incidents(self, limit: int) -> list[Incident]:
        """Newest first."""

    def incident(self, incident_id: str) -> Incident | None: ...

    def decide(self, contract: Contract, actor: str, now: float) -> None: ...

    def set_mode(self, mode: Mode, actor: str, now: float) -> None: ...

    def contain(self, incident_id: str, actor: str, now: float) -> None:
        """Enforce at the incident's endpoint and refuse the callers concerned."""

    def close_incident(self, incident_id: str, actor: str, now: float) -> None: ...

    def subscribe(self) -> Subscription: ...

    def health(self, now: float) -> Health: ...
