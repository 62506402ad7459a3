"""One HTTP exchange from its first byte to its last, watched; sans-I/O, for every kind of server.

Who drives it passes on what the application sends and receives, and sends what comes back: without
a decision that withholds or alters, each message as it came, in order.
"""

import time
from collections.abc import Sequence
from errno import EPIPE
from math import ceil

from nightlatch.capture.bodies import BodyCollector, body_of, octets
from nightlatch.capture.codings import decoder_for
from nightlatch.capture.hold import AWAITED, CUT, HELD, Answer
from nightlatch.capture.opening import Opening
from nightlatch.capture.ports import F, Message, Scope
from nightlatch.capture.refusal import problem
from nightlatch.capture.requests import with_body
from nightlatch.capture.setup import Setup
from nightlatch.exchange.exchange import Ending, Request, Response
from nightlatch.exchange.judgement import Action, Decision, Mode


class StreamCut(BrokenPipeError):
    """Raised into the application once it is not to go on: to it, the client is gone."""

    def __init__(self) -> None:
        # With this number servers take it for what it is, and do not log a fault.
        super().__init__(EPIPE, "Nightlatch cut this exchange")


class Watching(Opening[F]):
    """What is known of the exchange under way, and what may leave of it."""

    __slots__ = ("_body", "_body_unread", "_route", "answer", "barred", "delay", "gone")

    def __init__(self, capture: Setup[F], scope: Scope) -> None:
        super().__init__(capture, scope)
        self.answer = self._new_answer()
        self.delay = 0.0
        """Seconds that the next messages have yet to wait."""
        self.barred = False
        """The request was refused while the application was reading it."""
        self.gone = False
        """The client hung up before the answer was complete."""
        self._body = BodyCollector(capture.body_limit)
        self._body_unread = capture.inline.reads_bodies
        self._route: str | None = None

    def open(self) -> Response | None:
        refused = super().open()
        return self._prepare() if refused is None and not self.blind else refused

    def _prepare(self) -> Response | None:
        """What the answer is to take along; ours instead, where too many wait already."""
        decision = self._in_flight.decision
        if decision.alters:
            if decision.delay and self._capture.delays.full:
                return self._refusal(_crowded(decision.delay))
            self.answer.whole = bool(decision.without)
        if self._admission is not None:
            self.answer.added = self._admission.fields
        return None

    def hear(self, body: object, *, more: bool) -> Sequence[Message]:
        """The application has read a piece of the request. Our answer, if it is not to have it: it
        is `barred` then."""
        refused: Sequence[Message] = ()
        try:
            self._body.add(octets(body), more=more)
            if self._body_unread and (self._body.ended or self._body.overflowed):
                refused = self._judge_body()
        except Exception as error:  # noqa: BLE001
            self._capture.fault("capture.receive", error)
        self.barred = bool(refused)
        return refused

    def take_back(self) -> None:
        """What the application has begun to answer, and was not judged, it wants to say anew."""
        before, self.answer = self.answer, self._new_answer()
        self.answer.whole, self.answer.added = before.whole, before.added

    def take(self, message: Message) -> Sequence[Message]:
        """The messages that may leave, now that the application has sent this one."""
        try:
            return self.answer.take(message)
        except Exception as error:  # noqa: BLE001
            return self._after_fault(error)

    @property
    def cut(self) -> bool:
        """Nothing more may leave, though the head has."""
        return self.answer.state is CUT

    def let_go(self) -> Sequence[Message]:
        """The application has ended: what is still held leaves, or our answer instead of it."""
        if self.answer.state is not HELD:
            return ()
        try:
            return self.answer.end_hold()
        except Exception as error:  # noqa: BLE001
            return self._after_fault(error)

    def cover(self) -> Sequence[Message]:
        """An error instead of an answer tells something too, where nothing is to be told."""
        decision = self._in_flight.decision
        if decision.alters and decision.uniform and self.answer.state is AWAITED:
            self.delay = self._until_uniform()
            return self.answer.replace()
        return ()

    def finish(self) -> None:
        """Hand the exchange over, once."""
        if self._finished:
            return
        self._finished = True
        duration = time.perf_counter() - self._began
        try:
            self._capture.inline.finish(
                self._in_flight,
                self._request_so_far(over=True),
                self.answer.response(),
                self._route or self._look().route,
                self._ending(),
                duration,
            )
        except Exception as error:  # noqa: BLE001
            self._capture.lose("capture.finish", error)

    def take_delay(self) -> float:
        """Seconds to wait before anything more is sent; asked for once."""
        seconds, self.delay = self.delay, 0.0
        return seconds

    def _new_answer(self) -> Answer:
        capture = self._capture
        method = self._scope.get("method", "GET")
        return Answer(method, capture.body_limit, self._judge, self._inspect, refuse=self._refusal)

    def _judge_body(self) -> Sequence[Message]:
        """Our answer instead of the application's, if the body is not to reach it."""
        self._body_unread = False
        if not self._body.size:
            return ()
        try:
            request = self._request_so_far(over=False)
            decision = self._capture.inline.on_body(self._in_flight, request)
        except Exception as error:  # noqa: BLE001
            self._capture.fault("capture.on_body", error)
            return self.answer.withhold(problem(503)) if self._capture.fail_closed else ()
        return self.answer.withhold(self._refusal(decision)) if decision.withhold else ()

    def _after_fault(self, error: Exception) -> Sequence[Message]:
        self._capture.fault("capture.answer", error)
        if self._capture.fail_closed:
            return self.answer.withhold(problem(503))
        return self.answer.surrender()

    def _judge(self, response: Response) -> Decision:
        capture = self._capture
        served = self._find()
        self._route = served.route
        request = self._request_so_far(over=False)
        now = capture.clock()
        decision = self._carried_out(
            capture.inline.on_response(
                self._in_flight, request, response, served.route, now, served.principal
            )
        )
        return self._put_off(decision) if decision.alters else decision

    def _put_off(self, decision: Decision) -> Decision:
        """Note how long the answer has to wait. Where too many wait already it is refused: memory
        is not to be had for the asking."""
        delays = self._capture.delays
        delay = decision.delay
        if decision.uniform:
            delay = max(delay, self._until_uniform())
        if delay > 0 and not decision.withhold:
            if delays.full:
                return _crowded(delay)
            self.delay = delay
        return decision

    def _until_uniform(self) -> float:
        """Seconds until the answer has taken as long as others do. Where no route is known, all
        such answers of the application wait for each other."""
        took = time.perf_counter() - self._began
        return self._capture.delays.until_uniform(self._route or self._look().route or "", took)

    def _inspect(self, chunk: bytes) -> Decision:
        return self._capture.inline.on_stream(self._in_flight, chunk, self._capture.clock())

    def _request_so_far(self, *, over: bool) -> Request:
        if not self._body.size:
            return self._request
        request = self._request
        return with_body(request, body_of(self._body, decoder_for(request.headers), over=over))

    def _ending(self) -> Ending:
        if self.answer.refused:
            return Ending.REFUSED
        if self.gone:
            return Ending.CLIENT_GONE
        answered = self.answer.complete and self.answer.status
        return Ending.ANSWERED if answered else Ending.RAISED


def _crowded(delay: float) -> Decision:
    reason = "Too many answers are waiting already."
    return Decision(Action.REFUSE, Mode.ENFORCE, "slow-down-full", reason, 429, ceil(delay))


def is_cut(error: Exception) -> bool:
    """Did the application end because we cut its stream, perhaps in its framework's words?"""
    related = (error, error.__cause__, error.__context__)
    return any(isinstance(one, StreamCut) for one in related) or (
        # Task groups bundle even a single error.
        isinstance(error, ExceptionGroup) and all(map(is_cut, error.exceptions))
    )
