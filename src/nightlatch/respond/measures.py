"""The life of a measure: ordered after a preview, renewed, undone, counted; and of closed doors."""

from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum
from threading import Lock
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from nightlatch.exchange.facts import Contract, Expectation, ServiceEndpoint
from nightlatch.exchange.ids import new_id
from nightlatch.exchange.judgement import Mode
from nightlatch.exchange.measure import RULE, Measure, MeasureKind
from nightlatch.exchange.record import Record
from nightlatch.policy.asking import Sources
from nightlatch.policy.orders import (
    DAY,
    LASTS,
    LONGEST,
    Order,
    OrderRefused,
    measure_of,
    whom_of,
    whose,
)
from nightlatch.respond.decisions import MAX_MEASURES, Decisions
from nightlatch.respond.preview import Preview, preview
from nightlatch.respond.suggestions import Suggestion, suggestions
from nightlatch.store.ports import AuditEntry, DocumentStore, EventStore

CLOSED_FOR = 30 * DAY
"""Seconds that a door stays closed, where nobody says how long."""
COUNTED = 10_000
"""Measures whose hits are kept; those that were ordered first are forgotten first."""
LISTED = 500
"""Measures that a list has at most, the latest first."""
WITHOUT_CREDENTIAL = 'credential = ""'

T = TypeVar("T")
_HITS = "measure-hits"
_DOORS = "closed-doors"


class UnknownMeasure(LookupError):
    """There is no measure with this id, or no door closed here."""


class MeasureState(StrEnum):
    IN_FORCE = "in-force"
    EXPIRED = "expired"
    UNDONE = "undone"


class ListedMeasure(Struct, frozen=True):
    """A measure as lists show it."""

    measure: Measure
    state: MeasureState
    hits: int
    """Requests that it decided since it was ordered."""

    @property
    def whom(self) -> str:
        return whom_of(self.measure)


class ClosedDoor(Struct, frozen=True):
    """An endpoint that a person closed to callers without a credential, with one switch."""

    endpoint: str
    author: str
    reason: str
    closed: float
    until: float
    before: Contract | None = None
    """What was decided there before, to be restored."""
    service: str = ""
    """Whose endpoint; empty: of every service that has it."""

    @property
    def at(self) -> ServiceEndpoint:
        return ServiceEndpoint(self.service, self.endpoint)


_Doors = dict[ServiceEndpoint, ClosedDoor]


class Measures:
    """Safe for several threads. What cannot be kept raises `StoreFailed`; what protects is in force
    even then."""

    def __init__(
        self,
        decisions: Decisions,
        events: EventStore,
        documents: DocumentStore,
        sources: Sources | None = None,
        make_id: Callable[[float], str] = new_id,
    ) -> None:
        self._decisions = decisions
        self._events = events
        self._documents = documents
        self._sources = sources
        self._make_id = make_id
        self._lock = Lock()
        # Held while hits are kept, or they could be added twice.
        self._keeping = Lock()
        self._hits = _hits(documents.state(_HITS))
        self._fresh: Counter[str] = Counter()

    # Orders

    def preview(self, order: Order, now: float) -> Preview:
        """Whom would it have hit in the last 24 hours? Raises OrderRefused."""
        measure = measure_of(order, "preview", "preview", now)
        return preview(self._events, measure, now, self._sources)

    def order(self, order: Order, author: str, now: float) -> Measure:
        """In force from now on. Raises OrderRefused with all that is wrong."""
        measure = measure_of(order, self._make_id(now), author, now)
        holding = sum(one.holds(now) for one in self._decisions.directives.measures)
        if holding >= MAX_MEASURES:
            raise OrderRefused([f"{holding:,} measures are in force already: undo some."])
        entry = AuditEntry(now, author, f"order-{measure.kind}", measure.id, in_words(measure))
        self._decisions.put_measure(measure, entry)
        return measure

    def undo(self, measure_id: str, author: str, now: float) -> Measure:
        """It no longer holds. Once it is over, undoing it again changes nothing."""
        measure = self._known(measure_id)
        if not measure.holds(now):
            return measure
        undone = replace(measure, expires=min(measure.expires, now), undone=now, undone_by=author)
        entry = AuditEntry(now, author, "undo-measure", measure.id, in_words(measure))
        self._decisions.put_measure(undone, entry)
        return undone

    def renew(self, measure_id: str, author: str, now: float, lasts: float = 0.0) -> Measure:
        """It lasts so many seconds from now; 0: as its kind does. Raises OrderRefused."""
        measure = self._known(measure_id)
        if measure.undone:
            raise OrderRefused(["It was undone: order it anew."])
        if not 0 <= lasts <= LONGEST:
            raise OrderRefused(["A measure lasts a year at most."])
        renewed = replace(measure, expires=now + (lasts or LASTS[measure.kind]))
        entry = AuditEntry(now, author, "renew-measure", measure.id, in_words(renewed))
        self._decisions.put_measure(renewed, entry)
        return renewed

    def listed(self, now: float) -> list[ListedMeasure]:
        """The latest order first, also those that are over."""
        with self._lock:
            hits = self._hits + self._fresh
        return [
            ListedMeasure(one, _state(one, now), hits[one.id])
            for one in self._documents.measures(limit=LISTED)
        ]

    def suggestions(self, now: float, endpoint: str = "", service: str = "") -> list[Suggestion]:
        """Limits that would fit what the callers did in the last week."""
        return suggestions(self._events, now, endpoint, service)

    # Doors

    def preview_closing(self, at: ServiceEndpoint, now: float) -> Preview:
        """Who came without a credential in the last 24 hours?"""
        order = Order(MeasureKind.BLOCK, WITHOUT_CREDENTIAL, at.endpoint, service=at.service)
        return self.preview(order, now)

    def close_door(
        self, at: ServiceEndpoint, author: str, now: float, *, reason: str = "", lasts: float = 0.0
    ) -> ClosedDoor:
        """From now on callers must show a credential there, and the endpoint enforces."""
        if not 0 <= lasts <= LONGEST:
            raise OrderRefused(["A door stays closed for a year at most; renew it, or it opens."])
        known = self.closed_door(at)
        before = known.before if known else self._decisions.contract(at)
        until = now + (lasts or CLOSED_FOR)
        contract = replace(
            before or Contract(at.endpoint),
            service=at.service,
            expectation=Expectation.MUST_AUTHENTICATE,
            owner=author,
            reason=reason or "closed: its code answers callers without a credential",
            mode=Mode.ENFORCE,
            expires=until,
            decided_at=now,
        )
        entry = AuditEntry(now, author, "close-door", where(at), reason)
        self._decisions.decide(contract, entry)
        door = ClosedDoor(at.endpoint, author, reason, now, until, before, at.service)
        self._keep_door(door)
        return door

    def open_door(self, at: ServiceEndpoint, author: str, now: float) -> None:
        """What was decided before it was closed holds again. Raises UnknownMeasure, and
        OrderRefused where no service is named and the door of several is closed."""
        door = self.closed_door(whose(at.endpoint, at.service, self._doors()))
        if door is None:
            raise UnknownMeasure(where(at))
        self._open(door, author, now)

    def _open(self, door: ClosedDoor, author: str, now: float) -> None:
        before = door.before or Contract(door.endpoint)
        contract = replace(before, service=door.service, decided_at=now)
        self._decisions.decide(contract, AuditEntry(now, author, "open-door", where(door.at)))
        self._forget_door(door)

    def closed_door(self, at: ServiceEndpoint) -> ClosedDoor | None:
        """The one that is closed there; one that was closed for every service is, unless something
        else is decided for this one."""
        doors = self._doors()
        if at in doors or at in self._decisions.contracts():
            return doors.get(at)
        return doors.get(at.everywhere)

    def closed_doors(self) -> list[ClosedDoor]:
        """Those that will open first come first."""
        return sorted(self._doors().values(), key=lambda door: door.until)

    def forget_door(self, at: ServiceEndpoint) -> None:
        """A person decided about the endpoint otherwise: nothing is to be restored any more."""
        door = self._doors().get(at)
        if door is not None:
            self._forget_door(door)

    # What happens by itself

    def note(self, records: Iterable[Record]) -> None:
        """Count what measures decided."""
        for record in records:
            if record.decision.rule.startswith(RULE):
                with self._lock:
                    self._fresh[record.decision.rule.removeprefix(RULE)] += 1

    def tick(self, now: float) -> None:
        """Doors whose time is over open. Raises StoreFailed."""
        self._decisions.refresh()
        for door in self.closed_doors():
            if door.until > now:
                return
            # It, and no other that has its name, whatever another process opens meanwhile.
            self._open(door, "nightlatch", now)

    def keep_hits(self) -> None:
        """Added to those of other processes over the same store. Raises StoreFailed."""
        with self._keeping:
            with self._lock:
                fresh = self._fresh.copy()
            if not fresh:
                return
            hits = Counter[str]()

            def added(state: bytes | None) -> bytes:
                nonlocal hits
                # Their ids grow with time.
                hits = Counter(dict(sorted((_hits(state) + fresh).items())[-COUNTED:]))
                return msgspec.msgpack.encode(hits)

            self._documents.change_state(_HITS, added)
            with self._lock:
                self._hits, self._fresh = hits, self._fresh - fresh

    def _known(self, measure_id: str) -> Measure:
        measure = self._documents.measure(measure_id)
        if measure is None:
            raise UnknownMeasure(measure_id)
        return measure

    def _doors(self) -> _Doors:
        return _closed(self._documents.state(_DOORS))

    def _keep_door(self, door: ClosedDoor) -> None:
        self._change_doors(lambda doors: doors | {door.at: door})

    def _forget_door(self, opened: ClosedDoor) -> None:
        """Unless it was closed anew meanwhile."""
        self._change_doors(lambda doors: {at: door for at, door in doors.items() if door != opened})

    def _change_doors(self, change: Callable[[_Doors], _Doors]) -> None:
        self._documents.change_state(_DOORS, lambda state: _packed(change(_closed(state))))


def where(at: ServiceEndpoint) -> str:
    """For people: whose endpoint, where that was said."""
    return f"{at.endpoint} of {at.service}" if at.service else at.endpoint


def in_words(measure: Measure) -> str:
    """For the audit log."""
    parts = [whom_of(measure) or "everyone"]
    if measure.endpoint or measure.service:
        at = ServiceEndpoint(measure.service, measure.endpoint or "every endpoint")
        parts.append(f"at {where(at)}")
    if measure.amount:
        each = f" for each {measure.each}" if measure.each else ""
        parts.append(f"{measure.amount:,} within {measure.seconds:g} s{each}")
    elif measure.seconds:
        parts.append(f"{measure.seconds:g} s")
    if measure.fields:
        parts.append(f"fields {', '.join(measure.fields)}")
    if measure.reason:
        parts.append(f"because {measure.reason}")
    return ", ".join(parts)


def _state(measure: Measure, now: float) -> MeasureState:
    if measure.undone:
        return MeasureState.UNDONE
    return MeasureState.IN_FORCE if measure.holds(now) else MeasureState.EXPIRED


def _hits(state: bytes | None) -> Counter[str]:
    return Counter(_decoded(state, dict[str, int]) or {})


def _closed(state: bytes | None) -> _Doors:
    kept = _decoded(state, dict[str, ClosedDoor]) or {}
    return {door.at: door for door in kept.values()}


def _packed(doors: _Doors) -> bytes:
    named = {"\0".join(reversed(at)): door for at, door in doors.items()}
    return msgspec.msgpack.encode(named)


def _decoded(state: bytes | None, shape: type[T]) -> T | None:
    """None for nothing, and for what a newer version left."""
    if state is None:
        return None
    try:
        return msgspec.msgpack.decode(state, type=shape)
    except (msgspec.MsgspecError, ValueError):
        return None
