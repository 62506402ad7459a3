"""The ASGI middleware: watches each exchange and carries the pipeline's decisions out.

Pure ASGI. Without a withholding decision every message passes as the application sent it, in order;
a fault of ours leaves the application alone (`fail="open"`) or answers 503 (`fail="closed"`).
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from math import ceil
from typing import TYPE_CHECKING

from nightlatch.capture.bodies import BodyCollector, body_of, octets
from nightlatch.capture.codings import decoder_for
from nightlatch.capture.handshake import Handshake
from nightlatch.capture.hold import AWAITED, CUT, HELD, Answer
from nightlatch.capture.opening import Opening
from nightlatch.capture.ports import F, Message, Receive, Scope, Send
from nightlatch.capture.refusal import as_messages, problem
from nightlatch.capture.requests import with_body
from nightlatch.capture.setup import Setup
from nightlatch.exchange.exchange import Ending, Request, Response
from nightlatch.exchange.judgement import Action, Decision, Mode

if TYPE_CHECKING:
    from nightlatch.capture.gate import Gate


class StreamCut(OSError):
    """Raised in the application's `send` once its stream was cut: to it, the client is gone."""


class AsgiCapture(Setup[F]):
    """Middleware: `app.add_middleware(AsgiCapture, inline=…)`, or around any ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            gate = self.inline.gate
            if gate is not None and gate.owns(scope):
                await self._serve(gate, scope, receive, send)
                return
            await _HttpExchange(self, scope, receive, send).run()
        elif kind == "websocket":
            await Handshake(self, scope, receive, send).run()
        else:
            await self.app(scope, receive, send)

    async def _serve(self, gate: "Gate", scope: Scope, receive: Receive, send: Send) -> None:
        """A path of ours, which is no exchange of the application."""
        try:
            answer = await gate.answer(scope, receive, self.clock())
        except Exception as error:  # noqa: BLE001
            self.fault("capture.gate", error)
            answer = problem(503)
        for message in as_messages(answer):
            await send(message)


class _HttpExchange(Opening[F]):
    """One request and its answer. `receive` and `send` are what the application gets."""

    __slots__ = ("_answer", "_barred", "_body", "_body_unread", "_delay", "_gone", "_route")

    def __init__(self, capture: Setup[F], scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(capture, scope, receive, send)
        self._body = BodyCollector(capture.body_limit)
        self._answer = Answer(
            scope.get("method", "GET"),
            capture.body_limit,
            self._judge,
            self._inspect,
            refuse=self._refusal,
        )
        self._delay = 0.0
        """Seconds that the answer has yet to wait."""
        self._route: str | None = None
        self._gone = False
        self._body_unread = capture.inline.reads_bodies
        self._barred = False
        """The request was refused while the application was reading it."""

    async def _refuse(self, response: Response) -> None:
        await self._send_all(self._answer.withhold(response))

    async def _run_application(self) -> None:
        decision = self._in_flight.decision
        if decision.alters:
            if decision.delay and self._capture.delays.full:
                await self._refuse(self._refusal(_crowded(decision.delay)))
                return
            self._answer.whole = bool(decision.without)
        if self._admission is not None:
            self._answer.added = self._admission.fields
        await self._watch_application()

    async def _watch_application(self) -> None:
        try:
            await self._capture.app(self._scope, self.receive, self.send)
        except Exception as error:
            # What the application had sent must leave first; its error goes on, not one of ours.
            with suppress(Exception):
                await self._let_go()
                await self._cover(self._in_flight.decision)
            self._finish()
            # Who finds the client gone while reading says so; that is our doing, not a fault.
            if not self._barred and not _is_cut(error):
                raise
        except BaseException:
            # Cancelled, with the client or the server gone: there is nobody to send anything to.
            self._gone = True
            self._finish()
            raise
        else:
            await self._let_go()
            self._finish()

    async def receive(self) -> Message:
        if self._barred:
            return {"type": "http.disconnect"}
        message = await self._receive()
        refused: Sequence[Message] = ()
        try:
            kind = message["type"]
            if kind == "http.request":
                body = octets(message.get("body", b""))
                self._body.add(body, more=message.get("more_body", False))
                if self._body_unread and (self._body.ended or self._body.overflowed):
                    refused = self._judge_body()
            elif kind == "http.disconnect" and not self._answer.complete:
                self._gone = True
        except Exception as error:  # noqa: BLE001
            self._capture.fault("capture.receive", error)
        if refused:
            self._barred = True
            await self._send_all(refused)
            return {"type": "http.disconnect"}
        return message

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
            return self._answer.withhold(problem(503)) if self._capture.fail_closed else ()
        return self._answer.withhold(self._refusal(decision)) if decision.withhold else ()

    async def send(self, message: Message) -> None:
        answer = self._answer
        try:
            messages = answer.take(message)
        except Exception as error:  # noqa: BLE001
            messages = self._after_fault(error)
        if messages:
            await self._send_all(messages)
        elif answer.state is CUT:
            self._finish()
            raise StreamCut("Nightlatch cut this answer")

    async def _let_go(self) -> None:
        """The application has ended: what is still held leaves, or our answer instead of it."""
        if self._answer.state is not HELD:
            return
        try:
            messages = self._answer.end_hold()
        except Exception as error:  # noqa: BLE001
            messages = self._after_fault(error)
        await self._send_all(messages)

    async def _cover(self, decision: Decision) -> None:
        """An error instead of an answer tells something too, where nothing is to be told."""
        if decision.alters and decision.uniform and self._answer.state is AWAITED:
            self._delay = self._until_uniform()
            await self._send_all(self._answer.replace())

    async def _send_all(self, messages: Sequence[Message]) -> None:
        if self._delay:
            await self._wait()
        try:
            for message in messages:
                await self._send(message)
        except OSError:
            # What an ASGI server raises when the client is gone (specification 2.4).
            self._gone = True
            raise
        # At once, not when the application returns: it may have background tasks to do.
        if self._answer.complete:
            self._finish()

    async def _wait(self) -> None:
        seconds, self._delay = self._delay, 0.0
        try:
            await self._capture.delays.wait(seconds)
        except Exception as error:  # noqa: BLE001
            self._capture.fault("capture.wait", error)

    def _after_fault(self, error: Exception) -> Sequence[Message]:
        self._capture.fault("capture.answer", error)
        if self._capture.fail_closed:
            return self._answer.withhold(problem(503))
        return self._answer.surrender()

    def _judge(self, response: Response) -> Decision:
        capture = self._capture
        self._route = self._find_route()
        request = self._request_so_far(over=False)
        now = capture.clock()
        decision = self._carried_out(
            capture.inline.on_response(self._in_flight, request, response, self._route, now)
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
            self._delay = delay
        return decision

    def _until_uniform(self) -> float:
        """Seconds until the answer has taken as long as others do. Where no route is known, all
        such answers of the application wait for each other."""
        took = time.perf_counter() - self._began
        return self._capture.delays.until_uniform(self._route or self._find_route() or "", took)

    def _inspect(self, chunk: bytes) -> Decision:
        return self._capture.inline.on_stream(self._in_flight, chunk, self._capture.clock())

    def _request_so_far(self, *, over: bool) -> Request:
        if not self._body.size:
            return self._request
        request = self._request
        return with_body(request, body_of(self._body, decoder_for(request.headers), over=over))

    def _finish(self) -> None:
        """Hand the exchange over, once."""
        if self._finished:
            return
        self._finished = True
        duration = time.perf_counter() - self._began
        try:
            self._capture.inline.finish(
                self._in_flight,
                self._request_so_far(over=True),
                self._answer.response(),
                self._route or self._find_route(),
                self._ending(),
                duration,
            )
        except Exception as error:  # noqa: BLE001
            self._capture.lose("capture.finish", error)

    def _ending(self) -> Ending:
        if self._answer.refused:
            return Ending.REFUSED
        if self._gone:
            return Ending.CLIENT_GONE
        answered = self._answer.complete and self._answer.status
        return Ending.ANSWERED if answered else Ending.RAISED


def _crowded(delay: float) -> Decision:
    reason = "Too many answers are waiting already."
    return Decision(Action.REFUSE, Mode.ENFORCE, "slow-down-full", reason, 429, ceil(delay))


def _is_cut(error: Exception) -> bool:
    """Did the application end because we cut its stream, perhaps in its framework's words?"""
    related = (error, error.__cause__, error.__context__)
    return any(isinstance(one, StreamCut) for one in related) or (
        # Task groups bundle even a single error.
        isinstance(error, ExceptionGroup) and all(map(_is_cut, error.exceptions))
    )
