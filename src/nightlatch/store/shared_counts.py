"""Distinct counts that several processes keep together, and no request waits for.

The ledger of each process decides at once, with what it knows. What it gives away it tells a
`Tally`; every few milliseconds a sender merges that in Redis, and the cardinality of everything
merged so far comes back. So a tally is never lower than what all processes together had given away
when it was last merged, plus what its own has given since. What leaves beyond a limit is therefore
at most what the processes give away within one round: rate times the round's length (`Slack`).

While Redis is slow, full or gone, tallies go on from what they last knew, and what was not merged
waits for its return. A Redis that lost its data is noticed by its windows, which begin anew; what
the lost ones held is carried until they would have ended.
"""

import time
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice
from threading import Lock
from weakref import WeakValueDictionary

from nightlatch.store.redis_nodes import RedisNodes
from nightlatch.store.redis_questions import Answer, Refusal
from nightlatch.store.redis_scripts import MERGE, keep_for, name_of, signed
from nightlatch.store.shared_pace import Pace

WITHIN = 0.25
"""Seconds after which a merge counts as failed. Nobody waits for it."""
AGAIN = 0.25
"""Seconds until the next try after one that failed."""
CHUNK = 1_000
"""Members of one merge: Redis does nothing else meanwhile."""
WAITING = 10_000
"""Members of one tally that may wait to be merged; beyond that the oldest are dropped, and this
process's own windows must do."""
DIRTY = 20_000
"""Tallies that may wait to be merged; beyond that the one that waits longest is left out."""
ROUND = 1_000
"""Tallies merged in one round."""


class Tally:
    """What all processes together gave away under one name, as far as this one knows. Bounded by
    `WAITING`; safe to use from several threads."""

    __slots__ = (
        "__weakref__",
        "_counts",
        "_floors",
        "_keys",
        "_most",
        "_now",
        "_sent",
        "_since",
        "_waiting",
        "_windows",
    )

    def __init__(self, counts: "RedisSharedCounts", name: str, windows: Sequence[int]) -> None:
        self._counts = counts
        self._windows = tuple(windows)
        self._floors = {window: _Floor() for window in windows}
        tag = name_of(name)
        self._keys = tuple(
            tag + b":%d%s" % (window, kind) for window in windows for kind in (b"e", b"s", b"h")
        )
        self._waiting: dict[bytes, None] = {}
        self._sent: dict[bytes, None] = {}
        """Under way; nothing else is sent until it is settled."""
        self._most = 0
        self._now = 0.0
        self._since = 0.0

    def add(self, members: Iterable[bytes], now: float) -> None:
        """These eight-byte digests leave now. Costs about a microsecond, and never waits."""
        counts = self._counts
        with counts.lock:
            waiting = self._waiting
            if not waiting:
                self._since = time.monotonic()
            if self not in counts.dirty:
                counts.mark(self)
            waiting.update(dict.fromkeys(members))
            while len(waiting) > WAITING:
                del waiting[next(iter(waiting))]
            self._now = now
        counts.wake()

    def count(self, window: int, now: float) -> int:
        """Distinct members within the window that is open now, as far as it is known here."""
        return self._floors[window].count(now) + len(self._waiting) + len(self._sent)

    def ends(self, window: int) -> float:
        """When the window as it is known here has room again."""
        return self._floors[window].ends

    @property
    def most(self) -> int:
        """At least what any window holds: a quick look before the others."""
        return self._most + len(self._waiting) + len(self._sent)

    def send(self, nodes: RedisNodes) -> bool:
        """Merge what waits; False when the last merge is still under way."""
        with self._counts.lock:
            if self._sent:
                return False
            waiting = self._waiting
            chunk = list(waiting)[:CHUNK]
            self._sent = dict.fromkeys(chunk)
            self._waiting = {} if len(chunk) == len(waiting) else _without(waiting, self._sent)
            now, since = self._now, self._since
        words: list[int | float] = [now]
        for window in self._windows:
            words += (now + window, keep_for(window))
        words += [signed(int.from_bytes(member, "big")) for member in chunk]
        nodes.run(MERGE, self._keys, words, partial(self._merged, now, since), WITHIN)
        return True

    def after_fork(self) -> None:
        """In a child: what is under way is the parent's."""
        self._waiting = {}
        self._sent = {}

    def _merged(self, now: float, since: float, answer: Answer) -> None:
        counts = self._counts
        with counts.lock:
            if type(answer) is list:
                for number, window in enumerate(self._windows):
                    count, ends = answer[2 * number], float(answer[2 * number + 1])
                    self._floors[window].learn(count, ends, now)
                self._most = max(floor.count(now) for floor in self._floors.values())
            else:
                self._waiting = {**self._sent, **self._waiting}
            self._sent = {}
            counts.settle(self, more=bool(self._waiting))
        if isinstance(answer, Exception):
            counts.failed(answer.failure if isinstance(answer, Refusal) else answer)
        else:
            counts.merged(since)


class RedisSharedCounts:
    """Hands out tallies, and merges those that have news. Holds as many as are in use."""

    def __init__(self, nodes: RedisNodes, service: str) -> None:
        """`service`: applications of the same name count together."""
        self._nodes = nodes
        self._service = service
        self._tallies: WeakValueDictionary[str, Tally] = WeakValueDictionary()
        self._again_at = 0.0
        self._under_way = 0
        self.lock = Lock()
        self._paces: WeakValueDictionary[str, Pace] = WeakValueDictionary()
        self.dirty: dict[Tally | Pace, None] = {}
        """Those that have something to merge, in the order in which they got it."""
        self.wake = _nobody
        """Called after each addition."""
        self.slack = Slack()
        self.trouble = ""
        """Why the last merge failed, in words; empty while all is well."""

    def tally(self, name: str, windows: Sequence[int]) -> Tally:
        """The one of this name; its windows, in seconds, last from the first member on."""
        found = self._tallies.get(name)
        if found is None:
            found = self._tallies[name] = Tally(self, f"{self._service}\0{name}", windows)
        return found

    def pace(self, name: str, interval: float, bound: float) -> Pace:
        """The one of this name: a request each `interval` seconds, its moment at most `bound`
        seconds ahead."""
        found = self._paces.get(name)
        if found is None:
            found = self._paces[name] = Pace(self, f"{self._service}\0{name}", interval, bound)
        return found

    def mark(self, tally: Tally | Pace) -> None:
        """It has something to merge. Called with the lock held."""
        if len(self.dirty) >= DIRTY:
            del self.dirty[next(iter(self.dirty))]
        self.dirty[tally] = None

    def settle(self, tally: Tally | Pace, *, more: bool) -> None:
        """Its merge has ended. Called with the lock held."""
        self._under_way -= 1
        if more:
            self.mark(tally)

    @property
    def idle(self) -> bool:
        """Everything is merged."""
        return not (self.dirty or self._under_way)

    def flush(self) -> None:
        """Send what waits. Called by one thread, every few milliseconds."""
        if not self.dirty or time.monotonic() < self._again_at:
            return
        with self.lock:
            # After a failure one alone is to find out whether it works again.
            dirty = dict.fromkeys(islice(self.dirty, 1 if self.trouble else ROUND))
            for tally in dirty:
                del self.dirty[tally]
            self._under_way += len(dirty)
        busy = [tally for tally in dirty if not tally.send(self._nodes)]
        if busy:
            with self.lock:
                self._under_way -= len(busy)
                self.dirty.update(dict.fromkeys(busy))

    def merged(self, since: float) -> None:
        self.slack.note(time.monotonic() - since)
        self.trouble = ""
        self._again_at = 0.0

    def failed(self, reason: Exception) -> None:
        self._again_at = time.monotonic() + AGAIN
        self.trouble = str(reason)

    def after_fork(self) -> None:
        """In a child: what the parent had under way, the parent will merge."""
        self.lock = Lock()
        self.dirty = {}
        self._under_way = 0
        for tally in list(self._tallies.values()):
            tally.after_fork()
        for pace in list(self._paces.values()):
            pace.after_fork()


class Slack:
    """How old news is when all processes know it: the length of a round, in seconds."""

    __slots__ = ("rounds", "total", "worst")

    def __init__(self) -> None:
        self.worst = self.total = 0.0
        self.rounds = 0

    def note(self, seconds: float) -> None:
        self.worst = max(self.worst, seconds)
        self.total += seconds
        self.rounds += 1

    @property
    def mean(self) -> float:
        return self.total / self.rounds if self.rounds else 0.0


class _Floor:
    """What is known of one window: all processes together have given away at least so many."""

    __slots__ = ("_carried", "_carried_until", "_count", "_ends")

    def __init__(self) -> None:
        self._count = 0
        self._ends = 0.0
        self._carried = 0
        self._carried_until = 0.0

    @property
    def ends(self) -> float:
        return max(self._ends, self._carried_until)

    def count(self, now: float) -> int:
        known = self._count if now < self._ends else 0
        return known + self._carried if now < self._carried_until else known

    def learn(self, count: int, ends: float, now: float) -> None:
        if ends != self._ends:
            if self._count and now < self._ends:
                # The window began anew before its time: its data are lost, or were evicted.
                self._carried = self.count(now)
                self._carried_until = self.ends
            self._ends = ends
        self._count = count


def _without(members: dict[bytes, None], sent: dict[bytes, None]) -> dict[bytes, None]:
    return {member: None for member in members if member not in sent}


def _nobody() -> None:
    """Nobody has to be woken."""
