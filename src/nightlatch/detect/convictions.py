"""Convictions outlive the bounded tables: they are kept in the counter store as well."""

from nightlatch.detect.callers import Callers, Key
from nightlatch.detect.history import History
from nightlatch.exchange.standing import Standing
from nightlatch.faults import FAULTS
from nightlatch.store.ports import CounterStore, StoreFailed

CONTAINED = 3_600.0
"""Seconds a convicted caller must be quiet to be heard again: insisting does not help."""


class Convictions:
    """Enters, recalls and lifts convictions. A store that fails costs only their memory: it is
    counted, and the caller will be convicted anew."""

    def __init__(self, counters: CounterStore, callers: Callers) -> None:
        self._counters = counters
        self._callers = callers

    def enter(self, key: Key, history: History, reason: str, now: float, *, stranger: bool) -> None:
        _mark(history, reason, now, stranger=stranger)
        self._callers.keep(key)
        try:
            self._counters.set_flag(_flag(key), reason, now, CONTAINED)
        except StoreFailed as error:
            FAULTS.note("detect.convictions", error)

    def recall(
        self, key: Key, history: History | None, now: float, *, stranger: bool
    ) -> History | None:
        """The history of a caller that has no conviction here, convicted when another process, or
        this one before it forgot, put one on record; else what was given."""
        try:
            reason = self._counters.flag(_flag(key), now)
        except StoreFailed as error:
            FAULTS.note("detect.convictions", error)
            return history
        if reason is None:
            return history
        if history is None:
            history = self._callers.add(key, now)
        _mark(history, reason, now, stranger=stranger)
        self._callers.keep(key)
        return history

    def stands(self, history: History, now: float) -> bool:
        """Whether this caller is convicted; it starts afresh after an hour of silence."""
        if history.convicted_at is None:
            return False
        if abs(now - history.last) < CONTAINED:
            history.last = now
            return True
        history.convicted_at = None
        history.statistic = None
        history.hits = history.misses = history.credits = 0
        history.vouched_turn = None
        history.run = None
        return False


def _mark(history: History, reason: str, now: float, *, stranger: bool) -> None:
    history.convicted_at = history.last = now
    history.vouched_turn = None
    history.standing = Standing(stranger=stranger, convicted=True, conviction=reason)


def _flag(key: Key) -> str:
    return f"convicted\0{key[0]}\0{key[1]}"
