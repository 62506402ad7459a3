"""How many distinct people may leave: the default limits, and what evidence raises them.

A budget is the only promise that does not depend on an attacker's patience (Hagen et al., NDSS
2021), so it holds also where no test can see anything. It is the second line: where the hit/miss
test can see, guessing is stopped by evidence long before a budget is.
"""

from enum import IntEnum

from msgspec import Struct


class Window(IntEnum):
    """Seconds over which subjects are counted, from the first one on."""

    BURST = 300
    HOUR = 3_600
    DAY = 86_400
    MONTH = 2_592_000

    @property
    def word(self) -> str:
        return self.name.lower()


class Limits(Struct, frozen=True):
    """Distinct subjects that may leave to one circle within each window."""

    burst: int
    hour: int
    day: int
    month: int = 0
    """Thirty days; 0: as many as thirty days give."""

    def of(self, window: Window) -> int:
        if window is Window.BURST:
            return self.burst
        if window is Window.HOUR:
            return self.hour
        if window is Window.DAY:
            return self.day
        return self.month or 30 * self.day

    @property
    def smallest(self) -> int:
        return min(self.burst, self.hour, self.day, self.of(Window.MONTH))


class Trust(IntEnum):
    """What the evidence says of a circle; the value multiplies its limits."""

    UNKNOWN = 1
    """Nothing speaks for it: a first visit, or the test has not learned the endpoint yet."""
    UNTESTABLE = 3
    """Honest people miss here as often as attackers: volume is all there is to go by, and an
    office or a carrier must fit into it."""
    HONEST = 10
    """The hit/miss test sits at its honest bound, or the caller's credential is proven."""


class Budgets(Struct, frozen=True):
    """The defaults. All are per endpoint, and baselines raise them."""

    caller: Limits = Limits(burst=300, hour=600, day=3_000, month=20_000)
    """To one caller: an address, or a proven principal. Times its `Trust`."""
    network: Limits = Limits(burst=1_200, hour=2_400, day=12_000, month=80_000)
    """To one /24 or /64, by the same rule."""
    strangers: Limits = Limits(burst=5_000, hour=5_000, day=20_000, month=150_000)
    """To all callers without a proven credential together."""
    newcomers: Limits = Limits(burst=120, hour=120, day=400, month=1_500)
    """To callers that came out of nowhere and have not come back yet, together, before they are
    challenged; what is normal for the hour of the week raises it. It holds once an endpoint's
    traffic is known."""
    launch: Limits = Limits(burst=1_500, hour=1_500, day=10_000, month=60_000)
    """The same for newcomers who were at other endpoints before, as on the day of a launch."""
    sighted: int = 4
    """What the strangers' limits are multiplied by where the walk detector can see."""
    walk_allowance: int = 30
    """Subjects that may leave to callers without a clean history during a walk before they are
    challenged; refills within a day."""
    passed: int = 10
    """Subjects that one solved challenge is good for in an hour."""
    paid_allowance: int = 600
    """Subjects that may leave in a day to those who solved challenges, all together: what the most
    patient attacker gets, and after which honest newcomers wait. 0: no end, availability first."""
    bare_allowance: int = 30
    """The same for those among them whom nothing explains: nobody ever asked for these people, and
    the caller was at no other endpoint. 0: no end."""


PAID_LOGINS = 250
"""Accounts that newcomers may try at one log-in during an attack, when they solve every puzzle: at
one success in a hundred two or three are opened before all newcomers have to wait."""
PAID_MISSES = 300
"""Misses in a day of all who solved challenges at one endpoint, where misses tell a guesser from a
person; then they wait, as when `paid_allowance` is used up."""
DEFAULT_BUDGETS = Budgets()
HEADROOM = 1.5
"""A learned limit is this many times the busiest clean window."""
