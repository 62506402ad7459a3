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
    REFUTED,
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
from nightlatch.exchange.scribe import NOTHING_SEEN, Scribe, Seen
from nightlatch.exchange.source import IN_PROCESS, Part, Source
from nightlatch.exchange.spent import Spent
from nightlatch.exchange.standing import Standing
from nightlatch.identity.address import TrustedProxies
from nightlatch.identity.circles import Circles
from nightlatch.identity.clients import Clients
from nightlatch.identity.credentials import CredentialReader, credential_state
from nightlatch.identity.networks import Networks
from nightlatch.identity.passes import Passes
from nightlatch.identity.proofs import Proofs, invented, refuted
from nightlatch.identity.reputation import Reputation
from nightlatch.identity.tokens import token_faults
from nightlatch.inventory.inventory import Inventory, shows_limit
from nightlatch.policy.attacks import Inspector
from nightlatch.policy.levers import NOTHING_RULED, Levers, Ruling

NOBODY = "address:unknown"
"""The narrowest circle of whoever cannot be told from anybody else."""

_ACCEPTED = CredentialState.ACCEPTED
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
    proofs: Proofs
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
    id: str = ""
    """Of the record, where the exchange has a name of its own; else it is given one."""
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
        id=flight.id or new_id(flight.at),
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
    state = credential_state(flight.credentials, status)
    if state is CredentialState.ACCEPTED and refuted(flight.credentials):
        # That it was let in shows what the door is worth, and not the caller.
        return CredentialState.PRESENT
    return state


def find_out(flight: InFlight, rooms: Rooms) -> None:
    """What the tokens are worth, now that nobody waits for it."""
    before = flight.credentials
    found = rooms.proofs.found_out(flight.request, before, flight.at)
    if found == before:
        return
    flight.credentials = found
    bad = tuple(one for one in found if one.proof in REFUTED)
    flight.caller = rooms.circles.without(flight.caller, bad)
    if invented(found):
        rooms.proofs.note_inventor(flight.caller, flight.at)
    if refuted(found):
        flight.stranger = True


def learn(exchange: Exchange, rooms: Rooms) -> None:
    """What the answer teaches about its endpoint."""
    answer = exchange.response
    if answer is None:
        return
    rooms.inventory.note(
        exchange.endpoint,
        exchange.credential_state,
        answer.status,
        exchange.at,
        limit_shown=shows_limit(answer.status, answer.headers),
    )


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
    credentials = rooms.proofs.known(credentials, seen.at)
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


def look(flight: InFlight, exchange: Exchange, rooms: Rooms) -> tuple[Seen, Seen]:
    """The one walk through each body, for what may be kept and for what is of interest."""
    answer, scribe = exchange.response, rooms.scribe
    known = rooms.inventory.places(exchange.endpoint)
    asked = scribe.look(exchange.request.body, flight.request_content, known.request)
    if answer is None:
        return asked, NOTHING_SEEN
    return asked, scribe.look(answer.body, flight.response_content, known.response)


def classified(
    flight: InFlight, exchange: Exchange, seen: tuple[Seen, Seen], rooms: Rooms
) -> tuple[DataItem, ...]:
    """What kinds of data are in it; `seen` are the request's body and the answer's."""
    answer, inventory = exchange.response, rooms.inventory
    asked, told = seen
    found = inventory.items(
        flight.endpoint,
        flight.parameters,
        flight.query,
        flight.request_content,
        flight.response_content,
        answer.body.data if answer else b"",
        (asked.sightings, told.sightings),
    )
    if answer is None or not 200 <= answer.status < 300:
        return found
    return (*inventory.marks.items(flight.endpoint.key), *found)


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
    accepted = facts.posture is Posture.PROTECTED and exchange.credential_state is _ACCEPTED
    return Evidence(
        exchange=exchange,
        query=flight.query,
        request=flight.request_content,
        response=flight.response_content,
        items=items,
        disclosure=flight.disclosure,
        facts=facts,
        token_faults=token_faults(request, exchange.at),
        weak_secret=rooms.proofs.weakness(
            request, exchange.credentials, exchange.at, accepted=accepted
        ),
        reputation=rooms.reputation.look_up(caller.address),
        attacks=inspected.attacks,
        unread=inspected.unread,
        request_signs=asked.signs,
        answer_signs=told.signs,
    )
