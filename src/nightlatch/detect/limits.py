"""The limits that people ordered: requests by rate, distinct people by window.

What the inline path asks: before the application, whether a limit stands against this caller;
after it, whether this answer makes it so. Used by the event loop's thread alone, but for
`take_detections`.
"""

from collections.abc import Callable, Iterable, Sequence
from math import ceil

from nightlatch.detect.alarms import Alarms
from nightlatch.detect.rates import CAPACITY, SHARED_FROM, TOGETHER, Gcra, Generations
from nightlatch.exchange.disclosure import Subject
from nightlatch.exchange.exchange import Caller
from nightlatch.exchange.judgement import Detection, DetectionKind, Level
from nightlatch.exchange.measure import EVERYONE, Measure, MeasureKind
from nightlatch.exchange.spent import Spent
from nightlatch.store.ports import SharedCounts, SharedPace, SharedTally
from nightlatch.store.sketch import DistinctCounter

MAX_LIMITS = 256
"""Limits whose counts are kept; beyond that, those of the one made first go first."""
MAX_SUBJECTS = 500_000
"""Members that the exact sets of one limit may hold; what comes then is counted more widely."""

_PROVABLE = frozenset({"principal", "credential", "session"})
_WINDOWS = {1: "second", 60: "minute", 3_600: "hour", 86_400: "day", 604_800: "week"}
Spents = tuple[Spent, ...]


class Limiter:
    def __init__(self, capacity: int = CAPACITY, shared: SharedCounts | None = None) -> None:
        """With `shared` the limits are those of all processes together."""
        self._capacity = capacity
        self._shared = shared
        self._rates: dict[str, Gcra] = {}
        self._people: dict[str, People] = {}
        self._alarms = Alarms()

    def ask(
        self,
        limits: Iterable[Measure],
        caller: Caller,
        endpoint: str,
        now: float,
        *,
        stranger: bool,
    ) -> tuple[Spents, Spents]:
        """Count a request. What stands against it, and what is left of the limits that hold."""
        over: list[Spent] = []
        left: list[Spent] = []
        for limit in limits:
            keys = circles_counted(limit, caller, stranger=stranger)
            if limit.kind is MeasureKind.LIMIT_REQUESTS:
                spent, passes = self._request(limit, keys, now)
            else:
                spent, passes = self._so_far(limit, keys, now)
            if passes:
                left.append(spent)
            else:
                over.append(spent)
                self._tell(limit, spent, endpoint, now)
        return tuple(over), tuple(left)

    def disclose(
        self,
        limits: Iterable[Measure],
        caller: Caller,
        endpoint: str,
        subjects: Sequence[Subject],
        now: float,
        *,
        stranger: bool,
    ) -> Spents:
        """Count people that are about to leave; the limits that they overrun."""
        members = [int.from_bytes(subject.digest) for subject in subjects]
        over: list[Spent] = []
        for limit in limits:
            if limit.kind is not MeasureKind.LIMIT_PEOPLE:
                continue
            keys = circles_counted(limit, caller, stranger=stranger)
            counted = self._people_of(limit).add(keys, members, now)
            if counted.people(now) > limit.amount:
                spent = _spent_people(limit, counted, now)
                over.append(spent)
                self._tell(limit, spent, endpoint, now)
        return tuple(over)

    def take_detections(self) -> tuple[Detection, ...]:
        """Everything detected since the last call."""
        return self._alarms.take()

    def _request(self, limit: Measure, keys: Sequence[str], now: float) -> tuple[Spent, bool]:
        rate = self._rates.get(limit.id)
        if rate is None:
            _make_room(self._rates)
            share = None if self._shared is None else self._pace_of(limit, self._shared)
            rate = self._rates[limit.id] = Gcra(limit.amount, limit.seconds, self._capacity, share)
        verdict = rate.ask(keys, now)
        spent = Spent(
            circle=verdict.key or EVERYONE,
            window=window_word(limit.seconds),
            subjects=limit.amount - verdict.remaining if verdict.passes else verdict.used,
            limit=limit.amount,
            resets_in=verdict.wait,
            unit="requests",
            rule=limit.rule,
        )
        return spent, verdict.passes

    def _so_far(self, limit: Measure, keys: Sequence[str], now: float) -> tuple[Spent, bool]:
        counted = self._people_of(limit).count(keys, now)
        return _spent_people(limit, counted, now), counted.people(now) < limit.amount

    def _people_of(self, limit: Measure) -> "People":
        people = self._people.get(limit.id)
        if people is None:
            _make_room(self._people)
            share = None if self._shared is None else self._tally_of(limit, self._shared)
            people = self._people[limit.id] = People(limit.seconds, self._capacity, share=share)
        return people

    def _pace_of(self, limit: Measure, shared: SharedCounts) -> Callable[..., SharedPace]:
        def pace(key: str, interval: float, bound: float) -> SharedPace:
            return shared.pace(_name(limit, key), interval, bound)

        return pace

    def _tally_of(self, limit: Measure, shared: SharedCounts) -> "Share":
        least, window = limit.amount / SHARED_FROM, int(limit.seconds)

        def tally(key: str, people: int) -> SharedTally | None:
            enough = not key or people >= least
            return shared.tally(_name(limit, key), (window,)) if enough else None

        return tally

    def _tell(self, limit: Measure, spent: Spent, endpoint: str, now: float) -> None:
        if not self._alarms.due(DetectionKind.LIMIT_EXCEEDED, endpoint, spent.circle, now):
            return
        what = "requests" if spent.unit == "requests" else "distinct people"
        self._alarms.raise_(
            Detection(
                kind=DetectionKind.LIMIT_EXCEEDED,
                endpoint=endpoint,
                circle=spent.circle,
                level=Level.MEDIUM,
                at=now,
                evidence=(
                    f"{spent.subjects:,} {what} of {spent.circle} count within the {spent.window};"
                    f" {limit.author} allowed {spent.limit:,}"
                    f"{f': {limit.reason}' if limit.reason else ''}."
                ),
                false_alarm_rate=0.0,
                subjects=spent.subjects if spent.unit == "people" else 0,
                attempts=0,
                refuted_by=(
                    "A partner or an office whose honest use has outgrown the limit: compare it"
                    " with `nightlatch limits suggest`."
                ),
            )
        )


Share = Callable[[str, int], SharedTally | None]
"""Key, and people counted here so far, to what all processes know of it; None for so few."""


class Counted:
    """The people that left to one circle within the window that began with the first of them."""

    __slots__ = ("_counter", "_tally", "began", "key", "life")

    def __init__(self, key: str, began: float, life: float) -> None:
        self.key = key
        self.began = began
        self.life = life
        self._counter = DistinctCounter()
        self._tally: SharedTally | None = None

    @property
    def here(self) -> int:
        """People that left through this process."""
        return self._counter.cardinality

    def people(self, now: float) -> int:
        """Here, or through all processes together where those have more."""
        here, tally = self._counter.cardinality, self._tally
        return here if tally is None else max(here, tally.count(int(self.life), now))

    def add(self, members: Sequence[int]) -> int:
        """How many of them were new here."""
        before = self._counter.cardinality
        self._counter.add_many(members)
        return self._counter.cardinality - before

    def share(self, members: Sequence[int], now: float, share: Share) -> None:
        """Tell the other processes of members that were added; at first of all that were."""
        if self._tally is None:
            self._tally = share(self.key, self._counter.cardinality)
            members = (*self._counter.members, *members)
        if self._tally is not None:
            self._tally.add([member.to_bytes(8) for member in members], now)

    def ends_in(self, now: float) -> int:
        return max(1, ceil(self.began + self.life - now))


class People:
    """One limit in distinct people: a window for each key, which begins with its first person.

    No cliff: who finds no place is counted with its network, then with all who found none.
    """

    __slots__ = ("_before", "_crowd", "_held", "_life", "_share", "_subjects", "_tables", "_turn")

    def __init__(
        self,
        life: float,
        capacity: int = CAPACITY,
        subjects: int = MAX_SUBJECTS,
        share: Share | None = None,
    ) -> None:
        """With `share` it is one limit for several processes."""
        self._life = life
        self._share = share
        self._subjects = subjects
        self._held = self._before = 0
        """People entered in this stretch of `life` seconds, and in the one before it."""
        self._turn = 0.0
        self._tables = tuple(Generations[Counted](life, capacity) for _ in range(2))
        self._crowd = Counted(TOGETHER, 0.0, life)

    def count(self, keys: Sequence[str], now: float) -> Counted:
        """What has left so far; nothing is entered."""
        return self._find(keys, now)[0]

    def add(self, keys: Sequence[str], members: Sequence[int], now: float) -> Counted:
        """Enter people that are about to leave; what has left with them."""
        counted, table = self._find(keys, now)
        if table is not None and not counted.here:
            table.put(counted.key, counted)
        self._held += counted.add(members)
        if self._share is not None:
            counted.share(members, now, self._share)
        return counted

    def _find(self, keys: Sequence[str], now: float) -> tuple[Counted, Generations[Counted] | None]:
        self._age(now)
        spacious = self._held + self._before < self._subjects
        for key, table in zip(keys, self._tables, strict=False):
            counted = table.get(key, now)
            if counted is not None and counted.began <= now < counted.began + self._life:
                return counted, table
            if spacious and (counted is not None or table.fits()):
                return Counted(key, now, self._life), table
        crowd = self._crowd
        if not crowd.began <= now < crowd.began + self._life:
            crowd = self._crowd = Counted(TOGETHER, now, self._life)
        return crowd, None

    def _age(self, now: float) -> None:
        if now >= self._turn:
            self._before = self._held if now < self._turn + self._life else 0
            self._held = 0
            self._turn = now + self._life


def circles_counted(limit: Measure, caller: Caller, *, stranger: bool) -> tuple[str, ...]:
    """The circle that the limit counts, and the network behind it.

    A credential that nothing has proven is no circle to count: each invented one would be a fresh
    limit. Nor is its absence a way around: either way it is the address that counts.
    """
    each = limit.each
    if not each:
        return (TOGETHER,)
    if stranger and each in _PROVABLE:
        each = "address"
    circles = caller.circles
    own = _of_kind(each, circles) or _of_kind("address", circles) or caller.key
    # The widest circle stands last; an address that is none has no network.
    widest = circles[-1]
    return (own, widest) if widest != own and widest.startswith("network:") else (own,)


def window_word(seconds: float) -> str:
    """ "minute", "hour", or what it is: "90 s"."""
    return _WINDOWS.get(int(seconds)) or f"{seconds:g} s"


def _of_kind(kind: str, circles: Sequence[str]) -> str:
    prefix = kind + ":"
    for circle in circles:
        if circle.startswith(prefix):
            return circle
    return ""


def _spent_people(limit: Measure, counted: Counted, now: float) -> Spent:
    return Spent(
        circle=counted.key or EVERYONE,
        window=window_word(limit.seconds),
        subjects=counted.people(now),
        limit=limit.amount,
        resets_in=counted.ends_in(now),
        rule=limit.rule,
    )


def _name(limit: Measure, key: str) -> str:
    return f"limit\0{limit.id}\0{key}"


def _make_room(table: dict[str, Gcra] | dict[str, People]) -> None:
    if len(table) >= MAX_LIMITS:
        del table[next(iter(table))]
