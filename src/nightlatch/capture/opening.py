"""How every exchange begins: the pipeline is asked; then the caller is refused, or the application
runs, blindly where the asking failed."""

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic

from nightlatch.capture.ports import F, Receive, Scope, Send
from nightlatch.capture.refusal import problem, refusal, with_fields
from nightlatch.capture.requests import is_preflight, request_of
from nightlatch.capture.route import route_template
from nightlatch.capture.setup import Setup
from nightlatch.exchange.exchange import Request, Response
from nightlatch.exchange.judgement import ALLOW_ENFORCE, Action, Decision

if TYPE_CHECKING:
    from nightlatch.capture.gate import Admission

_CHALLENGE = Action.CHALLENGE


class Opening(ABC, Generic[F]):
    """One exchange of one connection; each protocol knows how to refuse it and how to watch it."""

    __slots__ = (
        "_admission",
        "_began",
        "_capture",
        "_finished",
        "_in_flight",
        "_receive",
        "_request",
        "_root_path",
        "_scope",
        "_send",
    )

    _in_flight: F
    _request: Request

    def __init__(self, capture: Setup[F], scope: Scope, receive: Receive, send: Send) -> None:
        self._capture = capture
        self._scope = scope
        self._receive = receive
        self._send = send
        self._began = time.perf_counter()
        self._admission: Admission | None = None
        """What became of the solution that came with the request."""
        # Routing changes the scope in place.
        self._root_path = scope.get("root_path", "")
        self._finished = False
        """The exchange was handed over, or there is none to hand over."""

    async def run(self) -> None:
        capture = self._capture
        try:
            request, now = request_of(self._scope), capture.clock()
            gate = capture.inline.gate
            if gate is not None:
                request, self._admission = gate.admit(request, now)
            self._request = request
            self._in_flight = capture.inline.on_request(request, now)
            decision = self._carried_out(self._in_flight.decision)
            refused = self._refusal(decision) if decision.withhold else None
        except Exception as error:  # noqa: BLE001  # whatever it is, it is ours
            await self._run_blind(error)
            return
        if refused is not None:
            await self._refuse(refused)
        else:
            await self._run_application()

    async def _run_blind(self, error: Exception) -> None:
        """The pipeline could not even look at the request."""
        self._finished = True
        self._capture.lose("capture.on_request", error)
        if self._capture.fail_closed:
            await self._refuse(problem(503))
        else:
            await self._capture.app(self._scope, self._receive, self._send)

    def _carried_out(self, decision: Decision) -> Decision:
        """What is done of a decision. Preflights are not challenged: a browser asks them by itself,
        cannot solve anything in them, and learns nothing from them but what a page may ask."""
        if decision.action is _CHALLENGE and is_preflight(self._request):
            return ALLOW_ENFORCE
        return decision

    def _refusal(self, decision: Decision) -> Response:
        """The answer that carries out a withholding decision."""
        gate, admission = self._capture.inline.gate, self._admission
        if gate is not None and decision.action is _CHALLENGE:
            now = self._capture.clock()
            return gate.challenge(self._scope, self._request, decision, admission, now)
        # Who has just earned a pass gets it, also where another reason keeps them out.
        return with_fields(refusal(decision), admission.fields) if admission else refusal(decision)

    @abstractmethod
    async def _refuse(self, response: Response) -> None:
        """Answer instead of the application."""

    @abstractmethod
    async def _run_application(self) -> None:
        """Let it answer, and watch."""

    def _find_route(self) -> str | None:
        return route_template(self._scope, self._request.path, self._root_path)
