"""How every exchange begins: the pipeline is asked; then the caller is refused, or the application
runs, blindly where the asking failed."""

import time
from abc import ABC, abstractmethod
from typing import Generic

from nightlatch.capture.ports import F, Receive, Scope, Send
from nightlatch.capture.refusal import problem, refusal
from nightlatch.capture.requests import request_of
from nightlatch.capture.route import route_template
from nightlatch.capture.setup import Setup
from nightlatch.exchange.exchange import Request, Response


class Opening(ABC, Generic[F]):
    """One exchange of one connection; each protocol knows how to refuse it and how to watch it."""

    __slots__ = (
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
        # Routing changes the scope in place.
        self._root_path = scope.get("root_path", "")
        self._finished = False
        """The exchange was handed over, or there is none to hand over."""

    async def run(self) -> None:
        capture = self._capture
        try:
            self._request = request = request_of(self._scope)
            self._in_flight = capture.inline.on_request(request, capture.clock())
            decision = self._in_flight.decision
            refused = refusal(decision) if decision.withhold else None
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

    @abstractmethod
    async def _refuse(self, response: Response) -> None:
        """Answer instead of the application."""

    @abstractmethod
    async def _run_application(self) -> None:
        """Let it answer, and watch."""

    def _find_route(self) -> str | None:
        return route_template(self._scope, self._request.path, self._root_path)
