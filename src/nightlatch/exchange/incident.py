"""An incident: detections about one endpoint that belong together, as a person reads them."""

from enum import StrEnum

from msgspec import Struct

from nightlatch.exchange.facts import ServiceEndpoint
from nightlatch.exchange.judgement import Detection, DetectionKind, Level


class IncidentState(StrEnum):
    OPEN = "open"
    CONTAINED = "contained"
    """The endpoint is in enforce mode and the callers concerned are refused."""
    CLOSED = "closed"


class IncidentCaller(Struct, frozen=True):
    circle: str
    address: str
    attempts: int
    disclosed: int
    refused: int
    first_seen: float
    last_seen: float


class Alert(Struct, frozen=True):
    """What a person must know now, in words that need no other page open."""

    at: float
    incident: str
    """The incident's id."""
    endpoint: str
    level: Level
    title: str
    text: str
    """The evidence, and what to do next."""
    service: str = ""
    """Whose endpoint; empty where that was not kept."""


class Incident(Struct, frozen=True):
    id: str
    endpoint: str
    kind: DetectionKind
    title: str
    level: Level
    state: IncidentState
    opened: float
    last_seen: float
    attempts: int = 0
    """Requests of the callers concerned since it opened."""
    subjects: int = 0
    """Distinct subjects disclosed to them."""
    refused: int = 0
    callers: int = 0
    """How many callers are concerned, all of them."""
    top_callers: tuple[IncidentCaller, ...] = ()
    detections: tuple[Detection, ...] = ()
    """The first of each kind and circle, at most 50, in order of time."""
    alerts: tuple[Alert, ...] = ()
    """What people were told of it, oldest first, at most 20."""
    service: str = ""
    """Whose endpoint; empty: of every service that has it, as was kept before they were told
    apart."""

    @property
    def at(self) -> ServiceEndpoint:
        return ServiceEndpoint(self.service, self.endpoint)
