"""What Nightlatch says of an exchange: levels, findings, detections, decisions, outcomes."""

from enum import IntEnum, StrEnum

from msgspec import Struct


class Level(IntEnum):
    """Threat level of a request or a finding. Every request has one; LOW is the quiet end."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def word(self) -> str:
        return self.name.capitalize()


class Finding(Struct, frozen=True, gc=False):
    """One check failed on one exchange."""

    check: str
    """The check's id, e.g. "personal-data-to-strangers"."""
    level: Level
    evidence: str
    """What was seen, in words, with samples masked."""


class DetectionKind(StrEnum):
    ENUMERATION = "enumeration"
    """One caller guesses identifiers."""
    DISTRIBUTED_ENUMERATION = "distributed-enumeration"
    """Many callers together walk one endpoint."""
    BUDGET_EXCEEDED = "budget-exceeded"
    """More distinct people left to one circle than its budget allows."""
    EXISTENCE_ORACLE = "existence-oracle"
    """An endpoint's answer tells whether an identifier exists."""


class Detection(Struct, frozen=True, gc=False):
    """Many exchanges are bad together."""

    kind: DetectionKind
    endpoint: str
    """Endpoint key."""
    circle: str
    """The circle of callers it concerns, or "strangers" for all callers without a credential."""
    level: Level
    at: float
    evidence: str
    """In words, with the numbers the judgement rests on."""
    false_alarm_rate: float
    """The bound promised by the test that fired, 0 where the rule is a plain limit."""
    subjects: int
    """Distinct subjects disclosed to the circle so far, at this endpoint, in the window."""
    attempts: int
    """Distinct identifiers the circle asked for in the window."""


class Mode(StrEnum):
    OFF = "off"
    OBSERVE = "observe"
    ENFORCE = "enforce"


class Action(StrEnum):
    ALLOW = "allow"
    REFUSE = "refuse"


class Phase(StrEnum):
    REQUEST = "request"
    RESPONSE = "response"


class Decision(Struct, frozen=True, gc=False):
    """What shall be done. In observe mode it says what would have been done."""

    action: Action
    mode: Mode
    rule: str = ""
    """Id of the rule that decided, e.g. "caller-enumerates", "budget:address:hour"."""
    reason: str = ""
    """In words, for the operator; the caller is told no more than `status`."""
    status: int = 0
    """429 for a budget that refills, 403 for containment; 0 when allowed."""
    retry_after: int = 0
    """Seconds; 0 when waiting does not help."""
    phase: Phase = Phase.REQUEST

    @property
    def withhold(self) -> bool:
        """True when the caller must not get the application's answer."""
        return self.action is Action.REFUSE and self.mode is Mode.ENFORCE


ALLOW_OBSERVE = Decision(Action.ALLOW, Mode.OBSERVE)
ALLOW_ENFORCE = Decision(Action.ALLOW, Mode.ENFORCE)


class Outcome(StrEnum):
    """Where an exchange ended up. Exactly one per exchange, each counted."""

    RECORDED = "recorded"
    LOST_QUEUE_FULL = "lost-queue-full"
    """Nightlatch could not keep up; the application was not slowed."""
    LOST_STORE_FAILED = "lost-store-failed"
    """The events store refused it: disk full, gone, or read-only."""
    LOST_COLLECTOR_GONE = "lost-collector-gone"
    """The collector did not take it before the buffer was full."""
    LOST_FAULT = "lost-fault"
    """A bug in Nightlatch; the log has the trace."""

    @property
    def lost(self) -> bool:
        return self is not Outcome.RECORDED
