"""Every attack the engine knows: explicit tuples, no discovery."""

from nightlatch.checks.attacks import (
    ldap_injection,
    nosql_injection,
    sql_injection,
    xpath_injection,
)
from nightlatch.checks.attacks.recogniser import Recogniser, RequestRule
from nightlatch.checks.check import Check

ATTACK_CHECKS: tuple[Check, ...] = (
    sql_injection.CHECK,
    nosql_injection.CHECK,
    ldap_injection.CHECK,
    xpath_injection.CHECK,
)

RECOGNISERS: tuple[Recogniser, ...] = (
    sql_injection.RECOGNISER,
    nosql_injection.RECOGNISER,
    ldap_injection.RECOGNISER,
    xpath_injection.RECOGNISER,
)

REQUEST_RULES: tuple[RequestRule, ...] = ()
