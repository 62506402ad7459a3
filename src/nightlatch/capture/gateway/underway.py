"""What is under way at a proxy: each exchange from its request to its end.

The proxy tells of an exchange in pieces, under an id of its own; each piece is judged when it
comes, and what the proxy is to do goes back. Whatever it never tells of again ends by itself, so
that no exchange is lost silently and memory stays bounded.
"""

import time
from collections.abc import Callable
from math import ceil
from typing import Final, Generic

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.capture.allowances import Fields, allowance_fields
from nightlatch.capture.delays import Delays
from nightlatch.capture.excision import has_fields
from nightlatch.capture.gate import Admission
from nightlatch.capture.hold import declares_length
from nightlatch.capture.ports import F, Inline, OnLost, Scope
from nightlatch.capture.refusal import problem, refusal, with_fields
from nightlatch.capture.requests import is_preflight, with_body
from nightlatch.capture.uniform import uniform_answer
from nightlatch.exchange.exchange import Body, Ending, Request, Response
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.judgement import ALLOW_ENFORCE, Action, Decision, Outcome
from nightlatch.exchange.source import Source
from nightlatch.faults import guarded

AT_ONCE: Final = 20_000
"""Exchanges that may be under way; then the oldest ends."""
HELD: Final = 64 << 20
"""Bytes of all their bodies together."""
PATIENCE: Final = 900.0
"""Seconds that the proxy may be silent about one: streams last long."""


_PER_FIELD: Final = 4
"""Bytes around the name and value of a header field."""


class Verdict(Struct, frozen=True, gc=False):
    """What the proxy is to do."""

    answer: Response | None = None
    """Instead of the application's answer."""
    fields: Fields = ()
    """To be added to the application's answer."""
    delay: float = 0.0
    """Seconds that the answer is to wait before it leaves."""
    over: bool = False
    """All of the exchange was seen; its end need not be told."""


PASS: Final = Verdict()
OVER: Final = Verdict(over=True)


class End(Struct, frozen=True, gc=False):
    """How an exchange ended, as the proxy has it."""

    status: int = 0
    """What was answered; 0 where nothing was."""
    received: int = 0
    """Bytes of the request; 0 where the proxy does not count them."""
    sent: int = 0
    """Bytes of the answer."""
    with_heads: bool = False
    """The heads are counted too: the size of a body without a declared length is then nearly so."""
    duration: float = 0.0
    """Seconds; 0 where the proxy does not say."""
    client_gone: bool = False
    headers: Headers = Headers()
    """Those of the answer that the proxy tells of, where it has told no other."""


class _Flight(Struct, Generic[F], gc=False):
    in_flight: F
    request: Request
    admission: Admission | None
    scope: Scope
    began: float
    """By the clock that cannot be set."""
    response: Response | None = None
    ending: Ending = Ending.ANSWERED
    duration: float = 0.0

    @property
    def weight(self) -> int:
        return len(self.request.body.data) + (len(self.response.body.data) if self.response else 0)


class Underway(Generic[F]):
    """Asks the pipeline on a proxy's behalf. To be used from one thread."""

    def __init__(
        self,
        inline: Inline[F],
        source: Source,
        on_lost: OnLost,
        *,
        fail_closed: bool = False,
        holds_answers: bool = True,
        at_once: int = AT_ONCE,
        held: int = HELD,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`holds_answers`: the proxy asks before an answer leaves. `clock`: seconds since the
        epoch; `timer`: seconds since whenever."""
        self.inline = inline
        self.clock = clock
        self._source = source
        self._on_lost = on_lost
        self._fail_closed = fail_closed
        self._holds_answers = holds_answers
        self._at_once = at_once
        self._held = held
        self._timer = timer
        self._flights: dict[str, _Flight[F]] = {}
        self._weight = 0
        self._ended: list[_Flight[F]] = []
        """Done with the proxy, and still to be handed over."""
        self.delays = Delays()

    def __len__(self) -> int:
        return len(self._flights)

    def begin(self, key: str, request: Request, scope: Scope) -> Verdict:
        """The request is there, its body as far as the proxy has it."""
        try:
            flight = self._open(request, scope)
            decision = self._asked(flight)
            answer = self._refused(flight, decision) if decision.withhold else None
        except Exception as error:  # noqa: BLE001  # whatever it is, it is ours
            return self._blind("capture.on_request", error)
        verdict = PASS
        if answer is None and not self._holds_answers:
            verdict = self._foregone(flight, decision)
            answer = verdict.answer
        if answer is not None:
            return self._end_with(flight, answer, Ending.REFUSED)
        if key in self._flights:
            self.end(key, End())
        self._flights[key] = flight
        self._weigh(flight.weight)
        return verdict

    def add_body(self, key: str, body: Body) -> None:
        """The body of a request that was judged by its head."""
        flight = self._flights.get(key)
        if flight is not None:
            before = flight.weight
            flight.request = with_body(flight.request, body)
            self._weigh(flight.weight - before)

    def respond(self, key: str, response: Response) -> Verdict:
        """The answer is there, its body as far as the proxy has it, and has not left."""
        flight = self._flights.get(key)
        if flight is None:
            return PASS
        try:
            verdict = self._judged(flight, response)
        except Exception as error:  # noqa: BLE001
            self._forget(key)
            return self._blind("capture.on_response", error)
        if verdict.over:
            self._forget(key)
        else:
            before = flight.weight
            flight.response = response
            self._weigh(flight.weight - before)
        return verdict

    def end(self, key: str, end: End) -> bool:
        """The proxy is done with an exchange; False where it is unknown."""
        flight = self._forget(key)
        if flight is None:
            return False
        if end.received:
            body = _counted(flight.request.body, flight.request.headers, end.received, end)
            flight.request = with_body(flight.request, body)
        response = flight.response
        if response is None and end.status and not end.client_gone:
            response = Response(end.status, end.headers)
        if response is not None and end.sent:
            body = _counted(response.body, response.headers, end.sent, end)
            response = replace(response, body=body)
        if response is not None and flight.response is None:
            self._note(flight, response)
        flight.response = response
        flight.ending = Ending.CLIENT_GONE if end.client_gone else _ending(response)
        flight.duration = end.duration or self._timer() - flight.began
        self._ended.append(flight)
        return True

    def expire(self, patience: float = PATIENCE) -> int:
        """End what the proxy has been silent about; how many those were."""
        before, number = self._timer() - patience, 0
        for key, flight in list(self._flights.items()):
            # In order of their beginning.
            if flight.began > before:
                break
            self.end(key, End(client_gone=flight.response is None))
            number += 1
        return number

    def hand_over(self) -> None:
        """What has ended goes to the pipeline: after the proxy has its answer."""
        ended, self._ended = self._ended, []
        for flight in ended:
            try:
                self.inline.finish(
                    flight.in_flight,
                    flight.request,
                    flight.response,
                    None,
                    flight.ending,
                    flight.duration,
                )
            except Exception as error:  # noqa: BLE001
                self._lose("capture.finish", error)

    def close(self) -> None:
        """No proxy will tell of anything again."""
        self.expire(patience=0.0)
        self.hand_over()

    def _open(self, request: Request, scope: Scope) -> _Flight[F]:
        began, now, gate = self._timer(), self.clock(), self.inline.gate
        admission: Admission | None = None
        if gate is not None:
            request, admission = gate.admit(request, now)
        in_flight = self.inline.on_request(request, now)
        in_flight.source = self._source
        return _Flight(in_flight, request, admission, scope, began)

    def _asked(self, flight: _Flight[F]) -> Decision:
        decision, request = flight.in_flight.decision, flight.request
        if self.inline.reads_bodies and request.body.data and not decision.withhold:
            decision = self.inline.on_body(flight.in_flight, request)
        if decision.action is Action.CHALLENGE and is_preflight(request):
            return ALLOW_ENFORCE
        return decision

    def _judged(self, flight: _Flight[F], response: Response) -> Verdict:
        decision = self.inline.on_response(
            flight.in_flight, flight.request, response, None, self.clock()
        )
        if decision.action is Action.CHALLENGE and is_preflight(flight.request):
            decision = ALLOW_ENFORCE
        if decision.withhold:
            return self._end_with(flight, self._withheld(flight, decision), Ending.REFUSED)
        fields = flight.admission.fields if flight.admission else ()
        if not (decision.alters or fields):
            return self._pass(flight, response)
        return self._altered(flight, decision, response, fields)

    def _pass(self, flight: _Flight[F], response: Response) -> Verdict:
        if response.body.truncated or flight.request.body.truncated:
            return PASS
        flight.response = response
        flight.duration = self._timer() - flight.began
        self._ended.append(flight)
        return OVER

    def _altered(
        self, flight: _Flight[F], decision: Decision, response: Response, fields: Fields
    ) -> Verdict:
        delay = decision.delay
        if decision.uniform:
            took = self._timer() - flight.began
            # Where no route is known, all such answers wait for each other.
            delay = max(delay, self.delays.until_uniform("", took))
        if delay > 0 and self.delays.full:
            return self._end_with(flight, with_fields(crowded(delay), fields), Ending.REFUSED)
        if decision.uniform:
            answer = with_fields(uniform_answer(response.headers), fields)
            verdict = self._end_with(flight, answer, Ending.ANSWERED)
            # As the application gave it: what was changed, the decision on record says.
            flight.response = response
        elif decision.without and has_fields(response.headers):
            # The proxy cannot take fields out of an answer: what they stand in is not let out.
            return self._end_with(flight, with_fields(problem(503), fields), Ending.REFUSED)
        else:
            verdict = self._pass(flight, response)
            verdict = replace(verdict, fields=(*allowance_fields(decision.allowances), *fields))
        return replace(verdict, delay=delay) if delay > 0 else verdict

    def _foregone(self, flight: _Flight[F], decision: Decision) -> Verdict:
        """What is done before the application is asked, where its answer is out of reach. An answer
        that would have to be changed is not asked for: 403, because Envoy takes 5xx for a failure
        of ours, and lets the request pass."""
        fields = flight.admission.fields if flight.admission else ()
        if not decision.alters:
            return Verdict(fields=fields) if fields else PASS
        if decision.uniform or decision.without:
            return Verdict(with_fields(problem(403), fields))
        if decision.delay > 0 and self.delays.full:
            return Verdict(with_fields(crowded(decision.delay), fields))
        fields = (*allowance_fields(decision.allowances), *fields)
        return Verdict(fields=fields, delay=decision.delay)

    def _note(self, flight: _Flight[F], response: Response) -> None:
        """An answer that has left already: it counts, and cannot be withheld."""
        with guarded("capture.on_response"):
            self.inline.on_response(flight.in_flight, flight.request, response, None, self.clock())

    def _refused(self, flight: _Flight[F], decision: Decision) -> Response:
        gate, admission = self.inline.gate, flight.admission
        if gate is not None and decision.action is Action.CHALLENGE:
            return gate.challenge(flight.scope, flight.request, decision, admission, self.clock())
        answer = refusal(decision)
        return with_fields(answer, admission.fields) if admission else answer

    def _withheld(self, flight: _Flight[F], decision: Decision) -> Response:
        """A proxy that has the answer can no longer show a page, only problem details."""
        plain = replace(flight.request, headers=Headers())
        return self._refused(replace(flight, request=plain), decision)

    def _end_with(self, flight: _Flight[F], answer: Response, ending: Ending) -> Verdict:
        flight.response = answer
        flight.ending = ending
        flight.duration = self._timer() - flight.began
        self._ended.append(flight)
        return Verdict(answer, over=True)

    def _blind(self, place: str, error: Exception) -> Verdict:
        self._lose(place, error)
        return Verdict(problem(503), over=True) if self._fail_closed else OVER

    def _lose(self, place: str, error: Exception) -> None:
        with guarded("capture.on_lost"):
            self._on_lost(Outcome.LOST_FAULT, 1)
        with guarded(place):
            raise error

    def _forget(self, key: str) -> _Flight[F] | None:
        flight = self._flights.pop(key, None)
        if flight is not None:
            self._weight -= flight.weight
        return flight

    def _weigh(self, more: int) -> None:
        """Keep within the bounds: the oldest ends early, and is on record as far as it came."""
        self._weight += more
        while len(self._flights) > self._at_once or self._weight > self._held:
            oldest = next(iter(self._flights))
            self.end(oldest, End(client_gone=self._flights[oldest].response is None))


def _counted(body: Body, headers: Headers, size: int, end: End) -> Body:
    """With the size that the proxy tells, where no better one is known."""
    if declares_length(headers) or not body.truncated:
        return body
    if end.with_heads:
        size -= sum(len(name) + len(value) + _PER_FIELD for name, value in headers.raw)
    return replace(body, size=max(size, body.size))


def _ending(response: Response | None) -> Ending:
    return Ending.RAISED if response is None else Ending.ANSWERED


def crowded(delay: float) -> Response:
    """Instead of an answer that would have to wait, where too many do already."""
    return problem(429, ceil(delay))
