"""What Nightlatch says of an exchange: levels, findings, detections, decisions, outcomes."""

from enum import IntEnum, StrEnum

from msgspec import Struct

from nightlatch.exchange.spent import Spent


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
    NEW_CALLERS = "new-callers"
    """Callers never seen before arrive at one endpoint in numbers that its hours do not explain."""
    CREDENTIAL_STUFFING = "credential-stuffing"
    """Many accounts are tried, each with a guess of its own."""
    PASSWORD_SPRAYING = "password-spraying"
    """One caller, or one client, fails at ever more accounts, few tries each."""
    CODE_GUESSING = "code-guessing"
    """One account's code or password is tried again and again."""
    OBJECT_ACCESS = "object-access"
    """A principal reads objects of others, or uses identifiers it was never given (BOLA)."""
    FUNCTION_ACCESS = "function-access"
    """A role calls a function that this role never called (BFLA)."""
    SCRAPING = "scraping"
    """One caller takes far more records or bytes than its like."""
    POLLING = "polling"
    """A machine asks at a constant interval, just under every limit."""
    OUT_OF_SEQUENCE = "out-of-sequence"
    """A step of a flow is called without the steps that lead to it."""
    FORCED_BROWSING = "forced-browsing"
    """One caller asks for many paths that do not exist."""
    SURGE = "surge"
    """Rate, errors, latency or size rise far above what the hour of the week explains."""
    DROP = "drop"
    """Traffic falls far below what the hour of the week explains."""
    DORMANT_ENDPOINT = "dormant-endpoint"
    """An endpoint that nobody used for long is used again."""
    DEBUG_PATH = "debug-path"
    """A path made for debugging answers."""
    BOT = "bot"
    """A program that hides what it is, or claims to be another."""
    ROTATION = "rotation"
    """One client changes its address or session with each request."""
    BAD_REPUTATION = "bad-reputation"
    """A network with a bad name asks for people's records."""
    LIMIT_EXCEEDED = "limit-exceeded"
    """More requests than a person's limit allows."""


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
    confidence: float = 1.0
    """How sure it is that this is what it is called, 0 to 1, by the detector's own account."""
    refuted_by: str = ""
    """What would show that it is wrong, in words: what a person should look for first."""


class Mode(StrEnum):
    OFF = "off"
    OBSERVE = "observe"
    ENFORCE = "enforce"


class Action(StrEnum):
    ALLOW = "allow"
    CHALLENGE = "challenge"
    """Refuse until the caller has solved a puzzle: dear for one who asks a million times."""
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
    price: int = 0
    """How hard the puzzle of a challenge is: hashes that solve it, on average."""
    delay: float = 0.0
    """Seconds that the application's answer is to wait before it leaves."""
    uniform: bool = False
    """Found and not found are to look the same to the caller."""
    without: tuple[str, ...] = ()
    """Names of fields that are to be taken out of the answer."""
    allowances: tuple[Spent, ...] = ()
    """How much the caller has used of the limits that hold here, for the standard headers."""

    @property
    def withhold(self) -> bool:
        """True when the caller must not get the application's answer."""
        return self.action is not Action.ALLOW and self.mode is Mode.ENFORCE

    @property
    def alters(self) -> bool:
        """True when the application's answer leaves, but not as it is."""
        # Asked three times in every exchange, so what is nearly always false comes first.
        if not (self.allowances or self.without or self.uniform or self.delay):
            return False
        return self.mode is Mode.ENFORCE


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
