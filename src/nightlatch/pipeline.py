"""The story of one exchange, on one screen.

Three moments: the request is in, the answer is about to leave, the answer has left. The first two
are inline: look-ups in memory, no waiting. The third takes its time and makes the record.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.checks.check import Check, Evidence
from nightlatch.checks.run import run_checks
from nightlatch.detect.disclosure import Disclosures
from nightlatch.detect.watch import Watch
from nightlatch.exchange.content import EMPTY, Content, Leaf, query_leaves, read_content
from nightlatch.exchange.credential import Credential
from nightlatch.exchange.disclosure import NO_DISCLOSURE, Disclosure
from nightlatch.exchange.exchange import Caller, Ending, Endpoint, Exchange, Request, Response
from nightlatch.exchange.ids import new_id
from nightlatch.exchange.judgement import Decision, Detection, Mode, Phase
from nightlatch.exchange.record import Posture, Record
from nightlatch.exchange.scribe import Judged, Scribe
from nightlatch.exchange.standing import Standing
from nightlatch.identity.address import TrustedProxies
from nightlatch.identity.circles import Circles
from nightlatch.identity.credentials import CredentialReader, credential_state
from nightlatch.identity.reputation import Reputation
from nightlatch.identity.tokens import token_faults
from nightlatch.inventory.inventory import Inventory
from nightlatch.policy.decide import decide
from nightlatch.policy.grade import grade


class Rooms(Struct, frozen=True):
    """The parts that an exchange passes, in this order."""

    proxies: TrustedProxies
    reader: CredentialReader
    circles: Circles
    inventory: Inventory
    disclosures: Disclosures
    watch: Watch
    reputation: Reputation
    checks: Sequence[Check]
    scribe: Scribe


class InFlight(Struct):
    """One exchange under way: what each moment leaves for the next."""

    at: float
    request: Request
    caller: Caller
    credentials: tuple[Credential, ...]
    endpoint: Endpoint
    stranger: bool
    standing: Standing
    decision: Decision
    parameters: tuple[Leaf, ...] = ()
    query: tuple[Leaf, ...] = ()
    request_content: Content = EMPTY
    response_content: Content = EMPTY
    disclosure: Disclosure = NO_DISCLOSURE
    detections: tuple[Detection, ...] = ()


class Pipeline:
    """One story for every exchange, whatever door it came in by."""

    def __init__(self, rooms: Rooms, mode: Mode) -> None:
        self._rooms = rooms
        self.mode = mode

    def on_request(self, request: Request, now: float) -> InFlight:
        """Before the application sees it: who asks, at which door, and may they?"""
        rooms = self._rooms
        address = rooms.proxies.client(request.peer, request.headers)
        credentials = rooms.reader.read(request)
        caller = rooms.circles.caller(address, request, credentials)
        endpoint = rooms.inventory.guess(request.method, request.path)
        stranger = self._is_stranger(credentials, endpoint)
        standing = rooms.watch.standing(endpoint.key, caller, stranger, now)
        decision = self._decide(standing, endpoint, Phase.REQUEST, now)
        return InFlight(now, request, caller, credentials, endpoint, stranger, standing, decision)

    def on_response(
        self, flight: InFlight, request: Request, response: Response, route: str | None, now: float
    ) -> Decision:
        """Before the answer leaves: count whose records are in it, and hold it if they are too
        many."""
        rooms = self._rooms
        self._settle(flight, request, response, route)
        asked = rooms.disclosures.asked(
            flight.endpoint.key, flight.parameters, flight.query, flight.request_content
        )
        flight.disclosure = rooms.disclosures.read(
            flight.endpoint.key, asked, response.status, flight.response_content
        )
        flight.standing = rooms.watch.note(
            flight.endpoint.key, flight.caller, flight.stranger, flight.disclosure, now
        )
        flight.detections = rooms.watch.take_detections()
        flight.decision = self._decide(flight.standing, flight.endpoint, Phase.RESPONSE, now)
        return flight.decision

    def on_exchange(
        self,
        flight: InFlight,
        response: Response | None,
        ending: Ending,
        duration: float,
    ) -> Record:
        """After the answer: classify, check, grade, and write down what may be kept."""
        rooms = self._rooms
        exchange = self._complete(flight, response, ending, duration)
        facts = rooms.inventory.note(exchange)
        items = rooms.inventory.items(
            flight.endpoint,
            flight.parameters,
            flight.query,
            flight.request_content,
            flight.response_content,
            response.body.data if response else b"",
        )
        evidence = Evidence(
            exchange=exchange,
            query=flight.query,
            request=flight.request_content,
            response=flight.response_content,
            items=items,
            disclosure=flight.disclosure,
            facts=facts,
            token_faults=token_faults(exchange.request, exchange.at),
            reputation=rooms.reputation.look_up(exchange.caller.address),
        )
        findings, skipped = run_checks(evidence, rooms.checks)
        level, reason = grade(findings, flight.detections, flight.standing)
        judged = Judged(
            decision=flight.decision,
            disclosure=flight.disclosure,
            posture=facts.posture,
            level=level,
            reason=reason,
            findings=findings,
            skipped=skipped,
            detections=flight.detections,
            items=items,
        )
        return rooms.scribe.write(exchange, flight.request_content, flight.response_content, judged)

    def _is_stranger(self, credentials: tuple[Credential, ...], endpoint: Endpoint) -> bool:
        """A credential proves something only at a door that is known to turn others away."""
        if not credentials:
            return True
        return self._rooms.inventory.posture(endpoint) is not Posture.PROTECTED

    def _decide(self, standing: Standing, endpoint: Endpoint, phase: Phase, now: float) -> Decision:
        contract = self._rooms.inventory.contract(endpoint)
        return decide(standing, contract, self.mode, phase, now)

    def _settle(
        self, flight: InFlight, request: Request, response: Response | None, route: str | None
    ) -> None:
        """What could not be known before the application had answered."""
        asked = flight.request
        flight.request = replace(asked, body=request.body)
        flight.endpoint = self._rooms.inventory.settle(asked.method, asked.path, route)
        flight.parameters = self._rooms.inventory.parameters(flight.endpoint, asked.path)
        flight.query = query_leaves(asked.query)
        flight.request_content = _content(request)
        flight.response_content = _content(response)
