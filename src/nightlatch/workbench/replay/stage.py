"""Where a replay takes place: the real pipeline, told each exchange as capture would tell it.

Time is virtual: nothing here looks at a clock. What does not detect (checks of single exchanges,
the reading for attacks, the text of records) is left out by whoever builds the rooms.
"""

from typing import Protocol

from msgspec import Struct

from nightlatch.capture.refusal import refusal
from nightlatch.exchange.exchange import Ending, Request, Response
from nightlatch.exchange.facts import Directives
from nightlatch.exchange.headers import Headers
from nightlatch.exchange.judgement import Action, Detection, Mode
from nightlatch.pipeline import Pipeline
from nightlatch.workbench.replay.world import Call

HOST = "api.example"
HARD_BUDGETS = ("budget:paid", "closed-to-newcomers")
"""Of `budgets.paid_allowance`, `bare_allowance` and `paid_logins`."""
_JSON = Headers(((b"content-type", b"application/json"),))


class Gate(Protocol):
    """Where a challenge is solved: what turns a price into a pass."""

    def pay(self, price: int, now: float) -> tuple[str, int]:
        """Solve the puzzle that costs `price` hashes on average: the cookie to send from now on,
        and what it really cost."""


class Made(Protocol):
    """A pipeline with all its rooms, and the gate at which its challenges are solved."""

    @property
    def pipeline(self) -> Pipeline: ...

    @property
    def gate(self) -> Gate: ...


class Reply(Struct, frozen=True, gc=False):
    """What became of one request."""

    action: Action
    """What the caller met: ALLOW when the application's answer left."""
    price: int
    detections: tuple[Detection, ...]
    rule: str = ""
    """By which it was turned away."""

    @property
    def waits(self) -> bool:
        """Turned away by a hard budget that an operator may set, and not for anything it did."""
        return self.action is Action.REFUSE and self.rule.startswith(HARD_BUDGETS)

    @property
    def served(self) -> bool:
        return self.action is Action.ALLOW


class Scene(Protocol):
    """Where requests are sent: a pipeline in this process, or a server."""

    @property
    def gate(self) -> Gate: ...

    def exchange(self, call: Call, headers: Headers, address: str, now: float) -> Reply:
        """One request and what became of it."""


class Stage:
    """One API behind one pipeline, in this process."""

    def __init__(self, made: Made) -> None:
        self._pipeline = made.pipeline
        self.gate: Gate = made.gate

    def enforce(self) -> None:
        """From now on what is decided is done."""
        self._pipeline.apply(Directives(revision=1, mode=Mode.ENFORCE))

    def exchange(self, call: Call, headers: Headers, address: str, now: float) -> Reply:
        """One request and its answer, through all moments of an exchange."""
        pipeline = self._pipeline
        request = Request(
            call.method, "https", HOST, call.path, call.query, headers, address, "2", call.body
        )
        flight = pipeline.on_request(request, now)
        decision = flight.decision
        answer = Response(call.status, _JSON, call.answer)
        if not decision.withhold:
            decision = pipeline.on_response(flight, request, answer, call.route or None, now)
        withheld = decision.withhold
        if withheld:
            answer = refusal(decision)
        pipeline.on_sent(flight, answer)
        ending = Ending.REFUSED if withheld else Ending.ANSWERED
        pipeline.on_exchange(flight, request, answer, call.route or None, ending, 0.01)
        action = decision.action if withheld else Action.ALLOW
        return Reply(action, decision.price, flight.detections, decision.rule)
