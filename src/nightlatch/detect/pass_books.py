"""What passes have had outlives the process: a pass is good for an hour, wherever it is shown."""

from collections import OrderedDict
from collections.abc import Sequence

from nightlatch.detect.callers import Callers, Key
from nightlatch.detect.history import History
from nightlatch.detect.memory import PassSpent

PASSES = 10_000
"""Of which what they had is handed on; the one shown first goes first."""
SUBJECTS = 64
"""Of one pass, the latest: far more than any has room for."""


class PassBooks:
    """Used by one thread, but for `dump`."""

    __slots__ = ("_before", "_callers", "_shown")

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._shown: OrderedDict[Key, None] = OrderedDict()
        self._before: dict[Key, dict[bytes, float]] = {}
        """What other processes gave to passes that were not shown here yet."""

    def meet(self, key: Key, history: History) -> None:
        """A pass is shown here for the first time, as far as its history knows."""
        history.account.known.update(self._before.pop(key, {}))
        self._callers.charge(history)
        self._shown[key] = None
        if len(self._shown) > PASSES:
            self._shown.popitem(last=False)

    def dump(self) -> list[PassSpent]:
        """From any thread."""
        spent = [PassSpent(*key, known) for key, known in list(self._before.items())]
        for key in list(self._shown):
            history = self._callers.get(key)
            if history is not None and history.account.known:
                latest = list(history.account.known.items())[-SUBJECTS:]
                spent.append(PassSpent(*key, dict(latest)))
        return spent[-PASSES:]

    def load(self, spent: Sequence[PassSpent]) -> None:
        self._before = {(one.endpoint, one.circle): one.subjects for one in spent[-PASSES:]}
