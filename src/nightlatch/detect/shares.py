"""How often honest newcomers do something: a share, learned so that an attack cannot teach it."""

import math

MARGIN = 1.25
BLIND_FROM = 0.9
"""From this honest share on a test for "too often" sees nothing and is off."""
MEMORY = 400.0
"""Weight after which older trials fade."""
ENOUGH = 40.0
"""Weight from which on the share says something."""


class Share:
    """The share of weighted trials with a yes. Like the miss rate's, its trials count one epoch
    late, and an epoch in which something was wrong is thrown away with the one before."""

    __slots__ = ("_floor", "_pending", "_waiting", "weight", "yes")

    def __init__(self, floor: float) -> None:
        self._floor = floor
        """Where honest people may do it so often on a special day: the day of the launch."""
        self._pending = [0.0, 0.0]
        self._waiting = [0.0, 0.0]
        self.weight = 0.0
        self.yes = 0.0

    def note(self, weight: float, *, yes: bool) -> None:
        pending = self._pending
        pending[0] += weight
        if yes:
            pending[1] += weight

    def commit(self) -> None:
        self.weight += self._waiting[0]
        self.yes += self._waiting[1]
        self._waiting, self._pending = self._pending, [0.0, 0.0]
        if self.weight > MEMORY:
            self.yes *= MEMORY / self.weight
            self.weight = MEMORY

    def discard(self) -> None:
        self._pending, self._waiting = [0.0, 0.0], [0.0, 0.0]

    @property
    def honest(self) -> float | None:
        """An upper bound for the honest; None while unknown, or where the test would be blind."""
        if self.weight < ENOUGH:
            return None
        share = (self.yes + 0.5) / (self.weight + 1)
        bound = share * MARGIN + 2 * math.sqrt(share * (1 - share) / self.weight)
        bound = max(self._floor, bound)
        return None if bound > BLIND_FROM else bound
