"""How every exchange begins: the pipeline is asked, and says whether the application may be.

Sans-I/O, for every kind of server: who drives it calls `open`, sends the refusal that this may
give, and otherwise lets the application answer.
"""

import time
from typing import TYPE_CHECKING, Generic

from nightlatch.capture.ports import F, Scope
from nightlatch.capture.refusal import problem, refusal, with_fields
from nightlatch.capture.requests import is_preflight, request_of
from nightlatch.capture.route import served_by_asgi
from nightlatch.capture.served import Served, mark_of
from nightlatch.capture.setup import Setup
from nightlatch.exchange.exchange import Request, Response
from nightlatch.exchange.judgement import ALLOW_ENFORCE, Action, Decision

if TYPE_CHECKING:
    from nightlatch.capture.gate import Admission

_CHALLENGE = Action.CHALLENGE


class Opening(Generic[F]):
    """One exchange of one connection; each protocol knows how to watch it."""

    __slots__ = (
        "_admission",
        "_began",
        "_capture",
        "_finished",
        "_in_flight",
        "_request",
        "_root_path",
        "_scope",
        "blind",
    )

    _in_flight: F
    _request: Request

    def __init__(self, capture: Setup[F], scope: Scope) -> None:
        self._capture = capture
        self._scope = scope
        self._began = time.perf_counter()
        self._admission: Admission | None = None
        """What became of the solution that came with the request."""
        # Routing changes the scope in place.
        self._root_path = scope.get("root_path", "")
        self._finished = False
        """The exchange was handed over, or there is none to hand over."""
        self.blind = False
        """The pipeline could not even look at the request: there is nothing to watch."""

    def open(self) -> Response | None:
        """Ask the pipeline; our answer, if the application is not to be asked."""
        capture = self._capture
        try:
            request, now = request_of(self._scope), capture.clock()
            gate = capture.inline.gate
            if gate is not None:
                request, self._admission = gate.admit(request, now)
            self._request = request
            self._in_flight = capture.inline.on_request(request, now)
            decision = self._carried_out(self._in_flight.decision)
            return self._refusal(decision) if decision.withhold else None
        except Exception as error:  # noqa: BLE001  # whatever it is, it is ours
            self._finished = self.blind = True
            capture.lose("capture.on_request", error)
            return problem(503) if capture.fail_closed else None

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

    def _find(self) -> Served:
        """What the framework knows by now; what the code says of the endpoint is passed on."""
        served = self._look()
        if served.route is not None and served.endpoint is not None:
            mark = mark_of(served.endpoint, self._request.method)
            if mark is not None:
                self._capture.inline.mark(self._request.method, served.route, mark)
        return served

    def _look(self) -> Served:
        return served_by_asgi(self._scope, self._request.path, self._root_path)
