"""The histories of all callers at all endpoints, within one bound on memory."""

from nightlatch.detect.briefs import Briefs
from nightlatch.detect.history import History
from nightlatch.detect.table import SegmentedTable

IDLE = 30
"""So many callers are kept folded up for each one that is not."""
Key = tuple[str, str]
"""(endpoint key, circle)."""


class Callers:
    """Folds up first: the caller without a hit or a conviction that was quiet longest.

    Holds at most 2 * `capacity` histories and about `max_subjects` subjects in all of them, and
    `IDLE` * `capacity` idle callers folded up. What a forgotten caller did is not lost to the wider
    circles, which count it as a newcomer again.
    """

    __slots__ = ("_briefs", "_max_subjects", "_table", "get", "subjects", "touch")

    def __init__(self, capacity: int, max_subjects: int) -> None:
        self._table: SegmentedTable[Key, History] = SegmentedTable(capacity)
        self._briefs = Briefs(IDLE * capacity)
        self._max_subjects = max_subjects
        self.subjects = 0
        """What all histories hold together."""
        self.get = self._table.get
        self.touch = self._table.touch

    def add(self, key: Key, now: float) -> History:
        return self._enter(key, History(now))

    def recall(self, key: Key) -> History | None:
        """A caller that was folded up; None when it is not known."""
        history = self._briefs.unfold(key)
        if history is None:
            return None
        self._enter(key, history)
        self.charge(history)
        if history.vouched_turn is not None:
            self.keep(key)
        return history

    def keep(self, key: Key) -> None:
        """This caller shall not be pushed out by newcomers."""
        self._fold(self._table.keep(key))

    def charge(self, history: History) -> None:
        """Take note of a history's size after it changed."""
        size = history.size
        self.subjects += size - history.charged
        history.charged = size
        while self.subjects > self._max_subjects and len(self._table) > 1:
            self._fold(self._table.drop())

    @property
    def evicted(self) -> int:
        return self._table.evicted

    @property
    def idle(self) -> int:
        """Callers folded up."""
        return len(self._briefs)

    def __len__(self) -> int:
        return len(self._table)

    def _enter(self, key: Key, history: History) -> History:
        self._fold(self._table.add(key, history))
        return history

    def _fold(self, evicted: tuple[Key, History] | None) -> None:
        if evicted is None:
            return
        key, history = evicted
        self._briefs.fold(key, history)
        self.subjects -= history.charged
        # A caller evicted in the middle of its own exchange must not be charged again.
        history.charged = 0
