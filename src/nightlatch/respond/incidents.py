"""Detections that belong together become one incident, which then counts what it costs.

One incident per endpoint of a service and family of detections, as long as no more than QUIET_GAP
passes without a sign of it. Not safe for several threads: its owner holds a lock.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress

import msgspec

from nightlatch.exchange.facts import ServiceEndpoint
from nightlatch.exchange.incident import Alert, Incident, IncidentState
from nightlatch.exchange.judgement import Detection, DetectionKind
from nightlatch.exchange.record import Record
from nightlatch.respond.case import Case

MAX_CASES = 200
"""Incidents held at a time; the one quiet for longest goes first (it stays stored)."""

_WALK = "walk"
_GUESSING = "guessing"
_FAMILIES = {
    DetectionKind.ENUMERATION: _WALK,
    DetectionKind.DISTRIBUTED_ENUMERATION: _WALK,
    DetectionKind.BUDGET_EXCEEDED: _WALK,
    DetectionKind.NEW_CALLERS: _WALK,
    DetectionKind.CREDENTIAL_STUFFING: _GUESSING,
    DetectionKind.PASSWORD_SPRAYING: _GUESSING,
    DetectionKind.CODE_GUESSING: _GUESSING,
}
"""What belongs together; each of the others is a family of its own. What an endpoint's answers
tell, for one, is a fault of the endpoint, not of those who ask."""


_NONE: dict[str, Case] = {}


class Incidents:
    def __init__(self, new_id: Callable[[float], str], max_cases: int = MAX_CASES) -> None:
        self._new_id = new_id
        self._max_cases = max_cases
        self._cases: dict[str, Case] = {}
        """All that nobody has closed, by id."""
        self._lasting: dict[ServiceEndpoint, dict[str, Case]] = {}
        """Those not quiet yet, by endpoint, then by family: what records are counted into."""
        self._changed: dict[str, Case] = {}

    def note(self, record: Record) -> list[Alert]:
        """Count a record; returns the alerts that it is worth."""
        lasting = self._lasting
        if not (record.detections or lasting):
            return []
        touched: dict[str, Case] = {}
        for detection in record.detections:
            case = self._case_for(detection, record.service)
            case.detect(detection)
            touched[case.id] = case
        at = ServiceEndpoint(record.service, record.endpoint)
        cases = {**lasting.get(at.everywhere, _NONE), **lasting.get(at, _NONE)}
        for case in cases.values():
            if not case.lasts(record.at):
                self._end(case)
            elif case.concerns(record):
                case.count(record)
                touched[case.id] = case
        self._changed |= touched
        alerts = (case.alert(record.at) for case in touched.values())
        return [alert for alert in alerts if alert is not None]

    def restore(self, incidents: Iterable[Incident], counters: bytes = b"") -> None:
        """Go on counting what was not closed when the process ended. Without `counters`, as
        `dump_counters` gave them, the counts stand still until they are passed."""
        dumped = _read_counters(counters)
        for incident in incidents:
            if incident.state is IncidentState.CLOSED or not incident.detections:
                continue
            case = self._keep(Case.restored(incident))
            if case.id in dumped:
                with suppress(ValueError):
                    case.load_counters(*dumped[case.id])

    def dump_counters(self) -> bytes:
        return msgspec.msgpack.encode(
            {case.id: case.dump_counters() for case in self._cases.values()}
        )

    def current(self) -> list[Incident]:
        """Those nobody has closed, without those that had to make room."""
        return [case.incident() for case in self._cases.values()]

    def find(self, incident_id: str) -> Incident | None:
        case = self._cases.get(incident_id)
        return case.incident() if case else None

    @property
    def open(self) -> int:
        return sum(case.state is IncidentState.OPEN for case in self._cases.values())

    def alarmed(self) -> set[ServiceEndpoint]:
        """Endpoints with an open incident."""
        return {case.at for case in self._cases.values() if case.state is IncidentState.OPEN}

    def contain(self, incident_id: str, now: float) -> Incident | None:
        """None when it is not held."""
        case = self._cases.get(incident_id)
        if case is None:
            return None
        case.contain(now)
        self._changed[case.id] = case
        return case.incident()

    def close(self, incident_id: str) -> Incident | None:
        """Stop counting it: the next detection opens another. None when not held."""
        case = self._cases.get(incident_id)
        if case is None:
            return None
        case.state = IncidentState.CLOSED
        self._drop(case)
        self._changed.pop(case.id, None)
        return case.incident()

    def take_changed(self) -> list[Incident]:
        """What has changed since the last call, to be stored."""
        changed, self._changed = self._changed, {}
        return [case.incident() for case in changed.values()]

    def put_back(self, incidents: Iterable[Incident]) -> None:
        """They could not be stored: take_changed() is to give them again."""
        for incident in incidents:
            case = self._cases.get(incident.id)
            if case is not None:
                self._changed[case.id] = case

    def _case_for(self, detection: Detection, service: str) -> Case:
        family = _family(detection.kind)
        at = ServiceEndpoint(service, detection.endpoint)
        for place in (at, at.everywhere):
            case = self._lasting.get(place, _NONE).get(family)
            if case is not None and case.lasts(detection.at):
                return case
        return self._keep(Case(self._new_id(detection.at), detection, service))

    def _keep(self, case: Case) -> Case:
        if len(self._cases) >= self._max_cases:
            self._drop(min(self._cases.values(), key=lambda one: one.last_seen))
        self._cases[case.id] = case
        self._lasting.setdefault(case.at, {})[_family(case.kind)] = case
        return case

    def _drop(self, case: Case) -> None:
        del self._cases[case.id]
        self._end(case)

    def _end(self, case: Case) -> None:
        """Count nothing more into it."""
        lasting = self._lasting.get(case.at, {})
        family = _family(case.kind)
        if lasting.get(family) is case:
            del lasting[family]
        if not lasting:
            self._lasting.pop(case.at, None)


def _read_counters(dumped: bytes) -> dict[str, tuple[bytes, bytes]]:
    try:
        return msgspec.msgpack.decode(dumped, type=dict[str, tuple[bytes, bytes]])
    except (msgspec.MsgspecError, ValueError):
        return {}


def _family(kind: DetectionKind) -> str:
    return _FAMILIES.get(kind, kind.value)
