"""Every attack the engine knows: explicit tuples, no discovery."""

from nightlatch.checks.attacks import (
    code_injection,
    cross_site_scripting,
    expression_injection,
    server_side_include,
    sql_injection,
    template_injection,
)
from nightlatch.checks.attacks.recogniser import Recogniser, RequestRule
from nightlatch.checks.check import Check

ATTACK_CHECKS: tuple[Check, ...] = (
    code_injection.CHECK,
    cross_site_scripting.CHECK,
    expression_injection.CHECK,
    server_side_include.CHECK,
    sql_injection.CHECK,
    template_injection.CHECK,
)

RECOGNISERS: tuple[Recogniser, ...] = (
    code_injection.RECOGNISER,
    cross_site_scripting.RECOGNISER,
    expression_injection.RECOGNISER,
    server_side_include.RECOGNISER,
    sql_injection.RECOGNISER,
    template_injection.RECOGNISER,
)

REQUEST_RULES: tuple[RequestRule, ...] = ()
