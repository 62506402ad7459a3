"""Each rule of risk, the order between them, and what ends them."""

from typing import Any

import msgspec
import pytest

from nightlatch.exchange.disclosure import DataClass
from nightlatch.exchange.facts import Contract, Expectation
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.record import Posture
from nightlatch.inventory.risk import RULES, RiskFacts, risk

NOW = 1_000_000.0
NOTHING = RiskFacts(Posture.UNKNOWN, (), (), False, 0.0, (), None, False)
PUBLIC = Contract("GET /", Expectation.PUBLIC, owner="Ada", expires=NOW + 10)
CLOSED = Contract("GET /", Expectation.MUST_AUTHENTICATE, decided_at=NOW - 100)
PHONE = (DataClass.PHONE,)
SEED = (DataClass.TOTP_SEED,)

CASES: list[tuple[dict[str, Any], Level, str]] = [
    ({}, Level.LOW, "Too little seen to judge."),
    ({"posture": Posture.PROTECTED}, Level.LOW, "Turns callers"),
    ({"posture": Posture.OPEN}, Level.LOW, "no personal data"),
    ({"alarmed": True, "contract": PUBLIC}, Level.HIGH, "An incident is open"),
    ({"to_strangers": SEED, "contract": PUBLIC}, Level.HIGH, "secrets to strangers: totp seed"),
    ({"to_strangers": PHONE}, Level.HIGH, "personal data to strangers: phone"),
    ({"to_strangers": (DataClass.STACK_TRACE,)}, Level.LOW, ""),
    ({"confirmed_to_strangers": True}, Level.HIGH, "whether a person is known"),
    ({"to_strangers": PHONE, "contract": PUBLIC}, Level.LOW, "Public by decision of Ada"),
    ({"contract": CLOSED, "answered_stranger_at": NOW - 1}, Level.HIGH, "Must authenticate"),
    ({"contract": CLOSED, "answered_stranger_at": NOW - 200}, Level.LOW, ""),
    ({"contract": CLOSED, "posture": Posture.OPEN}, Level.HIGH, "Must authenticate"),
    ({"posture": Posture.MIXED}, Level.MEDIUM, "answers others without one"),
    ({"in_answers": SEED, "posture": Posture.PROTECTED}, Level.MEDIUM, "carry secrets"),
    ({"in_answers": PHONE}, Level.MEDIUM, "nothing has proven it protected"),
    ({"in_answers": PHONE, "posture": Posture.PROTECTED}, Level.LOW, ""),
    ({"severe_checks": ("sql-error",)}, Level.MEDIUM, "sql-error"),
]


@pytest.mark.parametrize(("facts", "level", "words"), CASES)
def test_the_rules(facts: dict[str, Any], level: Level, words: str) -> None:
    found, reason = risk(msgspec.structs.replace(NOTHING, **facts), NOW)
    assert found is level
    assert words in reason


def test_every_rule_decides_some_case() -> None:
    facts = [msgspec.structs.replace(NOTHING, **fields) for fields, _, _ in CASES]
    fired = {rule for _, rule in RULES if any(rule(one, NOW) for one in facts)}
    assert fired == {rule for _, rule in RULES}


def test_an_expired_decision_decides_nothing() -> None:
    facts = msgspec.structs.replace(NOTHING, to_strangers=PHONE, contract=PUBLIC)
    assert risk(facts, NOW)[0] is Level.LOW
    assert risk(facts, NOW + 10)[0] is Level.HIGH


def test_the_worst_rules_come_first() -> None:
    levels = [level for level, _ in RULES]
    assert levels == sorted(levels, reverse=True)


def test_a_long_list_of_data_is_cut_in_words() -> None:
    kinds = tuple(kind for kind in DataClass if kind.personal)
    _, reason = risk(msgspec.structs.replace(NOTHING, to_strangers=kinds), NOW)
    assert reason.endswith("and more.")
