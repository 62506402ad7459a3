"""Which records have come before: a batch whose answer was lost is sent again."""

from collections.abc import Sequence

from nightlatch.exchange.record import Record

CAPACITY = 50_000
"""Ids remembered; an application sends one batch of at most 1,000 again, at once or not at all."""


class Recent:
    """Not safe for several threads."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        # The two halves take turns: when the younger is full the older is forgotten whole, which
        # costs nothing per record.
        self._younger: set[str] = set()
        self._older: set[str] = set()

    def unseen(self, records: Sequence[Record]) -> list[Record]:
        """Those whose id has not come before, in order; from now on they have."""
        return [record for record in records if self._is_new(record.id)]

    def _is_new(self, record_id: str) -> bool:
        if record_id in self._younger or record_id in self._older:
            return False
        if len(self._younger) >= self._capacity // 2:
            self._younger, self._older = set(), self._younger
        self._younger.add(record_id)
        return True
