"""The attacks in a request that are attacks here: what the engine finds, but for the exceptions."""

from msgspec import Struct
from msgspec.structs import replace

from nightlatch.checks.attacks.engine import AttackEngine, Inspection
from nightlatch.exchange.content import Content, Leaf
from nightlatch.exchange.exchange import Caller, Endpoint, Request
from nightlatch.faults import guarded
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
        found = BROKEN
        # The exchange is recorded and counted, whatever happens to its inspection.
        with guarded("policy.attacks"):
            found = self.engine.inspect(request, query, content)
        if not found.attacks:
            return found
        remaining = self.exceptions.remaining(found.attacks, request, endpoint, caller)
        return replace(found, attacks=remaining)
