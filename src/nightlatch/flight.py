"""What an exchange passes and what it carries along: the rooms, and one exchange under way."""

from collections.abc import Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from nightlatch.checks.check import Check
from nightlatch.detect.behaviours.run import Behaviours
from nightlatch.detect.disclosure import Disclosures
from nightlatch.detect.limits import Limiter
from nightlatch.detect.stream import StreamReader
from nightlatch.detect.watch import Watch
from nightlatch.exchange.content import EMPTY, Content, Leaf, read_content
from nightlatch.exchange.credential import Credential
from nightlatch.exchange.disclosure import NO_DISCLOSURE, Disclosure, Subject
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
from nightlatch.exchange.hashing import Hasher
from nightlatch.exchange.ids import new_id
from nightlatch.exchange.judgement import Decision, Detection
from nightlatch.exchange.scribe import Scribe
from nightlatch.exchange.source import IN_PROCESS, Source
from nightlatch.exchange.spent import Spent
from nightlatch.exchange.standing import Standing
from nightlatch.identity.address import TrustedProxies
from nightlatch.identity.circles import Circles
from nightlatch.identity.clients import Clients
from nightlatch.identity.credentials import CredentialReader, credential_state
from nightlatch.identity.networks import Networks
from nightlatch.identity.passes import Passes
from nightlatch.identity.reputation import Reputation
from nightlatch.inventory.inventory import Inventory
from nightlatch.policy.attacks import Inspector
from nightlatch.policy.levers import NOTHING_RULED, Levers, Ruling


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
        credential_state=credential_state(flight.credentials, status),
        source=flight.source,
    )


def as_the_client_sent_it(request: Request, proxies: TrustedProxies) -> Request:
    """Scheme and host from before the trusted proxy."""
    peer, headers = request.peer, request.headers
    return replace(
        request,
        scheme=proxies.scheme(peer, headers, request.scheme),
        host=proxies.host(peer, headers, request.host),
    )
