"""All rules, and the question to all of them."""

from nightlatch.identity.lint.claim_rules import CLAIM_RULES
from nightlatch.identity.lint.header_rules import HEADER_RULES
from nightlatch.identity.lint.look import Look
from nightlatch.identity.lint.rule import Fault, Rule
from nightlatch.identity.lint.signature_rules import SIGNATURE_RULES

RULES: tuple[Rule, ...] = (*HEADER_RULES, *SIGNATURE_RULES, *CLAIM_RULES)


def lint(look: Look) -> list[Fault]:
    """Everything that is wrong, the worst first."""
    found = [
        Fault(rule.id, rule.level, rule.title, evidence, rule.source, rule.remedy)
        for rule in RULES
        for evidence in rule.judge(look)
    ]
    return sorted(found, key=lambda fault: -fault.level)
