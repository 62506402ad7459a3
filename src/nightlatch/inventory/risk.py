"""How bad an endpoint is, and why, in words a person can act on."""

from collections.abc import Callable

from msgspec import Struct

from nightlatch.exchange.disclosure import DataClass
from nightlatch.exchange.facts import Contract, Expectation
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.record import Posture

RECENT = 7 * 86_400.0
"""Seconds for which evidence against an endpoint stands. What was repaired stops counting a week
later; nobody has to clear it by hand."""


class RiskFacts(Struct, frozen=True):
    """What an endpoint is judged by. Times are 0 where it never happened."""

    posture: Posture
    to_strangers: tuple[DataClass, ...]
    """What answers gave to callers without a proven credential, recently."""
    in_answers: tuple[DataClass, ...]
    """What answers hold, whoever asked."""
    confirmed_to_strangers: bool
    """Answers told strangers, recently, which identifiers exist or whose record they are."""
    answered_stranger_at: float
    """Last time a caller without a proven credential got a 2xx answer."""
    severe_checks: tuple[str, ...]
    """Checks of level High that failed recently."""
    contract: Contract | None
    alarmed: bool
    """An incident is open here."""


Rule = Callable[[RiskFacts, float], str | None]
"""The reason in words when the rule holds at the time given, else None."""


def risk(facts: RiskFacts, now: float) -> tuple[Level, str]:
    """The first rule that holds; the worst come first."""
    for level, rule in RULES:
        reason = rule(facts, now)
        if reason is not None:
            return level, reason
    return Level.LOW, _quiet(facts, now)


def _incident(facts: RiskFacts, _now: float) -> str | None:
    return "An incident is open here." if facts.alarmed else None


def _secrets_to_strangers(facts: RiskFacts, _now: float) -> str | None:
    secrets = [kind for kind in facts.to_strangers if kind.secret]
    return f"Gives secrets to strangers: {_words(secrets)}." if secrets else None


def _contradicted(facts: RiskFacts, now: float) -> str | None:
    contract = facts.contract
    if _expectation(facts, now) is not Expectation.MUST_AUTHENTICATE or contract is None:
        return None
    answered = facts.answered_stranger_at > contract.decided_at
    if answered or facts.posture in (Posture.OPEN, Posture.MIXED):
        return "Must authenticate by contract, yet answers callers without a credential."
    return None


def _personal_to_strangers(facts: RiskFacts, now: float) -> str | None:
    if _expectation(facts, now) is Expectation.PUBLIC:
        return None
    personal = [kind for kind in facts.to_strangers if kind.personal]
    if personal:
        return f"Gives personal data to strangers: {_words(personal)}."
    if facts.confirmed_to_strangers:
        return "Tells strangers whether a person is known here."
    return None


def _mixed(facts: RiskFacts, now: float) -> str | None:
    if facts.posture is not Posture.MIXED or _expectation(facts, now) is Expectation.PUBLIC:
        return None
    return "Asks some callers for a credential and answers others without one."


def _secrets(facts: RiskFacts, _now: float) -> str | None:
    secrets = [kind for kind in facts.in_answers if kind.secret]
    return f"Its answers carry secrets: {_words(secrets)}." if secrets else None


def _unproven(facts: RiskFacts, now: float) -> str | None:
    if facts.posture is not Posture.UNKNOWN or _expectation(facts, now) is Expectation.PUBLIC:
        return None
    personal = [kind for kind in facts.in_answers if kind.personal]
    if not personal:
        return None
    return f"Holds personal data ({_words(personal)}); nothing has proven it protected yet."


def _severe(facts: RiskFacts, _now: float) -> str | None:
    if not facts.severe_checks:
        return None
    return f"Failed checks of level High within a week: {', '.join(facts.severe_checks[:3])}."


RULES: tuple[tuple[Level, Rule], ...] = (
    (Level.HIGH, _incident),
    (Level.HIGH, _secrets_to_strangers),
    (Level.HIGH, _contradicted),
    (Level.HIGH, _personal_to_strangers),
    (Level.MEDIUM, _mixed),
    (Level.MEDIUM, _secrets),
    (Level.MEDIUM, _unproven),
    (Level.MEDIUM, _severe),
)


def _quiet(facts: RiskFacts, now: float) -> str:
    if _expectation(facts, now) is Expectation.PUBLIC and facts.contract is not None:
        return f"Public by decision of {facts.contract.owner or 'its owner'}."
    return {
        Posture.OPEN: "Open; no personal data seen in its answers.",
        Posture.PROTECTED: "Turns callers without a credential away.",
        Posture.UNKNOWN: "Too little seen to judge.",
    }.get(facts.posture, "Nothing against it.")


def _expectation(facts: RiskFacts, now: float) -> Expectation:
    return facts.contract.expectation_at(now) if facts.contract else Expectation.UNDECIDED


def _words(kinds: list[DataClass]) -> str:
    """At most four kinds, in plain words."""
    words = [kind.value.replace("-", " ") for kind in kinds[:4]]
    return ", ".join(words) + (" and more" if len(kinds) > len(words) else "")
