"""What follows from a verdict: for the inline path a suspicion, for people a detection."""

from nightlatch.detect.behaviour import Reporter
from nightlatch.detect.suspicions import NEWCOMERS, Suspicion
from nightlatch.exchange.judgement import Detection, DetectionKind, Level

HELD = 3_600.0
"""Seconds that a conviction lasts; whoever goes on is convicted anew."""
STRANGERS = "strangers"


def convict(reporter: Reporter, circle: str, reason: str, now: float, endpoint: str = "") -> None:
    """Refuse this circle, everywhere where no endpoint is given."""
    reporter.suspicions.enter(circle, Suspicion(reason, now + HELD, convicts=True), endpoint)


def challenge(reporter: Reporter, circle: str, reason: str, until: float, endpoint: str) -> None:
    """Serve this circle after a puzzle."""
    reporter.suspicions.enter(circle, Suspicion(reason, until, convicts=False), endpoint)


def challenge_newcomers(
    reporter: Reporter, endpoint: str, reason: str, until: float, price: int = 0
) -> None:
    """Serve those who are not known here after a puzzle of this price."""
    suspicion = Suspicion(reason, until, convicts=False, price=price)
    reporter.suspicions.enter(NEWCOMERS, suspicion, endpoint)


def refuse_newcomers(reporter: Reporter, endpoint: str, reason: str, until: float) -> None:
    """Serve nobody who is not known here: puzzles do not keep a patient payer out."""
    suspicion = Suspicion(reason, until, convicts=True, newcomers=True)
    reporter.suspicions.enter(NEWCOMERS, suspicion, endpoint)


def tell(
    reporter: Reporter,
    kind: DetectionKind,
    endpoint: str,
    circle: str,
    now: float,
    evidence: str,
    *,
    false_alarm_rate: float,
    confidence: float,
    refuted_by: str,
    level: Level = Level.HIGH,
    subjects: int = 0,
    attempts: int = 0,
) -> None:
    """To people; `Alarms.due` is asked before, so that evidence is worded only when it is."""
    reporter.alarms.raise_(
        Detection(
            kind,
            endpoint,
            circle,
            level,
            now,
            evidence,
            false_alarm_rate,
            subjects,
            attempts,
            confidence,
            refuted_by,
        )
    )
