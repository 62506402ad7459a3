"""Run the checks over one exchange."""

from collections.abc import Sequence

from nightlatch.checks import CHECKS
from nightlatch.checks.check import Check, Evidence
from nightlatch.exchange.judgement import Finding
from nightlatch.exchange.source import Part
from nightlatch.faults import FAULTS, raising


def run_checks(
    evidence: Evidence, checks: Sequence[Check] = CHECKS
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """What failed, and the ids of the checks that could not judge, both in the checks' order.

    A check that breaks is counted as a fault of ours and listed among those that could not judge;
    the others still run.
    """
    unseen = evidence.exchange.source.unseen
    return _run_partly(evidence, checks, unseen) if unseen else _run(evidence, checks)


def _run_partly(
    evidence: Evidence, checks: Sequence[Check], unseen: frozenset[Part]
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """The same of an exchange of which not all could be seen."""
    able = [check for check in checks if unseen.isdisjoint(check.needs)]
    findings, skipped = _run(evidence, able)
    unable = {check.id for check in checks if not unseen.isdisjoint(check.needs | check.reads)}
    unable.difference_update(finding.check for finding in findings)
    unable.update(skipped)
    return findings, tuple(check.id for check in checks if check.id in unable)


def _run(
    evidence: Evidence, checks: Sequence[Check]
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    findings: list[Finding] = []
    skipped: list[str] = []
    for check in checks:
        # A bare `try` costs nothing on this path; a context manager would cost 1 µs a check.
        try:
            verdict = check.judge(evidence)
        except Exception as error:
            FAULTS.note(f"checks.{check.id}", error)
            if raising():
                raise
            skipped.append(check.id)
            continue
        if verdict is None:
            continue
        if isinstance(verdict, str):
            findings.append(Finding(check.id, check.level, verdict))
        else:
            skipped.append(check.id)
    return tuple(findings), tuple(skipped)
