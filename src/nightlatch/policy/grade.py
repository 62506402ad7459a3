"""The threat level of one request, and why, in words."""

from collections.abc import Iterator, Sequence

from nightlatch.exchange.judgement import Detection, Finding, Level
from nightlatch.exchange.standing import Standing

QUIET = "Nothing speaks against it."

_Reason = tuple[Level, str]


def grade(
    findings: Sequence[Finding], detections: Sequence[Detection], standing: Standing
) -> tuple[Level, str]:
    """The highest of what speaks against the request; of equals, who asks comes before what the
    request looks like, because an enumerating caller's requests each look fine."""
    level, reason = Level.LOW, QUIET
    for other_level, other in _reasons(findings, detections, standing):
        if other_level > level or reason is QUIET:
            level, reason = other_level, other
            if level is Level.HIGH:
                break
    return level, reason


def _reasons(
    findings: Sequence[Finding], detections: Sequence[Detection], standing: Standing
) -> Iterator[_Reason]:
    yield from _of_standing(standing)
    for detection in detections:
        yield detection.level, detection.evidence
    for finding in findings:
        yield finding.level, finding.evidence


def _of_standing(standing: Standing) -> Iterator[_Reason]:
    if standing.convicted:
        yield Level.HIGH, f"The caller guesses identifiers. {standing.conviction}"
    if standing.closed_to_newcomers and not standing.known_good:
        yield Level.HIGH, f"A stranger without a clean history. {standing.walk}"
    for spent in standing.overspent:
        narrow = spent.circle != "strangers" and not spent.circle.startswith("network:")
        reason = (
            f"{spent.subjects:,} different people to {spent.circle} within the {spent.window};"
            f" the budget is {spent.limit:,}."
        )
        yield Level.HIGH if narrow else Level.MEDIUM, reason
    if standing.walked and standing.stranger and not standing.known_good:
        yield Level.MEDIUM, standing.walk
