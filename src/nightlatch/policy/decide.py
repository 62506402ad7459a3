"""From a standing to a decision. No state, no clock: the same values always decide the same.

A refusal must not answer the question it refuses. At the request phase everything asked by a
contained caller is refused alike, before the application is asked; at the response phase an answer
is withheld only when the standing says that this tells nothing about any one identifier.
"""

from collections.abc import Sequence

from nightlatch.checks.attacks.clues import CERTAIN
from nightlatch.checks.attacks.value import Attack
from nightlatch.exchange.facts import Contract, Expectation
from nightlatch.exchange.judgement import (
    ALLOW_ENFORCE,
    ALLOW_OBSERVE,
    Action,
    Decision,
    Mode,
    Phase,
)
from nightlatch.exchange.spent import Spent
from nightlatch.exchange.standing import Standing
from nightlatch.policy.levers import NOTHING_RULED, Ruling

ALLOW_OFF = Decision(Action.ALLOW, Mode.OFF)
_ALLOW = {Mode.OFF: ALLOW_OFF, Mode.OBSERVE: ALLOW_OBSERVE, Mode.ENFORCE: ALLOW_ENFORCE}


def decide(
    standing: Standing,
    contract: Contract | None,
    mode: Mode,
    phase: Phase,
    now: float,
    *,
    anonymous: bool = True,
    ruling: Ruling = NOTHING_RULED,
) -> Decision:
    """What shall be done with an exchange.

    `anonymous`: the request carries no credential at all; whether one is right, the application
    must say. `ruling`: what the measures in force say of it.

    Statuses: 403 for containment, 429 with a waiting time for what refills or passes, 401 where a
    person decided that callers must authenticate.
    """
    mode = effective_mode(contract, mode)
    if mode is Mode.OFF:
        return ALLOW_OFF
    if ruling.exempt:
        return _ALLOW[mode]
    if ruling.block is not None:
        return _refuse(mode, phase, f"measure:{ruling.block.id}", ruling.block.reason, 403)
    if phase is Phase.RESPONSE and not standing.settled:
        return _ALLOW[mode]
    if standing.convicted:
        return _refuse(mode, phase, "caller-enumerates", standing.conviction, 403)
    if anonymous and _must_authenticate(contract, now):
        reason = f"Callers must authenticate here: {_decided(contract)}"
        return _refuse(mode, phase, "must-authenticate", reason, 401)
    return _contain(standing, ruling, mode, phase) or _ALLOW[mode]


def _contain(standing: Standing, ruling: Ruling, mode: Mode, phase: Phase) -> Decision | None:
    """What nobody is convicted of: a budget is used up, a walk is on, company is doubtful."""
    if standing.overspent:
        return _overspent(mode, phase, standing.overspent)
    if standing.challenge:
        rule = "closed-to-newcomers" if standing.closed_to_newcomers else "suspicion"
        return _challenge(mode, phase, rule, standing.challenge, standing.price)
    if ruling.challenge is not None:
        measure = ruling.challenge
        return _challenge(mode, phase, f"measure:{measure.id}", measure.reason, measure.amount)
    return None


def effective_mode(contract: Contract | None, mode: Mode) -> Mode:
    """A contract's mode overrides the installation's."""
    return contract.mode if contract is not None and contract.mode is not None else mode


def decide_attack(attacks: Sequence[Attack], mode: Mode) -> Decision | None:
    """Refuse a request that is an attack without doubt; None where nothing in it is."""
    if not attacks:
        return None
    surest = max(attacks, key=lambda attack: attack.certainty)
    if surest.certainty < CERTAIN:
        return None
    rule = f"attack:{surest.check}"
    return _refuse(mode, Phase.REQUEST, rule, surest.evidence, 403)


def _overspent(mode: Mode, phase: Phase, overspent: tuple[Spent, ...]) -> Decision:
    narrowest = overspent[0]
    kind = narrowest.circle.partition(":")[0]
    reason = (
        f"{narrowest.subjects:,} different people to {narrowest.circle} within the"
        f" {narrowest.window}; the budget is {narrowest.limit:,}."
    )
    wait = max(spent.resets_in for spent in overspent)
    return _refuse(mode, phase, f"budget:{kind}:{narrowest.window}", reason, 429, wait)


def _refuse(
    mode: Mode, phase: Phase, rule: str, reason: str, status: int, retry_after: int = 0
) -> Decision:
    return Decision(Action.REFUSE, mode, rule, reason, status, retry_after, phase)


def _challenge(mode: Mode, phase: Phase, rule: str, reason: str, price: int) -> Decision:
    return Decision(Action.CHALLENGE, mode, rule, reason, 403, phase=phase, price=price)


def _must_authenticate(contract: Contract | None, now: float) -> bool:
    return contract is not None and contract.expectation_at(now) is Expectation.MUST_AUTHENTICATE


def _decided(contract: Contract | None) -> str:
    if contract is None or not (contract.reason or contract.owner):
        return "decided without a reason."
    return f"{contract.reason or 'no reason given'} ({contract.owner or 'no owner'})."
