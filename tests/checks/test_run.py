"""The runner: what failed, what could not judge, and what broke."""

import pytest
from msgspec.structs import replace
from tests.checks.conversation import evidence_of

from nightlatch.checks import CHECKS
from nightlatch.checks.attacks.recogniser import Found
from nightlatch.checks.attacks.registry import ATTACK_CHECKS
from nightlatch.checks.attacks.value import Attack
from nightlatch.checks.check import SKIP, Check, Evidence, Verdict
from nightlatch.checks.run import run_checks
from nightlatch.exchange.judgement import Finding, Level
from nightlatch.faults import FAULTS

SIMPLE = evidence_of("GET /health\n\nHTTP/1.1 200\n")


def check(check_id: str, judge_says: Verdict) -> Check:
    return replace(CHECKS[0], id=check_id, level=Level.HIGH, judge=lambda _: judge_says)


def broken(check_id: str) -> Check:
    def judge(_: Evidence) -> Verdict:
        raise ZeroDivisionError(check_id)

    return replace(CHECKS[0], id=check_id, judge=judge)


def test_findings_and_skipped_come_in_the_order_of_the_checks() -> None:
    checks = [
        check("a", "bad"),
        check("b", SKIP),
        check("c", None),
        check("d", ""),
        check("e", SKIP),
    ]
    findings, skipped = run_checks(SIMPLE, checks)
    assert findings == (Finding("a", Level.HIGH, "bad"), Finding("d", Level.HIGH, ""))
    assert skipped == ("b", "e")


def test_a_broken_check_is_raised_under_test() -> None:
    with pytest.raises(ZeroDivisionError):
        run_checks(SIMPLE, [broken("broken-under-test")])


def test_a_broken_check_in_production_is_counted_and_the_others_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NIGHTLATCH_RAISE")
    before = FAULTS.counts().get("checks.broken", 0)
    findings, skipped = run_checks(SIMPLE, [broken("broken"), check("after", "bad")])
    assert [finding.check for finding in findings] == ["after"]
    assert skipped == ("broken",)
    assert FAULTS.counts()["checks.broken"] == before + 1


def test_all_checks_run_by_default() -> None:
    findings, skipped = run_checks(SIMPLE)
    failed = {finding.check for finding in findings}
    assert "authorization" in failed
    assert "ip-reputation" in skipped
    assert failed.isdisjoint(skipped)
    assert failed | set(skipped) <= {check.id for check in CHECKS}


def test_no_check_needs_an_answer() -> None:
    findings, _ = run_checks(evidence_of("GET /health\n"))
    assert findings == ()


def test_what_repeats_the_engine_is_asked_where_the_engine_found_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    judge = Found.__call__

    def noted(self: Found, evidence: Evidence) -> Verdict:
        asked.append(self.check)
        return judge(self, evidence)

    monkeypatch.setattr(Found, "__call__", noted)
    assert run_checks(SIMPLE)[0]
    assert asked == []
    found = replace(SIMPLE, attacks=(Attack("sql-injection", 90, "' OR 1=1"),))
    findings, _ = run_checks(found)
    assert set(asked) == {check.id for check in ATTACK_CHECKS}
    assert len(asked) == 25
    assert Finding("sql-injection", Level.HIGH, "' OR 1=1") in findings
    assert {finding.check for finding in findings} == {
        "sql-injection", *(finding.check for finding in run_checks(SIMPLE)[0])
    }  # fmt: skip
