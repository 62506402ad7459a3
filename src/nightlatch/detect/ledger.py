"""The ledger: how many distinct subjects left to one circle, per window.

In memory and exact where it matters, because it is read and written before each answer leaves. A
window starts with the first subject counted in it and lasts its length, like an expiring counter;
so at most twice a limit leaves within any stretch of that length.
"""

from collections.abc import Sequence
from math import inf

from msgspec import Struct

from nightlatch.exchange.spent import Spent
from nightlatch.policy.budgets import HEADROOM, Limits, Window
from nightlatch.store.ports import SharedTally
from nightlatch.store.sketch import DistinctCounter

REMEMBERED = 2_048
"""Subjects a circle is known to have had before; then the older half is forgotten. A forgotten one
that comes again counts as new."""
FEW = 64
"""Up to so many subjects a circle has no windows: it is far below any limit."""

BATCH = 64
"""Subjects that wait to be counted together: one alone costs each window five times as much."""

_NONE: dict[bytes, float] = {}


class WindowMemory(Struct, frozen=True, array_like=True):
    """One window as it is handed to the next process."""

    window: int
    start: float
    distinct: bytes


class CountedWindow:
    """One window of one circle. Windows that began together, or with the same subjects, have the
    same in them until one of them ends, and share what counts it."""

    __slots__ = ("busiest", "distinct", "learned", "learned_at", "start", "tainted", "window")

    def __init__(self, window: Window, start: float, distinct: DistinctCounter) -> None:
        self.window = window
        self.start = start
        self.distinct = distinct
        self.busiest = 0
        """The highest count seen, of all processes together."""
        self.learned = 0
        """The limit that busy clean windows have proven, 0 for none."""
        self.learned_at: float | None = None
        self.tainted = False
        """Something was wrong during this window: nothing is learned from it."""

    def count(self, now: float) -> int:
        return self.distinct.cardinality if abs(now - self.start) < self.window else 0

    def ended(self, now: float) -> bool:
        # abs(): a clock that jumped back far starts afresh instead of freezing the window.
        return abs(now - self.start) >= self.window

    def spent(self, circle: str, count: int, limit: int, left: float) -> Spent:
        """`left`: seconds until there is room again."""
        resets_in = min(max(1, round(left)), self.window)
        return Spent(circle, self.window.word, count, limit, resets_in)

    def roll(self, now: float, distinct: DistinctCounter) -> None:
        """Begin anew, with nothing in it."""
        busiest = int(max(self.distinct.cardinality, self.busiest) * HEADROOM)
        # At most one raise a day, by half: whoever fills the limit every hour gains little.
        due = self.learned_at is None or abs(now - self.learned_at) >= Window.DAY
        if not self.tainted and busiest > self.learned and due:
            self.learned = busiest
            self.learned_at = now
        self.start = now
        self.distinct = distinct
        self.busiest = 0
        self.tainted = False


class Account:
    """What one circle of callers has had from one endpoint."""

    __slots__ = (
        "_counted_since",
        "_counted_until",
        "_counters",
        "_older",
        "_waiting",
        "exhausted",
        "frees_at",
        "known",
        "tally",
        "windows",
    )

    def __init__(self) -> None:
        self.known: dict[bytes, float] = {}
        """Subject → when it last left."""
        self._older = _NONE
        self.windows: tuple[CountedWindow, ...] = ()
        self._counters: tuple[DistinctCounter, ...] = ()
        """Of the windows, each once."""
        self._waiting: list[bytes] = []
        """Subjects that left, to be counted before anyone asks for a count."""
        self._counted_since = 0.0
        self._counted_until = 0.0
        """A subject that left between these is in every window already."""
        self.exhausted = False
        """A limit was reached when last counted."""
        self.frees_at = 0.0
        """When the last full window has room again."""
        self.tally: SharedTally | None = None
        """What other processes gave to this circle too; None while it is not shared."""

    def share(self, tally: SharedTally, now: float) -> None:
        """Count together with other processes from now on, what left here before included."""
        if not self.windows:
            self._open(now)
        tally.add(self.known, now)
        self.tally = tally

    def knows(self, digest: bytes) -> bool:
        return digest in self.known or digest in self._older

    def add(self, digests: Sequence[bytes], now: float, few: int = FEW) -> int:
        """Count these subjects as gone; returns how many the circle never had before."""
        known, new, fresh = self.known, 0, []
        # Outside of it, also after the clock jumped back, every subject is counted anew.
        in_time = self._counted_since <= now < self._counted_until
        counted_since = self._counted_since if in_time else inf
        for digest in digests:
            last = known.get(digest)
            if last is None:
                new += digest not in self._older
                fresh.append(digest)
            elif last < counted_since:
                fresh.append(digest)
            known[digest] = now
        if self.windows:
            if fresh:
                self._enter(fresh, now, in_time=in_time)
        elif len(known) >= few:
            self._open(now)
        if len(known) > REMEMBERED:
            self._older, self.known = known, {}
        return new

    def _enter(self, fresh: Sequence[bytes], now: float, *, in_time: bool) -> None:
        if self.tally is not None:
            self.tally.add(fresh, now)
        if in_time:
            self._waiting += fresh
            if len(self._waiting) >= BATCH:
                self._count_waiting()
        else:
            self._count(fresh, now)

    def _count(self, digests: Sequence[bytes], now: float) -> None:
        self._count_waiting()
        ended = [window for window in self.windows if window.ended(now)]
        if ended:
            fresh = DistinctCounter()
            for window in ended:
                window.roll(now, fresh)
            self._counters = _counters_of(self.windows)
        members = _numbers(digests)
        for counter in self._counters:
            counter.add_many(members)
        self._counted_since = max(window.start for window in self.windows)
        self._counted_until = min(window.start + window.window for window in self.windows)

    def _count_waiting(self) -> None:
        """No window has ended since they left: that is when `_count` is called."""
        members = _numbers(self._waiting)
        self._waiting = []
        for counter in self._counters:
            counter.add_many(members)

    def over(
        self,
        circle: str,
        limits: Limits,
        factor: int,
        now: float,
        *,
        adding: bool,
        fixed: bool = False,
        usual: int = 0,
    ) -> tuple[Spent, ...]:
        """The windows that are full (or, `adding`, were overrun by what was just counted). No limit
        is below what is `usual`. Limits that are `fixed` a person set: nothing learned raises them.
        """
        self._count_waiting()
        over = []
        reached = False
        for window in self.windows:
            limit = limits.of(window.window) * factor
            if not fixed:
                limit = max(limit, window.learned, usual)
            count, ends = self._known_of(window, now)
            window.busiest = max(window.busiest, count)
            if count >= limit:
                reached = True
                self.frees_at = max(self.frees_at, ends)
                if not adding or count > limit:
                    window.tainted = True
                    over.append(window.spent(circle, count, limit, ends - now))
        self.exhausted = reached
        return tuple(over)

    def _known_of(self, window: CountedWindow, now: float) -> tuple[int, float]:
        """How many left within it, by the higher of both counts, and when that one ends."""
        count, ends = window.count(now), window.start + window.window
        if self.tally is not None and (shared := self.tally.count(window.window, now)) > count:
            return shared, self.tally.ends(window.window)
        return count, ends

    @property
    def size(self) -> int:
        """Entries held, for bounds on memory; windows hold each subject up to three times more."""
        windows = len(self.windows) + 1
        return (len(self.known) + len(self._older)) * windows

    def full(self, smallest: int) -> bool:
        """Some window might be full: the widest holds at least the smallest limit. Quick."""
        windows = self.windows
        if not windows:
            return False
        if self.tally is not None and self.tally.most >= smallest:
            return True
        return windows[-1].distinct.cardinality + len(self._waiting) >= smallest

    def taint(self) -> None:
        """What is counted now shall not raise a limit."""
        for window in self.windows:
            window.tainted = True

    def count(self, window: Window, now: float) -> int:
        """Distinct subjects within the window."""
        self._count_waiting()
        for counted in self.windows:
            if counted.window is window:
                return self._known_of(counted, now)[0]
        since = now - window
        return sum(when > since for when in self.known.values())

    def dump(self) -> list[WindowMemory]:
        """What its windows counted, for the next process; not who had it when. From any thread:
        what still waits to be counted is left out."""
        return [
            WindowMemory(counted.window, counted.start, counted.distinct.dump())
            for counted in self.windows
        ]

    def load(self, windows: Sequence[WindowMemory]) -> None:
        """Go on from what another process counted. Raises ValueError for what is none of ours."""
        loaded = []
        for memory in windows:
            distinct = DistinctCounter.load(memory.distinct)
            loaded.append(CountedWindow(Window(memory.window), memory.start, distinct))
        self.windows = tuple(loaded)
        self._counters = _counters_of(self.windows)

    @property
    def today(self) -> int:
        """What the last window of a day counted, over or not."""
        days = [counted for counted in self.windows if counted.window is Window.DAY]
        return days[0].distinct.cardinality if days else 0

    def _open(self, now: float) -> None:
        opened = []
        counters: dict[int, DistinctCounter] = {}
        for window in Window:
            recent = [d for d, when in self.known.items() if abs(now - when) < window]
            start = min((self.known[digest] for digest in recent), default=now)
            # What is within a window is within all that are longer: as many are the same.
            distinct = counters.setdefault(len(recent), DistinctCounter())
            if not distinct.cardinality:
                distinct.add_many(_numbers(recent))
            opened.append(CountedWindow(window, start, distinct))
        self.windows = tuple(opened)
        self._counters = tuple(counters.values())


def _counters_of(windows: Sequence[CountedWindow]) -> tuple[DistinctCounter, ...]:
    return tuple({id(window.distinct): window.distinct for window in windows}.values())


def _numbers(digests: Sequence[bytes]) -> list[int]:
    return [int.from_bytes(digest, "big") for digest in digests]
