import pytest

from nightlatch.exchange.judgement import Detection, DetectionKind, Finding, Level
from nightlatch.exchange.spent import Spent
from nightlatch.exchange.standing import NOTHING_KNOWN, Standing
from nightlatch.policy.grade import QUIET, grade

NOW = 1_700_000_000.0


def _finding(level: Level) -> Finding:
    return Finding("a-check", level, f"finding {level.word}")


def _detection(level: Level) -> Detection:
    kind = DetectionKind.ENUMERATION
    return Detection(kind, "GET /", "address:a", level, NOW, f"detection {level.word}", 1e-6, 1, 9)


def _spent(circle: str) -> Spent:
    return Spent(circle, "hour", 601, 600, 60)


@pytest.mark.parametrize(
    ("findings", "detections", "standing", "level", "reason"),
    [
        ((), (), NOTHING_KNOWN, Level.LOW, QUIET),
        ((Level.LOW,), (), NOTHING_KNOWN, Level.LOW, "finding Low"),
        ((Level.LOW, Level.HIGH, Level.MEDIUM), (), NOTHING_KNOWN, Level.HIGH, "finding High"),
        ((Level.MEDIUM,), (Level.HIGH,), NOTHING_KNOWN, Level.HIGH, "detection High"),
        ((Level.HIGH,), (Level.HIGH,), NOTHING_KNOWN, Level.HIGH, "detection High"),
        ((), (), Standing(convicted=True, conviction="Why."), Level.HIGH, "guesses"),
        ((), (), Standing(closed_to_newcomers=True, walk="Walk."), Level.HIGH, "clean history"),
        ((), (), Standing(closed_to_newcomers=True, known_good=True), Level.LOW, QUIET),
        ((), (), Standing(walked=True, walk="Walked."), Level.MEDIUM, "Walked."),
        ((), (), Standing(walked=True, walk="Walked.", known_good=True), Level.LOW, QUIET),
        ((), (), Standing(overspent=(_spent("address:a"),)), Level.HIGH, "601 different"),
        ((), (), Standing(overspent=(_spent("network:a"),)), Level.MEDIUM, "601 different"),
        ((), (), Standing(overspent=(_spent("strangers"),)), Level.MEDIUM, "strangers"),
    ],
)
def test_the_highest_decides_and_says_why(
    findings: tuple[Level, ...],
    detections: tuple[Level, ...],
    standing: Standing,
    level: Level,
    reason: str,
) -> None:
    graded = grade(
        [_finding(each) for each in findings], [_detection(each) for each in detections], standing
    )
    assert graded[0] is level
    assert reason in graded[1]
