"""Every attack the engine knows: explicit tuples, no discovery."""

from nightlatch.checks.attacks import sql_injection
from nightlatch.checks.attacks.recogniser import Recogniser, RequestRule
from nightlatch.checks.check import Check

ATTACK_CHECKS: tuple[Check, ...] = (sql_injection.CHECK,)

RECOGNISERS: tuple[Recogniser, ...] = (sql_injection.RECOGNISER,)

REQUEST_RULES: tuple[RequestRule, ...] = ()
