"""Run the checks over one exchange."""

from collections.abc import Sequence

from msgspec import Struct

from nightlatch.checks import CHECKS
from nightlatch.checks.attacks.recogniser import Found
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
    plan = _plans.get(unseen)
    if plan is None or plan.checks is not checks:
        plan = _plan(checks, unseen)
    findings, skipped = _run(evidence, plan.able if evidence.attacks else plan.quiet)
    if not plan.unsure or not (findings or skipped):
        return findings, skipped or plan.unsure
    found = tuple([finding.check for finding in findings])
    unsure = plan.known.get((found, skipped))
    if unsure is None:
        if len(plan.known) >= _MOST_ANSWERS:
            plan.known.clear()
        unsure = plan.known[found, skipped] = _unsure(plan, found, skipped)
    return findings, unsure


def _unsure(plan: "_Plan", found: tuple[str, ...], skipped: tuple[str, ...]) -> tuple[str, ...]:
    """Ids of all checks that could not judge, in the checks' order."""
    unsure = {*plan.unsure, *skipped}.difference(found)
    return tuple([check.id for check in plan.checks if check.id in unsure])


class _Plan(Struct, frozen=True):
    """Which checks can judge what a kind of source shows."""

    checks: Sequence[Check]
    able: tuple[Check, ...]
    quiet: tuple[Check, ...]
    """The same without those that repeat what the attack engine found: it found nothing in nearly
    every request, and to ask each of them takes a tenth of the time of all."""
    unsure: tuple[str, ...]
    """Ids of those that cannot, or that find nothing there without proving anything."""
    known: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[str, ...]] = {}
    """What `_unsure` said: to work it out for each line of a log takes as long as ten checks."""


_plans: dict[frozenset[Part], _Plan] = {}
_MOST_PLANS = 256
"""Kinds of sources that are remembered; full, it starts over."""
_MOST_ANSWERS = 1_024
"""Of one kind, likewise."""


def _plan(checks: Sequence[Check], unseen: frozenset[Part]) -> _Plan:
    able = tuple([check for check in checks if unseen.isdisjoint(check.needs)])
    quiet = tuple([check for check in able if not isinstance(check.judge, Found)])
    blind = [check for check in checks if not unseen.isdisjoint(check.needs | check.reads)]
    if len(_plans) >= _MOST_PLANS:
        _plans.clear()
    plan = _plans[unseen] = _Plan(checks, able, quiet, tuple([check.id for check in blind]))
    return plan


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
