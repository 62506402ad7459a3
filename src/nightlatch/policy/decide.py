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
from nightlatch.exchange.measure import Measure
from nightlatch.exchange.spent import Spent
from nightlatch.exchange.standing import Standing
from nightlatch.policy.levers import NOTHING_RULED, Ruling

ALLOW_OFF = Decision(Action.ALLOW, Mode.OFF)
_COUNTED = {"requests": "requests of", "misses": "misses of"}
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
    allowances: tuple[Spent, ...] = (),
) -> Decision:
    """What shall be done with an exchange.

    `anonymous`: the request carries no credential at all; whether one is right, the application
    must say. `ruling`: what the measures in force say of it. `allowances`: what is left of the
    limits that hold.

    A measure is a person's order and no judgement of ours: it is carried out in observe mode too.

    Statuses: 403 for containment, 429 with a waiting time for what refills or passes, 401 where a
    person decided that callers must authenticate.
    """
    mode = effective_mode(contract, mode)
    if mode is Mode.OFF:
        return ALLOW_OFF
    if ruling is not NOTHING_RULED:
        ordered = _ordered(standing, ruling, phase)
        if ordered is not None:
            return ordered
    allowed = _allow(mode, ruling, allowances)
    if phase is Phase.RESPONSE and not standing.settled:
        return allowed
    if mode is Mode.OBSERVE and (ruling.rule or ruling.challenge is not None):
        # What is only observed must not take the place of what was ordered.
        unsuspected = Standing(known_good=standing.known_good)
        return _contain(unsuspected, ruling, mode, phase) or allowed
    if standing.convicted:
        rule = "closed-to-newcomers" if standing.closed_to_newcomers else "caller-enumerates"
        return _refuse(mode, phase, rule, standing.conviction, 403)
    if anonymous and _must_authenticate(contract, now):
        reason = f"Callers must authenticate here: {_decided(contract)}"
        return _refuse(mode, phase, "must-authenticate", reason, 401)
    return _contain(standing, ruling, mode, phase) or allowed


def _ordered(standing: Standing, ruling: Ruling, phase: Phase) -> Decision | None:
    """What a person's order decides, before any evidence is weighed."""
    enforce = Mode.ENFORCE
    if ruling.exempt:
        return Decision(Action.ALLOW, enforce, ruling.rule, phase=phase)
    if ruling.block is not None:
        reason = _in_words("Blocked", ruling.block)
        return _refuse(enforce, phase, ruling.block.rule, reason, 403)
    over = tuple(spent for spent in standing.overspent if spent.rule)
    if over and (phase is Phase.REQUEST or standing.settled):
        return _overspent(enforce, phase, over)
    return None


def _allow(mode: Mode, ruling: Ruling, allowances: tuple[Spent, ...]) -> Decision:
    """The answer may leave, as it is or altered."""
    if ruling is NOTHING_RULED or not (allowances or ruling.rule):
        return _ALLOW[mode]
    return Decision(
        Action.ALLOW,
        Mode.ENFORCE,
        ruling.rule,
        delay=ruling.delay,
        uniform=ruling.uniform,
        without=ruling.without,
        allowances=allowances,
    )


def _contain(standing: Standing, ruling: Ruling, mode: Mode, phase: Phase) -> Decision | None:
    """What nobody is convicted of: a budget is used up, a walk is on, company is doubtful."""
    if standing.overspent:
        return _overspent(mode, phase, standing.overspent)
    if standing.challenge:
        rule = "closed-to-newcomers" if standing.closed_to_newcomers else "suspicion"
        return _challenge(mode, phase, rule, standing.challenge, standing.price)
    if ruling.challenge is not None and not standing.known_good:
        measure = ruling.challenge
        reason = _in_words("Challenged", measure)
        return _challenge(Mode.ENFORCE, phase, measure.rule, reason, measure.amount)
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
    rule = narrowest.rule or f"budget:{kind}:{narrowest.window}"
    what = _COUNTED.get(narrowest.unit, "different people to")
    allowed = "limit" if narrowest.rule else "budget"
    reason = (
        f"{narrowest.subjects:,} {what} {narrowest.circle} within the"
        f" {narrowest.window}; the {allowed} is {narrowest.limit:,}."
    )
    wait = max(spent.resets_in for spent in overspent)
    return _refuse(mode, phase, rule, reason, 429, wait)


def _refuse(
    mode: Mode, phase: Phase, rule: str, reason: str, status: int, retry_after: int = 0
) -> Decision:
    return Decision(Action.REFUSE, mode, rule, reason, status, retry_after, phase)


def _challenge(mode: Mode, phase: Phase, rule: str, reason: str, price: int) -> Decision:
    return Decision(Action.CHALLENGE, mode, rule, reason, 403, phase=phase, price=price)


def _in_words(done: str, measure: Measure) -> str:
    return f"{done} by {measure.author}: {measure.reason or 'no reason given'}."


def _must_authenticate(contract: Contract | None, now: float) -> bool:
    return contract is not None and contract.expectation_at(now) is Expectation.MUST_AUTHENTICATE


def _decided(contract: Contract | None) -> str:
    if contract is None or not (contract.reason or contract.owner):
        return "decided without a reason."
    return f"{contract.reason or 'no reason given'} ({contract.owner or 'no owner'})."
