"""Every check, run over its own good and bad cases."""

import json
import re
from collections import Counter

import pytest
from msgspec import structs
from tests.checks.conversation import CASES, Case, every_case

from nightlatch.checks import (
    CHECKS,
    distinct,
    mass_assignment,
    password_in_response,
    sql_error,
    stack_trace,
)
from nightlatch.checks.attacks.registry import ATTACK_CHECKS
from nightlatch.checks.check import SKIP, Check
from nightlatch.exchange import signs
from nightlatch.exchange.judgement import Level
from nightlatch.exchange.signs import DATABASE, TRACE, signs_in

FEWEST = 3
"""Good and bad cases each that a check must bring along."""

SIGNS = signs.ALL
BY_ID = {check.id: check for check in CHECKS}
FILES = sorted(CASES.glob("*.http"))
ALL = every_case()


@pytest.mark.parametrize(("check_id", "case"), ALL, ids=[f"{i}: {c.name}" for i, c in ALL])
def test_case(check_id: str, case: Case) -> None:
    verdict = BY_ID[check_id].judge(case.evidence)
    if case.wanted == "skip":
        assert verdict is SKIP
    elif case.wanted == "good":
        assert verdict is None
    else:
        assert isinstance(verdict, str)
        assert case.says in verdict


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_each_check_ran_enough_cases(check: Check) -> None:
    ran = Counter(case.wanted for check_id, case in ALL if check_id == check.id)
    assert ran["good"] >= FEWEST, f"{check.id} has {ran['good']} good cases in {CASES.name}/"
    assert ran["bad"] >= FEWEST, f"{check.id} has {ran['bad']} bad cases in {CASES.name}/"


def test_the_harness_ran_what_lies_in_the_files() -> None:
    headings = sum(
        len(re.findall(r"^### ", path.read_text(encoding="utf-8"), re.MULTILINE)) for path in FILES
    )
    assert len(ALL) == headings >= 6 * len(CHECKS)
    assert {path.stem for path in FILES} == set(BY_ID)


def test_what_one_attack_check_passes_they_all_pass() -> None:
    ids = {check.id for check in ATTACK_CHECKS}
    good = [case for check_id, case in ALL if check_id in ids and case.wanted == "good"]
    assert {case.name: case.evidence.attacks for case in good if case.evidence.attacks} == {}
    assert len(good) >= 4 * len(ids)


def test_the_signs_spare_work_and_change_no_verdict() -> None:
    spared = 0
    for check_id, case in ALL:
        blind = structs.replace(case.evidence, answer_signs=SIGNS, request_signs=SIGNS)
        assert BY_ID[check_id].judge(blind) == BY_ID[check_id].judge(case.evidence)
        spared += case.evidence.answer_signs != SIGNS
    assert spared > len(ALL) // 2


def test_each_text_that_is_looked_for_has_its_sign() -> None:
    traces = [literal for _, literal, _ in stack_trace._TRACES]
    messages = [message for message, _ in sql_error._MESSAGES]
    assert len(traces) >= 10
    assert len(messages) >= 20
    assert [literal for literal in traces if not signs_in(literal) & TRACE] == []
    assert [message for message in messages if not signs_in(message) & DATABASE] == []


def test_each_name_that_is_looked_for_has_its_sign() -> None:
    privileged = [json.dumps({name: 1}).encode() for name in mass_assignment._PRIVILEGED]
    passwords = [json.dumps({name: 1}).encode() for name in password_in_response._PASSWORDS]
    assert len(privileged) >= 100
    assert len(passwords) >= 20
    assert [text for text in privileged if not signs_in(text) & signs.PRIVILEGE_NAME] == []
    assert [text for text in passwords if not signs_in(text) & signs.PASSWORD_NAME] == []


def test_names_of_cases_say_which_one_failed() -> None:
    names = Counter((check_id, case.name) for check_id, case in ALL)
    assert [name for name, count in names.items() if count > 1] == []


def test_a_duplicate_id_is_an_error() -> None:
    with pytest.raises(ValueError, match="two checks are called 'plain-http'"):
        distinct(BY_ID["plain-http"], BY_ID["embedding"], BY_ID["plain-http"])


def test_the_thirteen_published_checks_are_there_with_their_levels() -> None:
    assert {check.treblle: check.level for check in CHECKS if check.treblle} == {
        "IDs vs UUIDs": Level.LOW,
        "Rate limiting": Level.LOW,
        "Content labeling": Level.LOW,
        "MIME sniffing": Level.LOW,
        "Force secure connection": Level.LOW,
        "Embedding prevention": Level.LOW,
        "Security policies": Level.LOW,
        "Content type specification": Level.LOW,
        "Method limiting": Level.LOW,
        "Authorization": Level.MEDIUM,
        "SQL injection": Level.HIGH,
        "IP reputation": Level.HIGH,
        "Secure connection": Level.HIGH,
    }
