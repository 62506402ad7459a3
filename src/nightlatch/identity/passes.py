"""Passes: proof that a stranger has solved a puzzle. Who holds one is a caller of its own.

A pass is worth little: a few people's records, for a while. So it need not be bound to an address,
which a phone changes while it is carried about, and sharing one buys nothing.
"""

from nightlatch.exchange.exchange import Request

CIRCLE = "pass:"
"""Prefix of the circle that a pass makes; it stands first among the caller's circles."""


class Passes:
    """Reads passes from requests."""

    def circle(self, request: Request, now: float) -> str:  # noqa: ARG002
        """The circle of the valid pass in this request, or ""."""
        return ""
