"""Shared by the behaviours' tests: an API as its detectors see it, one call after the other."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b

from msgspec import Struct

from nightlatch.detect.alarms import Alarms
from nightlatch.detect.behaviour import Behaviour, Reporter, Sighting
from nightlatch.detect.suspicions import Suspicion, Suspicions
from nightlatch.exchange.client import UNKNOWN_CLIENT, UNKNOWN_NETWORK, Client, Network
from nightlatch.exchange.content import EMPTY, Content, ContentKind, query_leaves
from nightlatch.exchange.credential import (
    Credential,
    CredentialKind,
    CredentialPlace,
    CredentialState,
)
from nightlatch.exchange.disclosure import (
    NO_DISCLOSURE,
    DataClass,
    DataItem,
    Disclosure,
    Side,
    Subject,
)
from nightlatch.exchange.exchange import Body, Caller, Ending, Endpoint, Exchange, Request, Response
from nightlatch.exchange.facts import Contract, EndpointFacts
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.judgement import Detection
from nightlatch.exchange.record import Posture

MONDAY = 1_780_272_000.0
"""2026-06-01, 00:00 UTC."""
HOUR = 3_600.0
DAY = 86_400.0
_JSON = Headers([(b"content-type", b"application/json")])


@lru_cache(maxsize=200_000)
def person(number: int, kind: DataClass = DataClass.PHONE) -> Subject:
    """The person (or record) with this number."""
    digest = blake2b(f"{kind} {number}".encode(), digest_size=8).digest()
    return Subject(digest, kind, number)


def people(numbers: Iterable[int]) -> tuple[Subject, ...]:
    return tuple(person(number) for number in numbers)


def caller(
    address: str, *, principal: str = "", token: str = "", headers: str = "app", passed: str = ""
) -> Caller:
    """`principal` with its `token`, or a stranger without either; `passed`: the id of a pass."""
    network = address.rpartition(".")[0]
    circles: tuple[str, ...] = (
        f"address:{address}",
        f"headers:{headers}",
        f"network:{network}.0/24",
    )
    if principal:
        circles = (f"principal:{principal}", f"credential:{token or principal}", *circles)
    if passed:
        circles = (f"pass:{passed}", *circles)
    return Caller(address, circles)


def item(data_class: DataClass, path: str = "$.value") -> DataItem:
    return DataItem(Side.RESPONSE, path, data_class, 0.9, "•••")


def json(value: object) -> Content:
    return Content(ContentKind.JSON, value)


class Call(Struct):
    """One request with its answer, before the world knows what came before it."""

    at: float
    caller: Caller
    method: str
    template: str
    path: str = ""
    """Empty: the template itself."""
    status: int = 200
    query: str = ""
    asked: tuple[Subject, ...] = ()
    disclosed: tuple[Subject, ...] = ()
    size: int = 300
    duration: float = 0.02
    request: Content = EMPTY
    response: Content = EMPTY
    data: bytes = b""
    """The answer's body, where a detector reads it."""
    answer_headers: Headers = _JSON
    items: tuple[DataItem, ...] = ()
    client: Client = UNKNOWN_CLIENT
    network: Network = UNKNOWN_NETWORK
    ending: Ending = Ending.ANSWERED
    label: str = ""
    """What it is part of, for the tests' own counts: "attack"."""


class World:
    """Keeps the facts of each endpoint, as the inventory does."""

    def __init__(self) -> None:
        self.facts: dict[str, EndpointFacts] = {}
        self.contracts: dict[str, Contract] = {}
        self._endpoints: dict[tuple[str, str], Endpoint] = {}
        self._credentials: dict[str, tuple[Credential, ...]] = {}
        self._requests: dict[tuple[str, str, str], Request] = {}
        self._count = 0

    def play(self, *sources: Iterable[Call]) -> Iterator[Sighting]:
        """All calls of all sources in the order of time; each source must be in order itself."""
        return map(self.sighting, heapq.merge(*sources, key=_time))

    def sighting(self, call: Call) -> Sighting:
        endpoint = self._endpoint(call.method, call.template)
        facts = self.facts.get(endpoint.key) or EndpointFacts(
            contract=self.contracts.get(endpoint.key)
        )
        self._learn(endpoint.key, facts, call)
        credentials = self._presented(call.caller)
        disclosure = NO_DISCLOSURE
        if call.asked or call.disclosed:
            hit = bool(call.disclosed) if call.asked else None
            disclosure = Disclosure(call.asked, call.disclosed, hit)
        return Sighting(
            exchange=self._exchange(call, endpoint, credentials),
            stranger=not credentials,
            disclosure=disclosure,
            items=call.items,
            facts=facts,
            query=query_leaves(call.query),
            request=call.request,
            response=call.response,
            client=call.client,
            network=call.network,
        )

    def _exchange(
        self, call: Call, endpoint: Endpoint, credentials: tuple[Credential, ...]
    ) -> Exchange:
        self._count += 1
        state = CredentialState.NONE
        if credentials:
            rejected = call.status in (401, 403)
            state = CredentialState.REJECTED if rejected else CredentialState.ACCEPTED
        answer = Response(call.status, call.answer_headers, Body(call.data, call.size))
        return Exchange(
            id=f"{self._count:026d}",
            at=call.at,
            duration=call.duration,
            request=self._request(call),
            response=answer,
            ending=call.ending,
            caller=call.caller,
            endpoint=endpoint,
            credentials=credentials,
            credential_state=state,
        )

    def _request(self, call: Call) -> Request:
        key = (call.method, call.path or call.template, call.query)
        request = self._requests.get(key)
        if request is None:
            if len(self._requests) > 50_000:
                self._requests.clear()
            host = "api.example.com"
            request = Request(key[0], "https", host, key[1], key[2], Headers(), call.caller.address)
            self._requests[key] = request
        return request

    def _endpoint(self, method: str, template: str) -> Endpoint:
        known = self._endpoints.get((method, template))
        if known is None:
            known = self._endpoints[method, template] = Endpoint(method, template)
        return known

    def _learn(self, key: str, facts: EndpointFacts, call: Call) -> None:
        protected = call.status == 401 or facts.posture is Posture.PROTECTED
        self.facts[key] = EndpointFacts(
            posture=Posture.PROTECTED if protected else Posture.UNKNOWN,
            contract=facts.contract,
            requests=facts.requests + 1,
            first_seen=facts.first_seen or call.at,
            last_seen=call.at,
        )

    def _presented(self, caller: Caller) -> tuple[Credential, ...]:
        for circle in caller.circles:
            if circle.startswith("principal:"):
                break
        else:
            return ()
        known = self._credentials.get(circle)
        if known is None:
            credential = Credential(
                CredentialKind.BEARER_JWT,
                CredentialPlace.HEADER,
                "authorization",
                f"digest of {circle}",
                circle.partition(":")[2],
            )
            known = self._credentials[circle] = (credential,)
        return known


def _time(call: Call) -> float:
    return call.at


class Desk:
    """One behaviour at work: what it tells and whom it suspects."""

    def __init__(self, make: Callable[[Reporter], Behaviour], world: World | None = None) -> None:
        self.alarms = Alarms()
        self.suspicions = Suspicions()
        self.behaviour = make(Reporter(self.alarms, self.suspicions))
        self.world = world or World()
        self.told: list[Detection] = []

    def see(self, *sources: Iterable[Call]) -> list[Detection]:
        """Everything told of these calls, which are played in the order of time."""
        before = len(self.told)
        for sighting in self.world.play(*sources):
            self.behaviour.note(sighting)
            self.told += self.alarms.take()
        return self.told[before:]

    def stands(self, caller: Caller, endpoint: str, now: float) -> Suspicion | None:
        return self.suspicions.about(caller, endpoint, now)
