"""What the detectors that work after the answer share: what they see, and whom they tell.

A behaviour is one file in `detect/behaviours/` with its help, its class and a line in the registry.
It runs in the worker's thread, one exchange after the other, in bounded memory, and never waits. It
judges by event time (`Sighting.exchange.at`), so that yesterday's log can be replayed through it.
"""

from typing import Protocol

from msgspec import Struct

from nightlatch.detect.alarms import Alarms
from nightlatch.detect.suspicions import Suspicions
from nightlatch.exchange.client import UNKNOWN_CLIENT, UNKNOWN_NETWORK, Client, Network
from nightlatch.exchange.content import EMPTY, Content, Leaf
from nightlatch.exchange.disclosure import NO_DISCLOSURE, DataItem, Disclosure
from nightlatch.exchange.exchange import Exchange
from nightlatch.exchange.facts import EndpointFacts
from nightlatch.exchange.judgement import DetectionKind
from nightlatch.policy.budgets import PAID_LOGINS


class Sighting(Struct, frozen=True, gc=False):
    """One exchange that is over, with all that is known around it."""

    exchange: Exchange
    stranger: bool = True
    """No proven credential."""
    disclosure: Disclosure = NO_DISCLOSURE
    items: tuple[DataItem, ...] = ()
    facts: EndpointFacts = EndpointFacts()
    """Of the endpoint, before this exchange."""
    parameters: tuple[Leaf, ...] = ()
    query: tuple[Leaf, ...] = ()
    request: Content = EMPTY
    response: Content = EMPTY
    client: Client = UNKNOWN_CLIENT
    network: Network = UNKNOWN_NETWORK


class Reporter(Struct, frozen=True):
    """Where a behaviour leaves what it found."""

    alarms: Alarms
    """For people: `due` says whether it is time to tell (again), `raise_` tells."""
    suspicions: Suspicions
    """For the inline path: what from now on stands against a circle of callers."""
    paid_logins: int = PAID_LOGINS
    """Accounts that newcomers who solved their puzzles may try during an attack; 0: no bound."""


class Behaviour(Protocol):
    def note(self, sighting: Sighting) -> None:
        """Take one exchange into account."""


class DetectorHelp(Struct, frozen=True):
    """A detector's page in the reference and the console."""

    kind: DetectionKind
    title: str
    what: str
    """What it counts, and when it fires. One paragraph."""
    evidence: str
    """What a detection shows a person."""
    errors: str
    """Its false-alarm rate, stated or bounded, and what it cannot see."""
    refuted_by: str
    remedy: str
    owasp: str
    """OWASP API Security Top 10 (2023) id, e.g. "API4:2023"."""
    references: tuple[str, ...] = ()
