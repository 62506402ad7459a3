"""Yesterday's log, played again: what would have happened in enforce mode?

Records are redacted, so nothing is decided anew from bodies: whom an exchange asked for and gave
away is in its record, as digests, and that is what the ledger counts. What a detector reads from
values (order, for one) it cannot see here; the figures are a lower bound of what would be found.
"""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct, field

from nightlatch.detect.behaviour import Sighting
from nightlatch.detect.behaviours.run import Behaviours
from nightlatch.detect.watch import Watch
from nightlatch.exchange.disclosure import NO_DISCLOSURE, DataClass, Disclosure, Subject
from nightlatch.exchange.exchange import Caller, Endpoint, Exchange, Request, Response
from nightlatch.exchange.facts import EndpointFacts
from nightlatch.exchange.headers import headers_of
from nightlatch.exchange.judgement import Action, Decision, Detection, Mode, Phase
from nightlatch.exchange.record import Record
from nightlatch.exchange.standing import Standing
from nightlatch.faults import Mistake
from nightlatch.policy.decide import decide
from nightlatch.store.ports import EventQuery, EventStore
from nightlatch.workbench.replay.alarming import alarming

PAGE = 5_000
STEP = 3_600.0
"""Seconds of a log that are held in memory at a time."""


class LogFault(Mistake):
    """A log cannot be read; the text says where and what to do."""


class Detecting(Struct, frozen=True):
    """The rooms that a log is played through."""

    watch: Watch
    behaviours: Behaviours


class Door(Struct):
    """What would have happened at one endpoint."""

    endpoint: str
    requests: int = 0
    refused: int = 0
    """Requests that were answered, and would have been refused."""
    challenged: int = 0
    disclosed: set[int] = field(default_factory=set)
    """Digests of those whose records left."""
    would_leave: set[int] = field(default_factory=set)
    """Of them, those whose records would have left all the same."""
    first_alert: Detection | None = None
    before_alert: int = 0
    """People disclosed when that was raised."""
    callers: set[str] = field(default_factory=set)
    callers_refused: set[str] = field(default_factory=set)


class Retold(Struct):
    """What would have happened."""

    doors: dict[str, Door] = field(default_factory=dict)
    records: int = 0
    since: float = 0.0
    until: float = 0.0
    detections: list[Detection] = field(default_factory=list)


def retell(records: Iterable[Record], detecting: Detecting, learn_until: float = 0.0) -> Retold:
    """Play the records, oldest first, in virtual time. Until `learn_until` (seconds since the
    epoch) nothing is enforced."""
    told = Retold()
    for record in records:
        told.records += 1
        told.since = told.since or record.at
        told.until = record.at
        door = told.doors.get(record.endpoint)
        if door is None:
            door = told.doors[record.endpoint] = Door(record.endpoint)
        _play(record, door, detecting, told, enforced=record.at >= learn_until)
    return told


def _play(
    record: Record, door: Door, detecting: Detecting, told: Retold, *, enforced: bool
) -> None:
    watch, now, stranger = detecting.watch, record.at, record.stranger
    caller = Caller(record.address, record.circles)
    disclosure = _disclosure(record)
    door.requests += 1
    door.callers.add(caller.key if record.circles else record.address)
    standing = watch.standing(door.endpoint, caller, stranger, now)
    decision = _decide(standing, record, Phase.REQUEST)
    if not decision.withhold or not enforced:
        standing = watch.note(door.endpoint, caller, stranger, disclosure, now)
        if not decision.withhold:
            decision = _decide(standing, record, Phase.RESPONSE)
    _count(record, door, decision, enforced=enforced)
    detections = watch.take_detections()
    if not decision.withhold or not enforced:
        detections += detecting.behaviours.note(_sighting(record, caller, disclosure))
    if detections:
        told.detections += detections
        alerts = alarming(detections)
        if alerts and door.first_alert is None:
            door.first_alert, door.before_alert = alerts[0], len(door.would_leave)


def _decide(standing: Standing, record: Record, phase: Phase) -> Decision:
    anonymous = record.credential_kind is None
    return decide(standing, None, Mode.ENFORCE, phase, record.at, anonymous=anonymous)


def _count(record: Record, door: Door, decision: Decision, *, enforced: bool) -> None:
    door.disclosed.update(record.disclosed)
    if not enforced or not decision.withhold:
        door.would_leave.update(record.disclosed)
        return
    if record.refused:
        # It was refused then, too.
        return
    if decision.action is Action.CHALLENGE:
        door.challenged += 1
        return
    door.refused += 1
    door.callers_refused.add(record.circles[0] if record.circles else record.address)


def _disclosure(record: Record) -> Disclosure:
    if not record.asked and not record.disclosed:
        return NO_DISCLOSURE
    return Disclosure(_subjects(record.asked), _subjects(record.disclosed), record.hit)


def _subjects(digests: tuple[int, ...]) -> tuple[Subject, ...]:
    # Which class a digest was of is not kept, and no detector asks.
    return tuple(Subject(digest.to_bytes(8, "big"), DataClass.ACCOUNT_ID) for digest in digests)


def _sighting(record: Record, caller: Caller, disclosure: Disclosure) -> Sighting:
    """As much of the exchange as its record holds."""
    method, _, template = record.endpoint.partition(" ")
    request = Request(
        record.method, record.scheme, record.host, record.path, record.query,
        headers_of(record.request.headers), record.address,
    )  # fmt: skip
    response = Response(record.status, headers_of(record.response.headers))
    exchange = Exchange(
        id=record.id,
        at=record.at,
        duration=record.duration,
        request=request,
        response=response if record.status else None,
        ending=record.ending,
        caller=caller,
        endpoint=Endpoint(method, template),
        credential_state=record.credential_state,
    )
    facts = EndpointFacts(posture=record.posture)
    return Sighting(
        exchange=exchange,
        stranger=record.stranger,
        disclosure=disclosure,
        items=record.items,
        facts=facts,
    )


def stored_records(events: EventStore, since: float | None = None) -> Iterator[Record]:
    """Every record of a store from `since` (None: the oldest) on, oldest first."""
    newest = events.search(EventQuery(limit=1))
    at = events.size().oldest if since is None else since
    while newest and at is not None and at <= newest[0].at:
        yield from reversed(_window(events, at, at + STEP))
        at += STEP


def _window(events: EventStore, since: float, until: float) -> list[Record]:
    """Newest first, as the store answers, page by page."""
    found: list[Record] = []
    before: str | None = None
    while page := events.search(EventQuery(since=since, until=until, before=before, limit=PAGE)):
        found += page
        before = page[-1].id
        if len(page) < PAGE:
            break
    return found


def exported_records(lines: Iterable[bytes], name: str) -> list[Record]:
    """Records as JSON lines, in any order. Raises LogFault."""
    decode = msgspec.json.Decoder(Record).decode
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise LogFault(
                f"{name}, line {number}: not a record as Nightlatch writes it: {error}."
            ) from None
    return sorted(found, key=lambda record: (record.at, record.id))
