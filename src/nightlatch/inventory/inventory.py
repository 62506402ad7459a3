"""What an application's own process knows of its endpoints: the room's one door.

Two threads may share it: one routes (`guess`, `settle`, `parameters`, `posture`, `contract`,
`apply`) while the other keeps the books (`facts`, `note`, `items`, `dump`).
"""

import logging
from pathlib import Path

import msgspec
from msgspec import Struct, field

from nightlatch.exchange.content import Content, Leaf
from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.disclosure import DataItem
from nightlatch.exchange.exchange import Endpoint
from nightlatch.exchange.facts import Contract, Directives, EndpointFacts
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.mark import Mark
from nightlatch.exchange.record import Posture
from nightlatch.inventory import patterns
from nightlatch.inventory.classify import Classifier, Learned, Mapped, Sightings
from nightlatch.inventory.marks import Marks
from nightlatch.inventory.posture import Evidence, Postures
from nightlatch.inventory.routes import Routes
from nightlatch.inventory.templates import UNMATCHED, Templates, endpoint_method
from nightlatch.inventory.tree import Tree

log = logging.getLogger(__name__)

MAX_ENDPOINTS = 2_000
DUMP_VERSION = 1
"""Goes up when a dump of before can no longer be read as it is."""
_CACHE_SIZE = 4_096
_LIMIT_FIELDS = frozenset(
    {
        b"ratelimit",
        b"ratelimit-policy",
        b"ratelimit-limit",
        b"x-ratelimit-limit",
        b"x-rate-limit-limit",
    }
)
"""Structured and older spellings of the RateLimit fields (draft-ietf-httpapi-ratelimit-headers)."""


class Known(Struct):
    """The plain facts of one endpoint. Times are seconds since the epoch."""

    first_seen: float
    last_seen: float
    requests: int = 0
    limit_seen: bool = False


class _Dump(Struct):
    version: int
    tree: Tree = field(default_factory=Tree)
    routes: Routes = field(default_factory=Routes)
    known: dict[str, Known] = field(default_factory=dict)
    postures: dict[str, Evidence] = field(default_factory=dict)
    learned: dict[str, Learned] = field(default_factory=dict)


class _Version(Struct):
    version: int


def shows_limit(status: int, headers: Headers) -> bool:
    """Does this answer say that requests are counted: 429, or RateLimit fields?"""
    return status == 429 or headers.has_any(_LIMIT_FIELDS)


class Inventory:
    """Endpoints by key; at most MAX_ENDPOINTS, the one seen longest ago goes first."""

    def __init__(self, marks: Marks | None = None) -> None:
        self.marks = marks or Marks()
        """What the application says of its endpoints."""
        self._contracts: dict[str, Contract] = {}
        self._endpoints: dict[tuple[str, str], Endpoint] = {}
        self._restore(_Dump(DUMP_VERSION))

    def warm(self, cache: Path | None = None) -> None:
        """Do what takes long before the first request: half a second, unless it is in `cache`."""
        patterns.warm(cache)

    def guess(self, method: str, path: str) -> Endpoint:
        """The endpoint of a request that has not been routed yet. 0.3 µs for a path seen lately,
        2-5 µs for a new one. Learns nothing."""
        return self._endpoint(method, self._templates.guess(method, path))

    def settle(
        self, method: str, path: str, route: str | None, status: int | None = None
    ) -> Endpoint:
        """The endpoint of a request that has been answered with `status`.

        `route` is the framework's own template, None where it has none: then the path is learned.
        """
        return self._endpoint(method, self._templates.settle(method, path, route, status))

    def parameters(self, endpoint: Endpoint, path: str) -> tuple[Leaf, ...]:
        """The values in the path, named `path.NAME` and decoded."""
        return self._templates.parameters(endpoint.template, path)

    def posture(self, endpoint: Endpoint, now: float) -> Posture:
        return self._postures.posture(endpoint.key, now)

    def contract(self, endpoint: Endpoint) -> Contract | None:
        key = endpoint.key
        return self.marks.contract(key, self._contracts.get(key) if self._contracts else None)

    def mark(self, method: str, route: str, mark: Mark) -> None:
        """The code marks the endpoint that the framework routes so."""
        self.marks.note(self._endpoint(method, route).key, mark)

    def facts(self, endpoint: Endpoint, now: float) -> EndpointFacts:
        """What is known before the exchange at hand is noted."""
        key = endpoint.key
        contract = self.contract(endpoint)
        known = self._known.get(key)
        if known is None:
            return EndpointFacts(contract=contract)
        return EndpointFacts(
            posture=self._postures.posture(key, now),
            contract=contract,
            requests=known.requests,
            first_seen=known.first_seen,
            last_seen=known.last_seen,
            limit_seen=known.limit_seen,
        )

    def note(
        self,
        endpoint: Endpoint,
        state: CredentialState,
        status: int,
        now: float,
        *,
        limit_shown: bool = False,
    ) -> None:
        """Take an exchange into account; `status` is 0 where there was no answer, `limit_shown` is
        what `shows_limit` says of it. Answers of Nightlatch itself are not to be noted: they say
        nothing of the application."""
        # Here and not in `settle`, which may run in another thread than the rest of the books.
        if self._templates.tree.folds != self._folds:
            self._fold()
        key = endpoint.key
        known = self._known.pop(key, None) or self._begin(now)
        self._known[key] = known
        known.requests += 1
        known.last_seen = now
        known.limit_seen = known.limit_seen or limit_shown
        self._postures.note(key, state, status, now)

    def apply(self, directives: Directives) -> None:
        """Take over what people decided, replacing all earlier contracts."""
        self._contracts = {contract.endpoint: contract for contract in directives.contracts}

    def items(
        self,
        endpoint: Endpoint,
        parameters: tuple[Leaf, ...],
        query: tuple[Leaf, ...],
        request: Content,
        response: Content,
        response_body: bytes,
        sightings: Sightings = (None, None),
    ) -> tuple[DataItem, ...]:
        """Which classes of data the exchange carried, and where. `sightings` are those of JSON
        bodies that were walked with this endpoint's `places`; without, all leaves are read."""
        return self._classifier.items(
            endpoint.key, parameters, query, request, response, response_body, sightings
        )

    def places(self, endpoint: Endpoint) -> Mapped:
        """The places in its messages: the walk through a body notes them, `items` quiets them."""
        return self._classifier.places(endpoint.key)

    def dump(self) -> bytes:
        """All that was learned, as versioned MessagePack. Holds no values from messages beyond
        masked samples and words of paths."""
        return msgspec.msgpack.encode(
            _Dump(
                DUMP_VERSION,
                self._templates.tree,
                self._templates.routes,
                self._known,
                dict(self._postures.items()),
                self._classifier.learned,
            )
        )

    def load(self, dump: bytes) -> bool:
        """Continue from a dump; from one that is damaged or of another version start empty and
        return False. Contracts are not part of it."""
        try:
            version = msgspec.msgpack.decode(dump, type=_Version).version
            if version != DUMP_VERSION:
                raise ValueError(f"version {version}, this is {DUMP_VERSION}")
            restored = msgspec.msgpack.decode(dump, type=_Dump)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            log.warning(
                "What was learned of the endpoints cannot be read (%s). Starting to learn afresh; "
                "contracts are not affected. Nothing needs to be done.",
                error,
            )
            self._restore(_Dump(DUMP_VERSION))
            return False
        self._restore(restored)
        return True

    def _restore(self, dump: _Dump) -> None:
        self._templates = Templates(dump.tree, dump.routes)
        self._folds = dump.tree.folds
        self._known = dump.known
        self._postures = Postures(dump.postures)
        self._classifier = Classifier(dump.learned)

    def _endpoint(self, method: str, template: str) -> Endpoint:
        endpoint = self._endpoints.get((method, template))
        if endpoint is None:
            if len(self._endpoints) >= _CACHE_SIZE:
                self._endpoints.clear()
            endpoint = Endpoint(endpoint_method(method), template)
            self._endpoints[method, template] = endpoint
        return endpoint

    def _begin(self, now: float) -> Known:
        if len(self._known) >= MAX_ENDPOINTS:
            self._forget(next(iter(self._known)))
        return Known(now, now)

    def _forget(self, key: str) -> None:
        del self._known[key]
        self._postures.forget(key)
        self._classifier.forget(key)

    def _fold(self) -> None:
        """Carry over what was known under templates that a wider one has replaced."""
        self._folds = self._templates.tree.folds
        for key in list(self._known):
            method, _, template = key.partition(" ")
            wider = template if template == UNMATCHED else self._templates.guess(method, template)
            if wider == template:
                continue
            old = self._known[key]
            self._forget(key)
            new = self._known.setdefault(f"{method} {wider}", old)
            if new is not old:
                new.requests += old.requests
                new.first_seen = min(new.first_seen, old.first_seen)
                new.last_seen = max(new.last_seen, old.last_seen)
                new.limit_seen = new.limit_seen or old.limit_seen
