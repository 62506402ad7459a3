"""One incident while it lasts: which records belong to it, and the counts a person reads."""

from collections.abc import Iterable
from hashlib import blake2b

from msgspec import Struct

from nightlatch.exchange.facts import ServiceEndpoint
from nightlatch.exchange.incident import Alert, Incident, IncidentCaller, IncidentState
from nightlatch.exchange.judgement import Action, Detection, DetectionKind, Mode
from nightlatch.exchange.measure import EVERYONE, STRANGERS
from nightlatch.exchange.record import Record
from nightlatch.respond.alerts import alert_for, next_milestone
from nightlatch.store.sketch import DistinctCounter

QUIET_GAP = 3_600.0
"""Seconds without a sign of the attack, after which the next sign is another incident."""
GRACE = 60.0
"""Seconds after containment in which an application may still observe: it has yet to be told."""
MAX_CIRCLES = 10_000
MAX_TALLIES = 1_000
"""Callers counted one by one; those with the least disclosed go first."""
MAX_DETECTIONS = 50
MAX_ALERTS = 20
TOP_CALLERS = 20

_SEVERITY = (
    DetectionKind.BUDGET_EXCEEDED,
    DetectionKind.NEW_CALLERS,
    DetectionKind.ENUMERATION,
    DetectionKind.DISTRIBUTED_ENUMERATION,
    DetectionKind.CODE_GUESSING,
    DetectionKind.PASSWORD_SPRAYING,
    DetectionKind.CREDENTIAL_STUFFING,
)
"""Of kinds that may meet in one incident, the graver later: it gives the incident its name."""
_TITLES = {
    DetectionKind.EXISTENCE_ORACLE: "{} tells strangers who is known here",
    DetectionKind.BUDGET_EXCEEDED: "More people's records than allowed leave through {}",
    DetectionKind.NEW_CALLERS: "A crowd of new callers arrives at {}",
    DetectionKind.CREDENTIAL_STUFFING: "Many accounts are tried at {}",
    DetectionKind.PASSWORD_SPRAYING: "Passwords are sprayed over accounts at {}",
    DetectionKind.CODE_GUESSING: "Somebody guesses codes at {}",
    DetectionKind.OBJECT_ACCESS: "A caller reads what is not its own at {}",
    DetectionKind.FUNCTION_ACCESS: "A function beyond its role is called at {}",
    DetectionKind.SCRAPING: "Records are scraped from {}",
    DetectionKind.POLLING: "A machine polls {}",
    DetectionKind.OUT_OF_SEQUENCE: "{} is called out of sequence",
    DetectionKind.FORCED_BROWSING: "Somebody looks for hidden paths",
    DetectionKind.SURGE: "{} does not behave as at other times",
    DetectionKind.DROP: "Traffic to {} has dropped",
    DetectionKind.DORMANT_ENDPOINT: "{} woke up after a long sleep",
    DetectionKind.DEBUG_PATH: "A path made for debugging answers: {}",
    DetectionKind.BOT: "A program in disguise uses {}",
    DetectionKind.ROTATION: "One client with many addresses uses {}",
    DetectionKind.BAD_REPUTATION: "A network with a bad name asks at {}",
    DetectionKind.LIMIT_EXCEEDED: "A limit is exceeded at {}",
}
_NOUNS = {
    "address": ("address", "addresses"),
    "credential": ("credential", "credentials"),
    "headers": ("client", "clients"),
    "network": ("network", "networks"),
    "pass": ("pass holder", "pass holders"),
    "principal": ("account", "accounts"),
    "session": ("session", "sessions"),
}
_CALLERS = ("caller", "callers")


class _Tally(Struct):
    """One caller's part in it."""

    address: str
    first_seen: float
    last_seen: float
    attempts: int = 0
    disclosed: int = 0
    refused: int = 0


class Case:
    """An incident in the making. Not safe for several threads."""

    def __init__(self, incident_id: str, first: Detection, service: str = "") -> None:
        self.id = incident_id
        self.at = ServiceEndpoint(service, first.endpoint)
        self.kind = first.kind
        self.level = first.level
        self.state = IncidentState.OPEN
        self.opened = first.at
        self.last_seen = first.at
        self.attempts = 0
        self.refused = 0
        self._contained_at = 0.0
        self._least_subjects = 0
        self._least_callers = 0
        self._subjects = DistinctCounter()
        self._callers = DistinctCounter()
        # A dict for its order: what it concerns is told in the order it was found.
        self._circles: dict[str, None] = {}
        self._tallies: dict[str, _Tally] = {}
        self._noun: tuple[str, str] | None = None
        self._detections: dict[tuple[DetectionKind, str], Detection] = {}
        self._alerts: list[Alert] = []
        self._told: Incident | None = None
        self._news = False
        self._milestone = next_milestone(0)

    @classmethod
    def restored(cls, incident: Incident) -> "Case":
        """An incident as it was stored; its counts go on from there."""
        case = cls(incident.id, incident.detections[0], incident.service)
        for detection in incident.detections:
            case.detect(detection)
        case.state = incident.state
        case.opened = incident.opened
        case.last_seen = case._contained_at = incident.last_seen
        case.attempts = incident.attempts
        case.refused = incident.refused
        case._least_subjects = incident.subjects
        case._least_callers = incident.callers
        case._tallies = {one.circle: _tally_of(one) for one in incident.top_callers}
        for circle in case._tallies:
            case._name_callers(circle)
        case._alerts = list(incident.alerts)
        case._told = incident
        case._news = False
        case._milestone = next_milestone(incident.subjects)
        return case

    @property
    def subjects(self) -> int:
        """Distinct subjects disclosed: those counted since it opened, and never fewer than the
        detections themselves have counted."""
        return max(self._subjects.cardinality, self._least_subjects)

    @property
    def callers(self) -> int:
        return max(self._callers.cardinality, self._least_callers)

    def lasts(self, now: float) -> bool:
        return now - self.last_seen <= QUIET_GAP

    def concerns(self, record: Record) -> bool:
        if EVERYONE in self._circles or (STRANGERS in self._circles and record.unproven):
            return True
        return any(circle in self._circles for circle in record.circles)

    def detect(self, detection: Detection) -> None:
        grown = (
            max(self.kind, detection.kind, key=_severity),
            max(self.level, detection.level),
        )
        self._news = self._news or self._told is None or grown != (self.kind, self.level)
        self.kind, self.level = grown
        self.last_seen = max(self.last_seen, detection.at)
        self._least_subjects = max(self._least_subjects, detection.subjects)
        if len(self._circles) < MAX_CIRCLES:
            self._circles[detection.circle] = None
        if len(self._detections) < MAX_DETECTIONS:
            self._detections.setdefault((detection.kind, detection.circle), detection)

    def count(self, record: Record) -> None:
        """Add a record that it concerns."""
        self.attempts += 1
        self.refused += record.refused
        if record.decision.action is not Action.ALLOW:
            # A refusal, also one that was only observed, is a sign that the attack goes on. Other
            # traffic of strangers is not, or no incident at a busy endpoint would ever end.
            self.last_seen = max(self.last_seen, record.at)
        self._follow_mode(record)
        before = self._subjects.cardinality
        self._subjects.add_many(record.disclosed)
        self._tally(record, max(0, self._subjects.cardinality - before))
        if self.subjects >= self._milestone:
            self._milestone = next_milestone(self.subjects)
            self._news = True

    def contain(self, now: float) -> None:
        self.state = IncidentState.CONTAINED
        self._contained_at = now

    def alert(self, now: float) -> Alert | None:
        """The alert that what happened since the last one is worth; it is kept."""
        if not self._news:
            return None
        self._news = False
        incident = self.incident()
        alert = alert_for(self._told, incident, now)
        if alert is not None:
            self._told = incident
            self._alerts = [*self._alerts, alert][-MAX_ALERTS:]
        return alert

    def dump_counters(self) -> tuple[bytes, bytes]:
        """Of subjects and of callers."""
        return self._subjects.dump(), self._callers.dump()

    def load_counters(self, subjects: bytes, callers: bytes) -> None:
        """Raises ValueError for what `dump_counters` did not give."""
        counters = DistinctCounter.load(subjects), DistinctCounter.load(callers)
        self._subjects, self._callers = counters

    def incident(self) -> Incident:
        """As it stands."""
        return Incident(
            id=self.id,
            endpoint=self.at.endpoint,
            service=self.at.service,
            kind=self.kind,
            title=self._title(),
            level=self.level,
            state=self.state,
            opened=self.opened,
            last_seen=self.last_seen,
            attempts=self.attempts,
            subjects=self.subjects,
            refused=self.refused,
            callers=self.callers,
            top_callers=tuple(self._top_callers()),
            detections=tuple(self._detections.values()),
            alerts=tuple(self._alerts),
        )

    def _follow_mode(self, record: Record) -> None:
        if record.decision.mode is Mode.ENFORCE:
            self.contain(record.at)
        elif self.state is IncidentState.CONTAINED and record.at > self._contained_at + GRACE:
            self.state = IncidentState.OPEN

    def _tally(self, record: Record, new_subjects: int) -> None:
        circle = record.circles[0] if record.circles else f"address:{record.address}"
        self._callers.add_many((_number(circle),))
        self._name_callers(circle)
        tally = self._tallies.get(circle)
        if tally is None:
            if len(self._tallies) >= MAX_TALLIES:
                self._forget_least()
            tally = self._tallies[circle] = _Tally(record.address, record.at, record.at)
        tally.attempts += 1
        tally.disclosed += new_subjects
        tally.refused += record.refused
        tally.last_seen = max(tally.last_seen, record.at)

    def _name_callers(self, circle: str) -> None:
        noun = _NOUNS.get(circle.partition(":")[0], _CALLERS)
        self._noun = noun if self._noun in (None, noun) else _CALLERS

    def _forget_least(self) -> None:
        """Drop half of the tallies at once: dropping one per newcomer would sort each time."""
        kept = sorted(self._tallies.items(), key=_weight, reverse=True)[: MAX_TALLIES // 2]
        self._tallies = dict(kept)

    def _top_callers(self) -> Iterable[IncidentCaller]:
        for circle, one in sorted(self._tallies.items(), key=_weight, reverse=True)[:TOP_CALLERS]:
            yield IncidentCaller(
                circle=circle,
                address=one.address,
                attempts=one.attempts,
                disclosed=one.disclosed,
                refused=one.refused,
                first_seen=one.first_seen,
                last_seen=one.last_seen,
            )

    def _title(self) -> str:
        title = _TITLES.get(self.kind)
        if title is not None:
            return title.format(self.at.endpoint)
        number = self.callers
        if self.kind is DetectionKind.DISTRIBUTED_ENUMERATION and number < 2:
            return f"Many callers together walk {self.at.endpoint}"
        one, many = self._noun or _CALLERS
        if number < 2:
            return f"One {one} walks {self.at.endpoint}"
        return f"{number:,} {many} walk {self.at.endpoint}"


def _tally_of(caller: IncidentCaller) -> _Tally:
    return _Tally(
        caller.address,
        caller.first_seen,
        caller.last_seen,
        caller.attempts,
        caller.disclosed,
        caller.refused,
    )


def _severity(kind: DetectionKind) -> int:
    return _SEVERITY.index(kind) if kind in _SEVERITY else 0


def _weight(item: tuple[str, _Tally]) -> tuple[int, int]:
    return (item[1].disclosed, item[1].attempts)


def _number(circle: str) -> int:
    """The circle as a 64-bit member of a distinct counter, the same in every process."""
    return int.from_bytes(blake2b(circle.encode("utf-8", "replace"), digest_size=8).digest())
