"""The measures in force, as one question: what do they say of this request?"""

from collections.abc import Sequence

from msgspec import Struct

from nightlatch.exchange.exchange import Caller, Endpoint, Request
from nightlatch.exchange.measure import Measure


class Ruling(Struct, frozen=True, gc=False):
    """What the measures in force say of one request, before any evidence is weighed."""

    exempt: bool = False
    block: Measure | None = None
    challenge: Measure | None = None
    limits: tuple[Measure, ...] = ()
    """Those whose count is to be kept and compared, of people and of requests."""
    delay: float = 0.0
    uniform: bool = False
    without: tuple[str, ...] = ()


NOTHING_RULED = Ruling()


class Levers:
    def apply(self, measures: Sequence[Measure]) -> None:
        """These hold from now on, instead of those before."""

    def rule(
        self,
        request: Request,  # noqa: ARG002
        endpoint: Endpoint,  # noqa: ARG002
        caller: Caller,  # noqa: ARG002
        now: float,  # noqa: ARG002
    ) -> Ruling:
        return NOTHING_RULED
