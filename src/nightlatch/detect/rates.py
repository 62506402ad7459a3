"""How fast does each caller ask? The generic cell rate algorithm, in bounded memory, without a
cliff.

GCRA (ITU-T I.371, "virtual scheduling"): of each key one number is kept, the moment at which all
that it asked for would have been due at the allowed rate. It may lie ahead by as much as the burst.
So through any door pass, in any stretch of time t, at most `amount` + t * `amount` / `seconds`.

Refused requests count too: each pushes that moment on, up to a whole window beyond the burst. Who
keeps asking faster than the rate is refused for as long as it does, where a bucket that forgets
refusals leaks for ever; who stops is served again after one window at most.

The table is full, what then? Peers stop limiting: one caller more than fits, and nobody is limited
any more. Here who finds no place is counted with its network, and when there is no place for
another network, with all who found none. Those together get what the table's callers may have at
most, so whatever the number of callers, what passes has a bound: three times that.
"""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Generic, TypeVar

from msgspec import Struct

from nightlatch.store.ports import SharedPace

V = TypeVar("V")

CAPACITY = 65_536
"""Callers that a limit counts one by one; as many networks besides."""
TOGETHER = ""
"""The key of all together."""
SHARED_FROM = 16
"""A key is counted together with other processes once this one let it have this part of its limit:
below that, it would cost a round to Redis for each of a million callers that come once."""


class Generations(Generic[V]):
    """A bounded table of what lives `life` seconds: the young, and those before them.

    Every `life` seconds the older half is dropped whole: by then all in it is over, so nothing is
    forgotten before its time, and no entry is ever looked for to be dropped.
    """

    __slots__ = ("_capacity", "_life", "_old", "_turn", "_young")

    def __init__(self, life: float, capacity: int) -> None:
        self._life = life
        self._capacity = capacity
        self._young: dict[str, V] = {}
        self._old: dict[str, V] = {}
        self._turn = 0.0

    def get(self, key: str, now: float) -> V | None:
        if now >= self._turn:
            self._age(now)
        found = self._young.get(key)
        return self._old.get(key) if found is None else found

    def put(self, key: str, value: V) -> None:
        """From now on it has a whole life before it. Ask `fits` before a new key."""
        self._old.pop(key, None)
        self._young[key] = value

    def fits(self) -> bool:
        """Is there a place for one more?"""
        return len(self._young) + len(self._old) < self._capacity

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def _age(self, now: float) -> None:
        self._old = {} if now >= self._turn + self._life else self._young
        self._young = {}
        self._turn = now + self._life


class Verdict(Struct, frozen=True, gc=False):
    """What one request is to its limit."""

    passes: bool
    used: int
    """Requests that count against the key now, this one included; at most twice the amount."""
    remaining: int
    wait: int
    """Seconds: until one more passes, where this one did not; else until nothing counts any more.
    """
    key: str
    """The circle that was counted: the one asked for, or a wider one; `TOGETHER` for all."""


class _Rate(Struct, frozen=True, gc=False):
    """How many, how fast: what one key may."""

    amount: int
    interval: float
    tolerance: float
    """How far ahead the moment may lie before a request: the burst but for this one."""
    bound: float
    """How far ahead it may lie at all: the burst, and a window for refused requests."""

    def judge(self, due: float, now: float, key: str) -> tuple[float, Verdict]:
        """The key's moment after this request, and what the request is to the limit."""
        # A clock that was set back must not keep anybody out for longer than the bound.
        ahead = min(max(due - now, 0.0), self.bound)
        after = min(ahead + self.interval, self.bound)
        used = round(after / self.interval)
        if ahead <= self.tolerance + _SLACK:
            remaining = max(0, self.amount - used)
            return now + after, Verdict(True, used, remaining, ceil(after), key)
        wait = max(1, ceil(after - self.tolerance))
        return now + after, Verdict(False, used, 0, wait, key)


Share = Callable[[str, float, float], SharedPace]
"""Key, interval and bound to what all processes know of it."""


class Gcra:
    """One limit: `amount` requests within `seconds`, for each key."""

    __slots__ = ("_all", "_crowd_due", "_each", "_paces", "_share", "_tables")

    def __init__(
        self, amount: int, seconds: float, capacity: int = CAPACITY, share: Share | None = None
    ) -> None:
        """With `share` it is one limit for several processes."""
        self._share = share
        self._each = _rate(amount, seconds)
        self._all = _rate(amount * capacity, seconds)
        # Beyond the bound nothing is remembered: an entry is over when it was quiet for so long.
        self._tables = tuple(Generations[float](self._each.bound, capacity) for _ in range(2))
        self._paces = Generations[SharedPace](self._each.bound, capacity)
        self._crowd_due = 0.0

    def ask(self, keys: Sequence[str], now: float) -> Verdict:
        """Count one request. `keys`: the circle to count it by, then the next wider one, if any."""
        for key, table in zip(keys, self._tables, strict=False):
            due = table.get(key, now)
            if due is not None or table.fits():
                due, verdict = self._judge(self._each, due or 0.0, key, now)
                table.put(key, due)
                return verdict
        self._crowd_due, verdict = self._judge(self._all, self._crowd_due, TOGETHER, now)
        return verdict

    def _judge(self, rate: _Rate, due: float, key: str, now: float) -> tuple[float, Verdict]:
        """By what this process knows, and what all of them do."""
        if self._share is None:
            return rate.judge(due, now, key)
        pace = self._paces.get(key, now)
        if pace is not None:
            due = max(due, pace.due)
        due, verdict = rate.judge(due, now, key)
        if pace is not None:
            pace.add(1, now)
        elif (not key or verdict.used * SHARED_FROM >= rate.amount) and self._paces.fits():
            pace = self._share(key, rate.interval, rate.bound)
            pace.add(verdict.used, now)
        else:
            return due, verdict
        self._paces.put(key, pace)
        return due, verdict

    def __len__(self) -> int:
        """Keys that are counted by themselves."""
        return sum(len(table) for table in self._tables)


def _rate(amount: int, seconds: float) -> _Rate:
    interval = seconds / amount
    return _Rate(amount, interval, seconds - interval, 2 * seconds)


_SLACK = 1e-6
"""Seconds. A sum of many intervals is off by some of the float's last bits, and the moments of our
time, as floats, are a quarter of a microsecond apart."""
