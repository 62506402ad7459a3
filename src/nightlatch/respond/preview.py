"""Whom would it have hit? A measure held against the records of the last day, before it holds.

Each record is turned back into the request that it tells of and put to the same levers, and through
the same limiter, as the next request will be. What differs: a record's path is redacted, and a
caller that is refused comes back less often than one that is served.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from math import inf

from msgspec import Struct, field
from msgspec.structs import replace

from nightlatch.detect.limits import Limiter
from nightlatch.exchange.credential import CredentialState
from nightlatch.exchange.disclosure import DataClass, Subject
from nightlatch.exchange.measure import Measure
from nightlatch.exchange.record import Record
from nightlatch.policy.asking import Asking, Sources, asking_of
from nightlatch.policy.levers import NOTHING_RULED, Levers
from nightlatch.policy.orders import LIMITS
from nightlatch.store.ports import EventQuery, EventStore

DAY = 86_400.0
MAX_LOOKED = 30_000
"""Records that a preview reads, the latest first: more would keep a person waiting."""
PAGE = 1_000
TOP_CALLERS = 10
SEVERAL_CLIENTS = 4
"""Programs behind one address, from which on more than one person uses it."""
SEVERAL_CREDENTIALS = 3
HOURS_OF_A_REGULAR = 3
"""Distinct hours of the day in which a caller without a credential came, and was never wrong."""


class PreviewCaller(Struct, frozen=True):
    circle: str
    """The narrowest."""
    address: str
    requests: int
    people: int
    known_good: bool
    """A credential of it was accepted, or it came in several hours and nothing was wrong."""


class Preview(Struct, frozen=True):
    """What a measure would have done since `since`."""

    since: float
    until: float
    looked: int
    """Records that were read: those that it might concern."""
    complete: bool
    """False where there were more; `since` is then the oldest that was read."""
    total: int
    """All requests in that time."""
    requests: int
    """Those that it would have hit."""
    callers: int
    people: int
    """Distinct subjects that left with them."""
    known_good: int
    """Callers among them that are known to be good."""
    shared: int
    """Addresses among them that several people share."""
    top: tuple[PreviewCaller, ...]
    blind: bool = False
    """The predicate speaks of countries, networks or clients, which are not looked up here."""

    @property
    def share(self) -> float:
        """Of all requests in that time, 0 to 1."""
        return self.requests / self.total if self.total else 0.0

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should think about before ordering it, in words."""
        found = []
        if self.known_good:
            noun = "callers" if self.known_good > 1 else "caller"
            found.append(
                f"{self.known_good:,} known-good {noun} would have been hit: a credential was"
                " accepted, or they come regularly and nothing was ever wrong."
            )
        if self.shared:
            noun = "addresses" if self.shared > 1 else "address"
            found.append(
                f"{self.shared:,} {noun} among them are shared by several people: an office, or a"
                " carrier. Challenge rather than block."
            )
        if self.share > _MUCH:
            found.append(f"It would have hit {self.share * 100:.0f} % of all requests.")
        if not self.looked:
            found.append(
                "Nothing was seen there in the last 24 hours: is it written as in the list of"
                " endpoints, or of requests?"
            )
        if self.blind:
            found.append(
                "Countries, networks and clients are not looked up here: whom that would have hit"
                " cannot be told."
            )
        if not self.complete:
            found.append(
                f"Only the latest {self.looked:,} requests were looked at: there were more."
            )
        return tuple(found)


_MUCH = 0.2


class _Hit(Struct, frozen=True, gc=False):
    """What is kept of one matching record until all are there."""

    asking: Asking
    disclosed: tuple[int, ...]
    good: bool
    bad: bool


class _Tally(Struct):
    """One caller among those hit."""

    address: str
    requests: int = 0
    people: set[int] = field(default_factory=set)
    hours: set[int] = field(default_factory=set)
    good: bool = False
    bad: bool = False

    @property
    def known_good(self) -> bool:
        return self.good or (not self.bad and len(self.hours) >= HOURS_OF_A_REGULAR)


def preview(
    events: EventStore, measure: Measure, now: float, sources: Sources | None = None
) -> Preview:
    """Raises StoreFailed."""
    reading = _Reading(events, measure, now)
    reading.blind = sources is None and _LOOKED_UP.search(measure.predicate) is not None
    levers = Levers(sources)
    levers.apply([_always(measure)])
    hits = []
    for record in reading.records():
        asking = asking_of(record, sources or Sources())
        if levers.judge(asking) is not NOTHING_RULED:
            hits.append(_hit(record, asking))
    if measure.kind in LIMITS:
        hits = _over_limit(measure, hits)
    return _summed_up(reading, hits)


_LOOKED_UP = re.compile(r"\b(country|asn|network|client(-name)?)\s*(=|!|~|<|>|in\b)")
"""Fields that are in no record."""


class _Reading:
    """The records that the measure might concern, the latest first."""

    def __init__(self, events: EventStore, measure: Measure, now: float) -> None:
        self._events = events
        self.until = now
        self.since = now - DAY
        self.blind = False
        self.looked = 0
        self.complete = True
        circle = measure.circle
        named = circle.partition(":")[0] in {"principal", "credential", "session", "headers"}
        self._query = EventQuery(
            since=self.since,
            until=now,
            endpoint=measure.endpoint or None,
            service=measure.service or None,
            address=circle.removeprefix("address:") if circle.startswith("address:") else None,
            circle=circle if named else None,
            limit=PAGE,
        )

    def records(self) -> Iterator[Record]:
        query = self._query
        while page := self._events.search(query):
            yield from page
            self.looked += len(page)
            if len(page) < PAGE:
                return
            if self.looked >= MAX_LOOKED:
                self.complete = False
                self.since = page[-1].at
                return
            query = replace(query, before=page[-1].id)

    def total(self) -> int:
        return self._events.count(EventQuery(since=self.since, until=self.until))


def _always(measure: Measure) -> Measure:
    """The measure as if it had held all the time."""
    return replace(measure, created=0.0, expires=inf, undone=0.0)


def _hit(record: Record, asking: Asking) -> _Hit:
    return _Hit(
        asking=asking,
        disclosed=record.disclosed,
        good=record.credential_state is CredentialState.ACCEPTED and not asking.stranger,
        bad=record.refused or bool(record.detections) or not 200 <= record.status < 400,
    )


def _over_limit(measure: Measure, hits: list[_Hit]) -> list[_Hit]:
    """Those that would have been refused, had the limit counted them all."""
    limiter = Limiter()
    over = []
    for hit in sorted(hits, key=lambda one: one.asking.at):
        asking = hit.asking
        key, at = asking.endpoint.key, asking.at
        stranger = asking.stranger
        refused, _ = limiter.ask((measure,), asking.caller, key, at, stranger=stranger)
        if refused:
            over.append(hit)
            continue
        subjects = [_subject(member) for member in hit.disclosed]
        limiter.disclose((measure,), asking.caller, key, subjects, at, stranger=stranger)
    return over


def _subject(member: int) -> Subject:
    return Subject(member.to_bytes(8), DataClass.ACCOUNT_ID)


def _summed_up(reading: _Reading, hits: list[_Hit]) -> Preview:
    tallies: dict[str, _Tally] = {}
    programs: dict[str, set[str]] = defaultdict(set)
    credentials: dict[str, set[str]] = defaultdict(set)
    people: set[int] = set()
    for hit in hits:
        caller = hit.asking.caller
        people.update(hit.disclosed)
        tally = tallies.setdefault(caller.key, _Tally(caller.address))
        tally.requests += 1
        tally.people.update(hit.disclosed)
        tally.hours.add(int(hit.asking.at // 3_600))
        tally.good = tally.good or hit.good
        tally.bad = tally.bad or hit.bad
        programs[caller.address].add(hit.asking.circle("headers"))
        credentials[caller.address].add(caller.key)
    shared = sum(
        len(programs[address]) >= SEVERAL_CLIENTS or len(keys) >= SEVERAL_CREDENTIALS
        for address, keys in credentials.items()
    )
    ranked = sorted(tallies.items(), key=lambda one: (-one[1].requests, one[0]))
    return Preview(
        since=reading.since,
        until=reading.until,
        looked=reading.looked,
        complete=reading.complete,
        blind=reading.blind,
        total=reading.total(),
        requests=len(hits),
        callers=len(tallies),
        people=len(people),
        known_good=sum(tally.known_good for tally in tallies.values()),
        shared=shared,
        top=tuple(
            PreviewCaller(
                circle, tally.address, tally.requests, len(tally.people), tally.known_good
            )
            for circle, tally in ranked[:TOP_CALLERS]
        ),
    )
