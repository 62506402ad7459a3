"""Every attack the engine knows: explicit tuples, no discovery."""

from nightlatch.checks.attacks.recogniser import Recogniser, RequestRule
from nightlatch.checks.check import Check

ATTACK_CHECKS: tuple[Check, ...] = ()

RECOGNISERS: tuple[Recogniser, ...] = ()

REQUEST_RULES: tuple[RequestRule, ...] = ()
