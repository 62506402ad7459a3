"""Callers that came once or twice and went: what is known of them, in some eighty bytes.

A history takes about a kilobyte, and most callers never come back. So the ones that were quiet
longest are folded up, and unfolded when they come again; nothing that a test rests on is lost.
"""

import struct

from nightlatch.detect.history import History

MOST_SUBJECTS = 12
"""A caller with more is kept unfolded, or forgotten: it is no idle one."""
GENERATIONS = 4

_FORM = struct.Struct("<dddffiHHHHHHHBBBB")
_NO_TURN = -2
_UNTESTED = -1e9
_MOST = 65_535
_CLEARED = 255


class Briefs:
    """At most about `capacity` callers; the quarter that was folded up first goes first."""

    __slots__ = ("_capacity", "_generations")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._generations: list[dict[int, bytes]] = [{}]

    def fold(self, key: tuple[str, str], history: History) -> bool:
        """Keep a caller folded up; False when it is too big for that, or convicted."""
        if history.size > MOST_SUBJECTS or history.convicted_at is not None:
            return False
        newest = self._generations[0]
        if len(newest) * GENERATIONS >= self._capacity:
            newest = {}
            self._generations.insert(0, newest)
            del self._generations[GENERATIONS:]
        newest[hash(key)] = _folded(history)
        return True

    def unfold(self, key: tuple[str, str]) -> History | None:
        """The caller as it was when it was folded up, and no longer here."""
        number = hash(key)
        for generation in self._generations:
            found = generation.pop(number, None)
            if found is not None:
                return _unfolded(found)
        return None

    def __len__(self) -> int:
        return sum(map(len, self._generations))


def _folded(history: History) -> bytes:
    known = [*history.account.known]
    missed = [*history.missed]
    turn, statistic = history.vouched_turn, history.statistic
    head = _FORM.pack(
        history.last,
        history.day,
        history.doubted_until,
        _UNTESTED if statistic is None else statistic,
        history.novelty,
        _NO_TURN if turn is None else min(turn, 2**31 - 1),
        *(
            min(count, _MOST)
            for count in (
                history.trials,
                history.hits,
                history.misses,
                history.credits,
                history.returns,
                history.taken,
                history.owed,
            )
        ),
        min(history.clearances, _CLEARED),
        history.doubts | history.returned << 6 | history.trusted << 7,
        history.level,
        len(known),
    )
    return head + b"".join(known) + b"".join(missed)


def _unfolded(data: bytes) -> History:
    (
        last, day, doubted, statistic, novelty, turn, trials, hits, misses, credits_, returns,
        taken, owed, clearances, flags, level, known,
    ) = _FORM.unpack_from(data)  # fmt: skip
    history = History(last)
    history.day, history.doubted_until, history.novelty = day, doubted, novelty
    history.statistic = None if statistic == _UNTESTED else statistic
    history.vouched_turn = None if turn == _NO_TURN else turn
    history.trials, history.hits, history.misses = trials, hits, misses
    history.credits, history.returns = credits_, returns
    history.taken, history.owed, history.level = taken, owed, level
    history.clearances = clearances
    history.doubts = flags & 31
    history.returned, history.trusted = bool(flags & 64), bool(flags & 128)
    size = _FORM.size
    digests = [data[at : at + 8] for at in range(size, len(data), 8)]
    history.account.known = dict.fromkeys(digests[:known], last)
    history.missed = dict.fromkeys(digests[known:])
    return history
