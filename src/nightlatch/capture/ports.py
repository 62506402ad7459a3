"""What capture needs of the rest: a pipeline to ask, and ASGI's own shapes.

Capture sees the connection and nothing else; every judgement is asked of an `Inline`. All its
methods are called on the event loop and must not wait.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from nightlatch.exchange.exchange import Ending, Request, Response
from nightlatch.exchange.judgement import Decision, Outcome
from nightlatch.exchange.mark import Mark
from nightlatch.exchange.source import Source

if TYPE_CHECKING:
    # Not at run time: it brings what only those need who are challenged.
    from nightlatch.capture.gate import Gate

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

OnLost = Callable[[Outcome, int], None]
"""Told how many exchanges ended unrecorded, and why."""


class InFlight(Protocol):
    """The pipeline's own memory of one exchange, between its three moments."""

    source: Source
    """Where it is seen; the application's own process, unless capture says otherwise."""

    @property
    def decision(self) -> Decision:
        """What the request phase decided."""


F = TypeVar("F", bound=InFlight)


class Inline(Protocol[F]):
    """The moments of an exchange that happen while the caller waits."""

    @property
    def reads_bodies(self) -> bool:
        """`on_body` wants to be asked."""

    @property
    def gate(self) -> "Gate | None":
        """Where challenges are met; None while none can be set, which then are refusals."""

    def on_request(self, request: Request, now: float) -> F:
        """Judge the head, before the application is called; the body has not been read."""

    def on_body(self, in_flight: F, request: Request) -> Decision:
        """Judge the body before the application gets its end, or what is beyond the capture limit;
        called at most once, and only for requests whose body is read."""

    def mark(self, method: str, route: str, mark: Mark) -> None:
        """The code says this of the endpoint that the framework routes so. Told again and again."""

    def on_response(
        self,
        in_flight: F,
        request: Request,
        response: Response,
        route: str | None,
        now: float,
        principal: str = "",
    ) -> Decision:
        """Judge the answer before any of it has left; called at most once. `principal` is who the
        application says has asked.

        `request` now has the body as far as the application read it. `response.body` is whole, or
        `truncated`: then more follows, and comes to `on_stream` if it can carry records.
        """

    def on_stream(self, in_flight: F, chunk: bytes, now: float) -> Decision:
        """Judge the next content-decoded piece of an answer before it leaves. Pieces end anywhere,
        also inside a line or a character; withholding cuts the stream."""

    def finish(
        self,
        in_flight: F,
        request: Request,
        response: Response | None,
        route: str | None,
        ending: Ending,
        duration: float,
    ) -> None:
        """Hand the exchange over, exactly once for each `on_request` that returned; cheap.

        `response` is the answer as it left: Nightlatch's own where it refused or withheld. Of an
        answer that was altered (`Decision.alters`) it is what the application gave.
        """
