"""The attacks in a request that are attacks here: what the engine finds, but for the exceptions."""

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.checks.attacks.engine import AttackEngine, Inspection
from nightlatch.exchange.content import Content, Leaf
from nightlatch.exchange.exchange import Caller, Endpoint, Request
from nightlatch.faults import FAULTS, raising
from nightlatch.policy.exceptions import Exceptions

BROKEN = Inspection(unread="the request, because of a fault of Nightlatch's own")


class Inspector(Struct, frozen=True, gc=False):
    engine: AttackEngine
    exceptions: Exceptions

    def inspect(
        self,
        request: Request,
        query: tuple[Leaf, ...],
        content: Content,
        endpoint: Endpoint,
        caller: Caller,
    ) -> Inspection:
        # The exchange is recorded and counted, whatever happens to its inspection. A context
        # manager would cost as much as to inspect a request that is like many before.
        try:
            found = self.engine.inspect(request, query, content)
        except Exception as error:
            FAULTS.note("policy.attacks", error)
            if raising():
                raise
            return BROKEN
        if not found.attacks:
            return found
        remaining = self.exceptions.remaining(found.attacks, request, endpoint, caller)
        return replace(found, attacks=remaining)
