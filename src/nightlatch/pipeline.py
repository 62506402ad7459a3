"""The story of one exchange, on one screen.

Three moments: the request is in, the answer is about to leave, the answer has left. The first two
are inline: look-ups in memory, no waiting. The third first enters the ledger what could wait until
then, still before the next request; the rest takes its time, elsewhere, and makes the record.
"""

from msgspec.structs import replace

from nightlatch.checks.run import run_checks
from nightlatch.detect.stream import StreamReader
from nightlatch.exchange.content import EMPTY, Content, query_leaves
from nightlatch.exchange.credential import Credential, CredentialState
from nightlatch.exchange.disclosure import Disclosure
from nightlatch.exchange.exchange import (
    NO_BODY,
    Caller,
    Ending,
    Endpoint,
    Request,
    Response,
)
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.ids import id_of
from nightlatch.exchange.judgement import ALLOW_ENFORCE, Action, Decision, Mode, Phase
from nightlatch.exchange.mark import Mark
from nightlatch.exchange.measure import MeasureKind
from nightlatch.exchange.observed import Observed
from nightlatch.exchange.places import Places
from nightlatch.exchange.record import Record
from nightlatch.exchange.scribe import NOTHING_SEEN, Judged
from nightlatch.exchange.source import IN_PROCESS, Part, Source
from nightlatch.flight import (
    NOBODY,
    InFlight,
    Rooms,
    as_the_client_sent_it,
    classified,
    complete,
    content_of,
    evidence_of,
    find_out,
    introduced,
    learn,
    look,
    provable,
    sighting_of,
)
from nightlatch.identity.proofs import is_stranger
from nightlatch.policy.asking import Sources
from nightlatch.policy.decide import decide, decide_attack, effective_mode
from nightlatch.policy.grade import grade

MAX_STREAMED = 10_000
"""Subjects of one stream that its record names; the ledger counts them all."""


class Pipeline:
    """One story for every exchange, whatever door it came in by."""

    def __init__(self, rooms: Rooms, mode: Mode, *, refuses_attacks: bool = False) -> None:
        self._rooms = rooms
        rooms.levers.sources = Sources(rooms.networks, rooms.clients)
        self._configured_mode = self._mode = mode
        self.refuses_attacks = refuses_attacks
        """Requests are read for attacks before the application has them, not only after."""
        self.may_challenge = mode is Mode.ENFORCE
        """Somewhere decisions are carried out, so that callers may have to solve puzzles."""

    def apply(self, directives: Directives) -> None:
        """What people decided holds from now on, as far as it concerns this service."""
        directives = directives.of(self._rooms.scribe.service)
        self._mode = directives.mode or self._configured_mode
        modes = {self._mode, *(contract.mode for contract in directives.contracts)}
        ordered = any(one.kind is MeasureKind.CHALLENGE for one in directives.measures)
        self.may_challenge = ordered or Mode.ENFORCE in modes
        rooms = self._rooms
        rooms.inventory.apply(directives)
        rooms.watch.apply(directives)
        rooms.levers.apply(directives.measures)

    def on_request(self, request: Request, now: float) -> InFlight:
        """Before the application sees it: who asks, at which door, and may they?"""
        rooms = self._rooms
        address = rooms.proxies.client(request.peer, request.headers)
        if address != request.peer:
            request = as_the_client_sent_it(request, rooms.proxies)
        credentials = rooms.proofs.known(rooms.reader.read(request), now)
        caller = rooms.circles.caller(address, request, credentials)
        paid = rooms.passes.circle(request, now)
        if paid:
            caller = replace(caller, circles=(paid, *caller.circles))
        return self._open(request, caller, credentials, now)

    def on_observed(self, seen: Observed) -> Record:
        """All three moments at once, of an exchange that is over: nobody can be refused any more,
        and what the source could not see is unknown."""
        source, response = seen.source, seen.response
        request, caller, credentials = introduced(seen, self._rooms)
        flight = self._open(request, caller, credentials, seen.at, source)
        if seen.id:
            flight.id = id_of(f"{source.kind} {source.name} {seen.id}", seen.at)
        if caller.key == NOBODY:
            # All whom nobody can tell apart are not one caller.
            flight.ruling = replace(flight.ruling, exempt=True)
        if response is not None:
            self.on_response(flight, request, response, seen.route, seen.at + seen.duration)
        self.on_sent(flight, response)
        flight.decision = replace(flight.decision, mode=Mode.OBSERVE)
        return self.on_exchange(flight, request, response, seen.route, seen.ending, seen.duration)

    def _open(
        self,
        request: Request,
        caller: Caller,
        credentials: tuple[Credential, ...],
        now: float,
        source: Source = IN_PROCESS,
    ) -> InFlight:
        """What is known before the answer of who asks what, and of whether they may."""
        rooms = self._rooms
        endpoint = rooms.inventory.guess(request.method, request.path)
        stranger = self._is_stranger(credentials, endpoint, now, source)
        stranger = stranger or rooms.proofs.doubts(caller, credentials, now)
        ruling = rooms.levers.rule(
            request, endpoint, caller, now, stranger=stranger, credentials=credentials
        )
        standing = rooms.watch.standing(endpoint.key, caller, stranger, now)
        flight = InFlight(
            *(now, request, caller, credentials, endpoint, stranger, standing, ALLOW_ENFORCE),
            *(ruling, source),
        )
        if ruling.limits:
            self._limit(flight)
        flight.decision = self._decide(flight, Phase.REQUEST, now)
        if self.refuses_attacks:
            self._stop_attack(flight, request, EMPTY)
        return flight

    def on_body(self, flight: InFlight, request: Request) -> Decision:
        """Before the application has the end of the request's body: is it an attack?"""
        self._stop_attack(flight, request, content_of(request))
        return flight.decision

    def mark(self, method: str, route: str, mark: Mark) -> None:
        """What the code says of one of its endpoints."""
        self._rooms.inventory.mark(method, route, mark)

    def on_response(
        self,
        flight: InFlight,
        request: Request,
        response: Response,
        route: str | None,
        now: float,
        principal: str = "",
    ) -> Decision:
        """Before the answer leaves: whose records are in it, and are they too many?"""
        if principal:
            flight.caller = self._rooms.circles.known_as(flight.caller, principal)
            flight.stranger = False
        self._settle(flight, request, response, route)
        flight.answered = now
        if self._can_wait(flight, response, now):
            return flight.decision
        flight.entered = True
        self._read(flight, response)
        return self._weigh(flight, flight.disclosure, now)

    def on_stream(self, flight: InFlight, piece: bytes, now: float) -> Decision:
        """Before the next piece of a long answer leaves: the same question again."""
        if flight.stream is None:
            kind_of = self._rooms.disclosures.kind_of(flight.endpoint.key)
            flight.stream = StreamReader(self._rooms.hasher, kind_of)
        subjects = flight.stream.feed(piece)
        if not subjects:
            return flight.decision
        decision = self._weigh(flight, Disclosure(disclosed=subjects), now)
        if not decision.withhold and len(flight.streamed) < MAX_STREAMED:
            flight.streamed.extend(subjects)
        return decision

    def on_sent(self, flight: InFlight, response: Response | None) -> None:
        """Right after the last byte, before the next request: the ledger, if it could wait."""
        if flight.settled and not flight.entered and response is not None:
            flight.entered = True
            self._read(flight, response)
            if not response.ours:
                self._enter(flight, flight.disclosure, flight.answered)

    def on_exchange(
        self,
        flight: InFlight,
        request: Request,
        response: Response | None,
        route: str | None,
        ending: Ending,
        duration: float,
    ) -> Record:
        """After the answer: classify, check, grade, and write down what may be kept."""
        rooms = self._rooms
        # A refusal is our own answer: it teaches nothing about the application.
        theirs = None if ending is Ending.REFUSED else response
        self._reread(flight, request, theirs, route)
        find_out(flight, rooms)
        exchange = complete(flight, theirs, ending, duration)
        facts = rooms.inventory.facts(exchange.endpoint, flight.at)
        asked, told = look(flight, exchange, rooms)
        items = classified(flight, exchange, (asked, told), rooms)
        learn(exchange, rooms)
        if not flight.ruling.exempt:
            sighting = sighting_of(flight, exchange, facts, items, rooms)
            flight.detections += rooms.behaviours.note(sighting)
        if exchange.credential_state is CredentialState.UNKNOWN:
            flight.detections = provable(flight.detections, facts)
        evidence = evidence_of(flight, exchange, facts, items, (asked, told), rooms)
        findings, skipped = run_checks(evidence, rooms.checks)
        level, reason = grade(findings, flight.detections, flight.standing)
        judged = Judged(
            decision=flight.decision,
            disclosure=flight.disclosure,
            posture=rooms.inventory.posture(exchange.endpoint, flight.at),
            level=level,
            reason=reason,
            findings=findings,
            skipped=skipped,
            detections=flight.detections,
            items=items,
            mark=rooms.inventory.marks.of(exchange.endpoint.key),
        )
        # A puzzle is of no interest afterwards, and there may be a million of them.
        if response is not theirs and flight.decision.action is Action.CHALLENGE:
            told = NOTHING_SEEN
        elif response is not None and response is not theirs:
            told = rooms.scribe.look(response.body, content_of(response), Places())
        return rooms.scribe.write(exchange, response, asked, told, judged)

    def _is_stranger(
        self, credentials: tuple[Credential, ...], endpoint: Endpoint, now: float, source: Source
    ) -> bool:
        """A credential proves something only at a door that is known to turn others away: such a
        door has let in whose credential could not be seen."""
        if not credentials and Part.CREDENTIALS not in source.unseen:
            return True
        return is_stranger(credentials, self._rooms.inventory.posture(endpoint, now))

    def _limit(self, flight: InFlight) -> None:
        """Count the request against the limits that people ordered."""
        limiter = self._rooms.limiter
        over, flight.allowances = limiter.ask(
            flight.ruling.limits,
            flight.caller,
            flight.endpoint.key,
            flight.at,
            stranger=flight.stranger,
        )
        if over:
            standing = flight.standing
            flight.standing = replace(standing, overspent=(*over, *standing.overspent))
            flight.detections += limiter.take_detections()

    def _decide(self, flight: InFlight, phase: Phase, now: float) -> Decision:
        contract = self._rooms.inventory.contract(flight.endpoint)
        return decide(
            flight.standing,
            contract,
            self._mode,
            phase,
            now,
            anonymous=not flight.credentials,
            ruling=flight.ruling,
            allowances=flight.allowances,
        )

    def _stop_attack(self, flight: InFlight, request: Request, content: Content) -> None:
        """Decide against a request that is certainly an attack, unless it is refused anyway."""
        contract = self._rooms.inventory.contract(flight.endpoint)
        mode = effective_mode(contract, self._mode)
        if mode is Mode.OFF or flight.decision.action is Action.REFUSE:
            return
        query = query_leaves(request.query)
        found = self._rooms.inspector.inspect(
            request, query, content, flight.endpoint, flight.caller
        )
        flight.decision = decide_attack(found.attacks, mode) or flight.decision

    def _can_wait(self, flight: InFlight, response: Response, now: float) -> bool:
        """An answer about one person at most is never withheld for what it says: so unless
        something stands against the caller anyway, reading it may wait until it has left."""
        rooms = self._rooms
        if flight.ruling.exempt:
            return True
        if response.body.truncated or rooms.disclosures.may_be_several(
            flight.parameters,
            flight.query,
            flight.request_content,
            flight.response_content,
            flight.endpoint.key,
        ):
            return False
        standing = rooms.watch.standing(flight.endpoint.key, flight.caller, flight.stranger, now)
        return not (standing.bars or standing.weighed)

    def _read(self, flight: InFlight, response: Response) -> None:
        """Whose records were asked for, and whose are in the answer?"""
        disclosures, key = self._rooms.disclosures, flight.endpoint.key
        asked = disclosures.asked(key, flight.parameters, flight.query, flight.request_content)
        if response.ours:
            # Capture could not let the application's go: nobody's records left.
            flight.disclosure = Disclosure(asked)
            return
        if Part.RESPONSE_BODY in flight.source.unseen:
            flight.disclosure = disclosures.read_status(key, asked, response.status)
            return
        flight.disclosure = disclosures.read(key, asked, response.status, flight.response_content)

    def _enter(self, flight: InFlight, disclosure: Disclosure, now: float) -> None:
        """Into the ledger; it answers with the caller's standing."""
        if flight.ruling.exempt:
            return
        watch = self._rooms.watch
        flight.standing = watch.note(
            flight.endpoint.key, flight.caller, flight.stranger, disclosure, now
        )
        flight.detections += watch.take_detections()
        if flight.ruling.limits and disclosure.disclosed:
            self._limit_people(flight, disclosure, now)

    def _limit_people(self, flight: InFlight, disclosure: Disclosure, now: float) -> None:
        """Enter people into the limits that are counted in them."""
        limiter = self._rooms.limiter
        over = limiter.disclose(
            flight.ruling.limits,
            flight.caller,
            flight.endpoint.key,
            disclosure.disclosed,
            now,
            stranger=flight.stranger,
        )
        if not over:
            return
        flight.detections += limiter.take_detections()
        # An answer about one person is never withheld for being one: the next request is refused.
        if len(disclosure.asked) > 1 or len(disclosure.disclosed) > 1:
            overspent = (*over, *flight.standing.overspent)
            flight.standing = replace(flight.standing, overspent=overspent, settled=True)

    def _weigh(self, flight: InFlight, disclosure: Disclosure, now: float) -> Decision:
        """Enter a disclosure into the ledger, and decide by what the ledger says then."""
        self._enter(flight, disclosure, now)
        decision = self._decide(flight, Phase.RESPONSE, now)
        # In observe mode the first moment may have said "refuse" already: that stays on record.
        if decision.action is not Action.ALLOW or flight.decision.action is Action.ALLOW:
            flight.decision = decision
        return decision

    def _settle(
        self, flight: InFlight, request: Request, response: Response | None, route: str | None
    ) -> None:
        """What could not be known before the application had answered."""
        inventory, asked = self._rooms.inventory, flight.request
        if request.body is not asked.body:
            flight.request = asked = replace(asked, body=request.body)
        status = response.status if response else None
        # What nobody answered, as it was refused, teaches no path: the guess stands.
        if route is not None or status is not None:
            flight.endpoint = inventory.settle(asked.method, asked.path, route, status)
        flight.parameters = inventory.parameters(flight.endpoint, asked.path)
        flight.query = query_leaves(asked.query)
        flight.request_content = content_of(asked)
        flight.response_content = content_of(response)
        flight.judged = response.body if response else NO_BODY
        flight.settled = True

    def _reread(
        self, flight: InFlight, request: Request, theirs: Response | None, route: str | None
    ) -> None:
        """What was not to be had when the answer began: the rest of a stream, or no answer."""
        if not flight.settled:
            self._settle(flight, request, theirs, route)
        if request.body.size != flight.request.body.size:
            # More of it was sent while the answer left.
            flight.request = replace(flight.request, body=request.body)
        if theirs is not None and theirs.body is not flight.judged:
            flight.response_content = content_of(theirs)
        if flight.streamed:
            before = flight.disclosure
            people = tuple(dict.fromkeys((*before.disclosed, *flight.streamed)))
            flight.disclosure = replace(before, disclosed=people)
