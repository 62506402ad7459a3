"""A measure: what a person, or Nightlatch for a person, ordered against callers or for them.

Every measure has an author and an end, and can be undone. It names whom it concerns in one of two
ways: a circle ("address:198.51.100.7"), found by one look-up, or a predicate over the request.
"""

from enum import StrEnum

from msgspec import Struct


class MeasureKind(StrEnum):
    EXEMPT = "exempt"
    """These are known and trusted: no detector, budget or limit concerns them."""
    BLOCK = "block"
    CHALLENGE = "challenge"
    SLOW = "slow"
    """Each answer waits `seconds`."""
    LIMIT_REQUESTS = "limit-requests"
    """`amount` requests within `seconds`, for each circle of kind `each`."""
    LIMIT_PEOPLE = "limit-people"
    """`amount` distinct people within `seconds`, for each circle of kind `each`."""
    WITHHOLD_FIELDS = "withhold-fields"
    """`fields` are taken out of every answer."""
    UNIFORM = "uniform"
    """Found and not found look the same."""


class Measure(Struct, frozen=True):
    id: str
    kind: MeasureKind
    author: str
    """Who ordered it: a person's name, or "nightlatch"."""
    reason: str
    created: float
    expires: float
    """Seconds since the epoch. Nothing lasts for ever: an order is renewed, or it ends."""
    endpoint: str = ""
    """Endpoint key; empty: every endpoint."""
    circle: str = ""
    """"kind:key" as in `Caller.circles`, "network:" also of any other size, or "strangers"; empty:
    as the predicate says. With both, both must agree."""
    predicate: str = ""
    """In the predicate language; empty with an empty circle: everyone."""
    amount: int = 0
    seconds: float = 0.0
    each: str = ""
    """Kind of circle that is counted by itself: "address", "network", "credential", "principal",
    "headers"; empty: all callers together."""
    fields: tuple[str, ...] = ()
    undone: float = 0.0
    """When a person took it back, before its time; 0: nobody has."""
    undone_by: str = ""
    service: str = ""
    """Whose endpoint, or where no endpoint is named, whose endpoints; empty: every service's."""

    def holds(self, now: float) -> bool:
        return self.created <= now < self.expires and not self.undone

    @property
    def rule(self) -> str:
        """What a decision names as its rule: so hits are counted."""
        return RULE + self.id


RULE = "measure:"
STRANGERS = "strangers"
"""The circle of everyone without a proven credential."""
EVERYONE = "everyone"
"""The circle of all callers, where a limit counts them together."""
