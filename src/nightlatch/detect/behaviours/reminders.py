"""What was told lately need not be told again."""

from collections import OrderedDict

DAY = 86_400.0


class Reminders:
    """Matters by key, each due once in `every` seconds. Evicts first what was told longest ago."""

    __slots__ = ("_capacity", "_every", "_told")

    def __init__(self, every: float = DAY, capacity: int = 4_096) -> None:
        self._every = every
        self._capacity = capacity
        self._told: OrderedDict[tuple[str, str], float] = OrderedDict()

    def due(self, endpoint: str, circle: str, now: float) -> bool:
        """True when this is to be told now; asking counts as telling."""
        told = self._told.get((endpoint, circle))
        # abs(): a clock that jumped back must not silence it.
        if told is not None and abs(now - told) < self._every:
            return False
        self._told[endpoint, circle] = now
        self._told.move_to_end((endpoint, circle))
        if len(self._told) > self._capacity:
            self._told.popitem(last=False)
        return True
