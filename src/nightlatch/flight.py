"""What an exchange passes and what it carries along: the rooms, and one exchange under way."""

from collections.abc import Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from nightlatch.checks.check import Check, Evidence
from nightlatch.detect.behaviour import Sighting
from nightlatch.detect.behaviours.run import Behaviours
from nightlatch.detect.disclosure import Disclosures
from nightlatch.detect.limits import Limiter
from nightlatch.detect.stream import StreamReader
from nightlatch.detect.watch import Watch
from nightlatch.exchange.content import EMPTY, Content, Leaf, read_content
from nightlatch.exchange.credential import (
    Credential,
    CredentialKind,
    CredentialPlace,
    CredentialState,
)
from nightlatch.exchange.disclosure import NO_DISCLOSURE, DataItem, Disclosure, Subject
from nightlatch.exchange.exchange import (
    NO_BODY,
    Body,
    Caller,
    Ending,
    Endpoint,
    Exchange,
    Request,
    Response,
)
from nightlatch.exchange.facts import EndpointFacts
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.ids import new_id
from nightlatch.exchange.judgement import Decision, Detection, DetectionKind
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.record import Posture
from nightlatch.exchange.scribe import Scribe, Seen
from nightlatch.exchange.source import IN_PROCESS, Part, Source
from nightlatch.exchange.spent import Spent
from nightlatch.exchange.standing import Standing
from nightlatch.identity.address import TrustedProxies
from nightlatch.identity.circles import Circles
from nightlatch.identity.clients import Clients
from nightlatch.identity.credentials import CredentialReader, credential_state
from nightlatch.identity.networks import Networks
from nightlatch.identity.passes import Passes
from nightlatch.identity.reputation import Reputation
from nightlatch.identity.tokens import token_faults
from nightlatch.inventory.inventory import Inventory
from nightlatch.policy.attacks import Inspector
from nightlatch.policy.levers import NOTHING_RULED, Levers, Ruling

NOBODY = "address:unknown"
"""The narrowest circle of whoever cannot be told from anybody else."""

_OF_STRANGERS = frozenset({DetectionKind.EXISTENCE_ORACLE, DetectionKind.DEBUG_PATH})


class Rooms(Struct, frozen=True):
    """The parts that an exchange passes, in this order."""

    hasher: Hasher
    proxies: TrustedProxies
    reader: CredentialReader
    circles: Circles
    passes: Passes
    inventory: Inventory
    disclosures: Disclosures
    watch: Watch
    behaviours: Behaviours
    clients: Clients
    networks: Networks
    reputation: Reputation
    levers: Levers
    inspector: Inspector
    checks: Sequence[Check]
    scribe: Scribe
    limiter: Limiter = field(default_factory=Limiter)


class InFlight(Struct, gc=False):
    """One exchange under way: what each moment leaves for the next."""

    at: float
    request: Request
    caller: Caller
    credentials: tuple[Credential, ...]
    endpoint: Endpoint
    stranger: bool
    standing: Standing
    decision: Decision
    ruling: Ruling = NOTHING_RULED
    source: Source = IN_PROCESS
    allowances: tuple[Spent, ...] = ()
    """What is left of the limits that hold."""
    settled: bool = False
    """The endpoint is certain and the bodies are read; until then it is a guess by the path."""
    answered: float = 0.0
    """When the answer was about to leave."""
    entered: bool = False
    """The ledger knows of it."""
    judged: Body = NO_BODY
    """What of the answer's body was there to be read then."""
    parameters: tuple[Leaf, ...] = ()
    query: tuple[Leaf, ...] = ()
    request_content: Content = EMPTY
    response_content: Content = EMPTY
    disclosure: Disclosure = NO_DISCLOSURE
    detections: tuple[Detection, ...] = ()
    stream: StreamReader | None = None
    streamed: list[Subject] = field(default_factory=list)
    """Whose records left in a stream, the first of them."""


def content_of(message: Request | Response | None) -> Content:
    if message is None or message.body is NO_BODY:
        return EMPTY
    return read_content(message.body, message.headers.get(b"content-type"))


def complete(
    flight: InFlight, response: Response | None, ending: Ending, duration: float
) -> Exchange:
    status = response.status if response else None
    return Exchange(
        id=new_id(flight.at),
        at=flight.at,
        duration=duration,
        request=flight.request,
        response=response,
        ending=ending,
        caller=flight.caller,
        endpoint=flight.endpoint,
        credentials=flight.credentials,
        credential_state=_credential_state(flight, status),
        source=flight.source,
    )


def _credential_state(flight: InFlight, status: int | None) -> CredentialState:
    if not flight.credentials and Part.CREDENTIALS in flight.source.unseen:
        return CredentialState.UNKNOWN
    return credential_state(flight.credentials, status)


def as_the_client_sent_it(request: Request, proxies: TrustedProxies) -> Request:
    """Scheme and host from before the trusted proxy."""
    peer, headers = request.peer, request.headers
    return replace(
        request,
        scheme=proxies.scheme(peer, headers, request.scheme),
        host=proxies.host(peer, headers, request.host),
    )


def introduced(seen: Observed, rooms: Rooms) -> tuple[Request, Caller, tuple[Credential, ...]]:
    """Who asked for what, as far as its source could see."""
    request, unseen = seen.request, seen.source.unseen
    address = rooms.proxies.client(request.peer, request.headers)
    if address != request.peer:
        request = as_the_client_sent_it(request, rooms.proxies)
    masked = Part.SECRETS in unseen
    credentials = rooms.reader.read_masked(request) if masked else rooms.reader.read(request)
    if seen.principal:
        credentials += (_word_of_the_source(seen.principal, rooms.hasher),)
    caller = rooms.circles.caller(address, request, credentials)
    if Part.REQUEST_HEADERS in unseen:
        # Few headers look alike, and do not make one program of all who sent them.
        told = tuple(one for one in caller.circles if not one.startswith("headers:"))
        caller = replace(caller, circles=told)
    return request, caller, credentials


def _word_of_the_source(principal: str, hasher: Hasher) -> Credential:
    """Who is said to have been logged in: by what credential is not known."""
    name = hasher.hex("principal", principal)
    return Credential(CredentialKind.OTHER, CredentialPlace.HEADER, "", "", name)


def provable(detections: tuple[Detection, ...], facts: EndpointFacts) -> tuple[Detection, ...]:
    """Without those that say what strangers get, where it could not be seen who is one."""
    if facts.posture is Posture.OPEN:
        return detections
    return tuple(one for one in detections if one.kind not in _OF_STRANGERS)


def sighting_of(
    flight: InFlight,
    exchange: Exchange,
    facts: EndpointFacts,
    items: tuple[DataItem, ...],
    rooms: Rooms,
) -> Sighting:
    """The exchange as behaviours see it."""
    partly = Part.REQUEST_HEADERS in exchange.source.unseen
    request, caller, clients = exchange.request, exchange.caller, rooms.clients
    return Sighting(
        exchange=exchange,
        stranger=flight.stranger,
        disclosure=flight.disclosure,
        items=items,
        facts=facts,
        parameters=flight.parameters,
        query=flight.query,
        request=flight.request_content,
        response=flight.response_content,
        client=(clients.look_partly if partly else clients.look)(request, caller, exchange.at),
        network=rooms.networks.look(caller.address),
    )


def evidence_of(
    flight: InFlight,
    exchange: Exchange,
    facts: EndpointFacts,
    items: tuple[DataItem, ...],
    seen: tuple[Seen, Seen],
    rooms: Rooms,
) -> Evidence:
    """The exchange as checks see it; `seen` are the request's body and the answer's."""
    request, caller = exchange.request, exchange.caller
    inspected = rooms.inspector.inspect(
        request, flight.query, flight.request_content, exchange.endpoint, caller
    )
    asked, told = seen
    return Evidence(
        exchange=exchange,
        query=flight.query,
        request=flight.request_content,
        response=flight.response_content,
        items=items,
        disclosure=flight.disclosure,
        facts=facts,
        token_faults=token_faults(request, exchange.at),
        reputation=rooms.reputation.look_up(caller.address),
        attacks=inspected.attacks,
        unread=inspected.unread,
        request_signs=asked.signs,
        answer_signs=told.signs,
    )
