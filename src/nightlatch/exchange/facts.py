"""What is known of an endpoint, and what a person decided about it."""

from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.exchange.disclosure import DataItem
from nightlatch.exchange.judgement import Level, Mode
from nightlatch.exchange.measure import Measure
from nightlatch.exchange.record import Posture


class ServiceEndpoint(NamedTuple):
    """Which endpoint, and whose: several services may have the same one."""

    service: str
    """Empty: every service that has it. So is what was kept before services were told apart."""
    endpoint: str
    """Endpoint key."""

    @property
    def everywhere(self) -> "ServiceEndpoint":
        """The same endpoint of every service."""
        return ServiceEndpoint("", self.endpoint)

    def covers(self, other: "ServiceEndpoint") -> bool:
        """Does what holds here hold there?"""
        return self.endpoint == other.endpoint and self.service in ("", other.service)


class Expectation(StrEnum):
    UNDECIDED = "undecided"
    PUBLIC = "public"
    """Public by decision, with owner, reason and expiry."""
    MUST_AUTHENTICATE = "must-authenticate"


class Contract(Struct, frozen=True):
    """A person's decision about one endpoint."""

    endpoint: str
    expectation: Expectation = Expectation.UNDECIDED
    owner: str = ""
    reason: str = ""
    expires: float | None = None
    """After this moment a PUBLIC contract counts as UNDECIDED again."""
    mode: Mode | None = None
    """Overrides the installation's mode for this endpoint."""
    hourly_limit: int | None = None
    """Distinct subjects that may leave to all strangers together in an hour; None: the default."""
    decided_at: float = 0.0
    service: str = ""
    """Whose endpoint; empty: of every service that has it and for which nothing else is decided."""

    @property
    def at(self) -> ServiceEndpoint:
        return ServiceEndpoint(self.service, self.endpoint)

    def expectation_at(self, now: float) -> Expectation:
        expired = self.expires is not None and now >= self.expires
        return Expectation.UNDECIDED if expired else self.expectation


class Directives(Struct, frozen=True):
    """What people decided, as it travels from the console to every application."""

    revision: int = 0
    mode: Mode | None = None
    """Overrides the mode in the application's settings; None leaves it."""
    contracts: tuple[Contract, ...] = ()
    measures: tuple[Measure, ...] = ()

    def of(self, service: str) -> "Directives":
        """What concerns one service: what is decided for it, and where nothing is, what is decided
        for every service."""
        own = {one.endpoint for one in self.contracts if one.service == service}
        contracts = tuple(
            one
            for one in self.contracts
            if one.service == service or (not one.service and one.endpoint not in own)
        )
        measures = tuple(one for one in self.measures if one.service in ("", service))
        return replace(self, contracts=contracts, measures=measures)


class EndpointFacts(Struct, frozen=True):
    """What the application's own process knows of an endpoint while it judges an exchange."""

    posture: Posture = Posture.UNKNOWN
    contract: Contract | None = None
    requests: int = 0
    """Exchanges seen before this one."""
    first_seen: float = 0.0
    last_seen: float = 0.0
    """Before this exchange; 0 when this is the first."""
    limit_seen: bool = False
    """Any answer so far was 429 or carried RateLimit fields."""


class EndpointSummary(Struct, frozen=True):
    """An endpoint as the console and the command line show it, made from records alone."""

    endpoint: str
    service: str
    requests: int
    first_seen: float
    last_seen: float
    posture: Posture
    coverage: float
    """Share of conclusive exchanges that proved protection, 0 to 1."""
    risk: Level
    risk_reason: str
    items: tuple[DataItem, ...] = ()
    credential_kinds: tuple[str, ...] = ()
    failed_checks: tuple[tuple[str, int], ...] = ()
    """(check id, exchanges it failed on), most frequent first."""
    statuses: tuple[tuple[int, int], ...] = ()
    refused: int = 0
    exposure_day: int = 0
    """Distinct subjects disclosed in the last 24 hours."""
    exposure_month: int = 0
    """Distinct subjects disclosed in the last 30 days."""
    contract: Contract | None = None

    @property
    def at(self) -> ServiceEndpoint:
        return ServiceEndpoint(self.service, self.endpoint)
