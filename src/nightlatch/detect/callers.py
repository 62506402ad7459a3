"""The histories of all callers at all endpoints, within one bound on memory."""

from nightlatch.detect.history import History
from nightlatch.detect.table import SegmentedTable

Key = tuple[str, str]
"""(endpoint key, circle)."""


class Callers:
    """Evicts first: the caller without a hit or a conviction that was quiet longest.

    Holds at most 2 * `capacity` histories and about `max_subjects` subjects in all of them; what a
    forgotten caller did is not lost to the wider circles, which count it as a newcomer again.
    """

    __slots__ = ("_max_subjects", "_table", "get", "subjects", "touch")

    def __init__(self, capacity: int, max_subjects: int) -> None:
        self._table: SegmentedTable[Key, History] = SegmentedTable(capacity)
        self._max_subjects = max_subjects
        self.subjects = 0
        """What all histories hold together."""
        self.get = self._table.get
        self.touch = self._table.touch

    def add(self, key: Key, now: float) -> History:
        history = History(now)
        self._forget(self._table.add(key, history))
        return history

    def keep(self, key: Key) -> None:
        """This caller shall not be pushed out by newcomers."""
        self._forget(self._table.keep(key))

    def charge(self, history: History) -> None:
        """Take note of a history's size after it changed."""
        size = history.size
        self.subjects += size - history.charged
        history.charged = size
        while self.subjects > self._max_subjects and len(self._table) > 1:
            self._forget(self._table.drop())

    @property
    def evicted(self) -> int:
        return self._table.evicted

    def __len__(self) -> int:
        return len(self._table)

    def _forget(self, history: History | None) -> None:
        if history is not None:
            self.subjects -= history.charged
            # A caller evicted in the middle of its own exchange must not be charged again.
            history.charged = 0
